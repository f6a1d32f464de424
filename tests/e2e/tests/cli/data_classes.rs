//! `esteira job purge`, `esteira job erase`, and lists by data class, as a person uses them.

use crate::{
    documents::{PICKY, write},
    functions, start,
};
use esteira_e2e::{LocalWorker, Server};
use esteira_sdk::client::v1;
use std::sync::{Arc, atomic::AtomicBool};

/// A QA job of a production operator.
async fn start_qa(server: &Server) -> String {
    let request = v1::StartJobRequest {
        plan: Some(v1::start_job_request::Plan::PlanName("picky".into())),
        data_class: v1::DataClass::Qa as i32,
        ..Default::default()
    };
    server.client().jobs().start_job(request).await.expect("started").job.expect("a job").job_id
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_tried_out_is_purged_and_real_work_is_erased() {
    let server = Server::serve().await;
    let cli = server.cli();
    let worker = LocalWorker::start(&server.url(), 2, functions(&Arc::new(AtomicBool::new(false))));
    cli.run(&["plan", "publish", &write(&server, "picky.yaml", PICKY)]).await.exits(0);
    let real = start(&cli, &["--plan", "picky", "--input", "\"Maria\""]).await;
    let tried = start_qa(&server).await;
    for job in [&real, &tried] {
        cli.run(&["job", "await", job]).await.exits(1);
    }
    let listed = cli.run(&["job", "list", "-o", "id"]).await.exits(0);
    assert_eq!(listed.stdout.trim(), real);
    let listed =
        cli.run(&["job", "list", "--data-class", "QA", "--filter", "state = FAILED", "-o", "id"]).await.exits(0);
    assert_eq!(listed.stdout.trim(), tried);

    let purge = |class: &'static str, more: &[&str]| {
        let ask = ["job", "purge", "--data-class", class, "--filter", "plan_name = \"picky\"", "--reason", "tried out"];
        [&ask, more].concat().into_iter().map(str::to_owned).collect::<Vec<String>>()
    };
    let run = async |arguments: Vec<String>| cli.run(&arguments.iter().map(String::as_str).collect::<Vec<_>>()).await;
    run(purge("PRODUCTION", &["--dry-run"])).await.exits(1).warns("FIELD_INVALID").warns("data_class");
    run(purge("QA", &[])).await.exits(64).warns("--dry-run");
    run(purge("QA", &["--dry-run"])).await.exits(0).prints("would remove 1 jobs").prints("--confirm 1-");
    let confirm = run(purge("QA", &["--dry-run", "-o", "id"])).await.exits(0).stdout.trim().to_owned();
    run(purge("QA", &["--confirm", "1-00000000"])).await.exits(64).warns("another dry run");
    run(purge("QA", &["--confirm", &confirm]))
        .await
        .exits(0)
        .prints("removed 1 jobs")
        .prints("certificate of deletion")
        .prints(&tried);
    cli.run(&["job", "show", &tried]).await.exits(1).warns("JOB_NOT_FOUND");

    cli.run(&["job", "erase", &real]).await.exits(64).warns("--reason");
    cli.run(&["job", "show", &real]).await.exits(0).prints("not like this");
    cli.run(&["verify", "job", &real]).await.exits(0).prints("VALID");
    let reason = "request 17 of the data subject";
    let erased = cli.run(&["job", "erase", &real, "--reason", reason]).await.exits(0);
    erased.prints("certificate of deletion").prints(reason).prints("ERASURE").prints(&real);
    let shown = cli.run(&["job", "show", &real]).await.exits(0).prints("NOT_CONTENT");
    assert!(!shown.stdout.contains("not like this"), "{shown:#?}");
    let verified = cli.run(&["verify", "job", &real]).await;
    assert!(verified.stdout.contains("ERASED"), "{verified:#?}");
    cli.run(&["job", "erase", &real, "--reason", "again"]).await.exits(0).prints("nothing was left to erase");
    let verified = cli.run(&["verify", "all"]).await;
    assert!(verified.stdout.contains("ERASED"), "what was purged is no flaw: {verified:#?}");
    for action in ["PurgeJobs", "PurgeJobs/DRY_RUN", "EraseJob"] {
        let filter = format!("action = \"{action}\" AND result = \"OK\"");
        cli.run(&["audit", "records", "--filter", &filter]).await.exits(0).prints(action);
    }
    worker.stop().await;
    server.stop().await;
}
