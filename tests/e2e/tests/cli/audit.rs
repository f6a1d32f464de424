//! `esteira audit`: who did what, what failed, how long it took; INV-AUDIT as a person sees it.

use crate::{
    documents::{PICKY, write},
    functions, start,
};
use esteira_e2e::{LocalWorker, Server};
use serde_json::json;
use std::sync::{Arc, atomic::AtomicBool};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_did_what_is_told() {
    let server = Server::serve().await;
    let cli = server.cli();
    let worker = LocalWorker::start(&server.url(), 2, functions(&Arc::new(AtomicBool::new(false))));
    let picky = write(&server, "picky.yaml", PICKY);
    cli.run(&["plan", "publish", &picky]).await.exits(0);
    let job = start(&cli, &["--plan", "picky", "--input", "1"]).await;
    cli.run(&["job", "await", &job]).await.exits(1);
    cli.run(&["job", "cancel", &job]).await.exits(1).warns("reason");

    let on_job = format!("resource = \"jobs/{job}\"");
    let records = cli.run(&["audit", "records", "--filter", &on_job]).await.exits(0);
    records.prints("AwaitJob").prints("local").prints("127.0.0.1").prints("OK");
    let records = cli.json(&["audit", "records", "--filter", "action = \"ControlJob\""]).await;
    assert_eq!(records["records"][0]["result"], json!("FIELD_INVALID"));
    assert_eq!(records["records"][0]["user_id"], json!("local"));
    let page = cli.run(&["audit", "records", "--limit", "1"]).await.exits(0).warns("--page-token");
    let token = page.stderr.split("--page-token ").nth(1).and_then(|rest| rest.split_whitespace().next());
    let token = token.expect("a token").to_owned();
    cli.run(&["audit", "records", "--limit", "1", "--page-token", &token]).await.exits(0);
    cli.run(&["audit", "records", "--filter", "reason = \"x\""]).await.exits(1).warns("FIELD_INVALID");

    let usage = cli.json(&["audit", "usage", "--filter", "action = \"StartJob\""]).await;
    assert_eq!((&usage["rows"][0]["count"], &usage["total_count"]), (&json!(1), &json!(1)), "{usage}");
    cli.run(&["audit", "usage", "--last", "1h"])
        .await
        .exits(0)
        .prints("PublishPlanVersion")
        .prints("total")
        .warns("looked at");

    let before = cli.json(&["audit", "records", "--filter", "action = \"ReportErrors\""]).await;
    assert_eq!(before["records"], json!(null));
    cli.run(&["audit", "errors", "--omit-messages"]).await.exits(0).prints("NOT_CONTENT");
    cli.run(&["audit", "errors"]).await.exits(0).prints("NOT_CONTENT").prints("not like this").prints(&job);
    let after = cli.json(&["audit", "records", "--filter", "action = \"ReportErrors\""]).await;
    assert_eq!(after["records"].as_array().map(Vec::len), Some(1), "a text of a failure is data");

    let performance = cli.json(&["audit", "performance", "--by", "plan,worker"]).await;
    assert_eq!(performance["rows"][0]["plan_name"], json!("picky"), "{performance}");
    assert_eq!((&performance["total"]["attempts"], &performance["total"]["failures"]), (&json!(1), &json!(1)));
    cli.run(&["audit", "performance", "--data-class", "QA,DEVTEST"]).await.exits(0).warns("left out 1 jobs");
    worker.stop().await;
    server.stop().await;
}
