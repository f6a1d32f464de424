//! Random plans under random interleavings, and which transitions were exercised.

#[path = "../harness/mod.rs"]
mod harness;

mod again;
mod blueprint;
mod chance;
mod coverage;
mod player;
mod property;
