//! What the coordinator would not take of a report: the worker then reports a failure in its place, and so does the runner.
//! And what it would not take of a start: nothing runs then.
//!
//! The rules are those of the edge (`TaskReport` in `worker.proto`, `StartJobRequest` in `job.proto`); which of them is broken
//! first decides the code.

use crate::model::{
    AggregateRef, Emit, Failure, FailureKind, Headers, Outcome, Payload, Verdict,
    context::Said,
    error::truncated,
    runner::{CheckJson, Start},
};
use esteira_model::limits;
use std::collections::BTreeMap;

const FIELD_INVALID: &str = "FIELD_INVALID";
const JSON_INVALID: &str = "JSON_INVALID";
const PAYLOAD_TOO_LARGE: &str = "PAYLOAD_TOO_LARGE";

/// A code, and what is wrong with which field.
type Refused = (&'static str, String);

/// The failure in the place of a success that the coordinator would not take. `own` is what the task moves.
pub(crate) fn of_success(
    check_json: &CheckJson,
    outcome: &Outcome,
    said: &Said,
    own: Option<&AggregateRef>,
) -> Option<Failure> {
    let refused = || -> Result<(), Refused> {
        outcome.output.payloads().iter().try_for_each(|output| payload(check_json, output, "output"))?;
        outcome.aggregate_after.iter().try_for_each(|after| aggregate(after, "aggregate_after"))?;
        count(said.emits.len(), limits::EMIT_MAX, "emit")?;
        count(outcome.verdicts.len(), limits::VERDICTS_MAX, "verdicts")?;
        said.emits.iter().try_for_each(|emit| message(check_json, emit))?;
        outcome.verdicts.iter().try_for_each(verdict)?;
        match own.zip(outcome.aggregate_after.as_ref()) {
            Some((own, after)) if (&own.kind, &own.id) != (&after.kind, &after.id) => {
                invalid("aggregate_after", "names another aggregate than the task's")
            }
            _ => Ok(()),
        }
    };
    refused().err().map(failure)
}

/// The failure as it is taken, with the checkpoint that comes with it; or the one in its place.
pub(crate) fn of_failure(check_json: &CheckJson, mut given: Failure, said: &mut Said) -> Failure {
    let refused = || -> Result<(), Refused> {
        if given.retry_after.is_some_and(|pause| pause > limits::RETRY_AFTER_MAX) {
            invalid("retry_after", "is more than 24 hours")?;
        }
        said.checkpoint.iter().try_for_each(|checkpoint| payload(check_json, checkpoint, "checkpoint"))
    };
    if let Err(refused) = refused() {
        said.checkpoint = None;
        return failure(refused);
    }
    // Not every database can hold a NUL.
    given.message = given.message.replace('\0', "\u{fffd}");
    truncated(given)
}

/// What is wrong with what a run starts with.
pub(crate) fn of_start(check_json: &CheckJson, start: &Start) -> Option<String> {
    let Start { packet, labels: given, .. } = start;
    let refused = || -> Result<(), Refused> {
        line(&packet.actor.on_behalf_of, limits::ID_CHARS_MAX, "packet.actor.on_behalf_of")?;
        packet.aggregate.iter().try_for_each(|moved| aggregate(moved, "packet.aggregate"))?;
        payload(check_json, &packet.data, "packet.data")?;
        headers(&packet.headers, "packet.headers")?;
        labels(given)
    };
    refused().err().map(|(_, message)| message)
}

fn labels(labels: &BTreeMap<String, String>) -> Result<(), Refused> {
    count(labels.len(), limits::LABELS_MAX, "labels")?;
    labels.iter().try_for_each(|(key, value)| {
        name(key, limits::NAME_BYTES_MAX, "labels")?;
        line(value, limits::LABEL_BYTES_MAX, "labels")
    })
}

fn failure((code, message): Refused) -> Failure {
    Failure { source: "worker".into(), ..Failure::engine(FailureKind::NonRetryable, code, message) }
}

fn invalid(field: &str, why: &str) -> Result<(), Refused> {
    Err((FIELD_INVALID, format!("{field}: {why}")))
}

fn payload(check_json: &CheckJson, payload: &Payload, field: &str) -> Result<(), Refused> {
    if payload.bytes().len() > limits::PAYLOAD_BYTES_MAX {
        return Err((PAYLOAD_TOO_LARGE, format!("{field}: has {} bytes", payload.bytes().len())));
    }
    if let Some(text) = payload.as_json() {
        check_json(text).map_err(|why| (JSON_INVALID, format!("{field}: {why}")))?;
    }
    line(&payload.content_type, limits::ID_CHARS_MAX, field)?;
    line(&payload.schema, limits::TEXT_CHARS_MAX, field)
}

fn aggregate(named: &AggregateRef, field: &str) -> Result<(), Refused> {
    name(&named.kind, limits::NAME_BYTES_MAX, &format!("{field}.type"))?;
    if named.id.is_empty() || named.version < 0 {
        return invalid(field, "has no id, or a version below 0");
    }
    line(&named.id, limits::TEXT_CHARS_MAX, &format!("{field}.id"))
}

fn message(check_json: &CheckJson, emit: &Emit) -> Result<(), Refused> {
    name(&emit.topic, limits::TOPIC_BYTES_MAX, "emit.topic")?;
    line(&emit.key, limits::TEXT_CHARS_MAX, "emit.key")?;
    payload(check_json, &emit.payload, "emit.payload")?;
    headers(&emit.headers, "emit.headers")
}

fn headers(headers: &Headers, field: &str) -> Result<(), Refused> {
    count(headers.len(), limits::HEADERS_MAX, field)?;
    let tail = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.' | b'-');
    for (name, value) in headers {
        let first = name.as_bytes().first().is_some_and(u8::is_ascii_alphanumeric);
        if !first || name.len() > limits::NAME_BYTES_MAX || !name.bytes().all(tail) || value.contains(char::is_control)
        {
            return invalid(field, "has a name or value without its form");
        }
    }
    let bytes: usize = headers.iter().map(|(name, value)| name.len() + value.len()).sum();
    if bytes > limits::HEADER_BYTES_MAX { invalid(field, "takes too many bytes") } else { Ok(()) }
}

fn verdict(verdict: &Verdict) -> Result<(), Refused> {
    if verdict.policy.is_empty() {
        return invalid("verdicts.policy", "is required");
    }
    line(&verdict.policy, limits::ID_CHARS_MAX, "verdicts.policy")?;
    line(&verdict.version, limits::VERSION_CHARS_MAX, "verdicts.version")?;
    if verdict.detail.chars().count() > limits::REASON_CHARS_MAX || verdict.detail.contains('\0') {
        return invalid("verdicts.detail", "is too long, or holds a NUL");
    }
    Ok(())
}

/// `[a-z][a-z0-9_.-]*`.
fn name(text: &str, bytes_max: usize, field: &str) -> Result<(), Refused> {
    let tail = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.' | b'-');
    let fits = text.len() <= bytes_max && text.starts_with(|c: char| c.is_ascii_lowercase()) && text.bytes().all(tail);
    if fits { Ok(()) } else { invalid(field, "is not a name of its form") }
}

/// One line, of so many characters at most.
fn line(text: &str, chars_max: usize, field: &str) -> Result<(), Refused> {
    let fits = text.chars().count() <= chars_max && !text.contains(char::is_control);
    if fits { Ok(()) } else { invalid(field, "is too long, or holds a control character") }
}

fn count(count: usize, max: usize, field: &str) -> Result<(), Refused> {
    if count <= max { Ok(()) } else { invalid(field, "has too many elements") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Output;
    use std::time::Duration;

    fn check_json() -> CheckJson {
        Box::new(|text| if text == "broken" { Err("broken".into()) } else { Ok(()) })
    }

    fn emit() -> Emit {
        Emit { topic: "t".into(), key: "k".into(), payload: Payload::json("1"), headers: Headers::new() }
    }

    fn own() -> AggregateRef {
        AggregateRef { kind: "order".into(), id: "o".into(), version: 1 }
    }

    fn rule() -> Verdict {
        Verdict { policy: "p".into(), version: "1".into(), passed: true, detail: "a\nb".into() }
    }

    #[track_caller]
    fn check(change: impl FnOnce(&mut Outcome, &mut Said), expected: Option<&str>) {
        let mut outcome = Outcome::one(Payload::json("1")).aggregate_after(own()).verdict(rule());
        let mut said = Said { emits: vec![emit()], checkpoint: Some(Payload::json("broken")) };
        change(&mut outcome, &mut said);
        let found = of_success(&check_json(), &outcome, &said, Some(&own()));
        assert_eq!(found.as_ref().map(|failure| failure.code.as_str()), expected, "{found:?}");
        assert!(found.is_none_or(|failure| failure.kind == FailureKind::NonRetryable));
    }

    #[test]
    fn what_the_coordinator_takes_is_taken() {
        check(|_, _| {}, None);
        check(|_, said| said.emits = vec![emit(); limits::EMIT_MAX], None);
        check(|_, said| said.emits[0].headers = [("0-a.b_c".to_owned(), "é".to_owned())].into(), None);
        check(|outcome, _| outcome.aggregate_after = None, None);
        check(|_, said| said.emits[0].key = "é".repeat(limits::TEXT_CHARS_MAX), None);
    }

    #[test]
    fn a_field_without_its_form_is_refused() {
        let bad = Some(FIELD_INVALID);
        check(|_, said| said.emits = vec![emit(); limits::EMIT_MAX + 1], bad);
        check(|_, said| said.emits[0].topic = "T".into(), bad);
        check(|_, said| said.emits[0].topic = "t".repeat(limits::TOPIC_BYTES_MAX + 1), bad);
        check(|_, said| said.emits[0].key = "a\nb".into(), bad);
        check(|_, said| said.emits[0].headers = [("A".to_owned(), String::new())].into(), bad);
        check(|_, said| said.emits[0].headers = [("a".to_owned(), "\t".to_owned())].into(), bad);
        check(|_, said| said.emits[0].headers = [("a".to_owned(), "x".repeat(9_000))].into(), bad);
        check(|outcome, _| outcome.verdicts = vec![rule(); limits::VERDICTS_MAX + 1], bad);
        check(|outcome, _| outcome.verdicts[0].policy.clear(), bad);
        check(|outcome, _| outcome.verdicts[0].version = "1".repeat(65), bad);
        check(|outcome, _| outcome.verdicts[0].detail = "\0".into(), bad);
        check(|outcome, _| outcome.aggregate_after = Some(AggregateRef { id: "p".into(), ..own() }), bad);
        check(|outcome, _| outcome.aggregate_after = Some(AggregateRef { version: -1, ..own() }), bad);
        check(|outcome, _| outcome.aggregate_after = Some(AggregateRef { kind: "Order".into(), ..own() }), bad);
    }

    #[test]
    fn payloads_are_checked_wherever_they_are() {
        let large = || Payload::binary(vec![0; limits::PAYLOAD_BYTES_MAX + 1]);
        check(|outcome, _| outcome.output = Output::Many(vec![Payload::json("broken")]), Some(JSON_INVALID));
        check(|_, said| said.emits[0].payload = Payload::json("broken"), Some(JSON_INVALID));
        check(|_, said| said.emits[0].payload = large(), Some(PAYLOAD_TOO_LARGE));
    }

    #[test]
    fn a_failure_is_refused_for_its_pause_and_its_checkpoint() {
        let given = || Failure::engine(FailureKind::Retryable, "BUSY", "a\0b");
        let mut said = Said { checkpoint: Some(Payload::json("1")), ..Said::default() };
        assert_eq!(of_failure(&check_json(), given(), &mut said).message, "a\u{fffd}b");
        assert!(said.checkpoint.is_some());
        let pause = Some(limits::RETRY_AFTER_MAX + Duration::from_millis(1));
        let long = Failure { retry_after: pause, ..given() };
        assert_eq!(of_failure(&check_json(), long, &mut said).code, FIELD_INVALID);
        said.checkpoint = Some(Payload::json("broken"));
        assert_eq!(of_failure(&check_json(), given(), &mut said).code, JSON_INVALID);
        assert_eq!(said.checkpoint, None);
    }
}
