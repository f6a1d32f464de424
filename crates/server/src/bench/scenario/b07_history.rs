//! B7: whether a store full of history is as fast as an empty one. Both are measured in turn, in one run.

use crate::bench::{
    command::Arguments,
    database::Target,
    load::{Caller, Calls, ClosedLoop, Crew, DATA, Plan, Reports, Worker, connect, publish, work},
    report::Report,
    row::Row,
    stage::Stage,
};

const HISTORY: u64 = 100_000;
const HISTORY_FULL: u64 = 10_000_000;
const IN_FLIGHT: usize = 256;
/// How often each store is measured.
const TURNS: usize = 2;

/// Measures it.
pub async fn run(arguments: &Arguments, target: &Target, report: &mut Report) -> Result<(), String> {
    let history = arguments.size(arguments.history, HISTORY, HISTORY_FULL);
    let mut filled = Stage::new(arguments, target).await?;
    fill(&mut filled, history).await?;
    let mut empty = Stage::new(arguments, target).await?;
    let (mut of_empty, mut of_filled) = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        of_empty.push(measure(arguments, &mut empty, "empty".into()).await?);
        of_filled.push(measure(arguments, &mut filled, format!("{history} finished jobs")).await?);
    }
    let ratio = mean(&of_filled) / mean(&of_empty);
    for row in of_empty {
        report.add(row)?;
    }
    for row in of_filled {
        report.add(row.with("history", history as f64).with("rate_to_empty", ratio))?;
    }
    empty.end().await?;
    filled.end().await
}

/// One job is executed, and its rows are copied.
async fn fill(stage: &mut Stage, history: u64) -> Result<(), String> {
    publish(stage, Plan::Chain(1)).await?;
    let mut crew = Crew::default();
    crew.add(work(Worker::new(connect(stage, 1, 1)?.remove(0), "bench".into())));
    let mut caller = Caller::new(connect(stage, 1, 1)?.remove(0), Calls::default());
    let job = crew.during(caller.run(DATA)).await?.map_err(|status| Calls::failed(&status))?;
    drop((crew, caller));
    let job = job.job_id.parse().map_err(|_| format!("{} is no id of a job", job.job_id))?;
    stage.multiply(job, history).await
}

async fn measure(arguments: &Arguments, stage: &mut Stage, variant: String) -> Result<Row, String> {
    ClosedLoop::new(arguments, 1, IN_FLIGHT, Reports::Batched).measure(arguments, stage, "b7", variant).await
}

fn mean(rows: &[Row]) -> f64 {
    rows.iter().map(|row| row.steps_per_second).sum::<f64>() / rows.len() as f64
}
