//! Partitions of history, where the store has them: made ahead, left to be dropped whole, dropped.

use crate::{coordinator::Coordinator, error::Result, leader::Lead, retention::Policies};
use esteira_model::{JobId, Uuid};

/// Trees that are read at once.
const PAGE: usize = 1_000;
/// How often a lock that did not come in a moment is asked for again.
const TRIES_MAX: u32 = 5;
const DAY_MILLIS: u64 = 24 * 3600 * 1000;

/// What is done to them.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Change {
    /// Those of the days ahead are made.
    Create,
    /// Those of which no job is left are dropped.
    Drop,
}

/// The first id of the day of this one: an id begins with its milliseconds.
fn first_of_day(id: JobId) -> JobId {
    let mut first = [0; 8];
    first[2..].copy_from_slice(&id.0.as_bytes()[..6]);
    let millis = u64::from_be_bytes(first) / DAY_MILLIS * DAY_MILLIS;
    let mut bytes = [0; 16];
    bytes[..6].copy_from_slice(&millis.to_be_bytes()[2..]);
    JobId(Uuid::from_bytes(bytes))
}

impl Coordinator {
    /// The first id of the first day of which something is kept: rows of days before it can be left to the drop. None when that
    /// is nowhere.
    pub(crate) async fn kept_from(&self) -> Result<Option<JobId>> {
        let reader = &*self.shared.reader;
        let mut after = None;
        loop {
            let trees = reader.trees(after, PAGE).await?;
            let Some(last) = trees.last().map(|tree| tree.root) else { return Ok(None) };
            let policies = Policies::new(reader.retention().await?, self.shared.keep);
            let now = self.shared.clock.now();
            let (due, kept): (Vec<_>, Vec<_>) = trees.iter().partition(|tree| policies.is_due(tree, now));
            let due: Vec<JobId> = due.iter().map(|tree| tree.root).collect();
            let held = reader.held_trees(&due).await?.into_iter().map(|(root, _)| root);
            if let Some(first) = kept.iter().map(|tree| tree.root).chain(held).min() {
                return Ok(Some(first_of_day(first)));
            }
            after = Some(last);
        }
    }

    /// Changes partitions in a transaction of its own; returns how many, or none where there can be none.
    pub(crate) async fn change_partitions(&self, change: Change, lead: Option<Lead>) -> Result<Option<u64>> {
        let mut writer = self.shared.maintenance.writer.lock().await;
        // A store with one writer has no partitions.
        let Some(writer) = &mut *writer else { return Ok(None) };
        let mut tries = 1;
        loop {
            let now = self.shared.clock.now();
            let done = async {
                let mut unit = writer.begin().await?;
                if let Some(lead) = lead
                    && !lead.take(&mut *unit, now).await?
                {
                    return Ok(None);
                }
                let changed = match change {
                    Change::Create => unit.create_partitions(now).await?,
                    Change::Drop => Some(unit.drop_partitions(now).await?),
                };
                unit.commit().await.map(|()| changed)
            }
            .await;
            match done {
                Err(error) if error.kind() == esteira_store::Kind::Conflict && tries < TRIES_MAX => tries += 1,
                done => return Ok(done?.map(|changed| changed as u64)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_with_its_first_id() {
        let id: JobId = "01932c07-209b-7e9a-8b2c-ffeeddccbbaa".parse().expect("an id");
        let first = first_of_day(id);
        assert!(first < id);
        assert_eq!(first, first_of_day(first));
        let millis = |id: JobId| id.0.as_bytes()[..6].iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
        assert_eq!(millis(first) % DAY_MILLIS, 0);
        assert!(millis(id) - millis(first) < DAY_MILLIS);
    }
}
