//! B8: a long queue is worked off while new jobs come: claims must not slow down, and the old ones go first.

use crate::bench::{
    arrivals::Schedule,
    command::Arguments,
    database::Target,
    load::{Caller, Calls, ClosedLoop, Crew, DATA, Plan, Reports, Worker, connect, publish, work},
    meter::Latencies,
    report::Report,
    row::{About, Row},
    stage::Stage,
    window::Window,
};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{sync::Notify, time::sleep};

const BACKLOG: u64 = 100_000;
const BACKLOG_FULL: u64 = 1_000_000;
const WORKERS: usize = 4;
const BATCH: usize = 64;
/// New jobs while the old ones are worked off.
const NEW_PER_SECOND: f64 = 50.0;
/// New jobs come for as long as the longest drain may take; then the run has failed.
const DRAIN_MAX: Duration = Duration::from_secs(1_800);
/// Data that tells a new job from an old one.
const NEW: &str = "\"new\"";
/// Parts of the drain that are compared.
const PARTS: usize = 10;

/// Measures it.
pub async fn run(arguments: &Arguments, target: &Target, report: &mut Report) -> Result<(), String> {
    let backlog = arguments.size(arguments.backlog, BACKLOG, BACKLOG_FULL);
    let mut steady = Stage::new(arguments, target).await?;
    let load = ClosedLoop::new(arguments, 1, WORKERS * BATCH, Reports::Batched);
    let steady_row = load.measure(arguments, &mut steady, "b8", "no backlog, closed loop".into()).await?;
    steady.end().await?;
    let steady_rate = steady_row.steps_per_second;
    report.add(steady_row)?;

    let mut stage = Stage::new(arguments, target).await?;
    fill(&mut stage, backlog).await?;
    let drain = Arc::new(Drain { seen: Mutex::default(), old: backlog as usize + 1, drained: Notify::new() });
    let mut crew = Crew::default();
    crew.add(start_new(Caller::new(connect(&stage, 1, 1)?.remove(0), Calls::default()))?);
    let window = Window::open(&mut stage).await?;
    for (number, channel) in connect(&stage, WORKERS, 1)?.into_iter().enumerate() {
        let seen = drain.clone();
        let leased = Arc::new(move |lease: &esteira_contract::v1::TaskLease, took| seen.see(is_new(lease), took));
        let worker = Worker::new(channel, format!("bench-{number}"));
        crew.add(work(Worker { max_leases: BATCH, leased: Some(leased), ..worker }));
    }
    let drained = tokio::time::timeout(DRAIN_MAX, crew.during(drain.drained.notified())).await;
    drained.map_err(|_| format!("the backlog is not worked off after {} s", DRAIN_MAX.as_secs()))??;
    let spent = window.close(&mut stage).await?;
    drop(crew);
    report.add(row(&stage, &drain, steady_rate, spent))?;
    stage.end().await
}

/// Where a drain stands.
struct Drain {
    seen: Mutex<Seen>,
    /// Tasks that were there at its beginning.
    old: usize,
    drained: Notify,
}

#[derive(Default)]
struct Seen {
    /// The time of the call that brought each old task, in the order in which they came.
    claims: Vec<Duration>,
    new_before_old: usize,
}

impl Drain {
    fn see(&self, new: bool, took: Duration) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if !new {
            seen.claims.push(took);
            if seen.claims.len() == self.old {
                self.drained.notify_one();
            }
        } else if seen.claims.len() < self.old {
            seen.new_before_old += 1;
        }
    }
}

fn is_new(lease: &esteira_contract::v1::TaskLease) -> bool {
    use esteira_contract::v1::payload::Body;
    let data = lease.packet.as_ref().and_then(|packet| packet.data.as_ref());
    data.and_then(|data| data.body.as_ref()).is_some_and(|body| matches!(body, Body::Json(text) if text == NEW))
}

/// A job waits, and its rows are copied.
async fn fill(stage: &mut Stage, backlog: u64) -> Result<(), String> {
    publish(stage, Plan::Chain(1)).await?;
    let mut caller = Caller::new(connect(stage, 1, 1)?.remove(0), Calls::default());
    let job = caller.start(DATA).await.map_err(|status| Calls::failed(&status))?;
    drop(caller);
    stage.multiply(job.parse().map_err(|_| format!("{job} is no id of a job"))?, backlog).await
}

/// New jobs come at their time until this is dropped.
fn start_new(caller: Caller) -> Result<impl Future<Output = Result<(), tonic::Status>> + Send, String> {
    let mut arrivals = Schedule::new(NEW_PER_SECOND, DRAIN_MAX).play()?;
    Ok(async move {
        while arrivals.recv().await.is_some() {
            let mut caller = caller.clone();
            caller.start(NEW).await?;
        }
        sleep(DRAIN_MAX).await;
        Ok(())
    })
}

fn row(stage: &Stage, drain: &Drain, steady_rate: f64, spent: crate::bench::window::Spent) -> Row {
    let seen = drain.seen.lock().unwrap_or_else(PoisonError::into_inner);
    let about = About {
        scenario: "b8",
        variant: format!("{} pending tasks", drain.old - 1),
        steps: 1,
        in_flight: None,
        reports: Some("batched"),
        latency_of: "the call that brings a task",
    };
    let part = (seen.claims.len() / PARTS).max(1);
    let p99 =
        |claims: &[Duration]| Latencies::from(claims.to_vec()).percentile(0.99).unwrap_or_default().as_micros() as f64;
    let parts: Vec<f64> = seen.claims.chunks(part).take(PARTS).map(p99).collect();
    let mut row = Row::new(about, stage, drain.old, &Latencies::from(seen.claims.clone()), spent)
        .with("new_before_old", seen.new_before_old as f64)
        .with("slowest_part_p99_us", parts.iter().copied().fold(0.0, f64::max))
        .with("first_part_p99_us", parts.first().copied().unwrap_or_default())
        .with("last_part_p99_us", parts.last().copied().unwrap_or_default());
    row.series = parts;
    let ratio = row.steps_per_second / steady_rate;
    row.with("rate_to_steady", ratio)
}
