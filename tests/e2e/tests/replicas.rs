//! Several coordinators over one PostgreSQL: one is killed and comes back, again and again, while the others work on. Nothing
//! that was acknowledged is lost, and nothing is done twice.

#[path = "kill9/audit.rs"]
mod audit;
#[path = "kill9/load.rs"]
mod load;
#[path = "kill9/reporter.rs"]
mod reporter;

use esteira_e2e::{LocalWorker, Server, jobs, until, within};
use esteira_testkit::Postgres;
use load::Load;
use reporter::Reporter;
use serde_json::json;
use std::time::Duration;

/// How often a coordinator is killed.
const KILLS: usize = 6;
/// Clients that start jobs and await them, all the time.
const CLIENTS: usize = 8;
/// What must have been acknowledged between two kills.
const ACKNOWLEDGED_BETWEEN_MIN: usize = 8;
/// The share of operations that must have succeeded, or the coordinators were down rather than killed now and then.
const SUCCEEDED_MIN_PERCENT: usize = 30;
/// The whole test.
const TEST_MAX: Duration = Duration::from_secs(120);
/// How long anything may take after a fault.
const HEALED_MAX: Duration = Duration::from_secs(40);

/// A database that nobody else has.
fn database() -> String {
    let postgres = Postgres::shared();
    let name = postgres.fresh_name();
    postgres.run("postgres", &format!("CREATE DATABASE {name}"));
    postgres.url(&name)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_is_leased_awaited_and_told_at_any_coordinator() {
    let database = database();
    let (first, second) = (Server::serve_on(database.clone()).await, Server::serve_on(database).await);
    let step = json!({"step_key": "a", "function": "load.add", "next": ["b"]});
    jobs::publish(&first.client(), &json!({"name": "two", "steps": [step, {"step_key": "b", "function": "load.add"}]}))
        .await;
    // The worker knows one of them, the client the other.
    let executions = load::Executions::default();
    let worker = LocalWorker::start(&second.url(), 4, load::functions(&executions));
    let job = jobs::start(&first.client(), "two", &json!({"n": 1})).await;
    let ended = jobs::succeeded(&first.client(), &job).await;
    assert_eq!(jobs::results(&ended)[0]["n"], 3);
    // What was published at one runs at the other at once.
    jobs::publish(&second.client(), &json!({"name": "two", "steps": [{"step_key": "a", "function": "load.add"}]}))
        .await;
    let job = jobs::start(&first.client(), "two", &json!({"n": 1})).await;
    let ended = jobs::succeeded(&second.client(), &job).await;
    assert_eq!(jobs::results(&ended)[0]["n"], 2);
    worker.stop().await;
    first.stop().await;
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_coordinator_of_two_that_is_killed_loses_nothing() {
    let database = database();
    let mut servers = [Server::serve_on(database.clone()).await, Server::serve_on(database).await];
    within(TEST_MAX, "the whole test", async {
        load::publish(&servers[0].client()).await;
        let executions = load::Executions::default();
        let workers = [0, 1].map(|n: usize| LocalWorker::start(&servers[n].url(), 8, load::functions(&executions)));
        let reporter = Reporter::start(servers[1].url());
        let load = Load::start(&servers[0].url(), CLIENTS);
        for kill in 0..KILLS {
            let busy = load.acknowledged() + ACKNOWLEDGED_BETWEEN_MIN;
            let works = async || (load.acknowledged() >= busy).then_some(());
            until(HEALED_MAX, "a coordinator works", works).await;
            assert!(load.in_flight() > 0, "kill {kill} of {KILLS} would hit idle coordinators");
            let killed = &mut servers[kill % 2];
            killed.kill9().await;
            if kill % 2 == 1 {
                // The clients' own coordinator goes on alone.
                let busy = load.acknowledged() + ACKNOWLEDGED_BETWEEN_MIN;
                let works = async || (load.acknowledged() >= busy).then_some(());
                until(HEALED_MAX, "the other one goes on", works).await;
            }
            killed.restart().await;
        }
        let started = load.finish(&servers[0].client()).await;
        let ended = within(HEALED_MAX, "every job ends", audit::ended(&servers[1].client(), &started)).await;
        for worker in workers {
            worker.stop().await;
        }
        let reports = reporter.finish().await;
        let executions = std::mem::take(&mut *executions.lock().expect("no panic"));
        let tasks = audit::check(&servers[1].client(), &started, &ended, &executions, &reports).await;
        let (attempts, share) = (started.attempts, 100 * started.succeeded / started.attempts);
        println!(
            "replicas: {KILLS} kills, {} jobs ({} of them of unknown outcome at first), {tasks} tasks; {share} % of \
             {attempts} operations succeeded at once",
            started.jobs.len(),
            started.unknown,
        );
        assert!(share >= SUCCEEDED_MIN_PERCENT, "{} of {attempts} operations succeeded", started.succeeded);
    })
    .await;
    for server in servers {
        server.stop().await;
    }
}
