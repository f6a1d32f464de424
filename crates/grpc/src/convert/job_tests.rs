use super::*;
use crate::reason;
use esteira_model::{AccountId, DataClass};

const NOW: Time = Time(1_764_000_000_000_000);

fn principal() -> Principal {
    Principal {
        account: AccountId::new("a"),
        user_id: "u".into(),
        credential_id: "test".into(),
        data_class: DataClass::Qa,
    }
}

fn good() -> v1::StartJobRequest {
    v1::StartJobRequest { plan: Some(v1::start_job_request::Plan::PlanName("p".into())), ..Default::default() }
}

fn check(change: impl FnOnce(&mut v1::StartJobRequest), field: &str) {
    let mut request = good();
    change(&mut request);
    let refusal = start(None, [0; 32], request, &principal(), NOW).expect_err(field);
    assert_eq!((refusal.reason, refusal.field.as_str()), (reason::FIELD_INVALID, field));
}

/// An id of a time that lies so many seconds ahead.
fn minted_at(seconds: i64) -> String {
    let millis = format!("{:012x}", NOW.0 / 1_000 + seconds * 1_000);
    format!("{}-{}-7e9a-8b2c-ffeeddccbbaa", &millis[..8], &millis[8..])
}

#[test]
fn an_id_of_these_days_is_taken() {
    for hours in [-47, 0, 23] {
        let request = v1::StartJobRequest { job_id: minted_at(hours * 3600), ..good() };
        assert!(start(None, [0; 32], request, &principal(), NOW).is_ok_and(|start| start.job_id.is_some()), "{hours}");
    }
}

fn at(seconds: i64) -> Option<prost_types::Timestamp> {
    Some(prost_types::Timestamp { seconds: NOW.0 / 1_000_000 + seconds, nanos: 0 })
}

#[test]
fn starts_name_what_is_wrong() {
    use v1::start_job_request::Plan;
    let seconds = |seconds| Some(prost_types::Duration { seconds, nanos: 0 });
    check(|r| r.job_id = "x".into(), "job_id");
    // A version 4, and a variant that is not RFC 9562's.
    check(|r| r.job_id = "01932c07-209b-4e9a-8b2c-ffeeddccbbaa".into(), "job_id");
    check(|r| r.job_id = "01932c07-209b-7e9a-cb2c-ffeeddccbbaa".into(), "job_id");
    // Of another time than now.
    check(|r| r.job_id = minted_at(-49 * 3600), "job_id");
    check(|r| r.job_id = minted_at(25 * 3600), "job_id");
    check(|r| r.plan = None, "plan_name");
    check(|r| r.plan = Some(Plan::PlanId("x".into())), "plan_id");
    check(|r| r.plan = Some(Plan::PlanName("P".into())), "plan_name");
    check(|r| r.version = -1, "version");
    check(|r| r.priority = 101, "priority");
    check(|r| r.priority = -101, "priority");
    check(|r| r.job_timeout = seconds(0), "job_timeout");
    check(|r| r.job_timeout = seconds(367 * 86_400), "job_timeout");
    check(|r| r.start_after = at(367 * 86_400), "start_after");
    check(|r| r.data_class = 9, "data_class");
    check(|r| drop(r.labels.insert("L".into(), String::new())), "labels[\"L\"]");
}

#[test]
fn what_is_left_out_has_its_default() {
    let asked = start(None, [0; 32], good(), &principal(), NOW).expect("good");
    assert_eq!((asked.job_id, asked.version, asked.priority, asked.data_class), (None, 0, 0, None));
    let past = v1::StartJobRequest { start_after: at(-1), ..good() };
    assert_eq!(start(None, [0; 32], past, &principal(), NOW).expect("past is now").start_after, None);
    let ahead = v1::StartJobRequest { start_after: at(1), ..good() };
    assert_eq!(
        start(None, [0; 32], ahead, &principal(), NOW).expect("ahead").start_after,
        Some(NOW.after(Duration::from_secs(1)))
    );
}

#[test]
fn actions() {
    let request = v1::ControlJobRequest {
        job_id: "01932c07-209b-7e9a-8b2c-ffeeddccbbaa".into(),
        action: v1::JobAction::Cancel as i32,
        reason: "a test".into(),
        ..Default::default()
    };
    let field = |request| super::control(None, request, &principal()).map(drop).map_err(|refusal| refusal.field);
    assert_eq!(field(request.clone()), Ok(()));
    assert_eq!(field(v1::ControlJobRequest { job_id: String::new(), ..request.clone() }), Err("job_id".into()));
    assert_eq!(field(v1::ControlJobRequest { action: 0, ..request.clone() }), Err("action".into()));
    assert_eq!(field(v1::ControlJobRequest { action: 77, ..request.clone() }), Err("action".into()));
    for (action, expected) in [
        (v1::JobAction::Cancel, Err("reason".into())),
        (v1::JobAction::Terminate, Err("reason".into())),
        (v1::JobAction::Pause, Ok(())),
        (v1::JobAction::Resume, Ok(())),
    ] {
        let silent = v1::ControlJobRequest { action: action as i32, reason: " ".into(), ..request.clone() };
        assert_eq!(field(silent), expected, "{action:?} without a reason");
    }
    assert_eq!(field(v1::ControlJobRequest { reason: "r".repeat(1025), ..request }), Err("reason".into()));
}
