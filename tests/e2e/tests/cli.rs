//! Every command of the command line, as a person or a script gives it, with its exit code: 0 done; 1 refused, or the job
//! did not succeed; 2 the coordinator cannot be reached; 64 usage.

#[path = "cli/audit.rs"]
mod audit;
#[path = "init/blocks.rs"]
mod blocks;
#[path = "cli/data_classes.rs"]
mod data_classes;
#[path = "cli/documents.rs"]
mod documents;
#[path = "cli/scripts.rs"]
mod scripts;
#[path = "cli/trace.rs"]
mod trace;
#[path = "cli/trace_page.rs"]
mod trace_page;

use documents::{GREET, GREET_AGAIN, UNKNOWN_STEP, write};
use esteira_e2e::{Cli, LocalWorker, Server, jobs, until};
use esteira_sdk::{
    Error, Outcome,
    json::PayloadJson,
    model::{Function, OutputType, Payload, function},
};
use serde_json::{Value, json};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    time::Duration,
};

const SEEN_MAX: Duration = Duration::from_secs(10);

/// `cli.greet` gives a greeting; `cli.picky` fails until it is told to be content.
fn functions(content: &Arc<AtomicBool>) -> Vec<Arc<dyn Function>> {
    let greet = function("cli.greet", OutputType::Single, |cx, input| async move {
        let input: Value = input.decode()?;
        let text = format!("Bom dia, {}!", input["name"].as_str().unwrap_or("mundo"));
        cx.emit("cli.greetings", "", Payload::encode(&text)?);
        Outcome::json(&json!({"text": text}))
    });
    let content = Arc::clone(content);
    let picky = function("cli.picky", OutputType::Single, move |_, input| {
        let content = content.load(SeqCst);
        async move {
            if content { Ok(Outcome::one(input)) } else { Err(Error::non_retryable("NOT_CONTENT", "not like this")) }
        }
    });
    vec![Arc::new(greet), Arc::new(picky)]
}

/// The id that `job start` printed.
async fn start(cli: &Cli, arguments: &[&str]) -> String {
    let started = cli.run(&[&["job", "start"], arguments].concat()).await.exits(0);
    started.stdout.strip_prefix("started ").unwrap_or_else(|| panic!("{started:#?}")).trim().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn plans_are_validated_published_compared_and_retired() {
    let server = Server::serve().await;
    let cli = server.cli();
    let greet = write(&server, "greet.yaml", GREET);
    let again = write(&server, "again.yaml", GREET_AGAIN);
    let bad = write(&server, "bad.yaml", UNKNOWN_STEP);

    cli.run(&["plan", "validate", &greet]).await.exits(0).prints("valid");
    let refused = cli.run(&["plan", "validate", &bad]).await.exits(1).prints("STEP_UNKNOWN").prints("not valid");
    refused.prints("/steps/0/next/0").prints("nowhere");
    let refused = cli.run(&["plan", "publish", &bad]).await.exits(1).warns("PLAN_INVALID").warns("nowhere");
    assert_eq!(refused.stderr.matches("nowhere").count(), 1, "{refused:#?}");
    cli.run(&["plan", "list"]).await.exits(0).prints("none");

    cli.run(&["plan", "publish", &greet]).await.exits(0).prints("published greet version 1");
    cli.run(&["plan", "publish", &again, "--expect-latest", "7"]).await.exits(1).warns("VERSION_CONFLICT");
    let publish = ["plan", "publish", &again, "--expect-latest", "1", "--default", "--request-id", "once"];
    cli.run(&publish).await.exits(0).prints("published greet version 2");
    cli.run(&publish).await.exits(0).prints("published greet version 2");

    cli.run(&["plan", "list"]).await.exits(0).prints("greet").prints("A greeting");
    cli.run(&["plan", "show", "greet"]).await.exits(0).prints("PUBLISHED").prints("local");
    cli.run(&["plan", "show", "greet", "--version", "1"]).await.exits(0).prints("\"step_key\": \"say\"");
    cli.run(&["plan", "show", "nothing"]).await.exits(1).warns("PLAN_NOT_FOUND");
    let diff = cli.run(&["plan", "diff", "greet", "1", "2"]).await.exits(0);
    diff.prints("+       \"function\": \"cli.picky\"").prints("-       \"function\": \"cli.greet\"").prints("  {");
    cli.run(&["plan", "diff", "greet", "1", "1"]).await.exits(0).prints("no difference");
    cli.run(&["plan", "diff", "greet", "1", "9"]).await.exits(1).warns("PLAN_VERSION_NOT_FOUND");

    cli.run(&["plan", "retire", "greet", "2", "--reason", "too picky"])
        .await
        .exits(0)
        .prints("retired greet version 2")
        .prints("it is the default");
    cli.run(&["plan", "show", "greet"]).await.exits(0).prints("RETIRED");
    cli.run(&["job", "start", "--plan", "greet"]).await.exits(1).warns("VERSION_RETIRED");
    cli.run(&["plan", "default", "greet", "9"]).await.exits(1).warns("PLAN_VERSION_NOT_FOUND");
    cli.run(&["plan", "default", "greet", "1"]).await.exits(0).prints("new jobs of greet run version 1");
    cli.run(&["plan", "publish", &greet])
        .await
        .exits(0)
        .prints("published greet version 3")
        .prints("new jobs still run version 1")
        .prints("esteira plan default greet 3");
    start(&cli, &["--plan", "greet"]).await;

    assert_eq!(cli.json(&["plan", "validate", &greet]).await["valid"], json!(true));
    assert_eq!(cli.json(&["plan", "publish", &greet]).await["version"]["version"], json!(4));
    assert_eq!(cli.json(&["plan", "list"]).await["plans"][0]["name"], json!("greet"));
    assert_eq!(cli.json(&["plan", "show", "greet"]).await["versions"].as_array().map(Vec::len), Some(4));
    assert_eq!(cli.json(&["plan", "show", "greet", "--version", "1"]).await["version"], json!(1));
    assert!(cli.json(&["plan", "diff", "greet", "1", "2"]).await.is_object());
    assert_eq!(
        cli.json(&["plan", "retire", "greet", "3", "--reason", "a test"]).await["version"]["state"],
        json!("PLAN_VERSION_STATE_RETIRED")
    );
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_is_started_followed_and_listed() {
    let server = Server::serve().await;
    let cli = server.cli();
    let worker = LocalWorker::start(&server.url(), 2, functions(&Arc::default()));
    cli.run(&["plan", "publish", &write(&server, "greet.yaml", GREET)]).await.exits(0);
    cli.run(&["plan", "publish", &write(&server, "picky.yaml", documents::PICKY)]).await.exits(0);
    let ana = write(&server, "ana.json", r#"{"name": "Ana"}"#);

    let watched =
        cli.run(&["job", "start", "--plan", "greet", "--input", r#"{"name": "Rui"}"#, "--watch"]).await.exits(0);
    watched.prints("SUCCEEDED").prints("Bom dia, Rui!").warns("job ");
    let once = [
        "--plan",
        "greet",
        "--input",
        &format!("@{ana}"),
        "--label",
        "team=sales",
        "--priority",
        "-5",
        "--request-id",
        "r",
    ];
    let job = start(&cli, &once).await;
    let again = cli.run(&[&["job", "start"], &once[..]].concat()).await.exits(0);
    again.prints(&format!("started before: {job}"));
    cli.run(&["job", "await", &job]).await.exits(0).prints("Bom dia, Ana!");
    cli.run(&["job", "watch", &job]).await.exits(0).prints("SUCCEEDED");
    let shown = cli.run(&["job", "show", &job]).await.exits(0);
    shown.prints("greet version 1").prints("1 SUCCEEDED").prints("local").prints("PRODUCTION");
    cli.run(&["job", "list", "--filter", "labels.team = \"sales\""]).await.exits(0).prints(&job).prints("greet@1");
    cli.run(&["job", "list", "--filter", "state = FAILED"]).await.exits(0).prints("none");
    cli.run(&["job", "list", "--filter", "colour = \"red\""]).await.exits(1).warns("FIELD_INVALID");
    cli.run(&["job", "list", "--limit", "1"]).await.exits(0).prints("greet@1");

    let task = cli.json(&["task", "list", &job]).await["tasks"][0]["task_id"].as_str().expect("an id").to_owned();
    cli.run(&["task", "list", &job]).await.exits(0).prints(&task).prints("say").prints("SUCCEEDED");
    let shown = cli.run(&["task", "show", &job, &task]).await.exits(0);
    shown
        .prints("\ninput     {\"name\": \"Ana\"}\noutput 0  ")
        .prints("cli.greet")
        .prints("Bom dia, Ana!")
        .prints("ATTEMPT");
    cli.run(&["task", "show", &job, &job]).await.exits(1).warns("TASK_NOT_FOUND");
    cli.run(&["worker", "list"]).await.exits(0).prints("cli.greet").prints("rust/");
    cli.run(&["outbox", "list"]).await.exits(0).prints("cli.greetings");
    cli.run(&["outbox", "list", "--filter", "topic = \"other\""]).await.exits(0).prints("none");

    let failed = start(&cli, &["--plan", "picky", "--input", "1"]).await;
    cli.run(&["job", "await", &failed]).await.exits(1).prints("NOT_CONTENT");
    cli.run(&["job", "watch", &failed]).await.exits(1).prints("FAILED");
    cli.run(&["job", "start", "--plan", "picky", "--input", "1", "--watch"]).await.exits(1).prints("not like this");

    assert_eq!(cli.json(&["job", "show", &job]).await["job_id"], json!(job));
    assert_eq!(cli.json(&["job", "await", &job]).await["state"], json!("JOB_STATE_SUCCEEDED"));
    assert_eq!(cli.json(&["job", "watch", &job]).await["state"], json!("JOB_STATE_SUCCEEDED"));
    assert_eq!(cli.json(&["job", "list"]).await["jobs"].as_array().map(Vec::len), Some(4));
    assert_eq!(cli.json(&["task", "show", &job, &task]).await["attempts"].as_array().map(Vec::len), Some(1));
    assert_eq!(cli.json(&["worker", "list"]).await["workers"].as_array().map(Vec::len), Some(1));
    // Beside the log's checkpoints, which wait for whoever anchors them elsewhere.
    let messages = cli.json(&["outbox", "list", "--filter", "topic = \"cli.greetings\""]).await;
    assert_eq!(messages["messages"].as_array().map(Vec::len), Some(2));
    let started = cli.json(&["job", "start", "--plan", "greet", "--input", "{}"]).await;
    assert!(started["job"]["job_id"].is_string(), "{started}");
    worker.stop().await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_waits_says_why_and_can_be_steered() {
    let server = Server::serve().await;
    let cli = server.cli();
    cli.run(&["plan", "publish", &write(&server, "three.yaml", documents::THREE)]).await.exits(0);

    let job = start(&cli, &["--plan", "three"]).await;
    cli.run(&["job", "show", &job])
        .await
        .exits(0)
        .prints("RUNNING")
        .prints("no worker serves `cli.nobody`; 3 tasks wait");
    cli.run(&["task", "list", &job, "--filter", "step_key = \"b\""]).await.exits(0).prints("READY").prints("NO_WORKER");
    cli.run(&["queue", "list"]).await.exits(0).prints("cli.nobody").prints("3");
    cli.run(&["queue", "pause", "cli.nobody"]).await.exits(0).prints("paused");
    cli.run(&["queue", "list"]).await.exits(0).prints("paused");
    assert_eq!(cli.json(&["queue", "list"]).await["queues"][0]["paused"], json!(true));
    cli.run(&["task", "list", &job]).await.exits(0).prints("QUEUE_PAUSED");
    cli.run(&["queue", "resume", "cli.nobody"]).await.exits(0).prints("open");

    cli.run(&["job", "resume", &job]).await.exits(0).prints("RUNNING");
    cli.run(&["job", "pause", &job, "--reason", "lunch"]).await.exits(0).prints("PAUSED");
    cli.run(&["job", "pause", &job]).await.exits(0).prints("PAUSED");
    cli.run(&["job", "resume", &job]).await.exits(0).prints("RUNNING");
    cli.run(&["job", "cancel", &job, "--reason", "not today"]).await.exits(0).prints("CANCELL");
    cli.run(&["job", "await", &job]).await.exits(1).prints("CANCELLED").prints("not today");
    cli.run(&["job", "pause", &job]).await.exits(1).warns("JOB_TERMINAL");
    let job = start(&cli, &["--plan", "three"]).await;
    cli.run(&["job", "terminate", &job, "--reason", "now"]).await.exits(0).prints("CANCELLED");
    let job = start(&cli, &["--plan", "three", "--timeout", "1"]).await;
    cli.run(&["job", "await", &job]).await.exits(1).prints("TIMED_OUT");

    let job = start(&cli, &["--plan", "three"]).await;
    assert_eq!(cli.json(&["job", "pause", &job]).await["state"], json!("JOB_STATE_PAUSED"));
    assert_eq!(cli.json(&["job", "resume", &job]).await["state"], json!("JOB_STATE_RUNNING"));
    assert_eq!(cli.json(&["job", "cancel", &job, "--reason", "a test"]).await["job_id"], json!(job));
    assert_eq!(
        cli.json(&["job", "terminate", &job, "--reason", "a test"]).await["state"],
        json!("JOB_STATE_CANCELLED")
    );
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_task_is_tried_again_while_its_job_runs() {
    let server = Server::serve().await;
    let cli = server.cli();
    let content = Arc::new(AtomicBool::new(false));
    let worker = LocalWorker::start(&server.url(), 2, functions(&content));
    cli.run(&["plan", "publish", &write(&server, "beside.yaml", documents::BESIDE)]).await.exits(0);
    let job = start(&cli, &["--plan", "beside", "--input", "7"]).await;
    let failed = until(SEEN_MAX, "the picky step fails", async || {
        let tasks = cli.json(&["task", "list", &job, "--filter", "state = FAILED"]).await;
        tasks["tasks"][0]["task_id"].as_str().map(str::to_owned)
    })
    .await;
    cli.run(&["task", "show", &job, &failed]).await.exits(0).prints("NOT_CONTENT");
    content.store(true, SeqCst);
    cli.run(&["job", "retry", &job, &failed, "--reason", "mended"])
        .await
        .exits(0)
        .prints(&format!("{failed} is tried again as "));
    let nobody = function("cli.nobody", OutputType::Single, |_, input| async move { Ok(Outcome::one(input)) });
    let other: [Arc<dyn Function>; 1] = [Arc::new(nobody)];
    let other = LocalWorker::start(&server.url(), 1, other);
    cli.run(&["job", "await", &job]).await.exits(0).prints("SUCCEEDED").prints("1 FAILED");
    cli.run(&["job", "retry", &job, &failed, "--reason", "again"]).await.exits(1).warns("JOB_TERMINAL");
    assert_eq!(jobs::tasks(&server.client(), &job).await.len(), 3);
    worker.stop().await;
    other.stop().await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_kept_is_shown_set_and_applied() {
    let server = Server::serve().await;
    let cli = server.cli();
    let worker = LocalWorker::start(&server.url(), 2, functions(&Arc::default()));
    let greet = write(&server, "greet.yaml", GREET);
    cli.run(&["plan", "publish", &greet, "--project", "sales"]).await.exits(0);
    cli.run(&["plan", "publish", &greet, "--project", "other"]).await.exits(1).warns("FIELD_INVALID");
    cli.run(&["plan", "show", "greet"]).await.exits(0).prints("sales");
    let job = start(&cli, &["--plan", "greet", "--input", "{}"]).await;
    cli.run(&["job", "await", &job]).await.exits(0);
    assert_eq!(cli.json(&["job", "show", &job]).await["project"], json!("sales"));

    cli.run(&["retention", "show"]).await.exits(0).prints("PRODUCTION").prints("forever").prints("30d");
    cli.run(&["retention", "set", "sales", "QA", "soon"]).await.exits(64).warns("90d");
    cli.run(&["retention", "set", "Sales", "QA", "1d"]).await.exits(1).warns("project");
    cli.run(&["retention", "set", "sales", "PRODUCTION", "0s"]).await.exits(0).prints("0s");
    cli.run(&["retention", "show", "--output", "id"]).await.exits(64);
    // Its greeting was not delivered.
    cli.run(&["retention", "apply", "--dry-run"]).await.exits(0).prints("would remove 0 jobs").prints("not delivered");
    cli.run(&["retention", "apply"]).await.exits(0).prints("removed 0 jobs").prints("1 jobs stay");
    cli.run(&["job", "show", &job]).await.exits(0);

    let silent = write(&server, "silent.yaml", documents::SILENT);
    cli.run(&["plan", "publish", &silent, "--project", "sales"]).await.exits(0);
    let silent = start(&cli, &["--plan", "silent", "--input", "{}"]).await;
    cli.run(&["job", "await", &silent]).await.exits(0);
    cli.run(&["retention", "apply", "--dry-run"]).await.exits(0).prints("would remove 1 jobs with 1 tasks");
    assert_eq!(cli.json(&["retention", "apply"]).await["jobs"], json!(1));
    cli.run(&["job", "show", &silent]).await.exits(1).warns("JOB_NOT_FOUND");
    cli.run(&["retention", "set", "sales", "PRODUCTION", "default"]).await.exits(0).prints("default");
    cli.run(&["retention", "apply"]).await.exits(0).prints("removed 0 jobs");
    worker.stop().await;
    server.stop().await;
}
