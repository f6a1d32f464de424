//! Provenance: what was recorded, and how anybody can check it without trusting the database.
//!
//! Purpose: leaves, the Merkle log over them, its checkpoints, and the verification of all three; statements for export.
//! Must not know: files, sockets, clocks, randomness; keys, salts and times are arguments.
//! Read first: [`kinds`] (what is recorded), then [`mod@verify`] (what it proves). The formats stand in `docs/provenance.md`.

pub mod bundle;
pub mod checkpoint;
pub mod codes;
pub mod dsse;
pub mod epoch;
mod fields;
pub mod hash;
pub mod hashes;
pub mod json;
pub mod key;
pub mod kinds;
pub mod leaf;
pub mod merkle;
pub mod note;
pub mod proof;
pub mod statement;
pub mod verdict;
pub mod verify;
pub mod wire;

pub use bundle::Bundle;
pub use checkpoint::{Checkpoint, Schedule};
pub use hash::{Hash, Salt, commitment, leaf_hash, text_commitment};
pub use hashes::Hashes;
pub use key::{SignerKey, VerifierKey};
pub use leaf::Leaf;
pub use merkle::{Frontier, Place};
pub use statement::{Statement, Subject};
pub use verdict::{Failing, Finding, Verdict};
pub use verify::{Evidence, Standing, Trust, verify};
