//! Append outputs: a large fan-out in chunks, idempotent by chunk index.

use crate::{
    coordinator::Coordinator,
    error::Result,
    work::{Append, Work},
};

impl Coordinator {
    /// Adds a chunk; answers how many items the task has now.
    pub async fn append_outputs(&self, append: Append) -> Result<u64> {
        self.urgent(|reply| Work::Append(append, reply)).await
    }
}
