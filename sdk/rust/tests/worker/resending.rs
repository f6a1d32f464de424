//! What was lost is sent again, byte for byte (INV-REPLAY, INV-POLL).

use crate::{
    fake::{applied, lease},
    start,
};
use esteira_sdk::{
    Output,
    client::v1::{self, OutputType::Single},
    function,
    model::OutputType,
};

fn echo() -> impl esteira_sdk::Function {
    function("echo", OutputType::Single, |_, input| async { Ok(Output::One(input)) })
}

#[tokio::test]
async fn a_lost_poll_is_sent_again_with_the_same_request_id() {
    let mut started = start(2, echo()).await;
    let first = started.fake.polls.next().await.lose();
    let second = started.fake.lease(vec![lease("a", "echo", Single, "1")]).await;
    assert_eq!(first, second);
    assert!(!first.request_id.is_empty());
    assert_eq!((first.worker_id.as_str(), first.max_leases, first.function_names), ("w1", 2, vec!["echo".to_owned()]));
    started.fake.accept().await;
    let third = started.fake.polls.next().await.lose();
    assert_ne!(third.request_id, second.request_id);
}

#[tokio::test]
async fn a_lost_report_is_sent_again_and_the_answer_to_the_first_counts() {
    let mut started = start(1, echo()).await;
    started.fake.lease(vec![lease("a", "echo", Single, r#"{"n":9007199254740993}"#)]).await;
    let first = started.fake.reports.next().await.lose();
    let again = started.fake.reports.next().await;
    assert_eq!(again.request, first);
    let outcome = v1::ReportOutcome { already_applied: true, ..applied("a") };
    again.answer(v1::ReportTasksResponse { outcomes: vec![outcome], lease: None });
    // Settled: the slot is free and nothing is reported again.
    assert_eq!(started.fake.polls.next().await.lose().max_leases, 1);
    started.fake.reports.assert_none();
}

#[tokio::test]
async fn a_worker_registers_again_when_it_is_asked_to() {
    let mut started = start(1, echo()).await;
    let directive = v1::WorkerDirective::Register.into();
    started.fake.polls.next().await.answer(v1::LeaseTasksResponse { leases: Vec::new(), directive });
    let info = started.fake.register().await.worker.expect("says what it is");
    assert_eq!((info.worker_id.as_str(), info.functions[0].name.as_str(), info.max_concurrency), ("w1", "echo", 1));
    assert!(info.sdk.starts_with("rust/"));
}

#[tokio::test]
async fn a_reused_request_id_is_replaced_and_a_forbidden_function_ends_the_worker() {
    use tonic_types::{ErrorDetails, StatusExt as _};
    let status = |code, reason: &str| {
        tonic::Status::with_error_details(
            code,
            "",
            ErrorDetails::with_error_info(reason, "esteira.v1", std::collections::HashMap::new()),
        )
    };
    let mut started = start(1, echo()).await;
    let first = started.fake.polls.next().await.refuse(status(tonic::Code::FailedPrecondition, "REQUEST_ID_REUSED"));
    let second = started.fake.polls.next().await.refuse(status(tonic::Code::PermissionDenied, "FUNCTION_NOT_ALLOWED"));
    assert_ne!(first.request_id, second.request_id);
    let error = started.ended.await.expect("no panic").expect_err("refused");
    assert!(error.to_string().contains("FUNCTION_NOT_ALLOWED"), "{error}");
}
