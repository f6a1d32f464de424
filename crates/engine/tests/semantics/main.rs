//! The semantics fixed before code, by letter, as far as the engine decides them.
//!
//! (h) digests are decided elsewhere.

#[path = "../harness/mod.rs"]
mod harness;

mod semantics_a;
mod semantics_b;
mod semantics_c;
mod semantics_d;
mod semantics_e;
mod semantics_f;
mod semantics_g;
mod semantics_i;
