//! What each operation does.

use super::config::{Failing, Judged, Message, Operation, Wrong};
use esteira_sdk::{
    Context, Error, Outcome, Output,
    model::{CancelReason, Level, Payload, Verdict},
};
use std::time::Duration;

/// An error that the author of a function did not foresee.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Thrown(String);

/// Does one thing after the other until one of them ends the attempt; with none that does, the result is `null`.
pub(super) async fn play(cx: &Context, input: Payload, operations: &[Operation]) -> Result<Outcome, Error> {
    let mut verdicts = Vec::new();
    for operation in operations {
        let output = match operation {
            Operation::Return(json) => Output::One(Payload::json(json.as_str())),
            Operation::ReturnBinary(bytes) => Output::One(Payload::binary(bytes.0.as_slice())),
            Operation::ReturnInput(_) => Output::One(input.clone()),
            Operation::ReturnCheckpoint(_) => {
                Output::One(cx.last_checkpoint().cloned().unwrap_or_else(|| Payload::json("null")))
            }
            Operation::ReturnType(Wrong::None) => Output::None,
            Operation::ReturnType(Wrong::Multiple) => Output::Many(Vec::new()),
            Operation::Verdict(judged) => {
                verdicts.push(verdict(judged));
                continue;
            }
            other => {
                act(cx, other).await?;
                continue;
            }
        };
        return Ok(Outcome { verdicts, ..output.into() });
    }
    Ok(Outcome { verdicts, ..Outcome::one(Payload::json("null")) })
}

/// What does not return.
async fn act(cx: &Context, operation: &Operation) -> Result<(), Error> {
    match operation {
        Operation::Emit(Message { topic, key, json }) => cx.emit(topic, key, Payload::json(json.as_str())),
        Operation::Checkpoint(json) => cx.checkpoint(Payload::json(json.as_str())),
        Operation::Log(text) => cx.log(Level::Info, text),
        Operation::SleepMs(ms) => tokio::select! {
            biased;
            reason = cx.cancelled() => return Err(stopped(reason)),
            () = tokio::time::sleep(Duration::from_millis(*ms)) => {}
        },
        Operation::BlockMs(ms) => std::thread::sleep(Duration::from_millis(*ms)),
        Operation::WaitCancel(_) => return Err(stopped(cx.cancelled().await)),
        Operation::Fail(failing) => return Err(failure(failing)),
        Operation::Throw(message) => return Err(Thrown(message.clone()).into()),
        Operation::Verdict(_)
        | Operation::Return(_)
        | Operation::ReturnBinary(_)
        | Operation::ReturnInput(_)
        | Operation::ReturnCheckpoint(_)
        | Operation::ReturnType(_) => {}
    }
    Ok(())
}

/// What a cancelled function returns; the worker reports the cancellation in its place.
fn stopped(reason: CancelReason) -> Error {
    Error::retryable("CANCELLED", reason)
}

fn failure(failing: &Failing) -> Error {
    let error = match failing.retryable {
        true => Error::retryable(&failing.code, &failing.message),
        false => Error::non_retryable(&failing.code, &failing.message),
    };
    match failing.after_ms {
        Some(ms) => error.after(Duration::from_millis(ms)),
        None => error,
    }
}

fn verdict(judged: &Judged) -> Verdict {
    Verdict {
        policy: judged.policy.clone(),
        version: judged.version.clone(),
        passed: judged.passed,
        detail: judged.detail.clone(),
    }
}
