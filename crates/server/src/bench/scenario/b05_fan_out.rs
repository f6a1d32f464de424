//! B5: one task becomes many, and a join waits for them all.

use crate::bench::{
    command::Arguments,
    database::Target,
    load::{Caller, Calls, Crew, Plan, Worker, connect, publish, work},
    meter::Latencies,
    report::Report,
    row::{About, Row},
    stage::Stage,
    window::Window,
};
use esteira_store_sql::measure;
use tokio::time::Instant;

const ITEMS: u32 = 10_000;
/// Results are short: all of them together are the join's input, one payload of 1 MiB at most.
const RESULT: &str = "{\"sku\":\"A-1\",\"quantity\":2}";
const WORKERS: usize = 4;
const BATCH: usize = 100;
/// The step that makes the items, and the one behind the join.
const STEPS_BESIDE: usize = 2;
/// Jobs, one after the other: the first is not measured.
const JOBS: usize = 3;

/// Measures it.
pub async fn run(arguments: &Arguments, target: &Target, report: &mut Report) -> Result<(), String> {
    let items = arguments.size(arguments.items, ITEMS, ITEMS) as usize;
    let mut stage = Stage::new(arguments, target).await?;
    publish(&stage, Plan::FanOut).await?;
    let mut crew = Crew::default();
    for (number, channel) in connect(&stage, WORKERS, 1)?.into_iter().enumerate() {
        let worker = Worker::new(channel, format!("bench-{number}"));
        crew.add(work(Worker { max_leases: BATCH, items, output: RESULT, ..worker }));
    }
    let mut caller = Caller::new(connect(&stage, 1, 1)?.remove(0), Calls::default());
    let (mut window, mut latencies, mut last) = (Window::open(&mut stage).await?, Vec::new(), String::new());
    for number in 0..JOBS {
        if number == 1 {
            window = Window::open(&mut stage).await?;
        }
        let begun = Instant::now();
        let job = crew.during(caller.run("null")).await?.map_err(|status| Calls::failed(&status))?;
        if number > 0 {
            latencies.push(begun.elapsed());
        }
        last = job.job_id;
    }
    let spent = window.close(&mut stage).await?;
    drop(crew);
    let job = last.parse().map_err(|_| format!("{last} is no id of a job"))?;
    let touched = measure::job_revision(&stage.database.url, job).await.map_err(|error| error.to_string())?;
    let touched = touched.ok_or("the job has no row")?;
    let latencies = Latencies::from(latencies);
    let about = About {
        scenario: "b5",
        variant: format!("{items} items"),
        steps: items + STEPS_BESIDE,
        in_flight: Some(1),
        reports: Some("batched"),
        latency_of: "start's call to the job's end",
    };
    let seconds = latencies.percentile(0.5).unwrap_or_default().as_secs_f64();
    let row = Row::new(about, &stage, latencies.count(), &latencies, spent);
    report.add(row.with("seconds", seconds).with("writes_of_the_jobs_row", touched as f64))?;
    stage.end().await
}
