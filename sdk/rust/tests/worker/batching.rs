//! Slots are never exceeded, and in steady state one call a task is enough.

use crate::{
    fake::{applied, lease},
    start,
};
use esteira_sdk::{
    Output,
    client::v1::{self, OutputType::Single, task_report::Outcome},
    function,
    model::{OutputType, Payload},
};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use tokio::sync::{Semaphore, mpsc};

fn echo() -> impl esteira_sdk::Function {
    function("echo", OutputType::Single, |_, input| async { Ok(Output::One(input)) })
}

#[tokio::test]
async fn one_call_a_task_in_steady_state() {
    let mut started = start(1, echo()).await;
    started.fake.lease(vec![lease("t0", "echo", Single, "0")]).await;
    for n in 1..=5 {
        let report = started.fake.accept_and_lease(vec![lease(&format!("t{n}"), "echo", Single, "0")]).await;
        assert_eq!(report.reports.len(), 1);
        let more = report.lease.expect("asks for the next task in the same call");
        assert_eq!((more.max_leases, more.wait, more.worker_id.as_str()), (1, None, "w1"));
        started.fake.polls.assert_none();
    }
    // Nothing more to do: the report brings nothing, and a poll is parked instead.
    started.fake.accept().await;
    assert_eq!(started.fake.polls.next().await.lose().max_leases, 1);
}

#[tokio::test]
async fn reports_that_wait_travel_together() {
    let (gate, (said, mut heard)) = (Arc::new(Semaphore::new(0)), mpsc::unbounded_channel());
    let shut = gate.clone();
    let gated = function("gated", OutputType::Single, move |_, input: Payload| {
        let (said, shut) = (said.clone(), shut.clone());
        async move {
            shut.acquire().await?.forget();
            said.send(())?;
            Ok(Output::One(input))
        }
    });
    let mut started = start(3, gated).await;
    started.fake.lease(["a", "b", "c"].map(|token| lease(token, "gated", Single, "1")).into()).await;
    gate.add_permits(1);
    let first = started.fake.reports.next().await;
    assert_eq!((first.request.reports.len(), first.request.lease.as_ref().map(|lease| lease.max_leases)), (1, Some(1)));
    heard.recv().await.expect("the first has ended");
    // While that call is under way the other two end; the next call carries both, and asks for all three slots.
    gate.add_permits(2);
    heard.recv().await.expect("the second has ended");
    heard.recv().await.expect("the third has ended");
    let outcomes = vec![applied(&first.request.reports[0].lease_token)];
    first.answer(v1::ReportTasksResponse { outcomes, lease: Some(Default::default()) });
    let rest = started.fake.accept().await;
    assert_eq!((rest.reports.len(), rest.lease.map(|lease| lease.max_leases)), (2, Some(3)));
}

#[tokio::test]
async fn slots_are_never_exceeded_and_what_is_too_much_goes_back() {
    let (running, most, gate) =
        (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)), Arc::new(Semaphore::new(0)));
    let (r, m, g) = (running.clone(), most.clone(), gate.clone());
    let counted = function("counted", OutputType::Single, move |_, input: Payload| {
        let (r, m, g) = (r.clone(), m.clone(), g.clone());
        async move {
            m.fetch_max(r.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            g.acquire().await?.forget();
            r.fetch_sub(1, Ordering::SeqCst);
            Ok(Output::One(input))
        }
    });
    let mut started = start(3, counted).await;
    let task = |token: &str| lease(token, "counted", Single, "1");
    assert_eq!(started.fake.lease(vec![task("a")]).await.max_leases, 3);
    assert_eq!(started.fake.lease(vec![task("b")]).await.max_leases, 2);
    // Asked for one, given three: two go back unstarted.
    assert_eq!(started.fake.lease(vec![task("c"), task("d"), task("e")]).await.max_leases, 1);
    let report = started.fake.accept().await;
    let released: Vec<&str> = report
        .reports
        .iter()
        .filter(|r| matches!(r.outcome, Some(Outcome::Released(_))))
        .map(|r| r.lease_token.as_str())
        .collect();
    assert_eq!(released, ["d", "e"]);
    assert!(report.lease.is_none(), "no slot is free");
    started.fake.polls.assert_none();
    gate.add_permits(3);
    let mut done = 0;
    while done < 3 {
        done += started.fake.accept().await.reports.len();
    }
    assert_eq!(most.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn an_unknown_function_is_given_back() {
    let mut started = start(1, echo()).await;
    started.fake.lease(vec![lease("a", "other", Single, "1")]).await;
    let report = started.fake.accept().await;
    assert!(matches!(report.reports[0].outcome, Some(Outcome::Released(_))));
}
