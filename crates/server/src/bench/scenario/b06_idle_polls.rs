//! B6: many polls wait while little comes: what waiting costs, and how soon a job's task begins.

use super::offers::Offers;
use crate::bench::{
    command::Arguments,
    database::Target,
    load::{Caller, Calls, Crew, POLL_WAIT, Plan, Worker, connect, publish, work},
    process::used,
    report::Report,
    row::{About, Row},
    stage::Stage,
    window::{Spent, Window},
};
use std::{sync::Arc, time::Duration};
use tokio::time::sleep;

const POLLS: u32 = 10_000;
/// Polls of one worker, over one connection.
const POLLS_PER_WORKER: usize = 100;
const SUBMITS_PER_SECOND: f64 = 100.0;
/// In the time in which polls come, how many at once.
const OPENED_AT_ONCE: usize = 500;
const BETWEEN_OPENINGS: Duration = Duration::from_millis(50);

/// Measures it.
pub async fn run(arguments: &Arguments, target: &Target, report: &mut Report) -> Result<(), String> {
    let polls = arguments.size(arguments.polls, POLLS, POLLS) as usize;
    let mut stage = Stage::new(arguments, target).await?;
    publish(&stage, Plan::Chain(1)).await?;
    let rss_before = used(stage.coordinators[0].pid).rss_bytes;
    let offers = Arc::new(Offers::default());
    let mut crew = Crew::default();
    open(&stage, polls, &offers, &mut crew).await?;

    let idle = idle(arguments, &mut stage, &mut crew).await?;
    let per_poll = idle.rss_bytes.saturating_sub(rss_before) as f64 / polls as f64;
    let seconds = idle.took.as_secs_f64();
    let idle_share = idle.coordinator_cpu.as_secs_f64() / seconds;

    let channels = connect(&stage, polls.min(POLLS_PER_WORKER), arguments.callers_per_connection as usize)?;
    let callers = channels.into_iter().map(|channel| Caller::new(channel, Calls::default())).collect::<Vec<_>>();
    let window = Window::open(&mut stage).await?;
    crew.during(offers.play(&callers, SUBMITS_PER_SECOND, arguments.measured())).await??;
    crew.during(offers.all_began()).await?;
    let spent = window.close(&mut stage).await?;
    let offered = offers.take();
    drop(crew);
    let about = About {
        scenario: "b6",
        variant: format!("{polls} polls, {SUBMITS_PER_SECOND} submits/s"),
        steps: 1,
        in_flight: None,
        reports: Some("unary"),
        latency_of: "intended start to the worker's lease",
    };
    let mut row = Row::new(about, &stage, offered.began.count(), &offered.began, spent)
        .with("idle_cpu_percent_of_a_core", idle_share * 100.0)
        .with("memory_bytes_per_poll", per_poll)
        .with("accepted_p99_us", offered.accepted.percentile(0.99).unwrap_or_default().as_micros() as f64);
    if let Some(statements) = idle.statements {
        row = row.with("idle_statements_per_second", statements as f64 / seconds);
    }
    report.add(row)?;
    stage.end().await
}

/// Opens the polls, a few at a time. Their first waits differ, so that from the first moment on as many come again each
/// second as in the long run.
async fn open(stage: &Stage, polls: usize, offers: &Arc<Offers>, crew: &mut Crew) -> Result<(), String> {
    let seen = offers.clone();
    let leased = Arc::new(move |lease: &esteira_contract::v1::TaskLease, _| seen.began(lease));
    for (slot, channel) in connect(stage, polls, POLLS_PER_WORKER)?.into_iter().enumerate() {
        let first_wait = POLL_WAIT.mul_f64((slot + 1) as f64 / polls as f64);
        let worker = Worker::new(channel, format!("bench-{}", slot / POLLS_PER_WORKER));
        crew.add(work(Worker { first_wait, leased: Some(leased.clone()), ..worker }));
        if (slot + 1).is_multiple_of(OPENED_AT_ONCE) {
            crew.during(sleep(BETWEEN_OPENINGS)).await?;
        }
    }
    Ok(())
}

/// What it costs to wait.
async fn idle(arguments: &Arguments, stage: &mut Stage, crew: &mut Crew) -> Result<Spent, String> {
    crew.during(sleep(arguments.warm_up())).await?;
    let window = Window::open(stage).await?;
    crew.during(sleep(arguments.measured())).await?;
    window.close(stage).await
}
