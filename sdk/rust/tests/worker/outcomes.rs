//! How an attempt ends, as it is reported.

use crate::{
    fake::{applied, json, lease, refused},
    start,
};
use esteira_sdk::{
    Error, Output,
    client::v1::{
        self,
        OutputType::{Multiple, Single},
        completion,
        task_report::Outcome,
    },
    function,
    model::{Outcome as Done, OutputType, Payload, Verdict},
};

fn failure(report: &v1::ReportTasksRequest) -> v1::Failure {
    match &report.reports[0].outcome {
        Some(Outcome::Failed(v1::Failing { failure: Some(failure), .. })) => failure.clone(),
        other => panic!("expected a failure, got {other:?}"),
    }
}

#[tokio::test]
async fn a_panic_is_retryable_unhandled() {
    let panics = function("panics", OutputType::Single, |_, input: Payload| async move {
        assert!(input.as_json() != Some("1"), "one is not accepted");
        Ok(Output::One(input))
    });
    let mut started = start(1, panics).await;
    started.fake.lease(vec![lease("a", "panics", Single, "1")]).await;
    let report = started.fake.accept_and_lease(vec![lease("b", "panics", Single, "2")]).await;
    let failure = failure(&report);
    assert_eq!(
        (failure.kind(), failure.code.as_str(), failure.source.as_str()),
        (v1::FailureKind::Retryable, "UNHANDLED", "panics")
    );
    assert!(failure.message.contains("one is not accepted"), "{}", failure.message);
    // The worker lives on.
    assert!(matches!(started.fake.accept().await.reports[0].outcome, Some(Outcome::Completed(_))));
}

#[tokio::test]
async fn a_large_multiple_is_appended_and_a_lost_chunk_is_sent_again() {
    let fan = function("fan", OutputType::Multiple, |_, _| async {
        Ok((0..2_500).map(|n| Payload::json(n.to_string())).collect::<Vec<_>>())
    });
    let mut started = start(1, fan).await;
    started.fake.lease(vec![lease("a", "fan", Multiple, "1")]).await;
    let lost = started.fake.appends.next().await.lose();
    let mut items = Vec::new();
    for (index, size) in [(0, 1_000), (1, 1_000), (2, 500)] {
        let call = started.fake.appends.next().await;
        if index == 0 {
            assert_eq!(call.request, lost);
        }
        assert_eq!((call.request.chunk_index, call.request.items.len()), (index, size));
        items.extend(call.request.items.clone());
        let total_items = i64::try_from(items.len()).expect("small");
        call.answer(v1::AppendOutputsResponse { total_items });
    }
    assert!(items.into_iter().zip(0..).all(|(item, n)| item == json(&n.to_string())));
    let report = started.fake.accept().await;
    let Some(Outcome::Completed(completion)) = &report.reports[0].outcome else { panic!("expected a completion") };
    assert_eq!(completion.output, Some(completion::Output::AppendedItems(2_500)));
}

#[tokio::test]
async fn a_completion_carries_messages_verdicts_usage_and_times() {
    let rich = function("rich", OutputType::Single, |cx, input: Payload| async move {
        cx.emit("orders", "o-1", Payload::json("{}"));
        let verdict = Verdict { policy: "total".into(), version: "2".into(), passed: true, detail: String::new() };
        Ok(Done::one(input).verdict(verdict))
    });
    let mut started = start(1, rich).await;
    started.fake.lease(vec![lease("a", "rich", Single, "1")]).await;
    let report = started.fake.accept().await.reports.remove(0);
    let Some(Outcome::Completed(completion)) = report.outcome else { panic!("expected a completion") };
    assert_eq!(
        (completion.emit[0].topic.as_str(), completion.emit[0].key.as_str(), completion.verdicts[0].passed),
        ("orders", "o-1", true)
    );
    let usage = report.usage.expect("measured");
    assert!(usage.wall_time.is_some() && usage.cpu_time.is_some() && usage.peak_rss_bytes > 0);
    assert!(report.start_time.is_some() && report.end_time.is_some());
}

#[tokio::test]
async fn a_result_that_is_refused_becomes_a_failure() {
    let bad = function("bad", OutputType::Single, |_, _| async { Ok(Payload::json("{not json")) });
    let mut started = start(1, bad).await;
    started.fake.lease(vec![lease("a", "bad", Single, "1")]).await;
    started
        .fake
        .reports
        .next()
        .await
        .answer(v1::ReportTasksResponse { outcomes: vec![refused("a", "JSON_INVALID")], lease: None });
    let failure = failure(&started.fake.accept().await);
    assert_eq!((failure.kind(), failure.code.as_str()), (v1::FailureKind::NonRetryable, "JSON_INVALID"));
}

#[tokio::test]
async fn one_bad_report_does_not_cost_the_others() {
    let fails = function("fails", OutputType::Single, |_, input: Payload| async move {
        Err::<Output, _>(Error::retryable("NO", format!("{input:?}")))
    });
    let mut started = start(2, fails).await;
    started.fake.lease(vec![lease("a", "fails", Single, "1"), lease("b", "fails", Single, "2")]).await;
    // Whether the two travel together depends on when they end; in the end each was refused or accepted by itself.
    let mut seen = Vec::new();
    while seen.len() < 2 {
        let call = started.fake.reports.next().await;
        let tokens: Vec<String> = call.request.reports.iter().map(|report| report.lease_token.clone()).collect();
        let replaced = failure(&call.request).source == "worker";
        if tokens.iter().any(|token| token == "a") && !replaced {
            call.refuse(tonic::Status::invalid_argument("a is bad"));
        } else {
            seen.extend(tokens.iter().map(|token| (token.clone(), replaced)));
            let outcomes = tokens.iter().map(|token| applied(token)).collect();
            call.answer(v1::ReportTasksResponse { outcomes, lease: None });
        }
    }
    seen.sort();
    assert_eq!(seen, [("a".to_owned(), true), ("b".to_owned(), false)]);
}

#[tokio::test]
async fn a_lost_or_settled_lease_is_dropped_without_another_word() {
    let echo = function("echo", OutputType::Single, |_, input| async { Ok(Output::One(input)) });
    let mut started = start(1, echo).await;
    for reason in ["LEASE_LOST", "RESULT_CONFLICT"] {
        started.fake.lease(vec![lease("a", "echo", Single, "1")]).await;
        started
            .fake
            .reports
            .next()
            .await
            .answer(v1::ReportTasksResponse { outcomes: vec![refused("a", reason)], lease: None });
    }
    started.fake.polls.next().await.lose();
    started.fake.reports.assert_none();
}
