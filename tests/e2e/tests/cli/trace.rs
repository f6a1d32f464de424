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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bytes_are_traced_to_who_made_and_read_them() {
    let server = Server::serve().await;
    let cli = server.cli();
    let worker = LocalWorker::start(&server.url(), 2, functions(&Arc::default()));
    cli.run(&["plan", "publish", &write(&server, "greet.yaml", documents::GREET)]).await.exits(0);
    cli.run(&["plan", "publish", &write(&server, "picky.yaml", documents::PICKY)]).await.exits(0);
    let input = r#"{"name": "Ana"}"#;
    let job = start(&cli, &["--plan", "greet", "--input", input]).await;
    cli.run(&["job", "await", &job]).await.exits(0);

    let file = write(&server, "input.json", input);
    let shown = cli.run(&["trace", &file]).await.exits(0);
    let shown = shown.prints(&format!("started  job {job}")).prints("read by  say");
    let digest = shown.stdout.split_whitespace().nth(1).expect("a digest").to_owned();
    cli.run(&["trace", &digest]).await.exits(0).prints(&job);
    cli.run(&["trace", &format!("sha256:{digest}")]).await.exits(0).prints(&job);
    assert_eq!(cli.run(&["trace", &digest, "-o", "id"]).await.exits(0).stdout.trim(), job);
    let document = cli.json(&["trace", &digest]).await;
    assert_eq!(document["artifacts"][0]["uses"].as_array().map(Vec::len), Some(2), "{document}");
    // What the function made is found by the digest that the job's trace shows.
    let made = cli.json(&["trace", &job]).await["tasks"][0]["outputs"][0]["size_bytes"].clone();
    assert!(made.as_i64() > Some(0));
    cli.run(&["trace", &write(&server, "other.json", "nobody's")]).await.exits(1).prints("nobody read or made");
    cli.run(&["trace", &digest, "--errors"]).await.exits(64).warns("--errors is for a job");

    let failed = start(&cli, &["--plan", "picky", "--input", "[1,2]"]).await;
    cli.run(&["job", "await", &failed]).await.exits(1);
    let report = cli.run(&["trace", &failed, "--errors"]).await.exits(0);
    report.prints("NOT_CONTENT (NON_RETRYABLE)").prints("not like this").prints("[1,2]").prints("attempt 1 by");
    cli.run(&["trace", &job, "--errors"]).await.exits(0).prints("none");
    worker.stop().await;
    server.stop().await;
}
