//! Evidence of a real coordinator, in the hands of somebody who has neither the store nor this code.

use crate::store::{INPUT, Store, independent, trust, worked};
use esteira_e2e::jobs;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_independent_verifier_agrees_with_the_coordinator() {
    for store in Store::both() {
        let server = store.serve(&[]).await;
        let (cli, job) = (server.cli(), worked(&server).await);
        let task = jobs::tasks(&server.client(), &job).await.remove(0).task_id;
        let (key, origin) = trust(&cli).await;
        let mut bundles = Vec::new();
        for arguments in [&["--input"][..], &["--task", &task], &["--task", &task, "--omit-content"]] {
            let ran = cli.run(&[&["ledger", "evidence", &job], arguments].concat()).await.exits(0);
            let bundle: Value = serde_json::from_str(&ran.stdout).expect("JSON");
            assert_eq!(bundle["format"], json!("esteira-evidence-v1"));
            let file = store.file("evidence.json", ran.stdout.as_bytes());
            assert_eq!(independent(&file, &origin, &key), ("VALID\n".into(), Some(0)), "{arguments:?}");
            bundles.push(bundle);
        }
        assert_eq!(bundles[0]["body"]["held"]["bytes"]["bytes"], json!(hex(INPUT)), "with its bytes");
        assert!(bundles[2]["body"]["held"]["digest"]["digest"].is_string(), "with its digest alone");

        let edited = |edit: &dyn Fn(&mut Value)| {
            let mut bundle = bundles[0].clone();
            edit(&mut bundle);
            let file = store.file("edited.json", bundle.to_string().as_bytes());
            independent(&file, &origin, &key).0
        };
        let other = hex(&INPUT.replace("1042", "1043"));
        assert_eq!(edited(&|b| b["body"]["held"]["bytes"]["bytes"] = json!(other)), "MISMATCH_CONTENT: content\n");
        assert_eq!(edited(&|b| b["included"] = json!(null)), "NOT_INCLUDED: inclusion\n");
        let file = store.file("evidence.json", bundles[0].to_string().as_bytes());
        assert_eq!(independent(&file, "log.example/other", &key).0, "NOT_INCLUDED: checkpoint\n");
        let foreign = foreign_key().await;
        assert_eq!(independent(&file, &origin, &foreign), ("NOT_INCLUDED: checkpoint\n".into(), Some(1)));
        server.stop().await;
    }
}

/// The key of another installation.
async fn foreign_key() -> String {
    let store = Store::sqlite();
    let server = store.serve(&[]).await;
    let key = trust(&server.cli()).await.0;
    server.stop().await;
    key
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}
