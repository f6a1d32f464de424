//! kill -9 of the coordinator under load, again and again, and of a worker that holds a lease: nothing that was
//! acknowledged is lost, and nothing is done twice.

#[path = "kill9/audit.rs"]
mod audit;
#[path = "kill9/load.rs"]
mod load;
#[path = "kill9/reporter.rs"]
mod reporter;

use esteira_e2e::{LocalWorker, Process, Server, jobs, until, within};
use load::Load;
use reporter::Reporter;
use serde_json::json;
use std::{path::Path, time::Duration};
use tokio::{process::Command, time::Instant};

/// How often the coordinator is killed.
const KILLS: usize = 10;
/// Clients that start jobs and await them, all the time.
const CLIENTS: usize = 12;
/// What must have been acknowledged between two kills: each one hits a coordinator that works.
const ACKNOWLEDGED_BETWEEN_MIN: usize = 8;
/// The moment of a kill lies within this time after that.
const MOMENT_MAX: Duration = Duration::from_millis(1_200);
/// The whole test.
const TEST_MAX: Duration = Duration::from_secs(60);
/// After the last kill, every job must have ended within this time.
const HEALED_MAX: Duration = Duration::from_secs(20);
/// The share of operations that must have succeeded, or the coordinator was down rather than killed now and then.
const SUCCEEDED_MIN_PERCENT: usize = 30;
/// The moments of the kills, the same in every run; `E2E_SEED` takes others.
const SEED: u64 = 20_260_101;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_coordinator_that_is_killed_loses_nothing() {
    let mut server = Server::serve().await;
    within(TEST_MAX, "the whole test", async {
        let begun = Instant::now();
        load::publish(&server.client()).await;
        let executions = load::Executions::default();
        let workers = [0, 1].map(|_| LocalWorker::start(&server.url(), 8, load::functions(&executions)));
        let reporter = Reporter::start(server.url());
        let load = Load::start(&server.url(), CLIENTS);

        let mut random = Random::seeded();
        for kill in 1..=KILLS {
            let busy = load.acknowledged() + ACKNOWLEDGED_BETWEEN_MIN;
            until(HEALED_MAX, "the coordinator works again", async || (load.acknowledged() >= busy).then_some(())).await;
            // Not a wait for anything: the moment of the fault.
            tokio::time::sleep(MOMENT_MAX.mul_f64(random.fraction())).await;
            assert!(load.in_flight() > 0, "kill {kill} of {KILLS} would hit an idle coordinator");
            server.kill9().await;
            server.restart().await;
        }
        let healing = Instant::now();
        let started = load.finish(&server.client()).await;
        let ended = within(HEALED_MAX, "every job ends", audit::ended(&server.client(), &started)).await;
        let healed = healing.elapsed();

        let attempts = started.attempts;
        let share = 100 * started.succeeded / attempts;
        assert!(share >= SUCCEEDED_MIN_PERCENT, "{} of {attempts} operations succeeded", started.succeeded);
        for worker in workers {
            worker.stop().await;
        }
        let reports = reporter.finish().await;
        let executions = std::mem::take(&mut *executions.lock().expect("no panic"));
        let tasks = audit::check(&server.client(), &started, &ended, &executions, &reports).await;
        println!(
            "kill9: {KILLS} kills, {} jobs ({} of them of unknown outcome at first), {tasks} tasks, {} reports acknowledged \
             to a worker that counts; {share} % of {attempts} operations succeeded at once; healed in {healed:.1?}, {:.1?} in all",
            started.jobs.len(),
            started.unknown,
            reports.len(),
            begun.elapsed(),
        );
    })
    .await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_whose_worker_is_killed_is_granted_again_with_a_higher_fence() {
    const LEASE: Duration = Duration::from_secs(2);
    let server = Server::serve().await;
    let client = server.client();
    let step = json!({"step_key": "hold", "function": "e2e.fence", "lease_ttl": "2s"});
    jobs::publish(&client, &json!({"name": "hold", "steps": [step]})).await;

    let mut doomed = worker(&server, &["hang"]);
    let job = jobs::start(&client, "hold", &json!(null)).await;
    let first: i64 = doomed.line("holds ").await.parse().expect("a fence is a number");
    let mut other = worker(&server, &[]);
    doomed.kill9().await;
    let killed = Instant::now();
    let ended = jobs::succeeded(&client, &job).await;
    let waited = killed.elapsed();

    let second = jobs::results(&ended)[0].as_i64().expect("the function gives the fence");
    assert!(second > first, "fence {second} after {first}");
    assert!(waited < 2 * LEASE, "granted again after {waited:?}, with a lease of {LEASE:?}");
    let task = jobs::tasks(&client, &job).await.remove(0);
    let fences: Vec<i64> = task.attempts.iter().map(|attempt| attempt.fence).collect();
    assert!(fences.is_sorted_by(|a, b| a < b) && fences.last() == Some(&second), "{fences:?}");
    assert!(task.attempts.last().is_some_and(|attempt| attempt.worker_id.starts_with("rust-serve-")), "{task:?}");

    other.terminate();
    assert!(other.ended(Duration::from_secs(10)).await.success());
    server.stop().await;
}

fn worker(server: &Server, arguments: &[&str]) -> Process {
    let mut command = Command::new(Path::new(env!("CARGO_BIN_EXE_e2e-worker")));
    command.arg(server.url()).args(arguments);
    Process::start("e2e-worker", command, &server.directory().join("e2e-worker.log"))
}

/// Numbers that look random and come from a seed: splitmix64.
struct Random(u64);

impl Random {
    fn seeded() -> Self {
        let seed = std::env::var("E2E_SEED").map_or(SEED, |text| text.parse().expect("E2E_SEED is a number"));
        println!("kill9: E2E_SEED={seed}");
        Self(seed)
    }

    /// In `0.0..1.0`.
    fn fraction(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        f64::from(u32::try_from((bits ^ (bits >> 31)) >> 32).expect("32 bits are left")) / (f64::from(u32::MAX) + 1.0)
    }
}
