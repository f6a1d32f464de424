//! What a function knows about the attempt that it runs in, and what it can say besides its result.

use crate::model::{
    cancel::{CancelReason, Cancellation, Cancelled},
    clock,
};
use esteira_model::{AccountId, Actor, AggregateRef, Emit, Headers, JobId, OutputType, Payload, TaskId};
use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// Everything that is fixed about one attempt. The worker fills it from the lease, the runner and the harness from what they know.
#[derive(Debug, Clone, PartialEq)]
pub struct Invocation {
    /// The job.
    pub job: JobId,
    /// The task.
    pub task: TaskId,
    /// Key of the step in its plan.
    pub step_key: Arc<str>,
    /// Name under which the function was called.
    pub function_name: Arc<str>,
    /// Counts from 1.
    pub attempt: u32,
    /// Rises with every grant; hand it to stores that can refuse an older writer.
    pub fence: i64,
    /// The same in all attempts of the task; hand it to outside services.
    pub idempotency_key: Arc<str>,
    /// On whose behalf the job runs.
    pub actor: Arc<Actor>,
    /// The aggregate to move, if the plan moves one.
    pub aggregate: Option<AggregateRef>,
    /// Headers of the job; W3C `traceparent` travels here.
    pub headers: Arc<Headers>,
    /// The step's configuration as JSON text, or "".
    pub config_json: Arc<str>,
    /// What the step expects.
    pub output_type: OutputType,
    /// When the execution time-out passes, if the step has one.
    pub deadline: Option<Instant>,
    /// What an earlier attempt saved.
    pub last_checkpoint: Option<Payload>,
}

impl Default for Invocation {
    /// Attempt 1 of a step `step` of an unnamed job, without configuration, aggregate or time limit.
    fn default() -> Self {
        Self {
            job: JobId(Default::default()),
            task: TaskId(Default::default()),
            step_key: "step".into(),
            function_name: "function".into(),
            attempt: 1,
            fence: 1,
            idempotency_key: "".into(),
            actor: Arc::default(),
            aggregate: None,
            headers: Arc::default(),
            config_json: "".into(),
            output_type: OutputType::Single,
            deadline: None,
            last_checkpoint: None,
        }
    }
}

/// How important a log line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// For the author.
    Debug,
    /// For the operator who looks at this job.
    Info,
    /// Something is odd.
    Warn,
    /// A person must look.
    Error,
}

/// Sees at once what a function says while it runs; a worker logs it, the harness records it.
pub trait Observer: Send + Sync {
    /// The function logged a line.
    fn log(&self, invocation: &Invocation, level: Level, message: &str);
    /// The function saved a checkpoint.
    fn checkpoint(&self, invocation: &Invocation, checkpoint: &Payload);
}

/// An observer that ignores everything.
impl Observer for () {
    fn log(&self, _: &Invocation, _: Level, _: &str) {}
    fn checkpoint(&self, _: &Invocation, _: &Payload) {}
}

/// What a function said while it ran, apart from its result.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Said {
    /// Messages to commit with the completion, in order.
    pub emits: Vec<Emit>,
    /// The newest checkpoint of this attempt.
    pub checkpoint: Option<Payload>,
}

/// The attempt that a function runs in. Cheap to clone; clones are the same attempt.
#[derive(Clone)]
pub struct Context {
    inner: Arc<Inner>,
}

struct Inner {
    invocation: Invocation,
    cancellation: Cancellation,
    observer: Box<dyn Observer>,
    said: Mutex<Said>,
}

impl Context {
    /// A context for one attempt, for whoever calls [`Function::execute`](crate::model::Function::execute).
    pub fn new(invocation: Invocation, cancellation: Cancellation, observer: impl Observer + 'static) -> Self {
        let observer = Box::new(observer);
        Self { inner: Arc::new(Inner { invocation, cancellation, observer, said: Mutex::default() }) }
    }

    /// Everything that is fixed about the attempt.
    pub fn invocation(&self) -> &Invocation {
        &self.inner.invocation
    }

    /// The job.
    pub fn job(&self) -> JobId {
        self.inner.invocation.job
    }

    /// The task.
    pub fn task(&self) -> TaskId {
        self.inner.invocation.task
    }

    /// Key of the step in its plan.
    pub fn step_key(&self) -> &str {
        &self.inner.invocation.step_key
    }

    /// The attempt; counts from 1.
    pub fn attempt(&self) -> u32 {
        self.inner.invocation.attempt
    }

    /// Rises with every grant; hand it to stores that can refuse an older writer.
    pub fn fence(&self) -> i64 {
        self.inner.invocation.fence
    }

    /// The same in all attempts of the task; hand it to outside services.
    pub fn idempotency_key(&self) -> &str {
        &self.inner.invocation.idempotency_key
    }

    /// On whose behalf the job runs.
    pub fn operator(&self) -> &Actor {
        &self.inner.invocation.actor
    }

    /// The account that the job belongs to.
    pub fn account(&self) -> AccountId {
        AccountId::new(&self.inner.invocation.actor.account_id)
    }

    /// The aggregate to move, if the plan moves one.
    pub fn aggregate(&self) -> Option<&AggregateRef> {
        self.inner.invocation.aggregate.as_ref()
    }

    /// Headers of the job.
    pub fn headers(&self) -> &Headers {
        &self.inner.invocation.headers
    }

    /// The step's configuration as JSON text, or "".
    pub fn config_json(&self) -> &str {
        &self.inner.invocation.config_json
    }

    /// What the step expects.
    pub fn output_type(&self) -> OutputType {
        self.inner.invocation.output_type
    }

    /// What is left of the execution time-out; none when the step has none.
    pub fn remaining(&self) -> Option<Duration> {
        self.inner.invocation.deadline.map(|deadline| deadline.saturating_duration_since(clock::instant()))
    }

    /// What an earlier attempt saved.
    pub fn last_checkpoint(&self) -> Option<&Payload> {
        self.inner.invocation.last_checkpoint.as_ref()
    }

    /// Whether the function should stop.
    pub fn is_cancelled(&self) -> bool {
        self.cancel_reason().is_some()
    }

    /// Why the function should stop, if it should.
    pub fn cancel_reason(&self) -> Option<CancelReason> {
        self.inner.cancellation.reason()
    }

    /// Completes when the function should stop.
    pub fn cancelled(&self) -> Cancelled<'_> {
        self.inner.cancellation.cancelled()
    }

    /// Saves progress for the next attempt; the newest one counts. It travels with the next heartbeat or report.
    pub fn checkpoint(&self, checkpoint: Payload) {
        self.inner.observer.checkpoint(&self.inner.invocation, &checkpoint);
        self.said().checkpoint = Some(checkpoint);
    }

    /// Emits a message: it is committed to the outbox together with the completion, or not at all.
    pub fn emit(&self, topic: impl Into<String>, key: impl Into<String>, payload: Payload) {
        self.emit_with(Emit { topic: topic.into(), key: key.into(), payload, headers: Headers::new() });
    }

    /// Emits a message with headers of its own.
    pub fn emit_with(&self, emit: Emit) {
        self.said().emits.push(emit);
    }

    /// Logs a line with the attempt's ids.
    pub fn log(&self, level: Level, message: impl AsRef<str>) {
        self.inner.observer.log(&self.inner.invocation, level, message.as_ref());
    }

    /// Takes what the function said, for whoever called it.
    pub fn take_said(&self) -> Said {
        std::mem::take(&mut *self.said())
    }

    fn said(&self) -> MutexGuard<'_, Said> {
        self.inner.said.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("invocation", &self.inner.invocation)
            .field("cancellation", &self.inner.cancellation)
            .finish_non_exhaustive()
    }
}
