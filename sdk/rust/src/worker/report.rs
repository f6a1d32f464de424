//! What is reported about an attempt: decided from how it ended, with nothing done yet.

use crate::{
    client::wire,
    model::{
        CancelReason, Error, Failure, FailureKind, Invocation, Outcome, Output, Said,
        error::{UNHANDLED, truncated},
        guarded::{Panic, panic_error},
        outcome::too_large,
    },
    worker::{convert, limits::Limits},
};
use esteira_contract::v1::{self, completion::Output as WireOutput, task_report::Outcome as WireOutcome};
use prost::Message as _;

/// How an execution ended.
pub(crate) enum Ending {
    /// The function returned.
    Returned(Result<Outcome, Error>),
    /// The function panicked.
    Panicked(Panic),
    /// The function was cancelled, did not stop, and was dropped.
    Abandoned,
}

/// What to report.
#[derive(Debug, PartialEq)]
pub(crate) enum Report {
    /// As it is.
    Ready(WireOutcome),
    /// First append these chunks, then report the completion.
    Append(Vec<Vec<v1::Payload>>, v1::Completion),
}

/// Decides what to report. `reason` is why the function was cancelled, if it was.
pub(crate) fn decide(
    ending: Ending,
    said: Said,
    invocation: &Invocation,
    reason: Option<CancelReason>,
    limits: &Limits,
) -> Report {
    let error = match ending {
        Ending::Returned(Ok(outcome)) => match completion(outcome, &said, invocation, limits) {
            Ok(report) => return report,
            Err(error) => error,
        },
        Ending::Returned(Err(error)) => error,
        Ending::Panicked(panic) => panic_error(&panic),
        Ending::Abandoned => Error::retryable(UNHANDLED, "the function did not stop when it was cancelled"),
    };
    if reason == Some(CancelReason::Drain) {
        return Report::Ready(released("the worker shuts down"));
    }
    let mut failure = error.into_failure(&invocation.function_name);
    match reason {
        Some(CancelReason::Job) => (failure.kind, failure.code) = (FailureKind::Cancelled, "CANCELLED".into()),
        Some(CancelReason::Timeout) if failure.kind == FailureKind::Retryable => {
            (failure.kind, failure.code) = (FailureKind::Timeout, "EXECUTION_TIMEOUT".into())
        }
        _ => {}
    }
    Report::Ready(failed(failure, said, limits))
}

/// The task goes back unharmed.
pub(crate) fn released(reason: &str) -> WireOutcome {
    WireOutcome::Released(v1::Release { reason: reason.into() })
}

/// The coordinator does not take the result; it gets this instead.
pub(crate) fn refused(reason: &str, message: &str) -> WireOutcome {
    let kind = if reason == "CHUNK_GAP" { FailureKind::Retryable } else { FailureKind::NonRetryable };
    let code = if reason.is_empty() { "RESULT_REFUSED" } else { reason };
    let failure = truncated(Failure { kind, source: "worker".into(), ..Failure::engine(kind, code, message) });
    WireOutcome::Failed(v1::Failing { failure: Some(convert::failure_out(failure)), ..Default::default() })
}

fn failed(failure: Failure, said: Said, limits: &Limits) -> WireOutcome {
    let checkpoint = said.checkpoint.filter(|checkpoint| checkpoint.bytes().len() <= limits.payload_bytes);
    WireOutcome::Failed(v1::Failing {
        failure: Some(convert::failure_out(failure)),
        checkpoint: checkpoint.as_ref().map(wire::payload_out),
    })
}

fn completion(outcome: Outcome, said: &Said, invocation: &Invocation, limits: &Limits) -> Result<Report, Error> {
    let outcome = outcome.checked(invocation.output_type, limits.payload_bytes, limits.fan_out_items)?;
    let mut completion = v1::Completion {
        output: None,
        aggregate_after: outcome.aggregate_after.as_ref().map(convert::aggregate_out),
        emit: said.emits.iter().cloned().map(convert::emit_out).collect(),
        verdicts: outcome.verdicts.into_iter().map(convert::verdict_out).collect(),
    };
    let frame_bytes = completion.encoded_len();
    let (output, bytes) = match outcome.output {
        Output::None => (WireOutput::None(()), frame_bytes),
        Output::One(payload) => {
            let payload = wire::payload_out(&payload);
            let bytes = frame_bytes + payload.encoded_len();
            (WireOutput::Single(payload), bytes)
        }
        Output::Many(payloads) => {
            let items: Vec<v1::Payload> = payloads.iter().map(wire::payload_out).collect();
            let bytes = frame_bytes + items.iter().map(framed_bytes).sum::<usize>();
            if frame_bytes <= limits.message_bytes
                && (items.len() > limits.append_items || bytes > limits.message_bytes)
            {
                completion.output = Some(WireOutput::AppendedItems(i64::try_from(items.len()).unwrap_or(i64::MAX)));
                return Ok(Report::Append(chunks(items, limits), completion));
            }
            (WireOutput::Multiple(v1::Outputs { items }), bytes)
        }
    };
    if bytes > limits.message_bytes {
        return Err(too_large("bytes in the completion", bytes, limits.message_bytes));
    }
    completion.output = Some(output);
    Ok(Report::Ready(WireOutcome::Completed(completion)))
}

/// As few chunks as the limits allow, in order.
fn chunks(items: Vec<v1::Payload>, limits: &Limits) -> Vec<Vec<v1::Payload>> {
    let mut chunks: Vec<Vec<v1::Payload>> = Vec::new();
    let mut bytes = 0;
    for item in items {
        let size = framed_bytes(&item);
        match chunks.last_mut() {
            Some(chunk) if chunk.len() < limits.append_items && bytes + size <= limits.message_bytes => {
                bytes += size;
                chunk.push(item);
            }
            _ => {
                bytes = size;
                chunks.push(vec![item]);
            }
        }
    }
    chunks
}

/// Bytes of an item inside a message, with its tag and length.
fn framed_bytes(item: &v1::Payload) -> usize {
    item.encoded_len() + 6
}

#[cfg(test)]
#[path = "report_tests.rs"]
mod tests;
