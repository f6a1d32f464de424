//! From the log to the rows: each leaf of a range is there, is a leaf, is in the checkpoint's log, and the rows that it speaks
//! of point back to it.

use super::{certified::whole_jobs, report::Report, standing::Against};
use crate::{
    audit,
    coordinator::Coordinator,
    error::Result,
    log::{
        declare_epoch,
        proofs::{self, Placed},
    },
};
use esteira_ledger::{Failing, Finding, Leaf, Verdict};
use esteira_model::{AuditRecord, Job, JobId, LeafAt, PageId, TaskId};
use esteira_store::{Kind, LedgerEpoch};
use hashbrown::{HashMap, HashSet};
use std::collections::BTreeSet;

/// Leaves of one step at most: what is read at once, and so how long a snapshot is held.
pub const STEP: u64 = 512;

type Failed = (Verdict, Failing);
type Checked<T, E> = std::result::Result<T, E>;

/// The rows of which some leaves speak.
pub(crate) struct Pointing {
    jobs: HashMap<JobId, Job>,
    attempts: HashMap<(TaskId, u32), Option<LeafAt>>,
    links: HashMap<JobId, LeafAt>,
    /// None where several say that they are the one.
    records: HashMap<LeafAt, Option<AuditRecord>>,
    epochs: Vec<LedgerEpoch>,
    /// Jobs that went as a whole, as certificates say; of some a part is still there.
    whole: HashSet<JobId>,
}

impl Coordinator {
    /// Verifies the leaves from index `from` to just before `to`, [`STEP`] at most, each with its own proof.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn check_range(&self, from: u64, to: u64, against: &Against) -> Result<Report> {
        let reader = &*self.shared.reader;
        let to = to.min(from.saturating_add(STEP));
        let leaves = proofs::leaves(reader, from, to).await?;
        let rows = self.pointing(&leaves, Some(against)).await?;
        let indices: Vec<u64> = (from..to).collect();
        let nodes = against.nodes(reader, &indices).await?;
        let mut report = Report::default();
        for (index, leaf) in indices.into_iter().zip(&leaves) {
            let (job, found) = match look(leaf.as_ref(), &rows) {
                Ok(job) => (job, against.find(leaf.as_ref().map_or(&[], |leaf| &leaf.bytes), Some(index), &nodes)),
                Err((job, (verdict, failing))) => (job, Finding { verdict, failing: Some(failing) }),
            };
            report.add(found, || (Some(index), job, "leaf".to_owned()));
        }
        Ok(report)
    }

    /// Reads the rows of which these leaves speak. With `against`, certificates of jobs that went are proved to be in the log.
    pub(crate) async fn pointing(&self, leaves: &[Option<Placed>], against: Option<&Against>) -> Result<Pointing> {
        let reader = &*self.shared.reader;
        let (mut jobs, mut tasks, mut linked) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for leaf in leaves.iter().flatten().filter_map(|leaf| Leaf::decode(&leaf.bytes).ok()) {
            match &leaf {
                Leaf::JobStarted(fields) => drop(jobs.insert(fields.job)),
                Leaf::JobEnded(fields) => drop(jobs.insert(fields.job)),
                Leaf::AttemptEnded(fields) => {
                    jobs.insert(fields.job);
                    tasks.insert((fields.job, fields.task));
                }
                Leaf::JobReprocessed(fields) => {
                    jobs.insert(fields.job);
                    linked.insert(fields.job);
                }
                _ => {}
            }
        }
        let ids: Vec<JobId> = jobs.into_iter().collect();
        let all = ids.clone();
        let mut attempts = HashMap::new();
        for (job, task) in tasks {
            match reader.attempts(job, task).await {
                // What cannot be read points nowhere.
                Err(error) if error.kind() == Kind::Defect => {}
                found => attempts.extend(found?.into_iter().map(|one| ((task, one.number), one.leaf_at))),
            }
        }
        let mut links = HashMap::new();
        for job in linked {
            match reader.reprocess(job).await {
                Err(error) if error.kind() == Kind::Defect => {}
                found => links.extend(found?.and_then(|record| Some((job, record.leaf_at?)))),
            }
        }
        let records = self.records_of(leaves).await?;
        // Read last: a job that was purged in between is not there, and its attempts are not missed.
        let found = match reader.jobs(&ids).await {
            // One row that cannot be read must not hide the others.
            Err(error) if error.kind() == Kind::Defect => {
                let mut readable = Vec::new();
                for id in ids {
                    readable.extend(reader.jobs(&[id]).await.unwrap_or_default());
                }
                readable
            }
            found => found?,
        };
        let jobs = found.into_iter().map(|job| (job.id, job)).collect();
        // After the rows: what went before they were read is certified by now.
        let whole = whole_jobs(reader, &all, against).await?;
        Ok(Pointing { jobs, attempts, links, records, epochs: reader.epochs().await?, whole })
    }
}

impl Coordinator {
    /// The records of operators' calls whose leaves are among these.
    async fn records_of(&self, leaves: &[Option<Placed>]) -> Result<HashMap<LeafAt, Option<AuditRecord>>> {
        let is_act = |leaf: &&Placed| matches!(Leaf::decode(&leaf.bytes), Ok(Leaf::OperatorActed(_)));
        let pages: BTreeSet<PageId> = leaves.iter().flatten().filter(is_act).map(|leaf| leaf.page).collect();
        let pages: Vec<PageId> = pages.into_iter().collect();
        let records = match self.shared.reader.audit_records_on(&pages).await {
            // One row that cannot be read must not hide those of other pages.
            Err(error) if error.kind() == Kind::Defect => {
                let mut readable = Vec::new();
                for page in pages {
                    readable.extend(self.shared.reader.audit_records_on(&[page]).await.unwrap_or_default());
                }
                readable
            }
            found => found?,
        };
        let mut found = HashMap::new();
        for record in records {
            let Some(at) = record.leaf_at else { continue };
            found.entry(at).and_modify(|one| *one = None).or_insert(Some(record));
        }
        Ok(found)
    }
}

/// A leaf by itself and with its rows; the job that it is about.
pub(crate) fn look(placed: Option<&Placed>, rows: &Pointing) -> Checked<Option<JobId>, (Option<JobId>, Failed)> {
    let placed = placed.ok_or((None, (Verdict::Unknown, Failing::Leaf)))?;
    let leaf =
        Leaf::decode(&placed.bytes).map_err(|error| (None, (Verdict::MismatchLeaf, Failing::LeafForm(error))))?;
    let at = LeafAt { page: placed.page, ordinal: placed.ordinal };
    match rows.points(&leaf, at) {
        Ok(()) => Ok(leaf.job()),
        Err(failed) => Err((leaf.job(), failed)),
    }
}

impl Pointing {
    /// Whether the row of which a leaf speaks says that its leaf is here.
    fn points(&self, leaf: &Leaf<'_>, at: LeafAt) -> Checked<(), Failed> {
        let gone = Err((Verdict::MismatchLeaf, Failing::Rows));
        let job = match leaf {
            Leaf::JobStarted(fields) => fields.job,
            Leaf::AttemptEnded(fields) => fields.job,
            Leaf::JobEnded(fields) => fields.job,
            Leaf::JobReprocessed(fields) => fields.job,
            Leaf::EpochDeclared(fields) => {
                let row = self.epochs.iter().find(|row| row.epoch == fields.epoch && row.page == at.page);
                let Some(row) = row else { return gone };
                let differing = leaf.first_difference(&declare_epoch::leaf(row));
                return differing.map_or(Ok(()), |field| Err((Verdict::MismatchLeaf, Failing::Field(field))));
            }
            Leaf::OperatorActed(_) => {
                let Some(Some(row)) = self.records.get(&at) else { return gone };
                let differing = leaf.first_difference(&audit::leaf(row));
                return differing.map_or(Ok(()), |field| Err((Verdict::MismatchLeaf, Failing::Field(field))));
            }
            // Their rows are elsewhere, or they have none.
            _ => return Ok(()),
        };
        if self.whole.contains(&job) {
            return Ok(());
        }
        let Some(row) = self.jobs.get(&job) else { return gone };
        let points = match leaf {
            Leaf::JobStarted(_) => row.provenance.start_leaf_at == Some(at),
            Leaf::JobEnded(_) => row.end_leaf_at == Some(at),
            Leaf::JobReprocessed(fields) => self.links.get(&fields.job) == Some(&at),
            Leaf::AttemptEnded(fields) => self.attempts.get(&(fields.task, fields.attempt)) == Some(&Some(at)),
            _ => true,
        };
        if points { Ok(()) } else { gone }
    }
}
