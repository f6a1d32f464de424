//! Try failed tasks again while their job still runs.

use crate::{
    coordinator::Coordinator,
    error::Result,
    work::{Retry, Work},
};
use esteira_model::TaskId;

impl Coordinator {
    /// All of them or none; answers with the new tasks, one for each.
    pub async fn retry_tasks(&self, retry: Retry) -> Result<Vec<TaskId>> {
        self.urgent(|reply| Work::Retry(retry, reply)).await
    }
}
