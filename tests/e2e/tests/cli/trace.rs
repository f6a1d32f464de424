//! `esteira trace`: from a job to where it comes from and what became of it.

use super::{documents, functions, start, write};
use esteira_e2e::{LocalWorker, Server};
use serde_json::json;
use std::sync::Arc;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_is_traced_from_its_operator_to_its_bytes() {
    let server = Server::serve().await;
    let cli = server.cli();
    let worker = LocalWorker::start(&server.url(), 2, functions(&Arc::default()));
    cli.run(&["plan", "publish", &write(&server, "greet.yaml", documents::GREET)]).await.exits(0);
    cli.run(&["plan", "publish", &write(&server, "picky.yaml", documents::PICKY)]).await.exits(0);
    let job = start(&cli, &["--plan", "greet", "--input", r#"{"name": "Ana"}"#]).await;
    cli.run(&["job", "await", &job]).await.exits(0);

    let shown = cli.run(&["trace", &job]).await.exits(0);
    let shown =
        shown.prints(&job).prints("greet version 1").prints("local, account default").prints("from       a caller");
    let shown = shown.prints("say  cli.greet  1 SUCCEEDED").prints("attempt 1").prints("15 bytes");
    assert!(!shown.stdout.contains('\u{1b}'), "colour is for terminals: {shown:#?}");
    assert!(!shown.stdout.contains("Ana"), "a trace names data and does not carry it: {shown:#?}");
    for line in shown.stdout.lines() {
        assert!(line.chars().count() <= 100, "{line}");
    }
    let document = cli.json(&["trace", &job]).await;
    assert_eq!(document["trace"]["job_id"], json!(job));
    assert_eq!(document["tasks"][0]["step_key"], json!("say"));
    assert_eq!(cli.run(&["trace", &job, "-o", "id"]).await.exits(0).stdout.trim(), job);
    let counts = cli.run(&["trace", &job, "--tasks", "0"]).await.exits(0).warns("0 of 1 tasks");
    let counts = counts.prints("say  cli.greet  1 SUCCEEDED");
    assert!(!counts.stdout.contains("attempt 1 "), "{counts:#?}");

    let failed = start(&cli, &["--plan", "picky", "--input", "1"]).await;
    cli.run(&["job", "await", &failed]).await.exits(1);
    cli.run(&["trace", &failed]).await.exits(0).prints("FAILED").prints("NOT_CONTENT (NON_RETRYABLE)");

    cli.run(&["trace", "01900000-0000-7000-8000-000000000000"]).await.exits(1).warns("JOB_NOT_FOUND");
    cli.run(&["trace", "neither"]).await.exits(64).warns("`neither` is");
    cli.run(&["trace"]).await.exits(64);
    worker.stop().await;
    server.stop().await;
}
