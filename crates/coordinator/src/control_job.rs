//! Pause, resume, cancel or terminate a job.

use crate::{
    coordinator::Coordinator,
    error::Result,
    work::{Control, Work},
};
use esteira_model::Job;

impl Coordinator {
    /// Acts on a job; what its state then is, is the answer.
    pub async fn control_job(&self, control: Control) -> Result<Job> {
        let deed = self.deed.clone();
        let answer = self.urgent(|reply| Work::Control(Control { deed, ..control }, reply)).await;
        self.recorded(answer)
    }
}
