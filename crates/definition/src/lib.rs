//! From a plan document to [`esteira_model::Plan`].
//!
//! Purpose: read the JSON that an author publishes, say everything that is wrong with its form, and keep what must
//! stay as it was written (INV-VALIDATE).
//! Must not know: the graph (cycles, unknown steps), expressions, stores, wire formats; the engine checks the graph with
//! pointers of the same form.
//! Read first: this page, then `document.rs` and `step.rs`; `reader.rs` is how every field is read.
//!
#![doc = include_str!("../plan-format.md")]

mod document;
mod duration;
mod policy;
mod ranges;
mod reader;
mod retry;
mod run;
mod step;

pub use document::{Parsed, parse};
pub use duration::{format_duration, parse_duration};
