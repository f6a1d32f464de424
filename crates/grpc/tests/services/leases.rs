//! Leases: polls that can be sent again, fences, heartbeats, drains.

use crate::harness::*;
use esteira_contract::v1::{self, LeaseStatus, WorkerDirective};
use tonic::Code;

const ONE: &str = r#"[{"step_key":"a","function":"kit.a","retry":{"initial_backoff":"1ms","jitter":0}}]"#;

#[tokio::test]
async fn inv_poll_a_poll_can_be_sent_again() {
    let server = Harness::start().await;
    server.publish("one", ONE).await;
    server.start_job("one", "1").await;
    server.start_job("one", "2").await;
    let poll = v1::LeaseTasksRequest { request_id: "p-1".into(), ..poll_of("w", "kit.a") };
    let first = server.workers().lease_tasks(poll.clone()).await.expect("leased").into_inner();
    let again = server.workers().lease_tasks(poll).await.expect("again").into_inner();
    assert_eq!(first.leases.len(), 1);
    assert_eq!(first.leases[0].lease_token, again.leases[0].lease_token);
    assert_eq!(first.directive(), WorkerDirective::Register, "a worker that is not known may register");
    server.stop().await;
}

#[tokio::test]
async fn inv_fence_reports_are_idempotent_and_fenced() {
    let server = Harness::start().await;
    server.publish("one", ONE).await;
    let job = server.start_job("one", "1").await;
    let first = server.lease_one("kit.a").await;
    let outcome = server.report(failed(&first, v1::FailureKind::Retryable, "E_LATER")).await;
    assert!(outcome.will_retry && outcome.retry_in.is_some());
    let second = server.lease_one("kit.a").await;
    assert!(second.fence > first.fence && second.attempt == 2);
    assert_eq!(second.idempotency_key, first.idempotency_key);
    // The first lease: the same report again, and another one.
    assert!(server.report(failed(&first, v1::FailureKind::Retryable, "E_LATER")).await.already_applied);
    assert_eq!(server.report(completed(&first, "9")).await.error_reason, "RESULT_CONFLICT");
    let outcome = server.report(completed(&second, "2")).await;
    assert_eq!((outcome.error_reason.as_str(), outcome.already_applied), ("", false));
    assert!(server.report(completed(&second, "2")).await.already_applied);
    assert_eq!(server.report(completed(&second, "3")).await.error_reason, "RESULT_CONFLICT");
    let ended = server.await_job(&job).await;
    assert_eq!(text_of(&ended.results[0]), "2");
    let task = server.tasks(&job).await.remove(0);
    let failure = task.attempts[0].failure.as_ref().expect("the first attempt failed");
    assert_eq!((failure.code.as_str(), failure.source.as_str()), ("E_LATER", "kit.a"));
    server.stop().await;
}

#[tokio::test]
async fn one_bad_report_fails_no_other() {
    let server = Harness::start().await;
    server.publish("one", ONE).await;
    for input in ["1", "2"] {
        server.start_job("one", input).await;
    }
    let leases = [server.lease_one("kit.a").await, server.lease_one("kit.a").await];
    let unreadable = v1::TaskReport { lease_token: "forged".into(), ..completed(&leases[0], "1") };
    let reports = vec![completed(&leases[0], "{"), unreadable, completed(&leases[1], "2")];
    let request = v1::ReportTasksRequest { worker_id: "w".into(), reports, lease: None };
    let outcomes = server.workers().report_tasks(request).await.expect("answered").into_inner().outcomes;
    let reasons: Vec<&str> = outcomes.iter().map(|outcome| outcome.error_reason.as_str()).collect();
    assert_eq!(reasons, ["JSON_INVALID", "LEASE_LOST", ""]);
    assert!(outcomes[0].error_message.starts_with("reports[0].completed.single: "), "{}", outcomes[0].error_message);
    assert_eq!(outcomes[0].lease_token, leases[0].lease_token);
    // The lease stays.
    server.complete(&leases[0], "1").await;
    server.stop().await;
}

#[tokio::test]
async fn what_a_report_call_must_not_be() {
    let server = Harness::start().await;
    server.publish("one", ONE).await;
    server.start_job("one", "1").await;
    let lease = server.lease_one("kit.a").await;
    let report = completed(&lease, "1");
    let call = |reports, lease| v1::ReportTasksRequest { worker_id: "w".into(), reports, lease };
    let send = async |request| server.workers().report_tasks(request).await;
    let (code, reason) = (Code::InvalidArgument, "FIELD_INVALID");
    check_refused(send(call(Vec::new(), None)).await, code, reason, "reports");
    check_refused(send(call(vec![report.clone(); 101], None)).await, code, reason, "reports");
    check_refused(send(call(vec![report.clone(); 2], None)).await, code, reason, "reports[1].lease_token");
    let waits = v1::LeaseTasksRequest { wait: seconds(1), ..poll_of("w", "kit.a") };
    check_refused(send(call(vec![report.clone()], Some(waits))).await, code, reason, "lease.wait");
    let other = v1::LeaseTasksRequest { wait: None, ..poll_of("other", "kit.a") };
    check_refused(send(call(vec![report], Some(other))).await, code, reason, "lease.worker_id");
    server.stop().await;
}

fn beats(leases: &[&str]) -> v1::HeartbeatLeasesRequest {
    let beat = |token: &&str| v1::LeaseBeat { lease_token: token.to_string(), ..Default::default() };
    v1::HeartbeatLeasesRequest { worker_id: "w".into(), beats: leases.iter().map(beat).collect() }
}

#[tokio::test]
async fn heartbeats_tell_of_cancels_and_losses() {
    let server = Harness::start().await;
    server.publish("one", ONE).await;
    let job = server.start_job("one", "1").await;
    server.start_job("one", "2").await;
    let (first, second) = (server.lease_one("kit.a").await, server.lease_one("kit.a").await);
    let cancel = v1::ControlJobRequest {
        job_id: job.clone(),
        action: v1::JobAction::Cancel as i32,
        reason: "a test".into(),
        ..Default::default()
    };
    let cancelling = server.jobs().control_job(cancel).await.expect("cancelled").into_inner().job.expect("a job");
    assert_eq!(cancelling.state(), v1::JobState::Cancelling);
    let sent = beats(&[&second.lease_token, "forged", &first.lease_token]);
    let answer = server.workers().heartbeat_leases(sent).await.expect("answered").into_inner();
    let told: Vec<_> = answer.verdicts.iter().map(|verdict| (verdict.status(), verdict.reason.as_str())).collect();
    assert_eq!(
        told,
        [(LeaseStatus::Active, ""), (LeaseStatus::Lost, "LEASE_LOST"), (LeaseStatus::CancelRequested, "JOB")]
    );
    assert_eq!(answer.next_heartbeat, seconds(10));
    server.report(failed(&first, v1::FailureKind::Cancelled, "STOPPED")).await;
    assert_eq!(server.await_job(&job).await.state(), v1::JobState::Cancelled);
    let answer = server.workers().heartbeat_leases(beats(&[&first.lease_token])).await.expect("answered").into_inner();
    assert_eq!(answer.verdicts[0].status(), LeaseStatus::Lost);
    server.stop().await;
}

#[tokio::test]
async fn a_checkpoint_goes_to_the_next_attempt() {
    let server = Harness::start().await;
    server.publish("one", ONE).await;
    server.start_job("one", "1").await;
    let first = server.lease_one("kit.a").await;
    let mut beat = beats(&[&first.lease_token]);
    beat.beats[0].checkpoint = Some(json("{\"at\":7}"));
    server.workers().heartbeat_leases(beat).await.expect("saved");
    server.report(failed(&first, v1::FailureKind::Retryable, "E")).await;
    let second = server.lease_one("kit.a").await;
    assert_eq!(text_of(second.checkpoint.as_ref().expect("a checkpoint")), "{\"at\":7}");
    let mut bad = beats(&[&second.lease_token]);
    bad.beats[0].checkpoint = Some(json("{"));
    check_refused(
        server.workers().heartbeat_leases(bad).await,
        Code::InvalidArgument,
        "JSON_INVALID",
        "beats[0].checkpoint",
    );
    server.stop().await;
}

#[tokio::test]
async fn a_released_task_is_ready_again_at_once() {
    let server = Harness::start().await;
    server.publish("one", ONE).await;
    server.start_job("one", "1").await;
    let first = server.lease_one("kit.a").await;
    let outcome = Some(v1::task_report::Outcome::Released(v1::Release { reason: "busy".into() }));
    let released = v1::TaskReport { lease_token: first.lease_token.clone(), outcome, ..Default::default() };
    assert_eq!(server.report(released).await.error_reason, "");
    let second = server.lease_one("kit.a").await;
    assert_eq!((second.task_id.as_str(), second.attempt), (first.task_id.as_str(), 1));
    server.stop().await;
}

#[tokio::test]
async fn a_drained_worker_gets_no_more() {
    let server = Harness::start().await;
    server.publish("one", ONE).await;
    let info = v1::WorkerInfo { worker_id: "w".into(), ..Default::default() };
    let register = v1::RegisterWorkerRequest { worker: Some(info), ..Default::default() };
    let registered = server.workers().register_worker(register.clone()).await.expect("registered").into_inner();
    assert_eq!((registered.protocol, registered.heartbeat_interval), (1, seconds(10)));
    assert_eq!(registered.limits.map(|limits| limits.max_leases_per_call), Some(100));
    server.start_job("one", "1").await;
    let lease = server.lease_one("kit.a").await;
    let drain = v1::DrainWorkerRequest { worker_id: "w".into(), grace: seconds(0), reason: "update".into() };
    let drained = server.workers().drain_worker(drain.clone()).await.expect("drained").into_inner();
    assert_eq!(drained.outstanding_leases, 1);
    server.start_job("one", "2").await;
    let answer = server.workers().lease_tasks(poll_of("w", "kit.a")).await.expect("answered").into_inner();
    assert_eq!((answer.leases.len(), answer.directive()), (0, WorkerDirective::Drain));
    let answer = server.workers().heartbeat_leases(beats(&[&lease.lease_token])).await.expect("answered").into_inner();
    assert_eq!(
        (answer.verdicts[0].status(), answer.verdicts[0].reason.as_str()),
        (LeaseStatus::CancelRequested, "DRAIN")
    );
    server.complete(&lease, "1").await;
    // A registration ends the drain.
    server.workers().register_worker(register).await.expect("registered");
    let answer = server.workers().lease_tasks(poll_of("w", "kit.a")).await.expect("answered").into_inner();
    assert_eq!((answer.leases.len(), answer.directive()), (1, WorkerDirective::Continue));
    // A worker that is not known is drained ahead of its first call.
    server.workers().drain_worker(v1::DrainWorkerRequest { worker_id: "new".into(), ..drain }).await.expect("drained");
    let answer = server.workers().lease_tasks(poll_of("new", "kit.a")).await.expect("answered").into_inner();
    assert_eq!(answer.directive(), WorkerDirective::Drain);
    server.stop().await;
}

#[tokio::test]
async fn a_server_that_stops_answers_who_waits() {
    let server = Harness::start().await;
    server.publish("one", ONE).await;
    let job = server.start_job("one", "1").await;
    let held = server.lease_one("kit.a").await;
    let poll = v1::LeaseTasksRequest { wait: seconds(30), ..poll_of("parked", "kit.a") };
    let mut workers = server.workers();
    let parked = tokio::spawn(async move { workers.lease_tasks(poll).await });
    let mut jobs = server.jobs();
    let request = v1::AwaitJobRequest { job_id: job, wait: seconds(30) };
    let waiting = tokio::spawn(async move { jobs.await_job(request).await });
    let mut outbox = server.outbox();
    let request = v1::LeaseOutboxRequest {
        worker_id: "relay".into(),
        topics: vec!["t".into()],
        wait: seconds(30),
        ..Default::default()
    };
    let relay = tokio::spawn(async move { outbox.lease_outbox(request).await });
    // A poll is seen with its worker.
    while !server
        .admin()
        .list_workers(v1::ListWorkersRequest::default())
        .await
        .expect("listed")
        .into_inner()
        .workers
        .iter()
        .any(|worker| worker.info.as_ref().is_some_and(|info| info.worker_id == "parked"))
    {
        tokio::task::yield_now().await;
    }
    server.drain();
    let soon = async |task| tokio::time::timeout(SOON, task).await.expect("at once");
    let polled = soon(parked).await.expect("no panic").expect("an answer").into_inner();
    assert_eq!(polled.leases, []);
    let awaited = tokio::time::timeout(SOON, waiting).await.expect("at once").expect("no panic");
    assert!(awaited.is_err() || !awaited.expect("an answer").into_inner().completed);
    let relayed = tokio::time::timeout(SOON, relay).await.expect("at once").expect("no panic");
    assert!(relayed.map_or(true, |answer| answer.into_inner().leases.is_empty()));
    drop(held);
    server.stop().await;
}
