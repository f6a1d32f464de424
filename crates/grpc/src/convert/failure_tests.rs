use super::*;
use crate::reason;
use esteira_model::FailureKind;

const AT: At<'_> = At::Top("failure");

fn good() -> v1::Failure {
    v1::Failure { kind: v1::FailureKind::Retryable as i32, code: "E_1".into(), ..v1::Failure::default() }
}

fn check(change: impl FnOnce(&mut v1::Failure), expected: Result<(), (&str, &str)>) {
    let mut wire = good();
    change(&mut wire);
    let read = failure(wire, AT).map(drop).map_err(|refusal| (refusal.reason, refusal.field));
    assert_eq!(read, expected.map_err(|(reason, field)| (reason, field.to_owned())));
}

#[test]
fn failures() {
    let seconds = |seconds| Some(prost_types::Duration { seconds, nanos: 0 });
    check(|_| {}, Ok(()));
    check(|f| f.retry_after = seconds(86_400), Ok(()));
    check(|f| f.kind = 0, Err((reason::FIELD_INVALID, "failure.kind")));
    check(|f| f.kind = v1::FailureKind::Protocol as i32, Err((reason::FIELD_INVALID, "failure.kind")));
    check(|f| f.code = String::new(), Err((reason::FIELD_INVALID, "failure.code")));
    check(|f| f.code = "e".into(), Err((reason::FIELD_INVALID, "failure.code")));
    check(|f| f.code = "É".into(), Err((reason::FIELD_INVALID, "failure.code")));
    check(|f| f.code = "E".repeat(65), Err((reason::FIELD_INVALID, "failure.code")));
    check(|f| f.retry_after = seconds(86_401), Err((reason::FIELD_INVALID, "failure.retry_after")));
    check(|f| f.source = "a\0".into(), Err((reason::FIELD_INVALID, "failure.source")));
    let details = v1::Payload { body: Some(v1::payload::Body::Json("nope".into())), ..v1::Payload::default() };
    check(|f| f.details = Some(details), Err((reason::JSON_INVALID, "failure.details")));
}

#[test]
fn long_texts_are_cut_at_a_code_points_end() {
    let mut wire = good();
    wire.message = "é".repeat(3_000);
    wire.stack_trace = format!("x{}", "é".repeat(9_000));
    let read = failure(wire, AT).expect("never refused for its size");
    assert_eq!((read.message.len(), read.stack_trace.len()), (4096, 16_383));
    let mut wire = good();
    wire.message = "a\0b".into();
    assert_eq!(failure(wire, AT).expect("never refused for a NUL").message, "a\u{fffd}b");
}

#[test]
fn usage_is_not_negative() {
    let wire = |peak, read, written| v1::ResourceUsage {
        peak_rss_bytes: peak,
        bytes_read: read,
        bytes_written: written,
        ..Default::default()
    };
    let field = |wire| usage(Some(wire), At::Top("usage")).map(drop).map_err(|refusal| refusal.field);
    assert_eq!(usage(None, At::Top("usage")), Ok(Usage::default()));
    assert_eq!(field(wire(1, 2, 3)), Ok(()));
    assert_eq!(field(wire(-1, 0, 0)), Err("usage.peak_rss_bytes".into()));
    assert_eq!(field(wire(0, -1, 0)), Err("usage.bytes_read".into()));
    assert_eq!(field(wire(0, 0, -1)), Err("usage.bytes_written".into()));
    let negative = Some(prost_types::Duration { seconds: -1, nanos: 0 });
    assert_eq!(field(v1::ResourceUsage { cpu_time: negative, ..Default::default() }), Err("usage.cpu_time".into()));
    assert_eq!(field(v1::ResourceUsage { wall_time: negative, ..Default::default() }), Err("usage.wall_time".into()));
}

#[test]
fn verdicts() {
    let wire = |policy: &str, version: &str, detail: &str| v1::PolicyVerdict {
        policy: policy.into(),
        version: version.into(),
        passed: true,
        detail: detail.into(),
    };
    let field = |wire| verdict(wire, At::Top("v")).map(drop).map_err(|refusal| refusal.field);
    assert_eq!(field(wire("p", "1", "said\nso")), Ok(()));
    assert_eq!(field(wire("", "1", "")), Err("v.policy".into()));
    assert_eq!(field(wire("p\0", "1", "")), Err("v.policy".into()));
    assert_eq!(field(wire("p", &"1".repeat(65), "")), Err("v.version".into()));
    assert_eq!(field(wire("p", "1", &"d".repeat(1025))), Err("v.detail".into()));
}

#[test]
fn who_failed() {
    let failure = Failure::engine(FailureKind::Protocol, "E", "m");
    assert_eq!(failure_out(&failure, "f", Bodies::Sent).source, "engine");
    let failure = Failure { source: String::new(), ..failure };
    assert_eq!(failure_out(&failure, "f", Bodies::Sent).source, "f");
    assert_eq!(usage_out(&Usage::default()), None);
}
