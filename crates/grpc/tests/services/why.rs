//! INV-WHY: whatever does not go on says why.

use crate::harness::*;
use esteira_contract::v1::{self, TaskState, WaitReason};

async fn check(server: &Harness, job: &str, step: usize, state: TaskState, reason: WaitReason) {
    let task = server.tasks(job).await.swap_remove(step);
    assert_eq!((task.state(), task.wait_reason()), (state, reason));
}

#[tokio::test]
async fn inv_why_ready_tasks() {
    let server = Harness::start().await;
    server.publish("one", r#"[{"step_key":"a","function":"kit.a"}]"#).await;
    let job = server.start_job("one", "1").await;
    check(&server, &job, 0, TaskState::Ready, WaitReason::NoWorker).await;
    assert_eq!(server.job(&job).await.wait_reason(), WaitReason::NoWorker);
    let queue = |paused| v1::UpdateQueueRequest {
        queue: Some(v1::Queue { name: "kit.a".into(), paused, ..Default::default() }),
        update_mask: Some(prost_types::FieldMask { paths: vec!["paused".into()] }),
    };
    let paused = server.admin().update_queue(queue(true)).await.expect("paused").into_inner().queue.expect("a queue");
    assert_eq!((paused.paused, paused.ready, paused.served), (true, 1, false));
    check(&server, &job, 0, TaskState::Ready, WaitReason::QueuePaused).await;
    let poll = v1::LeaseTasksRequest { wait: seconds(0), ..poll_of("w", "kit.a") };
    assert_eq!(server.workers().lease_tasks(poll).await.expect("answered").into_inner().leases, []);
    server.admin().update_queue(queue(false)).await.expect("open");
    check(&server, &job, 0, TaskState::Ready, WaitReason::Concurrency).await;
    let lease = server.lease_one("kit.a").await;
    check(&server, &job, 0, TaskState::Leased, WaitReason::Unspecified).await;
    let running = server.job(&job).await;
    assert_eq!(
        (running.wait_reason(), running.task_counts),
        (WaitReason::Unspecified, [("LEASED".to_owned(), 1)].into())
    );
    let task = server.tasks(&job).await.remove(0);
    assert_eq!((task.attempts.len(), task.attempts[0].end_time), (1, None));
    server.complete(&lease, "1").await;
    server.stop().await;
}

#[tokio::test]
async fn inv_why_waiting_tasks() {
    let server = Harness::start().await;
    server
        .publish("wait", r#"[{"step_key":"a","function":"wait","config":{"duration":"1h"},"next":["z"]},{"step_key":"b","function":"kit.b","retry":{"initial_backoff":"1h","max_backoff":"1h"},"next":["z"]},{"step_key":"z","function":"kit.z","join":"all"}]"#)
        .await;
    let job = server.start_job("wait", "1").await;
    let lease = server.lease_one("kit.b").await;
    server.report(failed(&lease, v1::FailureKind::Retryable, "E_LATER")).await;
    let tasks = server.tasks(&job).await;
    let shown: Vec<_> = tasks.iter().map(|task| (task.step_key.as_str(), task.state(), task.wait_reason())).collect();
    assert_eq!(
        shown[..2],
        [("a", TaskState::Waiting, WaitReason::Delayed), ("b", TaskState::Backoff, WaitReason::RetryBackoff)]
    );
    assert!(tasks[0].next_attempt_time.is_some() && tasks[1].next_attempt_time.is_some());
    assert_eq!(tasks[1].failure.as_ref().map(|failure| failure.code.as_str()), Some("E_LATER"));
    assert_eq!(server.job(&job).await.wait_reason(), WaitReason::RetryBackoff);

    let ahead = prost_types::Timestamp { seconds: 4_102_444_800, nanos: 0 };
    let later = v1::StartJobRequest { start_after: Some(ahead), ..start_of("wait", "1") };
    let refused = server.jobs().start_job(later).await;
    assert_eq!(refusal(refused).2, "start_after");
    server.stop().await;
}

#[tokio::test]
async fn inv_why_a_limit_and_an_aggregate() {
    let server = Harness::start().await;
    server.publish("limited", r#"[{"step_key":"a","function":"kit.a","max_in_flight":1}]"#).await;
    server
        .publish_document(
            "exclusive",
            r#"{"name":"exclusive","aggregate_type":"order","steps":[{"step_key":"a","function":"kit.x","exclusive_aggregate":true}]}"#,
        )
        .await;
    let (_first, second) = (server.start_job("limited", "1").await, server.start_job("limited", "2").await);
    let leases = server.lease("kit.a", 2).await;
    assert_eq!(leases.len(), 1);
    check(&server, &second, 0, TaskState::Ready, WaitReason::Concurrency).await;
    let on_order = || {
        let mut start = start_of("exclusive", "1");
        let aggregate = Some(v1::AggregateRef { r#type: "order".into(), id: "42".into(), version: 0 });
        start.packet.as_mut().expect("a packet").aggregate = aggregate;
        start
    };
    server.jobs().start_job(on_order()).await.expect("started");
    let behind = server.jobs().start_job(on_order()).await.expect("started").into_inner().job.expect("a job").job_id;
    check(&server, &behind, 0, TaskState::Waiting, WaitReason::AggregateBusy).await;
    let none = refusal(server.jobs().start_job(start_of("exclusive", "1")).await);
    assert_eq!((none.1.as_str(), none.2.as_str()), ("FIELD_INVALID", "packet.aggregate"));
    server.stop().await;
}
