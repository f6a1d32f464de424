//! One plan through workers in four languages, each a process of its own: Rust on the SDK; Python, Go and Deno on the
//! generated stubs alone.

use esteira_e2e::{Process, Server, jobs, tools, until, within};
use esteira_sdk::client::v1;
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::process::Command;

/// Building the Go worker, the first time with gRPC and all.
const BUILD_MAX: Duration = Duration::from_secs(240);
/// From the start of the workers; Deno may fetch its packages first.
const KNOWN_MAX: Duration = Duration::from_secs(60);
/// A worker that is parked ends within this time after SIGTERM.
const STOPPED_MAX: Duration = Duration::from_secs(5);

const FUNCTIONS: [&str; 4] = ["rust.trim", "python.upper", "go.words", "deno.count"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_plan_runs_through_four_languages() {
    let mut server = Server::serve().await;
    let client = server.client();
    let workers = start_workers(&server).await;

    jobs::publish(&client, &chain()).await;
    let job = jobs::start(&client, "four-languages", &json!("  a esteira leva a carga ")).await;
    let ended = jobs::succeeded(&client, &job).await;
    assert_eq!(jobs::results(&ended), [json!({"A": 2, "ESTEIRA": 1, "LEVA": 1, "CARGA": 1})]);
    let tasks = jobs::tasks(&client, &job).await;
    assert_eq!(languages(&tasks), ["rust", "python", "go", "deno"], "{tasks:#?}");

    // An input that a function does not take is a failure with a name, not a retry and not a crash.
    for function in FUNCTIONS {
        let plan = function.replace('.', "-");
        jobs::publish(&client, &json!({"name": plan, "steps": [{"step_key": "only", "function": function}]})).await;
        let job = jobs::start(&client, &plan, &json!({"no": "text"})).await;
        let ended = jobs::ended(&client, &job).await;
        let failure = ended.failure.unwrap_or_else(|| panic!("{function}: {:?}", ended.state));
        assert_eq!(
            (failure.code.as_str(), failure.kind()),
            ("INPUT_INVALID", v1::FailureKind::NonRetryable),
            "{function}"
        );
    }

    // Their parked calls break, and they come back by themselves.
    server.kill9().await;
    server.restart().await;
    let job = jobs::start(&client, "four-languages", &json!("de novo de")).await;
    let ended = jobs::succeeded(&client, &job).await;
    assert_eq!(jobs::results(&ended), [json!({"DE": 2, "NOVO": 1})]);

    for (name, mut worker) in workers {
        worker.terminate();
        let status = worker.ended(STOPPED_MAX).await;
        assert!(status.success(), "the {name} worker ended with {status}; its log ends with:\n{}", worker.log_tail());
    }
    server.stop().await;
}

fn chain() -> Value {
    json!({"name": "four-languages", "steps": [
        {"step_key": "trim", "function": "rust.trim", "next": ["upper"]},
        {"step_key": "upper", "function": "python.upper", "next": ["words"]},
        {"step_key": "words", "function": "go.words", "next": ["count"]},
        {"step_key": "count", "function": "deno.count"},
    ]})
}

/// The languages of the workers that the trace names, in the order of the tasks; each is another worker.
fn languages(tasks: &[v1::Task]) -> Vec<&str> {
    let workers: Vec<&str> = tasks.iter().flat_map(|task| &task.attempts).map(|try_| try_.worker_id.as_str()).collect();
    assert_eq!(workers.iter().collect::<BTreeSet<_>>().len(), 4, "{workers:?}");
    workers.iter().map(|worker| worker.split('-').next().unwrap_or_default()).collect()
}

/// Starts the four, and waits until the coordinator has heard of each.
async fn start_workers(server: &Server) -> Vec<(&'static str, Process)> {
    let folder = tools::root().join("workers");
    let rust = Command::new(env!("CARGO_BIN_EXE_e2e-worker"));
    let mut python = Command::new(tools::tool("python"));
    python.arg(folder.join("python/worker.py"));
    let go = Command::new(build_go(&folder.join("go"), server.directory()).await);
    let mut deno = Command::new(tools::tool("deno"));
    deno.args(["run", "--quiet", "--frozen", "--allow-net", "--allow-env"]).arg(folder.join("deno/worker.ts"));
    let start = |(name, mut command): (&'static str, Command)| {
        command.arg(server.url());
        (name, Process::start(name, command, &server.directory().join(format!("{name}.log"))))
    };
    let mut workers: Vec<_> = [("rust", rust), ("python", python), ("go", go), ("deno", deno)].map(start).into();
    let client = server.client();
    until(KNOWN_MAX, "the coordinator has heard of all four", async || {
        for (name, worker) in &mut workers {
            assert!(worker.is_running(), "the {name} worker ended; its log ends with:\n{}", worker.log_tail());
        }
        let known = client.admin().list_workers(v1::ListWorkersRequest::default()).await.expect("workers are listed");
        (known.workers.len() == workers.len()).then_some(())
    })
    .await;
    workers
}

async fn build_go(folder: &Path, directory: &Path) -> PathBuf {
    let binary = directory.join("go-worker");
    let mut build = Command::new(tools::tool("go"));
    build.args(["build", "-o"]).arg(&binary).arg(".").current_dir(folder).kill_on_drop(true);
    let output = within(BUILD_MAX, "the build of workers/go", build.output()).await.expect("go starts");
    assert!(output.status.success(), "go build: {}", String::from_utf8_lossy(&output.stderr));
    binary
}
