//! The coordinator does what the vectors say: the real binary, a worker with the kit, and what public RPCs show of it.
//!
//! Public RPCs do not show in which order tasks ended, nor in which order messages of different keys were committed: both
//! are compared without their order. Of outputs and results they show the first hundred, and the count of all.

mod distributed;

use distributed::{Published, messages_of, shown};
use esteira_e2e::{LocalWorker, Server, jobs};
use esteira_sdk::client::{Client, v1};
use esteira_testkit::Postgres;
use esteira_vectors::{
    Case,
    case::{RefusedCase, TraceCase},
    difference, files,
};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

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
    let wrong = run_all(&client, &cases).await;
    worker.stop().await;
    server.stop().await;
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

/// Starts all jobs, then looks at each.
async fn run_all(client: &Client, cases: &[TraceCase]) -> Vec<String> {
    let mut started = Vec::new();
    for (number, case) in cases.iter().enumerate() {
        let published = Published::publish(client, case, number).await;
        let job = published.start(client, case).await;
        started.push((published, job));
    }
    let (mut ended, until) = (Vec::new(), Instant::now() + ALL_MAX);
    for ((_, job), case) in started.iter().zip(cases) {
        let waited = timeout_at(until, client.jobs().wait(job)).await;
        match waited {
            Ok(job) => ended.push(job.expect("the job can be awaited")),
            Err(_) => return vec![format!("{} has not ended: {:?}", case.name, open_tasks(client, job).await)],
        }
    }
    let messages = messages_of(client).await;
    let (mut wrong, mut tasks) = (Vec::new(), 0);
    for ((case, (published, _)), job) in cases.iter().zip(&started).zip(ended) {
        let expected = distributed::as_shown(case.expected.clone().expect("it is filled in"));
        let found = shown(client, published, job, &messages).await;
        tasks += found.tasks.len();
        wrong.extend(difference(&expected, &found).map(|it| format!("{}: {it}", case.name)));
    }
    assert!(tasks > 2_000 && !messages.is_empty(), "only {tasks} tasks");
    wrong
}

/// Tasks that have not ended: step, state, why it waits, attempts.
async fn open_tasks(client: &Client, job: &str) -> Vec<String> {
    let tasks = jobs::tasks(client, job).await.into_iter().filter(|task| task.end_time.is_none());
    tasks
        .map(|task| format!("{} {:?} {:?} {}", task.step_key, task.state(), task.wait_reason(), task.attempts.len()))
        .collect()
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
