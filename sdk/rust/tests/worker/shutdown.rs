//! The end of a worker.

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
use std::{sync::Arc, time::Duration};
use tokio::sync::{Semaphore, mpsc};

fn drained() -> v1::LeaseTasksResponse {
    v1::LeaseTasksResponse { leases: Vec::new(), directive: v1::WorkerDirective::Drain.into() }
}

fn gated(gate: Arc<Semaphore>) -> impl esteira_sdk::Function {
    function("gated", OutputType::Single, move |_, input: Payload| {
        let gate = gate.clone();
        async move {
            gate.acquire().await?.forget();
            Ok(Output::One(input))
        }
    })
}

#[tokio::test]
async fn a_parked_worker_stops_at_once() {
    let mut started = start(1, gated(Arc::default_gate())).await;
    let poll = started.fake.polls.next().await;
    started.stop.send(()).expect("runs");
    let drain = started.fake.drains.next().await.answer(v1::DrainWorkerResponse::default());
    assert_eq!((drain.worker_id.as_str(), drain.grace.map(|grace| grace.seconds)), ("w1", Some(30)));
    poll.answer(drained());
    started.ended.await.expect("no panic").expect("a clean end");
    started.fake.reports.assert_none();
}

#[tokio::test]
async fn what_runs_finishes_and_what_comes_late_goes_back() {
    let gate = Arc::default_gate();
    let mut started = start(2, gated(gate.clone())).await;
    started.fake.lease(vec![lease("a", "gated", Single, "1")]).await;
    let poll = started.fake.polls.next().await;
    started.stop.send(()).expect("runs");
    started.fake.drains.next().await.answer(v1::DrainWorkerResponse { outstanding_leases: 1 });
    // Granted just before the drain arrived.
    poll.answer(v1::LeaseTasksResponse {
        leases: vec![lease("b", "gated", Single, "2")],
        directive: v1::WorkerDirective::Drain.into(),
    });
    let released = started.fake.accept().await;
    assert_eq!((released.reports[0].lease_token.as_str(), released.lease), ("b", None));
    assert!(matches!(released.reports[0].outcome, Some(Outcome::Released(_))));
    gate.add_permits(1);
    let finished = started.fake.accept().await;
    assert_eq!((finished.reports[0].lease_token.as_str(), finished.lease), ("a", None));
    assert!(matches!(finished.reports[0].outcome, Some(Outcome::Completed(_))));
    started.ended.await.expect("no panic").expect("a clean end");
}

#[tokio::test]
async fn heartbeats_go_on_through_the_drain() {
    let gate = Arc::default_gate();
    let mut started = start(1, gated(gate.clone())).await;
    started.fake.lease(vec![for_millis(lease("a", "gated", Single, "1"), 500)]).await;
    started.fake.beat(LeaseStatus::Active, "").await;
    started.stop.send(()).expect("runs");
    started.fake.drains.next().await.answer(v1::DrainWorkerResponse { outstanding_leases: 1 });
    for _ in 0..4 {
        started.fake.beat(LeaseStatus::Active, "").await;
    }
    gate.add_permits(1);
    assert!(matches!(started.fake.accept().await.reports[0].outcome, Some(Outcome::Completed(_))));
    started.ended.await.expect("no panic").expect("a clean end");
}

#[tokio::test]
async fn after_the_grace_the_rest_is_cancelled_and_given_back() {
    let (said, mut heard) = mpsc::unbounded_channel();
    let stubborn = function("stubborn", OutputType::Single, move |cx, _| {
        let said = said.clone();
        async move {
            said.send(None)?;
            said.send(Some(cx.cancelled().await))?;
            std::future::pending::<Result<Output, Error>>().await
        }
    });
    let brief = |builder: esteira_sdk::worker::WorkerBuilder| {
        builder.drain_grace(Duration::from_millis(20)).cancel_grace(Duration::from_millis(20))
    };
    let mut started = start_with(1, stubborn, brief).await;
    started.fake.lease(vec![lease("a", "stubborn", Single, "1")]).await;
    assert_eq!(heard.recv().await, Some(None), "it has begun");
    started.stop.send(()).expect("runs");
    started.fake.drains.next().await.answer(v1::DrainWorkerResponse { outstanding_leases: 1 });
    assert_eq!(heard.recv().await, Some(Some(CancelReason::Drain)));
    let report = started.fake.accept().await;
    assert!(matches!(report.reports[0].outcome, Some(Outcome::Released(_))), "{report:?}");
    started.ended.await.expect("no panic").expect("a clean end");
}

#[tokio::test]
async fn a_directive_to_drain_ends_the_worker_without_a_drain_call() {
    let mut started = start(1, gated(Arc::default_gate())).await;
    started.fake.polls.next().await.answer(drained());
    started.ended.await.expect("no panic").expect("a clean end");
    started.fake.drains.assert_none();
}

#[tokio::test]
async fn a_worker_that_never_reached_the_coordinator_stops_too() {
    let worker = esteira_sdk::worker::Worker::builder("http://127.0.0.1:1")
        .function(gated(Arc::default_gate()))
        .build()
        .expect("valid");
    worker.run(async {}).await.expect("a clean end");
}

/// A gate that is shut.
trait Gate {
    fn default_gate() -> Self;
}

impl Gate for Arc<Semaphore> {
    fn default_gate() -> Self {
        Arc::new(Semaphore::new(0))
    }
}
