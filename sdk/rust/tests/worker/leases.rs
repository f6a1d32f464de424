//! Leases are kept whatever the functions do, and what is lost is not reported.

use crate::{
    fake::{for_millis, lease},
    start, start_with,
};
use esteira_sdk::{
    Error, Output,
    client::v1::{self, LeaseStatus, OutputType::Single, task_report::Outcome},
    function,
    model::{CancelReason, OutputType, Payload},
};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::sync::mpsc;

/// Waits to be cancelled, says why, and then fails.
fn patient(said: mpsc::UnboundedSender<CancelReason>) -> impl esteira_sdk::Function {
    function("patient", OutputType::Single, move |cx, _| {
        let said = said.clone();
        async move {
            said.send(cx.cancelled().await)?;
            Err::<Output, _>(Error::retryable("STOPPED", "as asked"))
        }
    })
}

fn failure(report: &v1::ReportTasksRequest) -> (v1::FailureKind, &str) {
    match &report.reports[0].outcome {
        Some(Outcome::Failed(v1::Failing { failure: Some(failure), .. })) => (failure.kind(), &failure.code),
        other => panic!("expected a failure, got {other:?}"),
    }
}

#[test]
fn heartbeats_leave_while_user_code_blocks_its_thread() {
    let (unblock, blocked) = std::sync::mpsc::channel::<()>();
    let blocked = Arc::new(Mutex::new(blocked));
    let blocking = function("blocking", OutputType::Single, move |_, input| {
        let blocked = blocked.clone();
        async move {
            blocked.lock().expect("one at a time").recv()?;
            Ok(Output::One(input))
        }
    });
    let (fake, worker_thread) = {
        let fake = crate::fake::Fake::start();
        let worker =
            esteira_sdk::worker::Worker::builder(&fake.endpoint).function(blocking).slots(1).build().expect("valid");
        // One thread for all of the worker: while the function blocks it, nothing of the loop can move.
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(worker.run(std::future::pending()))
        });
        (fake, thread)
    };
    let mut fake = fake;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        fake.register().await;
        fake.lease(vec![for_millis(lease("a", "blocking", Single, "1"), 600)]).await;
        // Five beats are more than one lease time.
        for _ in 0..5 {
            assert_eq!(fake.beat(LeaseStatus::Active, "").await.beats[0].lease_token, "a");
        }
        unblock.send(()).expect("still blocked");
        let report = loop {
            tokio::select! {
                _ = fake.beats.next() => {}
                call = fake.reports.next() => break call.lose(),
            }
        };
        assert!(matches!(report.reports[0].outcome, Some(Outcome::Completed(_))));
    });
    drop(worker_thread);
}

#[tokio::test]
async fn a_lost_lease_cancels_and_reports_nothing() {
    let (said, mut heard) = mpsc::unbounded_channel();
    let mut started = start(1, patient(said)).await;
    started.fake.lease(vec![for_millis(lease("a", "patient", Single, "1"), 300)]).await;
    started.fake.beat(LeaseStatus::Lost, "LEASE_LOST").await;
    assert_eq!(heard.recv().await, Some(CancelReason::LeaseLost));
    // The slot is free again, and the next thing that is sent is a poll.
    assert_eq!(started.fake.polls.next().await.lose().max_leases, 1);
    started.fake.reports.assert_none();
}

#[tokio::test]
async fn a_lease_that_no_good_beat_renewed_counts_as_lost() {
    let (said, mut heard) = mpsc::unbounded_channel();
    let mut started = start(1, patient(said)).await;
    started.fake.lease(vec![for_millis(lease("a", "patient", Single, "1"), 400)]).await;
    let unanswered = started.fake.beats.next().await;
    assert_eq!(heard.recv().await, Some(CancelReason::LeaseLost));
    assert_eq!(started.fake.polls.next().await.lose().max_leases, 1);
    started.fake.reports.assert_none();
    drop(unanswered);
}

#[tokio::test]
async fn a_beat_without_an_answer_is_followed_by_another() {
    let (said, mut heard) = mpsc::unbounded_channel();
    let mut started = start(1, patient(said)).await;
    started.fake.lease(vec![for_millis(lease("a", "patient", Single, "1"), 900)]).await;
    // A half-open connection: no answer, no error.
    let silent = started.fake.beats.next().await;
    started.fake.beat(LeaseStatus::Active, "").await;
    started.fake.beat(LeaseStatus::CancelRequested, "JOB").await;
    assert_eq!(heard.recv().await, Some(CancelReason::Job));
    drop(silent);
}

#[tokio::test]
async fn a_cancel_request_reaches_the_function_and_is_reported_as_cancelled() {
    let (said, mut heard) = mpsc::unbounded_channel();
    let mut started = start(1, patient(said)).await;
    started.fake.lease(vec![for_millis(lease("a", "patient", Single, "1"), 900)]).await;
    started.fake.beat(LeaseStatus::CancelRequested, "JOB").await;
    assert_eq!(heard.recv().await, Some(CancelReason::Job));
    assert_eq!(failure(&started.fake.accept().await), (v1::FailureKind::Cancelled, "CANCELLED"));
}

#[tokio::test]
async fn the_execution_timeout_cancels_and_is_reported_as_such() {
    let (said, mut heard) = mpsc::unbounded_channel();
    let mut started = start(1, patient(said)).await;
    let timeout = Some(prost_types::Duration { seconds: 0, nanos: 10_000_000 });
    started.fake.lease(vec![v1::TaskLease { execution_timeout: timeout, ..lease("a", "patient", Single, "1") }]).await;
    assert_eq!(heard.recv().await, Some(CancelReason::Timeout));
    assert_eq!(failure(&started.fake.accept().await), (v1::FailureKind::Timeout, "EXECUTION_TIMEOUT"));
}

#[tokio::test]
async fn a_function_that_does_not_stop_is_dropped_after_its_grace() {
    let deaf =
        function("deaf", OutputType::Single, |_, _| async { std::future::pending::<Result<Output, Error>>().await });
    let mut started = start_with(1, deaf, |builder| builder.cancel_grace(Duration::from_millis(10))).await;
    started.fake.lease(vec![for_millis(lease("a", "deaf", Single, "1"), 900)]).await;
    started.fake.beat(LeaseStatus::CancelRequested, "JOB").await;
    assert_eq!(failure(&started.fake.accept().await), (v1::FailureKind::Cancelled, "CANCELLED"));
}

#[tokio::test]
async fn a_checkpoint_travels_with_the_next_beat_and_comes_back_with_the_lease() {
    let resumed = function("resumed", OutputType::Single, |cx, _| async move {
        if let Some(saved) = cx.last_checkpoint() {
            return Ok(Output::One(saved.clone()));
        }
        cx.checkpoint(Payload::json("7"));
        cx.cancelled().await;
        Err(Error::retryable("STOPPED", ""))
    });
    let mut started = start(1, resumed).await;
    started.fake.lease(vec![lease("a", "resumed", Single, "1")]).await;
    // The lease lasts 30 s: without the checkpoint the first beat would come after 8 s.
    let beat = started.fake.beat(LeaseStatus::Lost, "").await;
    assert_eq!(beat.beats[0].checkpoint, Some(crate::fake::json("7")));
    started
        .fake
        .lease(vec![v1::TaskLease {
            checkpoint: Some(crate::fake::json("7")),
            attempt: 2,
            ..lease("b", "resumed", Single, "1")
        }])
        .await;
    let report = started.fake.accept().await;
    let Some(Outcome::Completed(completion)) = &report.reports[0].outcome else { panic!("expected a completion") };
    assert_eq!(completion.output, Some(v1::completion::Output::Single(crate::fake::json("7"))));
}
