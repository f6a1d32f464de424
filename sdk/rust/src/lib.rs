//! The esteira SDK for Rust: write functions, compose them into plans, run both embedded or distributed.
//!
//! Purpose: one small surface in a few parts, the same in every language.
//! Must not know: the coordinator's store, its configuration, or any business rule.
//! Read first: [`model::function`], then [`model::context`].
//!
//! | part | what it is for | feature | needs |
//! | --- | --- | --- | --- |
//! | [`model`] | aggregates, functions, plans, the embedded runner, traces | always there | the standard library |
//! | [`testing`] | runs a function in a test, with no server | always there | the standard library |
//! | `json` | typed inputs, outputs and configurations | `json` | serde |
//! | `client` | calls the coordinator | `client` | tonic |
//! | `worker` | serves functions to the coordinator | `worker` | tonic |

#[cfg(feature = "client")]
pub mod client;
#[cfg(feature = "json")]
pub mod json;
pub mod model;
pub mod testing;
#[cfg(feature = "worker")]
pub mod worker;

pub use model::{Context, Error, Function, FunctionSpec, Outcome, Output, function};

#[cfg(all(doctest, feature = "json", feature = "expr", feature = "worker"))]
#[doc = include_str!("../README.md")]
struct Readme;
