//! Removing what is kept no longer: in bounded steps, never on the way of a report.
//!
//! A pass walks all trees, the oldest first, on the read side. A step removes a few of them in one transaction, which reads the
//! policies anew and, where coordinators share a store, holds the lead. Between two steps there is a pause, so that the
//! committer or the server has most of its time for the work.

use crate::{
    coordinator::{Coordinator, Shared},
    error::{Error, Result},
    leader::Lead,
    partitions::Change,
    removal::{About, Order, certify},
    retention::Policies,
};
use esteira_model::{AccountId, DataClass, Job, JobId, Time};
use esteira_store::{Begun, Cause, Held, Kind, Part, Purged, Removal, Removed, TREES_MAX, Tree, Unit, Writer};
use std::{collections::BTreeSet, sync::Arc, time::Duration};
use tokio::sync::Mutex;
use tokio::time::Instant;

/// Trees that are read at once.
const PAGE: usize = 1_000;
/// Rows of one table that one transaction removes at most. Reports wait for it on SQLite.
const ROWS_MAX: usize = 100;
/// A pause is so many times as long as the step before it.
const PAUSE_FACTOR: u32 = 3;
/// Who removes what is kept no longer.
const RETENTION: &str = "retention";
/// How often a step that was overtaken is tried again.
const TRIES_MAX: u32 = 5;

/// The connection of maintenance, and whose turn it is. Where a store has one writer it is the committer's.
#[derive(Default)]
pub(crate) struct Maintenance {
    pub(crate) writer: Mutex<Option<Box<dyn Writer>>>,
}

impl Maintenance {
    pub fn new(writer: Option<Box<dyn Writer>>) -> Self {
        Self { writer: Mutex::new(writer) }
    }
}

/// What a pass is asked for.
#[derive(Debug, Clone, Default)]
pub struct Ask {
    /// Whose trees; none = everyone's.
    pub account: Option<AccountId>,
    /// Where to go on.
    pub after: Option<JobId>,
    /// Count only.
    pub dry_run: bool,
    /// Attempts of jobs below this one go with their partition: nothing below it is kept.
    pub dropped_below: Option<JobId>,
}

/// What a pass did, or would do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Applied {
    /// What is gone.
    pub removed: Removed,
    /// Partitions that were dropped, where the store has them.
    pub partitions: u64,
    /// Trees that are due and stay, because a job of theirs is open.
    pub open: u64,
    /// Trees that are due and stay, because a message of theirs was not delivered (INV-WHY).
    pub undelivered: u64,
    /// Trees that are due and stay, because a job that is kept goes on from one of theirs (INV-WHY).
    pub referred: u64,
    /// Where to go on; none at the end.
    pub next: Option<JobId>,
}

impl Coordinator {
    /// Applies the policies for about `budget`.
    pub async fn apply_retention(&self, ask: Ask, budget: Duration) -> Result<Applied> {
        let dry_run = ask.dry_run;
        let mut applied = self.purge(ask, budget, None).await?;
        if applied.next.is_none() && !dry_run {
            applied.partitions = self.change_partitions(Change::Drop, None).await?.unwrap_or(0);
        }
        Ok(applied)
    }

    /// See [`Self::apply_retention`]. With a lead, no step is done without it.
    pub(crate) async fn purge(&self, ask: Ask, budget: Duration, lead: Option<Lead>) -> Result<Applied> {
        let end = Instant::now() + budget;
        let mut writer = self.shared.maintenance.writer.lock().await;
        let mut pass = Pass {
            coordinator: self,
            writer: &mut writer,
            choice: Choice::Due,
            lead,
            dropped_below: ask.dropped_below,
            applied: Applied::default(),
        };
        let reader = &*self.shared.reader;
        let mut after = ask.after;
        loop {
            let trees = reader.trees(after, PAGE).await?;
            let Some(last) = trees.last().map(|tree| tree.root) else { return Ok(pass.applied) };
            let policies = Policies::new(reader.retention().await?, self.shared.keep);
            let now = self.shared.clock.now();
            let is_asked = |tree: &Tree| ask.account.as_ref().is_none_or(|account| *account == tree.account);
            let asked: Vec<Tree> = trees.into_iter().filter(is_asked).collect();
            let roots: Vec<JobId> = asked.iter().map(|tree| tree.root).collect();
            let begun = begun(&reader.removals(&roots).await?);
            let is_due = |tree: &Tree| policies.is_due(tree, now) || begun.contains(&tree.root);
            let due: Vec<Tree> = asked.into_iter().filter(is_due).collect();
            for some in due.chunks(TREES_MAX) {
                pass.some(some, ask.dry_run).await?;
                if Instant::now() >= end {
                    let next = some.last().map(|tree| tree.root);
                    return Ok(Applied { next, ..pass.applied });
                }
            }
            after = Some(last);
            if Instant::now() >= end {
                return Ok(Applied { next: after, ..pass.applied });
            }
        }
    }

    /// Removes these trees, or counts them.
    pub(crate) async fn purge_some(&self, trees: &[Tree], dry_run: bool, choice: Choice) -> Result<Applied> {
        let mut writer = self.shared.maintenance.writer.lock().await;
        let (lead, dropped_below, applied) = (None, None, Applied::default());
        let mut pass = Pass { coordinator: self, writer: &mut writer, choice, lead, dropped_below, applied };
        for some in trees.chunks(TREES_MAX) {
            pass.some(some, dry_run).await?;
        }
        Ok(pass.applied)
    }
}

/// Which trees go.
#[derive(Debug, Clone)]
pub(crate) enum Choice {
    /// Those that are kept no longer.
    Due,
    /// Those of an account and class that somebody has named.
    Class { account: AccountId, data_class: DataClass, order: Order },
}

struct Pass<'p> {
    coordinator: &'p Coordinator,
    writer: &'p mut Option<Box<dyn Writer>>,
    choice: Choice,
    lead: Option<Lead>,
    dropped_below: Option<JobId>,
    applied: Applied,
}

impl Pass<'_> {
    /// Trees that are due, [`TREES_MAX`] at most.
    async fn some(&mut self, due: &[Tree], dry_run: bool) -> Result<()> {
        let reader = &*self.coordinator.shared.reader;
        let roots: Vec<JobId> = due.iter().map(|tree| tree.root).collect();
        let held = reader.held_trees(&roots).await?;
        for (_, why) in &held {
            match why {
                Held::Open => self.applied.open += 1,
                Held::Undelivered => self.applied.undelivered += 1,
                Held::Referred => self.applied.referred += 1,
            }
        }
        let free: Vec<Tree> =
            due.iter().filter(|tree| !held.iter().any(|(root, _)| *root == tree.root)).cloned().collect();
        if dry_run {
            let roots: Vec<JobId> = free.iter().map(|tree| tree.root).collect();
            self.applied.removed += reader.trees_size(&roots).await?;
            return Ok(());
        }
        let mut part = None;
        loop {
            let began = Instant::now();
            let step = self.step(&free, part).await?;
            self.applied.removed += step.removed;
            if step.complete {
                return Ok(());
            }
            part = step.part;
            tokio::time::sleep(began.elapsed() * PAUSE_FACTOR).await;
        }
    }

    /// One transaction. One that another was in the way of is tried again.
    async fn step(&mut self, trees: &[Tree], part: Option<Part>) -> Result<Purged> {
        let shared = &self.coordinator.shared;
        let mut tries = 1;
        loop {
            let act = Act {
                shared: shared.clone(),
                choice: self.choice.clone(),
                trees: trees.to_vec(),
                part,
                dropped_below: self.dropped_below,
                lead: self.lead,
                now: shared.clock.now(),
            };
            let done = match &mut *self.writer {
                Some(writer) => apart(&mut **writer, act).await,
                None => self.coordinator.transact(move |unit| Box::pin(async move { act.run(unit).await })).await,
            };
            match done {
                Err(error) if error.overtaken && tries < TRIES_MAX => tries += 1,
                done => {
                    shared.log.committed(done.as_ref().map_or(0, |purged| purged.begun.len() as u64));
                    return done;
                }
            }
        }
    }
}

async fn apart(writer: &mut dyn Writer, act: Act) -> Result<Purged> {
    let mut unit = writer.begin().await?;
    let purged = act.run(&mut *unit).await?;
    match unit.commit().await {
        // Each step is found again: what was removed is not there, what was not is due as before.
        Err(error) if error.kind() == Kind::CommitUnknown => {
            Err(esteira_store::Error::new(Kind::Conflict, error.to_string()).into())
        }
        committed => Ok(committed.map(|()| purged)?),
    }
}

/// Jobs that are certified as gone: what has begun to go goes, whatever a policy says by now.
fn begun(removals: &[Removal]) -> BTreeSet<JobId> {
    let of_rows = |removal: &&Removal| removal.cause != Cause::Erasure;
    removals.iter().filter(of_rows).map(|removal| removal.job).collect()
}

/// What one transaction does.
struct Act {
    shared: Arc<Shared>,
    choice: Choice,
    trees: Vec<Tree>,
    part: Option<Part>,
    dropped_below: Option<JobId>,
    lead: Option<Lead>,
    now: Time,
}

impl Act {
    /// A coordinator that was stopped in between goes on here: it may have lost the lead, and a policy may have changed.
    async fn run(self, unit: &mut dyn Unit) -> Result<Purged> {
        if let Some(lead) = self.lead
            && !lead.take(unit, self.now).await?
        {
            return Err(Error::new(crate::error::Reason::StoreUnavailable, "another coordinator leads the purge now"));
        }
        let roots = self.chosen(unit).await?;
        let purged = unit.purge_trees(&roots, self.part, ROWS_MAX, self.dropped_below).await?;
        self.certify(unit, &purged.begun).await?;
        Ok(purged)
    }

    /// Which of the trees go, as the rows are now.
    async fn chosen(&self, unit: &mut dyn Unit) -> Result<Vec<JobId>> {
        let roots = |trees: &mut dyn Iterator<Item = &Tree>| trees.map(|tree| tree.root).collect::<Vec<JobId>>();
        match &self.choice {
            Choice::Due => {
                let policies = Policies::new(unit.retention().await?, self.shared.keep);
                let begun = begun(&unit.removals(&roots(&mut self.trees.iter())).await?);
                let is_due = |tree: &&Tree| policies.is_due(tree, self.now) || begun.contains(&tree.root);
                Ok(roots(&mut self.trees.iter().filter(is_due)))
            }
            // INV-LABEL: real work is never purged, whoever names it.
            Choice::Class { data_class: DataClass::Production, .. } => Ok(Vec::new()),
            Choice::Class { account, data_class, .. } => {
                let jobs = unit.jobs(&roots(&mut self.trees.iter())).await?;
                let is_one = |job: &&Job| {
                    (&job.account, job.data_class) == (account, *data_class) && job.lineage.parent.is_none()
                };
                Ok(jobs.iter().filter(is_one).map(|job| job.id).collect())
            }
        }
    }

    /// A job of which a row goes is certified as gone before the unit ends.
    async fn certify(&self, unit: &mut dyn Unit, begun: &[Begun]) -> Result<()> {
        let about = |begun: &Begun| About {
            job: begun.job,
            account: begun.account.clone(),
            data_class: begun.data_class,
            number: 0,
            bodies: Vec::new(),
            bytes: 0,
            parent: None,
        };
        if begun.is_empty() {
            return Ok(());
        }
        let abouts: Vec<About> = begun.iter().map(about).collect();
        let order = match &self.choice {
            Choice::Class { order, .. } => order.clone(),
            Choice::Due => Order {
                cause: Cause::Retention,
                user_id: RETENTION.into(),
                account: AccountId::new(""),
                reason: None,
                time: self.now,
            },
        };
        certify(unit, &mut self.shared.ids.clone(), &order, &abouts).await.map(drop)
    }
}

#[cfg(test)]
#[path = "purge_tests.rs"]
mod tests;
