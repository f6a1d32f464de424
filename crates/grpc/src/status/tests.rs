use super::*;
use std::collections::BTreeSet;

const REASONS: &[Reason] = &[
    Reason::FieldInvalid,
    Reason::JsonInvalid,
    Reason::PlanInvalid,
    Reason::OutputTypeMismatch,
    Reason::DigestMismatch,
    Reason::PageTokenInvalid,
    Reason::PayloadTooLarge,
    Reason::PlanNotFound,
    Reason::PlanVersionNotFound,
    Reason::JobNotFound,
    Reason::TaskNotFound,
    Reason::WorkerNotFound,
    Reason::LastResortRecordNotFound,
    Reason::OutboxKeyNotFound,
    Reason::NameTaken,
    Reason::JobIdTaken,
    Reason::LeaseLost,
    Reason::JobTerminal,
    Reason::JobStateConflict,
    Reason::ChunkGap,
    Reason::VersionRetired,
    Reason::StepsMismatch,
    Reason::RequestIdReused,
    Reason::ProtocolUnsupported,
    Reason::EtagMismatch,
    Reason::VersionConflict,
    Reason::ResultConflict,
    Reason::LogRefused,
    Reason::Overloaded,
    Reason::ReserveExhausted,
    Reason::StoreUnavailable,
    Reason::Internal,
];

fn edge_refusals() -> [Refusal; 4] {
    [
        Refusal::token_invalid("who"),
        Refusal::role_missing("job.start"),
        Refusal::function_not_allowed("function_names[0]", "f"),
        Refusal::account_mismatch("packet.actor.user_id"),
    ]
}

fn decoded(status: &Status) -> pb::Status {
    pb::Status::decode(status.details()).expect("a google.rpc.Status")
}

fn of_type<M: Message + Default>(status: &Status, name: &str) -> Vec<M> {
    let url = format!("type.googleapis.com/{name}");
    let details = decoded(status).details.into_iter().filter(|any| any.type_url == url);
    details.map(|any| M::decode(any.value.as_slice()).expect("its own type")).collect()
}

fn error_info(status: &Status) -> pb::ErrorInfo {
    let mut infos: Vec<pb::ErrorInfo> = of_type(status, "google.rpc.ErrorInfo");
    assert_eq!(infos.len(), 1, "exactly one ErrorInfo");
    infos.remove(0)
}

#[test]
fn every_reason_once() {
    let refusals = REASONS.iter().map(|reason| Refusal::new(*reason, "m")).chain(edge_refusals());
    let mut seen = BTreeSet::new();
    for refusal in refusals {
        let (code, reason) = (refusal.code, refusal.reason);
        let status = Status::from(refusal);
        let info = error_info(&status);
        assert_eq!((status.code(), info.reason.as_str(), info.domain.as_str()), (code, reason, "esteira.v1"));
        let decoded = decoded(&status);
        assert_eq!((decoded.code, decoded.message.as_str()), (code as i32, status.message()));
        let retries: Vec<pb::RetryInfo> = of_type(&status, "google.rpc.RetryInfo");
        let expected = matches!(code, Code::ResourceExhausted | Code::Unavailable);
        assert_eq!(retries.len(), usize::from(expected), "{reason}");
        assert!(retries.iter().all(|retry| retry.retry_delay.is_some()));
        seen.insert(reason);
    }
    assert_eq!(seen, reason::ALL.iter().copied().collect(), "each reason is in use");
}

#[test]
fn fields_stand_in_a_bad_request() {
    let status = Status::from(Refusal::field("reports[3].completed.single", "is required"));
    let requests: Vec<pb::BadRequest> = of_type(&status, "google.rpc.BadRequest");
    let violation = &requests[0].field_violations[0];
    assert_eq!(
        (violation.field.as_str(), violation.description.as_str()),
        ("reports[3].completed.single", "is required")
    );
    assert_eq!(status.message(), "reports[3].completed.single: is required");
}

#[test]
fn issues_stand_in_details_of_their_own() {
    let warning = Issue { warning: true, ..Issue::error("/steps/1", "UNUSED", "is not used") };
    let error = esteira_coordinator::Error {
        issues: vec![Issue::error("/steps/0", "STEP_UNKNOWN", "there is no step `x`"), warning],
        ..esteira_coordinator::Error::new(Reason::PlanInvalid, "the plan is not valid")
    };
    let status = Status::from(Refusal::from(error));
    let issues: Vec<esteira_contract::v1::PlanIssue> = of_type(&status, "esteira.v1.PlanIssue");
    let shown: Vec<_> = issues.iter().map(|issue| (issue.path.as_str(), issue.code.as_str(), issue.warning)).collect();
    assert_eq!(shown, [("/steps/0", "STEP_UNKNOWN", false), ("/steps/1", "UNUSED", true)]);
    let requests: Vec<pb::BadRequest> = of_type(&status, "google.rpc.BadRequest");
    assert_eq!(requests[0].field_violations.len(), 1, "errors alone");
}

#[test]
fn a_status_fits_into_the_headers_of_any_client() {
    let issue = |index| Issue::error(format!("/steps/{index}"), "STEP_UNKNOWN", "é".repeat(200));
    let refusal =
        Refusal { issues: (0..500).map(issue).collect(), ..Refusal::field("f".repeat(5_000), "é".repeat(5_000)) };
    let status = Status::from(refusal);
    let mut headers = http::HeaderMap::new();
    status.add_header(&mut headers).expect("headers");
    let bytes: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 32).sum();
    assert!(bytes < 8 << 10, "{bytes}");
    assert_eq!(error_info(&status).reason, "FIELD_INVALID");
    let issues: Vec<esteira_contract::v1::PlanIssue> = of_type(&status, "esteira.v1.PlanIssue");
    assert!(!issues.is_empty());
}

#[test]
fn store_errors_say_when_to_try_again() {
    let error = esteira_store::Error::new(esteira_store::Kind::Unavailable, "disk /secret/path");
    let status = Status::from(Refusal::from(error));
    assert_eq!(status.code(), Code::Unavailable);
    assert!(!status.message().contains("secret"));
    let retries: Vec<pb::RetryInfo> = of_type(&status, "google.rpc.RetryInfo");
    assert_eq!(retries.len(), 1);
}
