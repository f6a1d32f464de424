//! B14: twice as many jobs are offered as can be done. Those that are taken in must be answered in bounded time, the rest be
//! refused early, and afterwards all must be as before.
//!
//! Callers do not await their jobs: tens of thousands of awaits would measure themselves. A job's latency is from when it was
//! to start until a worker has its task.

use super::offers::{Offered, Offers};
use crate::bench::{
    command::Arguments,
    database::Target,
    load::{Caller, Calls, ClosedLoop, Crew, Plan, Reports, Worker, connect, publish, work},
    report::Report,
    row::{About, Row},
    stage::Stage,
    window::{Spent, Window},
};
use std::{sync::Arc, time::Duration};
use tokio::time::{Instant, timeout};

const IN_FLIGHT: usize = 256;
const WORKERS: usize = 4;
const BATCH: usize = 64;
/// Connections of the callers: enough that no call waits for a stream of HTTP/2.
const CONNECTIONS: usize = 64;
/// What is offered before, during and after, as a share of what can be done.
const CALM: f64 = 0.5;
const OVERLOAD: f64 = 2.0;
/// How long the queue may take to be worked off; then the run has failed.
const RECOVERY_MAX: Duration = Duration::from_secs(600);

/// Measures it.
pub async fn run(arguments: &Arguments, target: &Target, report: &mut Report) -> Result<(), String> {
    let mut stage = Stage::new(arguments, target).await?;
    let load = ClosedLoop::new(arguments, 1, IN_FLIGHT, Reports::Batched);
    let capacity = load.measure(arguments, &mut stage, "b14", "capacity, closed loop".into()).await?;
    let rate = capacity.steps_per_second;
    report.add(capacity)?;
    stage.end().await?;

    let mut stage = Stage::new(arguments, target).await?;
    publish(&stage, Plan::Chain(1)).await?;
    let offers = Arc::new(Offers::default());
    // One crew for all phases: a worker that goes away with a lease in its hands keeps the task for as long as the lease.
    let mut crew = Crew::default();
    for (number, channel) in connect(&stage, WORKERS, 1)?.into_iter().enumerate() {
        let seen = offers.clone();
        let leased = Arc::new(move |lease: &esteira_contract::v1::TaskLease, _| seen.began(lease));
        let worker = Worker::new(channel, format!("bench-{number}"));
        crew.add(work(Worker { max_leases: BATCH, leased: Some(leased), ..worker }));
    }
    for (share, variant) in [(CALM, "half is offered, before"), (OVERLOAD, "twice as much"), (CALM, "half, after")] {
        let row = phase(arguments, &mut stage, (&mut crew, &offers), share * rate, variant).await?;
        report.add(row.with("offered_per_second", share * rate))?;
    }
    drop(crew);
    stage.end().await
}

/// Offers jobs at a rate, then waits until all that were taken in have begun.
async fn phase(
    arguments: &Arguments,
    stage: &mut Stage,
    (crew, offers): (&mut Crew, &Offers),
    rate: f64,
    variant: &str,
) -> Result<Row, String> {
    let callers = connect(stage, CONNECTIONS, 1)?.into_iter().map(|channel| Caller::new(channel, Calls::default()));
    let callers: Vec<Caller> = callers.collect();
    let window = Window::open(stage).await?;
    crew.during(offers.play(&callers, rate, arguments.measured())).await??;
    let over = Instant::now();
    let begun = timeout(RECOVERY_MAX, crew.during(offers.all_began())).await;
    begun.map_err(|_| format!("not all jobs have begun {} s later", RECOVERY_MAX.as_secs()))??;
    let recovery = over.elapsed();
    let spent = window.close(stage).await?;
    Ok(row(stage, variant, offers.take(), spent).with("seconds_until_all_began", recovery.as_secs_f64()))
}

fn row(stage: &Stage, variant: &str, offered: Offered, spent: Spent) -> Row {
    let about = About {
        scenario: "b14",
        variant: variant.into(),
        steps: 1,
        in_flight: None,
        reports: Some("batched"),
        latency_of: "intended start to the worker's lease",
    };
    let p99 =
        |latencies: &crate::bench::meter::Latencies| latencies.percentile(0.99).unwrap_or_default().as_micros() as f64;
    Row::new(about, stage, offered.began.count(), &offered.began, spent)
        .with("accepted", offered.accepted.count() as f64)
        .with("accepted_p99_us", p99(&offered.accepted))
        .with("refused_resource_exhausted", offered.refused.count() as f64)
        .with("refused_p99_us", p99(&offered.refused))
}
