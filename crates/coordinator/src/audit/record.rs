//! Making the records of calls.

use super::{
    append,
    deed::{Deed, OK},
};
use crate::{
    batch::Answer,
    coordinator::{Coordinator, Shared},
    error::{Error, Reason, Result},
    round::{Outcome, Round},
    work::Work,
};
use esteira_engine::Entropy;
use esteira_model::{AuditRecord, Decision};
use esteira_store::{Batch, Unit};
use hashbrown::HashMap;
use std::sync::Arc;

impl Shared {
    /// The record of a call as it is now.
    pub(crate) fn record_of(&self, deed: &Deed, decision: Decision, result: &str) -> Result<AuditRecord> {
        let salt = deed.salt().map_err(|error| {
            Error::new(Reason::Internal, format!("no randomness for the salt of a record: {error}"))
        })?;
        Ok(deed.record(self.ids.clone().sequence(), salt, decision, result))
    }
}

impl Coordinator {
    /// The same coordinator for one call: the transaction that commits a change under it carries the call's record.
    pub fn recording(&self, deed: &Arc<Deed>) -> Self {
        let mut coordinator = self.clone();
        coordinator.deed = Some(deed.clone());
        coordinator
    }

    /// The same coordinator for what is no part of the call's change.
    pub(crate) fn unrecorded(&self) -> Self {
        let mut coordinator = self.clone();
        coordinator.deed = None;
        coordinator
    }

    /// What was answered was committed, with the call's record.
    pub(crate) fn recorded<T>(&self, answer: Result<T>) -> Result<T> {
        if let (Ok(_), Some(deed)) = (&answer, &self.deed) {
            deed.set_recorded();
        }
        answer
    }

    /// Makes the record of a call by itself, with what became of the call. Returns when it is durable.
    pub async fn record(&self, deed: &Deed, decision: Decision, result: &str) -> Result<()> {
        let record = self.shared.record_of(deed, decision, result)?;
        self.submit(|reply| Work::Record(Box::new(record), reply)).await?;
        deed.set_recorded();
        Ok(())
    }

    /// Records that a change begins which takes several transactions, or none. When it fails, that is another record.
    pub async fn record_begin(&self, deed: &Deed) -> Result<()> {
        self.record(deed, Decision::Allowed, OK).await?;
        deed.set_begun();
        Ok(())
    }
}

impl Round<'_> {
    /// A record, with its leaf, for the next write.
    pub(crate) fn push_record(&mut self, mut record: AuditRecord) -> Result<()> {
        append(&mut record, &mut self.act_pages, &mut self.shared.ids.clone())?;
        self.batch.audit.push(record);
        Ok(())
    }
}

/// A record with its leaf, in a transaction that is not a batch's.
pub(crate) async fn write_record(unit: &mut dyn Unit, shared: &Shared, deed: &Deed) -> Result<()> {
    let mut record = shared.record_of(deed, Decision::Allowed, OK)?;
    let mut leaves = Vec::new();
    append(&mut record, &mut leaves, &mut shared.ids.clone())?;
    Ok(unit.write(&Batch { audit: vec![record], leaves, ..Batch::default() }).await?)
}

/// The records of the changes of a batch that are applied, in the batch's own transaction (INV-ONE-TX). What is refused is
/// recorded by whoever answers it.
pub(crate) fn record_applied(
    round: &mut Round<'_>,
    works: &[Work],
    early: &HashMap<usize, Result<Answer>>,
) -> Result<()> {
    for (index, work) in works.iter().enumerate() {
        let (deed, job) = match work {
            Work::Start(start, _) => (&start.deed, start.job.id),
            Work::Control(control, _) => (&control.deed, control.job),
            Work::Retry(retry, _) => (&retry.deed, retry.job),
            _ => continue,
        };
        let applied = match early.get(&index) {
            Some(answer) => answer.is_ok(),
            // A retry of which a part is refused has undone the batch.
            None => !matches!(round.outcomes.get(&(index, 0)), Some(Outcome::Refused(..))),
        };
        if let Some(deed) = deed.as_ref().filter(|_| applied) {
            if let Some(entry) = round.jobs.get(&job) {
                deed.of_class(entry.job.data_class);
            }
            let record = round.shared.record_of(deed, Decision::Allowed, OK)?;
            round.push_record(record)?;
        }
    }
    Ok(())
}
