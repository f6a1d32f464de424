//! What the ledger is told: a leaf for each job that starts or ends and for each attempt that ends, in the transaction of the
//! facts (INV-ONE-TX).
//!
//! A round collects what happened (`pending`), looks up what its leaves refer to (`lookup`: the batch, the cache, and on a miss
//! the rows, in sets), makes the leaves (`make`, from values that rows give back) and puts them on pages (`record`). What is kept
//! in memory for the next leaves is kept after the commit only (`cache`). `rebuild` makes the same leaves from rows.

mod cache;
mod lineage;
mod lookup;
mod make;
mod making;
mod pending;
pub mod rebuild;
mod record;
mod rows;

pub(crate) use cache::Cache;
pub(crate) use lineage::Link;
pub(crate) use make::{Salted, commit, salt};
pub(crate) use pending::Attempts;
pub(crate) use record::Recording;
