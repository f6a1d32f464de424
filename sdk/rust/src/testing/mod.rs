//! Runs a function in a test, with no server: whatever a worker would tell it is set here, and whatever it says is kept.
//!
//! ```
//! use esteira_sdk::{Output, function, model::{OutputType, Payload}, testing::Harness};
//! let echo = function("kit.echo", OutputType::Single, |cx, input: Payload| async move {
//!     cx.emit("echoed", "k", input.clone());
//!     Ok(Output::One(input))
//! });
//! let execution = Harness::new().attempt(2).run_blocking(&echo, Payload::json("7"));
//! assert_eq!(execution.payloads(), [Payload::json("7")]);
//! assert_eq!(execution.emits[0].topic, "echoed");
//! ```

use crate::model::{
    Actor, AggregateRef, CancelReason, Cancellation, Context, Emit, Error, Function, Headers, Invocation, Level,
    Observer, Outcome, Payload, block_on, clock,
    guarded::{Guarded, panic_error},
};
use esteira_model::limits::{FAN_OUT_ITEMS_MAX, PAYLOAD_BYTES_MAX};
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// What the function is told. Each run is an attempt of its own.
#[derive(Debug, Clone, Default)]
pub struct Harness {
    invocation: Invocation,
    remaining: Option<Duration>,
    cancellation: Cancellation,
}

/// What became of one execution.
#[derive(Debug)]
pub struct Execution {
    /// What the function returned, checked as a worker would: a panic is `UNHANDLED`, an output of another type or size
    /// is refused.
    pub result: Result<Outcome, Error>,
    /// Messages that would be committed with a success, in order.
    pub emits: Vec<Emit>,
    /// All checkpoints, in order.
    pub checkpoints: Vec<Payload>,
    /// All log lines, in order.
    pub logs: Vec<(Level, String)>,
}

impl Execution {
    /// The payloads that the function produced; none when it failed.
    pub fn payloads(&self) -> &[Payload] {
        self.result.as_ref().map_or(&[], |outcome| outcome.output.payloads())
    }

    /// Why the function failed, if it did.
    pub fn error(&self) -> Option<&Error> {
        self.result.as_ref().err()
    }
}

impl Harness {
    /// A first attempt of an unnamed step, with no configuration, aggregate or time limit.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the step's configuration.
    pub fn config(mut self, json: impl Into<Arc<str>>) -> Self {
        self.invocation.config_json = json.into();
        self
    }

    /// Sets the attempt and, with it, the fence.
    pub fn attempt(mut self, attempt: u32) -> Self {
        (self.invocation.attempt, self.invocation.fence) = (attempt, i64::from(attempt));
        self
    }

    /// Sets what an earlier attempt saved.
    pub fn last_checkpoint(mut self, checkpoint: Payload) -> Self {
        self.invocation.last_checkpoint = Some(checkpoint);
        self
    }

    /// Sets on whose behalf the job runs.
    pub fn operator(mut self, actor: Actor) -> Self {
        self.invocation.actor = Arc::new(actor);
        self
    }

    /// Sets the aggregate to move.
    pub fn aggregate(mut self, aggregate: AggregateRef) -> Self {
        self.invocation.aggregate = Some(aggregate);
        self
    }

    /// Sets the job's headers.
    pub fn headers(mut self, headers: Headers) -> Self {
        self.invocation.headers = Arc::new(headers);
        self
    }

    /// Sets what is left of the execution time-out when the function begins. Nothing ends it when the time is over.
    pub fn remaining(mut self, remaining: Duration) -> Self {
        self.remaining = Some(remaining);
        self
    }

    /// Sets anything else that is fixed about the attempt.
    pub fn with(mut self, change: impl FnOnce(&mut Invocation)) -> Self {
        change(&mut self.invocation);
        self
    }

    /// Cancels the function: before it begins, or from another thread while it runs.
    pub fn cancel(&self, reason: CancelReason) {
        self.cancellation.cancel(reason);
    }

    /// Runs the function once.
    pub async fn run(&self, function: &dyn Function, input: Payload) -> Execution {
        let spec = function.spec();
        let mut invocation =
            Invocation { output_type: spec.output_type, function_name: spec.name, ..self.invocation.clone() };
        invocation.deadline = self.remaining.map(|remaining| clock::instant() + remaining);
        let record = Record::default();
        let cx = Context::new(invocation, self.cancellation.clone(), record.clone());
        let result = match Guarded::new(Box::pin(async { function.execute(&cx, input).await })).await {
            Ok(result) => {
                result.and_then(|outcome| outcome.checked(spec.output_type, PAYLOAD_BYTES_MAX, FAN_OUT_ITEMS_MAX))
            }
            Err(panic) => Err(panic_error(&panic)),
        };
        let heard = std::mem::take(&mut *record.heard());
        Execution { result, emits: cx.take_said().emits, checkpoints: heard.checkpoints, logs: heard.logs }
    }

    /// Runs the function once on this thread, without a runtime.
    pub fn run_blocking(&self, function: &dyn Function, input: Payload) -> Execution {
        block_on(self.run(function, input))
    }
}

#[derive(Clone, Default)]
struct Record(Arc<Mutex<Heard>>);

#[derive(Default)]
struct Heard {
    checkpoints: Vec<Payload>,
    logs: Vec<(Level, String)>,
}

impl Record {
    fn heard(&self) -> MutexGuard<'_, Heard> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Observer for Record {
    fn log(&self, _: &Invocation, level: Level, message: &str) {
        self.heard().logs.push((level, message.into()));
    }

    fn checkpoint(&self, _: &Invocation, checkpoint: &Payload) {
        self.heard().checkpoints.push(checkpoint.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Output, OutputType, function};

    #[test]
    fn everything_that_is_said_is_kept_in_order() {
        let chatty = function("chatty", OutputType::None, |cx: Context, _| async move {
            cx.log(Level::Info, format!("attempt {} of {}", cx.attempt(), cx.config_json()));
            cx.checkpoint(Payload::json("1"));
            cx.checkpoint(Payload::json("2"));
            cx.emit("t", "k", cx.last_checkpoint().cloned().unwrap_or_else(Payload::none));
            Ok(Output::None)
        });
        let execution = Harness::new()
            .attempt(3)
            .config("{}")
            .last_checkpoint(Payload::json("0"))
            .run_blocking(&chatty, Payload::none());
        assert_eq!(execution.logs, [(Level::Info, "attempt 3 of {}".to_owned())]);
        assert_eq!(execution.checkpoints, [Payload::json("1"), Payload::json("2")]);
        assert_eq!(execution.emits[0].payload, Payload::json("0"));
        assert_eq!(execution.result, Ok(Outcome::none()));
    }

    #[test]
    fn a_panic_and_a_wrong_output_are_errors_as_in_a_worker() {
        let wrong = function("wrong", OutputType::Single, |_, _| async { Ok(Output::None) });
        assert_eq!(
            Harness::new().run_blocking(&wrong, Payload::none()).error().map(Error::code),
            Some("OUTPUT_TYPE_MISMATCH")
        );
        let panics = function("panics", OutputType::None, |_, _| async {
            if std::hint::black_box(true) { panic!("oh") } else { Ok(Output::None) }
        });
        assert_eq!(Harness::new().run_blocking(&panics, Payload::none()).error().map(Error::message), Some("oh"));
    }

    #[test]
    fn a_cancelled_function_sees_why() {
        let waits = function("waits", OutputType::None, |cx: Context, _| async move {
            Err::<Output, _>(Error::retryable(cx.cancelled().await.as_str(), ""))
        });
        let harness = Harness::new();
        harness.cancel(CancelReason::LeaseLost);
        assert_eq!(harness.run_blocking(&waits, Payload::none()).error().map(Error::code), Some("LEASE_LOST"));
    }

    #[test]
    fn the_time_that_is_left_is_told() {
        let asks = function("asks", OutputType::None, |cx: Context, _| async move {
            cx.log(Level::Debug, if cx.remaining() > Some(Duration::from_secs(3000)) { "much" } else { "little" });
            Ok(Output::None)
        });
        let logs = |harness: Harness| harness.run_blocking(&asks, Payload::none()).logs.remove(0).1;
        assert_eq!(
            (logs(Harness::new().remaining(Duration::from_secs(3600))), logs(Harness::new())),
            ("much".into(), "little".into())
        );
    }
}
