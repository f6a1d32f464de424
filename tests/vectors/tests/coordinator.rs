//! The coordinator does what the vectors say: the real binary, a worker with the kit, and what public RPCs show of it.
//!
//! Public RPCs do not show in which order tasks ended, nor in which order messages of different keys were committed: both
//! are compared without their order. Of outputs and results they show the first hundred, and the count of all.

use esteira_e2e::{LocalWorker, Server};
use esteira_sdk::client::v1;
use esteira_testkit::Postgres;
use esteira_vectors::{
    Case,
    case::{RefusedCase, TraceCase},
    difference, distributed, files,
};
use std::time::Duration;

/// How long all jobs may take together, from the start of the last one.
const ALL_MAX: Duration = Duration::from_secs(120);
/// Tasks that run at the same time.
const SLOTS: usize = 16;

fn cases<T>(pick: fn(Case) -> Option<T>) -> Vec<T> {
    let files = files::vectors().expect("the vectors can be read");
    files.into_values().flat_map(|file| file.cases).filter_map(pick).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_coordinator_reproduces_every_trace_on_sqlite() {
    reproduces_every_trace(Server::serve().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_coordinator_reproduces_every_trace_on_postgresql() {
    let postgres = Postgres::shared();
    let database = postgres.fresh_name();
    postgres.run("postgres", &format!("CREATE DATABASE {database}"));
    reproduces_every_trace(Server::serve_on(postgres.url(&database)).await).await;
}

async fn reproduces_every_trace(server: Server) {
    let cases: Vec<TraceCase> = cases(|case| match case {
        Case::Trace(case) => Some(*case),
        _ => None,
    });
    let client = server.client();
    let worker = LocalWorker::start(&server.url(), SLOTS, esteira_kit::functions());
    let distributed::Found { wrong, tasks, messages } = distributed::run_all(&client, &cases, ALL_MAX).await;
    worker.stop().await;
    server.stop().await;
    assert!(tasks > 2_000 && messages > 0, "only {tasks} tasks and {messages} messages");
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_coordinator_refuses_the_same_plans() {
    let cases: Vec<RefusedCase> = cases(|case| match case {
        Case::Refused(case) => Some(case),
        _ => None,
    });
    let server = Server::serve().await;
    let client = server.client();
    let mut wrong = Vec::new();
    let mut compared = 0;
    for case in cases {
        let expected = case.expected.clone().expect("it is filled in");
        // What an embedded run refuses beside the plan itself is nobody's business when a plan is checked alone.
        if expected.error != "PLAN_INVALID" || !case.plans.is_empty() {
            continue;
        }
        compared += 1;
        let request = v1::ValidatePlanRequest { definition_json: case.plan.0.clone() };
        let answer = client.plans().validate_plan(request).await.expect("a plan is checked");
        let found = distributed::issues(answer);
        wrong.extend(difference(&expected.issues, &found).map(|it| format!("{}: {it}", case.name)));
    }
    server.stop().await;
    assert!(wrong.is_empty() && compared >= 30, "of {compared}:\n{}", wrong.join("\n"));
}
