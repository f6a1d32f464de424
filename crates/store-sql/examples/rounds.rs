//! How many plain sequential steps a second the store writes, by the size of the rounds.
//!
//! `cargo run --release -p esteira-store-sql --example rounds [where] [sizes...]`. Where is a directory for SQLite files
//! (default: `target/rounds`, on a real disk: a file system in memory has no sync to wait for), `:memory:`, which leaves the
//! sync out, or the URL of an empty PostgreSQL database. Beside the bare rounds it shows whole reports, which read the job
//! and the live task before they write.
//!
//! A step is what one ordinary report costs: a lease is taken, an artifact, an attempt and an ended task are added, and the
//! next task is leased. Ten steps make a job; then another one begins.

use esteira_model::{
    Artifact, ArtifactId, Attempt, DataClass, EndedTask, ItemPath, JobId, Payload, Task, TaskId, TaskState, Time,
    Usage, Uuid,
};
use esteira_store::{Batch, Hot, Leased, Taken, Writer};
use esteira_store_sql::{Options, open};
use std::time::Duration;
use tokio::time::Instant;

const STEPS_OF_A_JOB: u16 = 10;
const RUN_FOR: Duration = Duration::from_secs(4);

/// Time-ordered ids, as version 7 are.
struct Ids(u64);

impl Ids {
    fn uuid(&mut self) -> Uuid {
        self.0 += 1;
        let mut bytes = [0x5a; 16];
        bytes[..8].copy_from_slice(&(self.0 << 4).to_be_bytes());
        Uuid::from_bytes(bytes)
    }

    fn int(&mut self) -> i64 {
        self.0 += 1;
        self.0 as i64
    }
}

fn lease(ids: &mut Ids, job: JobId, step: u16, parent: Option<TaskId>) -> Leased {
    let task = Task {
        id: TaskId(ids.uuid()),
        job,
        step,
        item_path: ItemPath::default(),
        parent,
        input: Some(ArtifactId(ids.int())),
        aggregate: None,
        attempts: 1,
        failures: 0,
        expiries: 0,
        fence: ids.int(),
        checkpoint: None,
        create_time: Time(ids.int()),
        start_time: Some(Time(ids.int())),
    };
    Leased {
        task,
        lane: "acme/orders.validate".into(),
        rank: 0,
        worker_id: "worker-1".into(),
        request_id: "01932c07-209b-7e9a-8b2c-ffeeddccbbaa".into(),
        function_version: "1.4.0".into(),
        ttl: Duration::from_secs(30),
        grant_time: Time(ids.int()),
        expire_time: Time(ids.int()),
        timeout_time: None,
    }
}

/// Adds the rows of one report to the round; the lease becomes that of the next task.
fn step(ids: &mut Ids, batch: &mut Batch, leased: &mut Leased) {
    let task = leased.task.clone();
    let artifact = ArtifactId(ids.int());
    let payload = Payload::json("x".repeat(200));
    batch.taken.push(Taken { job: task.job, task: task.id, fence: task.fence, from: Hot::Lease });
    batch
        .artifacts
        .push((Artifact { id: artifact, job: task.job, data_class: DataClass::Production, payload }, [7; 32]));
    batch.attempts.push(Attempt {
        job: task.job,
        task: task.id,
        number: 1,
        fence: task.fence,
        worker_id: leased.worker_id.clone(),
        function_version: leased.function_version.clone(),
        start_time: leased.grant_time,
        end_time: Time(ids.int()),
        worker_start_time: Some(leased.grant_time),
        worker_end_time: Some(leased.grant_time),
        failure: None,
        usage: Usage::default(),
        report_digest: [3; 16],
        leaf_at: None,
    });
    let (job, next) = match task.step + 1 {
        STEPS_OF_A_JOB => (JobId(ids.uuid()), 0),
        next => (task.job, next),
    };
    *leased = lease(ids, job, next, Some(task.id));
    batch.leased.push(leased.clone());
    batch.ended.push(EndedTask {
        task,
        state: TaskState::Succeeded,
        end_time: Time(ids.int()),
        outputs: vec![artifact],
        leaf: false,
        verdicts: Vec::new(),
        failure: None,
    });
}

/// Processor time of this process so far, all threads; in steps of 10 ms, on Linux.
fn cpu_micros() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(") ").next().unwrap_or_default();
    let ticks = after_name.split(' ').skip(11).take(2).filter_map(|word| word.parse::<u64>().ok());
    ticks.sum::<u64>() * 10_000
}

async fn commit(writer: &mut dyn Writer, batch: &Batch, reads: &[(JobId, TaskId)]) {
    let mut unit = writer.begin().await.expect("begins");
    if !reads.is_empty() {
        let jobs: Vec<JobId> = reads.iter().map(|(job, _)| *job).collect();
        unit.jobs(&jobs).await.expect("reads");
        assert_eq!(unit.live_tasks(reads).await.expect("reads").len(), reads.len());
    }
    unit.write(batch).await.expect("writes");
    unit.commit().await.expect("commits");
}

/// The URL of a store with nothing in it; on a server the tables are used again, with ids that were never used.
fn url(place: &str, size: usize) -> String {
    if place.starts_with("postgres") {
        return place.to_owned();
    }
    if place == ":memory:" {
        return "sqlite::memory:".to_owned();
    }
    std::fs::create_dir_all(place).expect("the directory can be made");
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{place}/rounds-{size}.db{end}"));
    }
    format!("sqlite:{place}/rounds-{size}.db")
}

async fn run(place: &str, size: usize, reads: bool) {
    let url = url(place, size);
    let opened = open(&url, Options::default()).await.expect("opens");
    let (mut writer, sent) = (opened.writer, &opened.sent);
    let mut ids = Ids(std::process::id() as u64 * (1 << 36) + (size as u64 * 2 + u64::from(reads)) * (1 << 24));
    let mut leases: Vec<Leased> = (0..size)
        .map(|_| JobId(ids.uuid()))
        .collect::<Vec<_>>()
        .into_iter()
        .map(|job| lease(&mut ids, job, 0, None))
        .collect();
    commit(&mut *writer, &Batch { leased: leases.clone(), ..Batch::default() }, &[]).await;

    let before = sent.statements();
    let cpu_before = cpu_micros();
    let mut latencies = Vec::new();
    let began = Instant::now();
    while began.elapsed() < RUN_FOR {
        let mut batch = Batch::default();
        let read = leases.iter().map(|leased| (leased.task.job, leased.task.id)).filter(|_| reads).collect::<Vec<_>>();
        for leased in &mut leases {
            step(&mut ids, &mut batch, leased);
        }
        let at = Instant::now();
        commit(&mut *writer, &batch, &read).await;
        latencies.push(at.elapsed());
    }
    let seconds = began.elapsed().as_secs_f64();
    let rounds = latencies.len();
    latencies.sort_unstable();
    let at = |share: f64| latencies[((rounds - 1) as f64 * share) as usize].as_micros();
    println!(
        "{size:>4} {} a round: {:>7.0} rounds/s {:>8.0} steps/s {:>8.0} rows/s; {:.1} statements a round; {:.1} us CPU a step; p50 {} us, p99 {} us, max {} us",
        if reads { "reports" } else { "steps  " },
        rounds as f64 / seconds,
        (rounds * size) as f64 / seconds,
        (rounds * size * 5) as f64 / seconds,
        (sent.statements() - before) as f64 / rounds as f64,
        (cpu_micros() - cpu_before) as f64 / (rounds * size) as f64,
        at(0.5),
        at(0.99),
        at(1.0),
    );
}

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let place = arguments.next().unwrap_or_else(|| "target/rounds".into());
    let mut sizes: Vec<usize> = arguments.filter_map(|size| size.parse().ok()).collect();
    if sizes.is_empty() {
        sizes = vec![1, 4, 16, 64, 256, 1024];
    }
    for size in sizes {
        run(&place, size, false).await;
        run(&place, size, true).await;
    }
}
