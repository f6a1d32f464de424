//! Each command, and each way in which it ends.

use crate::store::{INPUT, Store, worked};
use esteira_e2e::{Cli, jobs};
use esteira_testkit::Postgres;
use serde_json::json;

const UNKNOWN: &str = "01900000-0000-7000-8000-000000000000";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_recorded_is_verified() {
    for store in Store::both() {
        let server = store.serve(&[]).await;
        let (cli, job) = (server.cli(), worked(&server).await);
        let task = jobs::tasks(&server.client(), &job).await.remove(0).task_id;
        cli.run(&["verify", "job", &job]).await.exits(0).prints("VALID\n3 leaves of ").prints("3 valid");
        cli.run(&["verify", "job", UNKNOWN]).await.exits(1).warns("JOB_NOT_FOUND");
        cli.run(&["verify", "job", "neither"]).await.exits(1).warns("job_id");
        cli.run(&["verify", "job"]).await.exits(64);
        artifacts(&store, &cli, &job, &task).await;

        cli.run(&["verify", "range", "0"]).await.exits(0).prints("VALID");
        cli.run(&["verify", "range", "1", "3"]).await.exits(0).prints("2 leaves of ");
        cli.run(&["verify", "range", "3", "1"]).await.exits(1).warns("to_index");
        cli.run(&["verify", "range", "0", "1000000"]).await.exits(1).warns("to_index");
        let all = cli.json(&["verify", "all"]).await;
        assert_eq!((&all["verdict"], &all["failed"]), (&json!("VERDICT_VALID"), &json!(null)), "{all}");
        let size = all["tree_size"].as_i64().expect("a size");
        assert_eq!(all["checked"], json!(size), "every leaf of the log, those of verifications among them");
        let after = cli.json(&["verify", "all"]).await;
        assert!(after["tree_size"].as_i64() > Some(size), "a verification is recorded itself: {after}");
        cli.run(&["verify", "everything"]).await.exits(64);
        server.stop().await;
    }
}

async fn artifacts(store: &Store, cli: &Cli, job: &str, task: &str) {
    let (input, made) = (store.file("input.json", INPUT.as_bytes()), store.file("made.json", br#"{"double":2084}"#));
    let other = store.file("other.json", br#"{"double":2085}"#);
    let verify = async |arguments: &[&str]| cli.run(&[&["verify", "artifact"], arguments].concat()).await;
    for file in [&input, &made] {
        verify(&[job, "--file", file]).await.exits(0).prints("VALID");
        verify(&[job, "--file", file, "--plan", "double"]).await.exits(0).prints("VALID");
        verify(&[job, "--file", file, "--plan", "double", "--version", "1"]).await.exits(0).prints("VALID");
        let wrong = verify(&[job, "--file", file, "--plan", "other"]).await;
        wrong.exits(1).prints("MISMATCH_LEAF: field plan_digest");
    }
    verify(&[job, "--file", &made, "--plan", "double", "--version", "2"])
        .await
        .exits(1)
        .warns("PLAN_VERSION_NOT_FOUND");
    verify(&[job, "--file", &made, "--plan", "nobody"]).await.exits(1).warns("PLAN_NOT_FOUND");
    verify(&[job, "--file", &other]).await.exits(1).prints("UNKNOWN: leaf");
    verify(&[job, "--task", task, "--file", &made]).await.exits(0).prints("VALID");
    verify(&[job, "--task", task, "--file", &other]).await.exits(1).prints("MISMATCH_CONTENT: content");
    verify(&[job, "--input"]).await.exits(0).prints("VALID");
    verify(&[job, "--task", &format!("{task}:0")]).await.exits(0).prints("VALID");
    verify(&[job, "--task", &format!("{task}:1")]).await.exits(1).warns("TASK_NOT_FOUND");
    verify(&[UNKNOWN, "--input"]).await.exits(1).warns("JOB_NOT_FOUND");
    verify(&[job, "--file", "/nonexistent"]).await.exits(64).warns("/nonexistent");
    // Of whichever job: the index of digests leads to it.
    verify(&[&made]).await.exits(0).prints("VALID").prints(&format!("job {job}"));
    verify(&[&input, "--plan", "double"]).await.exits(0).prints("VALID").prints(&format!("job {job}"));
    verify(&[&made, "--plan", "other"]).await.exits(1).prints("MISMATCH_LEAF: field plan_digest").prints(job);
    verify(&[&made, "--plan", "nobody"]).await.exits(1).warns("PLAN_NOT_FOUND");
    verify(&[&other]).await.exits(1).prints("UNKNOWN: leaf");
    verify(&[&"0a".repeat(32)]).await.exits(1).prints("UNKNOWN: leaf");
    verify(&["neither"]).await.exits(64).warns("`neither` is");
    verify(&[&made, "--input"]).await.exits(64).warns("are for a job");
    for wrong in [&[job][..], &[job, "--sha256", "zz"], &[job, "--task", "t:x"], &[job, "--input", "--task", "t"]] {
        verify(wrong).await.exits(64);
    }
}

/// A database that somebody wrote into while nobody looked.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_changed_ends_with_1() {
    let store = Store::postgres();
    let server = store.serve(&[]).await;
    let (cli, job) = (server.cli(), worked(&server).await);
    cli.run(&["verify", "all"]).await.exits(0);
    let name = store.name.as_deref().expect("PostgreSQL");
    Postgres::shared().run(name, "UPDATE attempt SET worker_id = 'somebody else'");
    let found = cli.run(&["verify", "job", &job]).await.exits(1);
    found.prints("MISMATCH_LEAF: field worker").prints("2 valid, 1 flaws").prints(&job);
    cli.run(&["verify", "all"]).await.exits(1).prints("MISMATCH_LEAF: field worker");
    // The leaf itself is whole, and so is its proof.
    cli.run(&["verify", "range", "0"]).await.exits(0);
    Postgres::shared().run(name, "UPDATE audit_record SET user_id = 'somebody else'");
    cli.run(&["verify", "range", "0"]).await.exits(1).prints("MISMATCH_LEAF: field operator");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_is_shown_and_proved() {
    for store in Store::both() {
        let server = store.serve(&["--ledger-origin", "log.example/e2e"]).await;
        let (cli, job) = (server.cli(), worked(&server).await);
        cli.run(&["verify", "job", &job]).await.exits(0);
        let status = cli.run(&["ledger", "status"]).await.exits(0).prints("log.example/e2e");
        status.prints(&store.folder.path().join("key.anchors").display().to_string());
        let note = cli.run(&["ledger", "checkpoint"]).await.exits(0);
        assert!(note.stdout.starts_with("log.example/e2e\n") && note.stdout.contains("\n\n\u{2014} "), "{note:#?}");
        cli.run(&["ledger", "key"]).await.exits(0).prints("log.example/e2e+");
        let ledger = cli.json(&["ledger", "status"]).await;
        let size = ledger["checkpoint_size"].as_i64().expect("a size");
        let proof = cli.json(&["ledger", "proof", "1"]).await;
        assert_eq!(proof["new_size"], json!(size), "{proof}");
        let hashes = cli.run(&["ledger", "proof", "1", &size.to_string()]).await.exits(0);
        assert!(hashes.stdout.lines().count() > 0 && hashes.stdout.lines().all(|line| line.len() == 64), "{hashes:#?}");
        cli.run(&["ledger", "proof", "2", "1"]).await.exits(1).warns("old_size");
        cli.run(&["ledger", "proof", "1", "1000000"]).await.exits(1).warns("new_size");
        cli.run(&["ledger", "evidence", &job]).await.exits(64).warns("which body");
        cli.run(&["ledger", "evidence", UNKNOWN, "--input"]).await.exits(1).warns("JOB_NOT_FOUND");
        cli.run(&["ledger", "nothing"]).await.exits(64);
        server.stop().await;
    }
}

/// Without a key leaves have their places, and nothing is signed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_signed_without_a_key() {
    let store = Store::postgres();
    let server = esteira_e2e::Server::serve_on(store.url.clone()).await;
    let (cli, job) = (server.cli(), worked(&server).await);
    cli.run(&["verify", "job", &job]).await.exits(1).prints("NOT_INCLUDED: checkpoint");
    cli.run(&["ledger", "status"]).await.exits(0).prints("signed by nobody");
    cli.run(&["ledger", "key"]).await.exits(0);
    server.stop().await;
}
