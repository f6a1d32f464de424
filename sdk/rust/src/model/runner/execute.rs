//! One attempt of one task.

use crate::model::{
    BoxFuture, CancelReason, Cancellation, Context, Error, Failure, Function, Invocation, Level, Observer, Outcome,
    Output, Payload, clock,
    context::Said,
    guarded::{Guarded, panic_error},
    runner::{Runner, refusal},
};
use esteira_model::limits::{FAN_OUT_ITEMS_MAX, PAYLOAD_BYTES_MAX};
use std::{
    future::{Future, poll_fn},
    pin::pin,
    sync::Arc,
    task::Poll,
    time::Duration,
};

/// How an attempt ended.
pub(crate) enum Executed {
    Completed(Outcome),
    Failed(Failure),
    TimedOut,
}

/// An attempt after it ended.
pub(crate) struct Attempted {
    pub(crate) executed: Executed,
    pub(crate) said: Said,
    pub(crate) wall_time: Duration,
}

/// Runs the function once; a time-out stops it at its next wait.
pub(crate) async fn execute(
    runner: &Runner,
    function: &dyn Function,
    mut invocation: Invocation,
    input: Payload,
    timeout: Option<Duration>,
) -> Attempted {
    let begun = clock::instant();
    invocation.deadline = timeout.map(|timeout| begun + timeout);
    let cancellation = Cancellation::new();
    let cx = Context::new(invocation, cancellation.clone(), Shared(Arc::clone(&runner.observer)));
    let running: BoxFuture<'_, Result<Outcome, Error>> = Box::pin(async { function.execute(&cx, input).await });
    let returned =
        until(Guarded::new(running), runner.pace.time_out(timeout), || cancellation.cancel(CancelReason::Timeout))
            .await;
    let mut said = cx.take_said();
    let result = match returned {
        None => return Attempted { executed: Executed::TimedOut, said, wall_time: begun.elapsed() },
        Some(Ok(result)) => result,
        Some(Err(panic)) => Err(panic_error(&panic)),
    };
    let checked = result.and_then(|outcome| outcome.checked(cx.output_type(), PAYLOAD_BYTES_MAX, FAN_OUT_ITEMS_MAX));
    let own = cx.aggregate();
    let executed = match checked {
        Err(error) => {
            let failure = error.into_failure(&cx.invocation().function_name);
            Executed::Failed(refusal::of_failure(&runner.check_json, failure, &mut said))
        }
        Ok(outcome) => match refusal::of_success(&runner.check_json, &outcome, &said, own) {
            Some(failure) => {
                said.checkpoint = None;
                Executed::Failed(failure)
            }
            None => Executed::Completed(outcome),
        },
    };
    Attempted { executed, said, wall_time: begun.elapsed() }
}

/// Polls `running` until it ends; when `limit` completes first, calls `warn`, polls once more, and gives up.
async fn until<T>(running: impl Future<Output = T>, limit: impl Future<Output = ()>, warn: impl Fn()) -> Option<T> {
    let (mut running, mut limit) = (pin!(running), pin!(limit));
    poll_fn(|cx| {
        if let Poll::Ready(value) = running.as_mut().poll(cx) {
            return Poll::Ready(Some(value));
        }
        if limit.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        warn();
        match running.as_mut().poll(cx) {
            Poll::Ready(value) => Poll::Ready(Some(value)),
            Poll::Pending => Poll::Ready(None),
        }
    })
    .await
}

/// The engine's form of an output.
pub(crate) fn products(output: Output) -> esteira_engine::Output {
    use esteira_engine::{Output as Produced, Product};
    match output {
        Output::None => Produced::None,
        Output::One(payload) => Produced::Single(Product::New(payload)),
        Output::Many(payloads) => Produced::Multiple(payloads.into_iter().map(Product::New).collect()),
    }
}

struct Shared(Arc<dyn Observer>);

impl Observer for Shared {
    fn log(&self, invocation: &Invocation, level: Level, message: &str) {
        self.0.log(invocation, level, message);
    }

    fn checkpoint(&self, invocation: &Invocation, checkpoint: &Payload) {
        self.0.checkpoint(invocation, checkpoint);
    }
}
