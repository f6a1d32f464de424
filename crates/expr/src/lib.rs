//! Conditions and policies in CEL, typed JSON templates, and the strict check of JSON text.
//!
//! Purpose: implement the engine's port [`Evaluate`](esteira_engine::Evaluate) as [`Evaluator`], and give every
//! edge the same idea of what acceptable JSON is ([`check_json`]).
//! Must not know: plans, jobs or tasks beyond the port's types; I/O, clocks, randomness. Nothing here repeats
//! payload values in an error.
//! Read first: [`evaluator`], then `cel.rs` and `template.rs`.
//!
//! Every text that arrives is from outside: sources are bounded in length and depth, and the work of an
//! evaluation is counted (`cel/work.rs`), so that no expression and no payload can take a thread with it.

mod cache;
mod cel;
mod error;
pub mod evaluator;
pub mod json;
mod pointer;
mod scan;
mod template;

pub use evaluator::Evaluator;
pub use json::{JsonError, JsonProblem, check_json};
