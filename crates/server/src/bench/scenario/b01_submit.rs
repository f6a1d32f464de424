//! B1: how fast jobs of one step are taken in, while nobody works on them.
//!
//! The contract has no call that starts several jobs: a batch of 100 is 100 calls at once on one connection, and the next
//! batch begins when the last of them is answered.

use crate::bench::{
    command::Arguments,
    database::Target,
    load::{Caller, Calls, Crew, DATA, Plan, connect, publish},
    meter::Meter,
    report::Report,
    row::{About, Row},
    stage::Stage,
    window::Window,
};
use std::sync::Arc;
use tokio::time::{Instant, sleep};
use tonic::{Status, transport::Channel};

/// Callers, and calls that each has under way at once.
const VARIANTS: [(usize, usize); 4] = [(1, 1), (64, 1), (1, 100), (4, 100)];

/// Measures it.
pub async fn run(arguments: &Arguments, target: &Target, report: &mut Report) -> Result<(), String> {
    for (callers, batch) in VARIANTS {
        let mut stage = Stage::new(arguments, target).await?;
        publish(&stage, Plan::Chain(1)).await?;
        let meter = Arc::<Meter>::default();
        let mut crew = Crew::default();
        // Callers of single jobs share connections; each batch has one of its own.
        let shared = if batch == 1 { arguments.callers_per_connection as usize } else { 1 };
        for channel in connect(&stage, callers, shared)? {
            crew.add(submit(channel, batch, meter.clone()));
        }
        crew.during(sleep(arguments.warm_up())).await?;
        let window = Window::open(&mut stage).await?;
        meter.open();
        crew.during(meter.pass(arguments.measured())).await?;
        let latencies = meter.close();
        let spent = window.close(&mut stage).await?;
        drop(crew);
        let about = About {
            scenario: "b1",
            variant: format!("batches of {batch}, {callers} at a time"),
            steps: 1,
            in_flight: Some(callers * batch),
            reports: None,
            latency_of: "start's call to its answer",
        };
        report.add(Row::new(about, &stage, latencies.count(), &latencies, spent).counting("job taken in"))?;
        stage.end().await?;
    }
    Ok(())
}

async fn submit(channel: Channel, batch: usize, meter: Arc<Meter>) -> Result<(), Status> {
    let callers: Vec<Caller> = (0..batch).map(|_| Caller::new(channel.clone(), Calls::default())).collect();
    loop {
        let calls = callers.iter().cloned().map(|mut caller| {
            let meter = meter.clone();
            tokio::spawn(async move {
                let begun = Instant::now();
                caller.start(DATA).await?;
                meter.note(begun.elapsed());
                Ok::<(), Status>(())
            })
        });
        for call in calls.collect::<Vec<_>>() {
            call.await.map_err(|error| Status::internal(error.to_string()))??;
        }
    }
}
