//! How long one step of a purge takes, and how much it removes: what a report waits for at most on SQLite.
//!
//! `cargo run --release -p esteira-store-sql --example purge [where] [jobs] [rows...]`. Where is a file for SQLite, `:memory:`,
//! which leaves the sync out, or the URL of an empty PostgreSQL database. Each job has ten steps with results of 200 bytes;
//! `rows` is what a step removes of each table at most.

use esteira_model::{
    AccountId, Actor, Artifact, ArtifactId, Attempt, DataClass, EndedTask, Flow, ItemPath, Job, JobId, JobState,
    Lineage, LineageKind, Payload, PlanVersionId, Task, TaskId, TaskState, Time, Usage, Uuid,
};
use esteira_store::{Batch, Removed, TREES_MAX, Writer};
use esteira_store_sql::{Options, open};
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;

const STEPS_OF_A_JOB: u64 = 10;

fn uuid(number: u64) -> Uuid {
    let mut bytes = [0x5a; 16];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    Uuid::from_bytes(bytes)
}

/// A job that has ended, with all rows of its steps.
fn add_job(first: u64, batch: &mut Batch) -> JobId {
    let id = JobId(uuid(first));
    batch.jobs_started.push(Job {
        id,
        account: AccountId::new("acme"),
        plan_version: PlanVersionId(uuid(1)),
        data_class: DataClass::Qa,
        actor: Arc::new(Actor::default()),
        headers: Arc::default(),
        labels: Arc::default(),
        aggregate: None,
        input: ArtifactId(first as i64),
        priority: 0,
        lineage: Lineage { kind: LineageKind::Direct, root: id, parent: None, depth: 0, source: None },
        create_time: Time(1),
        start_after: None,
        deadline: None,
        provenance: Default::default(),
        state: JobState::Succeeded,
        flow: Flow::default(),
        start_time: Some(Time(1)),
        end_time: Some(Time(2)),
        cancel_time: None,
        failure: None,
        note: String::new(),
        end_leaf_at: None,
        revision: 1,
    });
    for step in 0..=STEPS_OF_A_JOB {
        let artifact = ArtifactId((first + step) as i64);
        let payload = Payload::json("x".repeat(200));
        batch.artifacts.push((Artifact { id: artifact, job: id, data_class: DataClass::Qa, payload }, [7; 32]));
        if step == 0 {
            continue;
        }
        let task = Task {
            id: TaskId(uuid(first + step)),
            job: id,
            step: step as u16,
            item_path: ItemPath::default(),
            parent: None,
            input: Some(ArtifactId(artifact.0 - 1)),
            aggregate: None,
            attempts: 1,
            failures: 0,
            expiries: 0,
            fence: 1,
            checkpoint: None,
            create_time: Time(1),
            start_time: Some(Time(1)),
        };
        batch.attempts.push(Attempt {
            job: id,
            task: task.id,
            number: 1,
            fence: 1,
            worker_id: "worker-1".into(),
            function_version: "1.4.0".into(),
            start_time: Time(1),
            end_time: Time(2),
            worker_start_time: None,
            worker_end_time: None,
            failure: None,
            usage: Usage::default(),
            report_digest: [3; 16],
            leaf_at: None,
        });
        batch.ended.push(EndedTask {
            task,
            state: TaskState::Succeeded,
            end_time: Time(2),
            outputs: vec![artifact],
            leaf: step == STEPS_OF_A_JOB,
            verdicts: Vec::new(),
            failure: None,
        });
    }
    id
}

async fn purge(writer: &mut dyn Writer, jobs: &[JobId], rows: usize) {
    let (mut removed, mut times): (Removed, Vec<Duration>) = Default::default();
    let began = Instant::now();
    for trees in jobs.chunks(TREES_MAX) {
        let mut part = None;
        loop {
            let at = Instant::now();
            let mut unit = writer.begin().await.expect("begins");
            let step = unit.purge_trees(trees, part, rows, None).await.expect("purges");
            unit.commit().await.expect("commits");
            times.push(at.elapsed());
            removed += step.removed;
            part = step.part;
            if step.complete {
                break;
            }
        }
    }
    let seconds = began.elapsed().as_secs_f64();
    times.sort_unstable();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_micros();
    println!(
        "{rows:>5} rows a step: {:>6.0} jobs/s, {:>7.0} tasks/s; {} steps: p50 {} us, p99 {} us, max {} us",
        removed.jobs as f64 / seconds,
        removed.tasks as f64 / seconds,
        times.len(),
        at(0.5),
        at(0.99),
        at(1.0),
    );
}

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let place = arguments.next().unwrap_or_else(|| ":memory:".into());
    let jobs: u64 = arguments.next().and_then(|jobs| jobs.parse().ok()).unwrap_or(20_000);
    let mut sizes: Vec<usize> = arguments.filter_map(|rows| rows.parse().ok()).collect();
    if sizes.is_empty() {
        sizes = vec![50, 250, 1_000];
    }
    let url = if place.starts_with("postgres") { place } else { format!("sqlite:{place}") };
    let mut writer = open(&url, Options::default()).await.expect("opens").writer;
    for rows in sizes {
        let mut all = Vec::new();
        for some in (1..=jobs).collect::<Vec<_>>().chunks(100) {
            let mut batch = Batch::default();
            all.extend(some.iter().map(|job| add_job(job * 2 * STEPS_OF_A_JOB, &mut batch)));
            let mut unit = writer.begin().await.expect("begins");
            unit.write(&batch).await.expect("writes");
            unit.commit().await.expect("commits");
        }
        purge(&mut *writer, &all, rows).await;
    }
}
