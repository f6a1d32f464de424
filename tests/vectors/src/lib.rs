//! The shared vectors: what every SDK and the coordinator must do with the same plans and the same data.
//!
//! Purpose: read the sources, fill in what the embedded runner of the Rust SDK does, and compare others with it.
//! Must not know: the coordinator or its store; the test against it goes through the public contract.
//! Read first: `README.md`, then [`case`], then [`run`].

pub mod case;
pub mod compare;
pub mod distributed;
pub mod files;
pub mod generate;
pub mod json_text;
pub mod layout;
pub mod must;
pub mod payload;
pub mod run;

pub use case::{Case, File};
pub use compare::{Difference, difference, difference_of};
