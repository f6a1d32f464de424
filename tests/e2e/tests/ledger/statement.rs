//! A job's trace as a signed statement, in the hands of somebody who has neither the store nor this code.

use crate::store::{INPUT, Store, independent, trust, worked};
use serde_json::{Value, json};

const UNKNOWN: &str = "01900000-0000-7000-8000-000000000000";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trace_is_exported_and_opened_elsewhere() {
    for store in Store::both() {
        let server = store.serve(&[]).await;
        let (cli, job) = (server.cli(), worked(&server).await);
        let (key, origin) = trust(&cli).await;
        let file = store.folder.path().join("statement.json").display().to_string();
        cli.run(&["trace", &job, "--export", &file]).await.exits(0);
        let signed = format!("SIGNED: 2 subjects of job {job}, plan double version 1\n");
        assert_eq!(independent(&file, &origin, &key), (signed, Some(0)));
        let envelope: Value = serde_json::from_str(&std::fs::read_to_string(&file).expect("written")).expect("JSON");
        assert_eq!(envelope["payloadType"], json!("application/vnd.in-toto+json"));
        let printed = cli.run(&["trace", &job, "--export", "-"]).await.exits(0);
        assert!(printed.stdout.starts_with("{\"payloadType\""), "{printed:#?}");

        let refused = |envelope: &Value, origin: &str, key: &str| {
            let file = store.file("edited.json", envelope.to_string().as_bytes());
            let (said, code) = independent(&file, origin, key);
            assert!(said.starts_with("REFUSED: ") && code == Some(1), "{said}");
        };
        let mut edited = envelope.clone();
        let payload = edited["payload"].as_str().expect("base64").to_owned();
        let other = if payload.as_bytes()[40] == b'A' { 'B' } else { 'A' };
        edited["payload"] = json!(format!("{}{other}{}", &payload[..40], &payload[41..]));
        refused(&edited, &origin, &key);
        edited = envelope.clone();
        edited["signatures"] = json!([]);
        refused(&edited, &origin, &key);
        refused(&envelope, "log.example/other", &key);
        let other = Store::sqlite();
        let foreign = other.serve(&[]).await;
        refused(&envelope, &origin, &trust(&foreign.cli()).await.0);
        foreign.stop().await;

        cli.run(&["trace", UNKNOWN, "--export", &file]).await.exits(1).warns("JOB_NOT_FOUND");
        let input = store.file("input.json", INPUT.as_bytes());
        cli.run(&["trace", &input, "--export", &file]).await.exits(64).warns("--export is for a job");
        cli.run(&["trace", &job, "--export", "/nonexistent/file"]).await.exits(64).warns("/nonexistent/file");
        server.stop().await;
    }
}
