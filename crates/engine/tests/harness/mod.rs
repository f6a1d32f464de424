//! An in-memory world that does with the engine's decisions what a coordinator does, and doubts each of them.
//!
//! Read first: `world.rs` (what there is), then `apply.rs` (how a decision changes it) and `audit.rs` (what must hold
//! after each step). `plan.rs` writes plans, `expressions.rs` is their small language, `drive.rs` plays worker and
//! operator, `story.rs` puts what happened into one line.
#![allow(dead_code, unused_imports, reason = "each test binary uses a part of it")]

mod apply;
mod audit;
mod drive;
mod entropy;
mod expressions;
mod follow_up;
mod load;
mod places;
mod plan;
mod reprocess;
mod script;
mod story;
mod world;

pub use entropy::Ids;
pub use expressions::Expressions;
pub use plan::{S, plan, policy, step, version};
pub use reprocess::NotAgain;
pub use story::words;
pub use world::{Spot, World};

use esteira_engine::{Completion, Output, Product};
use esteira_model::{Failure, FailureKind, Payload};
use std::time::Duration;

/// So many seconds.
pub const fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

/// A success with one output.
pub fn one(text: &str) -> Completion {
    completion(Output::Single(Product::New(Payload::json(text))))
}

/// A success with any number of outputs.
pub fn many(texts: &[&str]) -> Completion {
    completion(Output::Multiple(texts.iter().map(|text| Product::New(Payload::json(*text))).collect()))
}

/// A success without output.
pub fn nothing() -> Completion {
    completion(Output::None)
}

fn completion(output: Output) -> Completion {
    Completion { output, aggregate_after: None, emits: Vec::new(), verdicts: Vec::new() }
}

/// A failure that no attempt can heal.
pub fn broken() -> Failure {
    Failure { source: "kit".into(), ..Failure::engine(FailureKind::NonRetryable, "BROKEN", "it is broken") }
}

/// A failure that the next attempt may heal.
pub fn hiccup() -> Failure {
    Failure { source: "kit".into(), ..Failure::engine(FailureKind::Retryable, "HICCUP", "try again") }
}
