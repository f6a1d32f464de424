//! What a function author and a plan author see. Standard library only: no transport, no database, no runtime.
//!
//! A function receives a payload and a [`Context`], does exactly one thing, and says what it produced or why it failed.
//! The worker, the embedded [`Runner`] and the test harness all run it through the same [`Function`] trait.

pub mod aggregate;
mod block_on;
pub mod cancel;
pub(crate) mod clock;
pub mod context;
mod definition;
pub mod error;
pub mod function;
pub(crate) mod guarded;
pub mod outcome;
pub mod plan;
pub mod runner;
pub mod trace;

pub use aggregate::Aggregate;
pub use block_on::block_on;
pub use cancel::{CancelReason, Cancellation};
pub use context::{Context, Invocation, Level, Observer, Said};
pub use definition::definition_json;
pub use error::Error;
pub use esteira_engine::{Evaluate, Issue};
pub use esteira_model::{
    AccountId, Actor, AggregateRef, Body, DataClass, Emit, Failure, FailureKind, Headers, ItemPath, JobId, JobState,
    Join, OutputType, Packet, Payload, Plan, Policy, RetryPolicy, Step, TaskId, TaskState, Usage, Verdict,
};
pub use function::{BoxFuture, Function, FunctionSpec, function};
pub use outcome::{Outcome, Output};
pub use plan::{PlanBuilder, StepBuilder, condition, step, sub_plan, wait};
pub use runner::{RunError, Runner, Start};
pub use trace::{Trace, TracedTask};
