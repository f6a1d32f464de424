//! Who does what must be done once among the coordinators of a store: whoever holds the task's row, until its time is over.
//!
//! The row is taken again inside each transaction that acts (INV-FENCE): a leader that was stopped and goes on finds out there.

use esteira_engine::Entropy;
use esteira_model::{Time, Uuid};
use esteira_store::{Result, Unit};
use std::time::Duration;

/// A leader that was not heard of for this long has lost the lead.
pub(crate) const EXPIRE_AFTER: Duration = Duration::from_secs(30);
/// How often a leader says that it lives, and others look whether it does.
pub(crate) const RENEW_PERIOD: Duration = Duration::from_secs(10);

/// One coordinator's claim to lead in a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lead {
    task: &'static str,
    instance: Uuid,
}

impl Lead {
    /// A process that starts anew is another claimant.
    pub fn new(task: &'static str, ids: &mut impl Entropy) -> Self {
        Self { task, instance: ids.uuid() }
    }

    /// Takes the lead or keeps it; `false` while another has it.
    pub async fn take(&self, unit: &mut dyn Unit, now: Time) -> Result<bool> {
        unit.take_lead(self.task, self.instance, now, now.after(EXPIRE_AFTER)).await
    }

    /// Leaves it to whoever comes first.
    pub async fn leave(&self, unit: &mut dyn Unit) -> Result<()> {
        unit.leave_lead(self.task, self.instance).await
    }
}
