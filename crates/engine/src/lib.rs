//! Pure transitions of jobs: (state, command, now) -> facts and follow-ups.
//!
//! Purpose: decide what happens to a job; nothing here does anything.
//! Must not know: I/O, async, clocks, randomness, third-party crates; all of that stands behind [`ports`].
//! Read first: [`graph`] (a plan made ready to run), then [`decide`].

mod begin;
mod carry;
mod child;
mod complete;
mod control;
pub mod decide;
mod due;
mod fail;
mod failure_document;
mod gather;
pub mod graph;
mod graph_check;
mod graph_expressions;
mod graph_shape;
pub mod issue;
mod policy;
pub mod ports;
pub mod reprocess;
mod start;
mod transition;

pub use decide::{
    At, AttemptEnd, ChildOutcome, Command, Completion, Decision, FollowUp, Granted, Loaded, Output, Product, Refusal,
    decide,
};
pub use graph::{Edge, Graph, Needs, Node};
pub use issue::Issue;
pub use ports::{Context, Entropy, Evaluate, ExpressionError, JobScope, References, Scope};
pub use reprocess::{Carry, Executed, Misfit, Reprocess};
