//! The last resort on real files, with the faults that files have.

mod cascade;
mod harness;
mod ingest;
mod random;
mod segments;
