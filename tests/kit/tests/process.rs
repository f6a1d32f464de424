//! The worker as a process: it serves every function of the kit, and ends well when it is asked to.

use esteira_e2e::{Process, Server, jobs, within};
use serde_json::{Value, json};
use std::time::Duration;
use tempfile::TempDir;
use tokio::process::Command;

/// How long a job may take, and the worker to end.
const DONE_MAX: Duration = Duration::from_secs(20);

/// Starts the worker; its log lies in the folder.
fn worker(url: &str, folder: &TempDir) -> Process {
    let mut command = Command::new(env!("CARGO_BIN_EXE_conformance-worker"));
    command.args(["--server", url, "--slots", "2", "--worker-id", "kit-1"]);
    Process::start("conformance-worker", command, &folder.path().join("worker.log"))
}

fn line() -> Value {
    let counter = r#"{"id":"c","version":0,"count":0}"#;
    json!({"name": "kit", "steps": [
        {"step_key": "raw", "function": "kit.raw", "next": ["echo"]},
        {"step_key": "echo", "function": "kit.echo", "next": ["none"]},
        {"step_key": "none", "function": "kit.none", "output": "none", "next": ["ctx"]},
        {"step_key": "ctx", "function": "kit.ctx", "next": ["fan"]},
        {"step_key": "fan", "function": "kit.fan", "config": {"items": [counter]}, "output": "multiple", "next": ["add"]},
        {"step_key": "add", "function": "kit.counter", "config": {"add": 3}, "next": ["script"]},
        {"step_key": "script", "function": "kit.script", "config": {"attempts": [[{"throw": "oh"}], [{"return_input": true}]]},
         "retry": {"initial_backoff": "1ms"}},
    ]})
}

async fn ends_well(mut worker: Process) {
    worker.terminate();
    let status = worker.ended(DONE_MAX).await;
    assert!(status.success(), "{status}; its log ends with:\n{}", worker.log_tail());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_function_is_served_until_sigterm() {
    let (server, folder) = (Server::serve().await, tempfile::tempdir().expect("a folder"));
    let client = server.client();
    let worker = worker(&server.url(), &folder);
    jobs::publish(&client, &line()).await;
    let job = jobs::start(&client, "kit", &json!({"n": 1})).await;
    let ended = within(DONE_MAX, "the job ends", jobs::succeeded(&client, &job)).await;
    assert_eq!(jobs::results(&ended), [json!({"id": "c", "version": 1, "count": 3})]);
    let tasks = jobs::tasks(&client, &job).await;
    assert!(tasks.iter().all(|task| task.attempts.iter().all(|attempt| attempt.worker_id == "kit-1")));
    ends_well(worker).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_runs_is_finished_after_sigterm() {
    let (server, folder) = (Server::serve().await, tempfile::tempdir().expect("a folder"));
    let client = server.client();
    let worker = worker(&server.url(), &folder);
    let slow = json!({"attempts": [[{"emit": {"topic": "began", "key": "k", "json": "1"}}, {"sleep_ms": 700}, {"return": "\"done\""}]]});
    jobs::publish(
        &client,
        &json!({"name": "slow", "steps": [{"step_key": "a", "function": "kit.script", "config": slow}]}),
    )
    .await;
    let job = jobs::start(&client, "slow", &json!(null)).await;
    let leased = || async {
        let tasks = jobs::tasks(&client, &job).await;
        tasks.iter().any(|task| task.attempts.len() == 1).then_some(())
    };
    esteira_e2e::until(DONE_MAX, "the task runs", async || leased().await).await;
    ends_well(worker).await;
    let ended = jobs::succeeded(&client, &job).await;
    assert_eq!(jobs::results(&ended), [json!("done")]);
    server.stop().await;
}

#[tokio::test]
async fn a_command_line_that_cannot_work_is_refused() {
    for arguments in
        [&["--slots", "1"][..], &["--server", "not a uri"], &["--server", "http://127.0.0.1:1", "--slots", "0"]]
    {
        let output = Command::new(env!("CARGO_BIN_EXE_conformance-worker")).args(arguments).output().await;
        assert_eq!(output.expect("it starts").status.code(), Some(64), "{arguments:?}");
    }
}
