use super::*;
use esteira_sdk::{
    model::{CancelReason, Level},
    testing::{Execution, Harness},
};
use std::time::Duration;

fn harness(attempts: &str) -> Harness {
    Harness::new().config(format!(r#"{{"attempts":{attempts}}}"#))
}

fn play(attempts: &str) -> Execution {
    harness(attempts).run_blocking(&script(), Payload::json("[ 1]"))
}

#[track_caller]
fn returns(attempts: &str, expected: Payload) {
    assert_eq!(play(attempts).payloads(), [expected], "{attempts}");
}

#[track_caller]
fn fails(attempts: &str, code: &str, retryable: bool) -> Error {
    let error = play(attempts).result.expect_err(attempts);
    assert_eq!((error.code(), error.is_retryable()), (code, retryable), "{attempts}");
    error
}

#[test]
fn each_attempt_has_its_list_and_the_last_one_stays() {
    let text = r#"[[{"return":"1"}],[{"return":"2"}]]"#;
    for (attempt, expected) in [(1, "1"), (2, "2"), (3, "2"), (9, "2")] {
        let execution = harness(text).attempt(attempt).run_blocking(&script(), Payload::none());
        assert_eq!(execution.payloads(), [Payload::json(expected)]);
    }
}

#[test]
fn what_is_returned() {
    returns(r#"[[]]"#, Payload::json("null"));
    returns(r#"[[{"return":"{ \"a\":1}"},{"return":"2"}]]"#, Payload::json("{ \"a\":1}"));
    returns(r#"[[{"return_binary":"AP8="}]]"#, Payload::binary([0, 255]));
    returns(r#"[[{"return_input":true}]]"#, Payload::json("[ 1]"));
    returns(r#"[[{"return_checkpoint":true}]]"#, Payload::json("null"));
    let resumed = harness(r#"[[{"return_checkpoint":true}]]"#).last_checkpoint(Payload::json("{ }"));
    assert_eq!(resumed.run_blocking(&script(), Payload::none()).payloads(), [Payload::json("{ }")]);
    for wrong in [r#"[[{"return_type":"NONE"}]]"#, r#"[[{"return_type":"MULTIPLE"}]]"#] {
        fails(wrong, "OUTPUT_TYPE_MISMATCH", false);
    }
}

#[test]
fn what_is_said_is_said_in_order() {
    let execution = play(
        r#"[[{"emit":{"topic":"t","key":"k","json":"1.0"}},{"log":"hello"},{"checkpoint":"\"half\""},
             {"verdict":{"policy":"p","version":"2","passed":false,"detail":"why"}},{"emit":{"topic":"u","json":"2"}}]]"#,
    );
    let emits: Vec<_> = execution.emits.iter().map(|it| (&*it.topic, &*it.key, it.payload.as_json())).collect();
    assert_eq!(emits, [("t", "k", Some("1.0")), ("u", "", Some("2"))]);
    assert_eq!(execution.logs, [(Level::Info, "hello".to_owned())]);
    assert_eq!(execution.checkpoints, [Payload::json("\"half\"")]);
    let verdicts = execution.result.expect("it ends well").verdicts;
    assert_eq!((verdicts[0].policy.as_str(), verdicts[0].passed, verdicts[0].detail.as_str()), ("p", false, "why"));
}

#[test]
fn what_fails() {
    let busy = fails(r#"[[{"fail":{"code":"BUSY","message":"m","retryable":true,"after_ms":1500}}]]"#, "BUSY", true);
    assert_eq!(busy, Error::retryable("BUSY", "m").after(Duration::from_millis(1500)));
    fails(r#"[[{"fail":{"code":"BAD","message":"m","retryable":false}}]]"#, "BAD", false);
    assert_eq!(fails(r#"[[{"throw":"oh"}]]"#, "UNHANDLED", true).message(), "oh");
}

#[test]
fn a_configuration_that_does_not_decode_is_refused_before_anything_is_done() {
    for bad in [
        "[]",
        "[[{}]]",
        r#"[[{"log":"a","throw":"b"}]]"#,
        r#"[[{"jump":1}]]"#,
        r#"[[{"return_input":false}]]"#,
        r#"[[{"return_binary":"?"}]]"#,
        r#"[[{"return_type":"SINGLE"}]]"#,
        r#"[[{"emit":{"topic":"t","json":"1","more":1}}]]"#,
        r#"[[{"return":"1"}],[{"jump":1}]]"#,
    ] {
        fails(bad, "CONFIG_INVALID", false);
    }
}

#[tokio::test]
async fn a_pause_ends_by_itself_or_with_the_cancellation() {
    let short = harness(r#"[[{"sleep_ms":1},{"return":"1"}]]"#);
    assert_eq!(short.run(&script(), Payload::none()).await.payloads(), [Payload::json("1")]);
    let long = harness(r#"[[{"sleep_ms":3600000},{"return":"1"}]]"#);
    for cancelled in [long, harness(r#"[[{"wait_cancel":true},{"return":"1"}]]"#)] {
        cancelled.cancel(CancelReason::Job);
        let error = cancelled.run(&script(), Payload::none()).await.result.expect_err("it stops");
        assert_eq!((error.code(), error.message()), ("CANCELLED", "JOB"));
    }
}

#[test]
fn a_thread_is_blocked_for_as_long_as_asked() {
    returns(r#"[[{"block_ms":1},{"return":"1"}]]"#, Payload::json("1"));
}
