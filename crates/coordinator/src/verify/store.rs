//! The whole store, in turns: the log from its first leaf to its last with every hash made again, each job where the log says
//! that it started, then jobs and records of operators' calls of which the log says nothing, then the checkpoints and anchors. A turn reads in short steps and leaves a cursor, so that nothing is held in between.

use super::{
    range::{self, STEP},
    report::{Flaw, Report},
    standing::Against,
};
use crate::{
    coordinator::Coordinator,
    error::{Error, Reason, Result},
    log::{
        anchor::newest_lines,
        begin,
        proofs::{self, Placed},
    },
};
use esteira_ledger::{Failing, Frontier, Hash, Leaf, Verdict, checkpoint, leaf_hash, proof::verify_consistency};
use esteira_model::{AccountId, Job, JobId, Time, Uuid};
use esteira_store::{Filter, NODE_LEVEL_MIN, Op, Page, Term, page::Value};
use std::time::Duration;
use tokio::time::Instant;

/// Trees of jobs that are listed at once.
const TREES: usize = 50;
/// Checkpoints, and anchors, that are looked at: the newest.
const CHECKPOINTS: usize = 1_000;

/// Where a verification of the store goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cursor {
    /// In the log, as it was with `size` leaves and this root, at the leaf behind these.
    Log {
        /// Where it ends.
        size: u64,
        /// What must come out there.
        root: Hash,
        /// How many leaves were seen.
        seen: u64,
        /// What they make; none since one could not be read.
        roots: Option<Vec<Hash>>,
    },
    /// Among the jobs, behind this tree.
    Jobs {
        /// The last tree that was looked at.
        after: Option<JobId>,
        /// When the first job of the log started; none when none did.
        since: Option<Time>,
    },
    /// Among the records of operators' calls, behind this one.
    Records {
        /// The last one that was looked at.
        after: i64,
    },
    /// At the checkpoints and anchors.
    Checkpoints,
}

impl Cursor {
    /// The cursor as it travels in a token.
    pub fn to_bytes(&self) -> Vec<u8> {
        let hashes = |hashes: &[Hash]| hashes.iter().flat_map(|hash| hash.0).collect::<Vec<u8>>();
        match self {
            Self::Log { size, root, seen, roots } => {
                let kept = hashes(roots.as_deref().unwrap_or_default());
                let kind = if roots.is_some() { LOG } else { BROKEN_LOG };
                [&[kind], &size.to_be_bytes()[..], &root.0, &seen.to_be_bytes(), &kept].concat()
            }
            Self::Jobs { after, since } => {
                let after = after.map(|job| *job.0.as_bytes()).unwrap_or_default();
                let since = since.map_or(i64::MAX, |since| since.0);
                [&[JOBS], &after[..], &since.to_be_bytes()].concat()
            }
            Self::Records { after } => [&[RECORDS_KIND], &after.to_be_bytes()[..]].concat(),
            Self::Checkpoints => vec![CHECKPOINTS_KIND],
        }
    }

    /// The reverse of [`Self::to_bytes`].
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (kind, rest) = bytes.split_first()?;
        match *kind {
            LOG | BROKEN_LOG => {
                let (size, rest) = rest.split_first_chunk::<8>()?;
                let (root, rest) = rest.split_first_chunk::<32>()?;
                let (seen, rest) = rest.split_first_chunk::<8>()?;
                let (roots, []) = rest.as_chunks::<32>() else { return None };
                let roots = (*kind == LOG).then(|| roots.iter().map(|root| Hash(*root)).collect());
                let (size, seen) = (u64::from_be_bytes(*size), u64::from_be_bytes(*seen));
                Some(Self::Log { size, root: Hash(*root), seen, roots })
            }
            JOBS => {
                let (after, rest) = rest.split_first_chunk::<16>()?;
                let since = i64::from_be_bytes(rest.try_into().ok()?);
                let after = (*after != [0; 16]).then(|| JobId(Uuid::from_bytes(*after)));
                Some(Self::Jobs { after, since: (since != i64::MAX).then_some(Time(since)) })
            }
            RECORDS_KIND => Some(Self::Records { after: i64::from_be_bytes(rest.try_into().ok()?) }),
            CHECKPOINTS_KIND => rest.is_empty().then_some(Self::Checkpoints),
            _ => None,
        }
    }
}

const LOG: u8 = 1;
const BROKEN_LOG: u8 = 2;
const JOBS: u8 = 3;
const CHECKPOINTS_KIND: u8 = 4;
const RECORDS_KIND: u8 = 5;

/// What one turn found.
#[derive(Debug, Clone)]
pub struct Turn {
    /// What was found.
    pub report: Report,
    /// Where to go on; none at the end.
    pub next: Option<Cursor>,
    /// Size and root of the log against which this turn verified.
    pub head: (u64, Hash),
}

impl Coordinator {
    /// Verifies a part of the store for about `budget`.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn check_store(&self, cursor: Option<Cursor>, budget: Duration) -> Result<Turn> {
        let end = Instant::now() + budget;
        let mut against = self.stand().await?;
        let (size, root) = against.head();
        let mut cursor = cursor.unwrap_or(Cursor::Log { size, root, seen: 0, roots: Some(Vec::new()) });
        let mut report = Report::default();
        loop {
            let next = match cursor {
                Cursor::Log { size, root, seen, roots } => {
                    Some(self.log_step((size, root), seen, roots, &mut against, &mut report).await?)
                }
                Cursor::Jobs { after, since } => Some(self.jobs_step(after, since, &mut report).await?),
                Cursor::Records { after } => Some(self.records_step(after, &mut report).await?),
                Cursor::Checkpoints => {
                    self.checkpoints_step(&against, &mut report).await?;
                    None
                }
            };
            match next {
                Some(next) if Instant::now() < end => cursor = next,
                next => return Ok(Turn { report, next, head: against.head() }),
            }
        }
    }

    async fn log_step(
        &self,
        (size, root): (u64, Hash),
        seen: u64,
        roots: Option<Vec<Hash>>,
        against: &mut Against,
        report: &mut Report,
    ) -> Result<Cursor> {
        let reader = &*self.shared.reader;
        let mut frontier = roots.and_then(|roots| Frontier::restore(seen, roots));
        if seen >= size {
            let is_broken = frontier.is_some_and(|frontier| frontier.root() != root);
            if is_broken || against.checkpoint.is_none() {
                let failing = if against.checkpoint.is_none() { Failing::Checkpoint } else { Failing::Inclusion };
                report.flaw(Flaw {
                    index: None,
                    job: None,
                    about: "root".into(),
                    verdict: Verdict::NotIncluded,
                    failing,
                });
            }
            let since = first_start(&proofs::leaves(reader, 0, STEP).await?);
            return Ok(Cursor::Jobs { after: None, since });
        }
        let to = size.min(seen + STEP);
        let leaves = proofs::leaves(reader, seen, to).await?;
        let rows = self.pointing(&leaves, None).await?;
        let mut made = Vec::new();
        for (index, leaf) in (seen..).zip(&leaves) {
            match (&mut frontier, leaf) {
                (Some(frontier), Some(leaf)) => frontier.append(leaf_hash(&leaf.bytes), |place, hash| {
                    if place.level >= NODE_LEVEL_MIN {
                        made.push((place, *hash));
                    }
                }),
                _ => frontier = None,
            }
            report.checked += 1;
            match range::look(leaf.as_ref(), &rows) {
                Ok(_) if index < against.anchored.unwrap_or(0) => report.valid += 1,
                Ok(_) => report.not_anchored += 1,
                Err((job, (verdict, failing))) => {
                    report.flaw(Flaw { index: Some(index), job, about: "leaf".into(), verdict, failing });
                }
            }
        }
        for job in leaves.iter().flatten().filter_map(started) {
            let found = self.check_job(job, against).await?.unwrap_or_default();
            report.append(within(found));
        }
        let kept = reader.ledger_nodes(&made.iter().map(|(at, _)| (at.level, at.index)).collect::<Vec<_>>()).await?;
        for (place, hash) in made {
            let is_kept = kept.iter().any(|n| (n.level, n.number, n.hash) == (place.level, place.index, hash.0));
            if !is_kept {
                let (about, failing) = (format!("node {} {}", place.level, place.index), Failing::Inclusion);
                report.flaw(Flaw { index: None, job: None, about, verdict: Verdict::NotIncluded, failing });
            }
        }
        let roots = frontier.map(|frontier| frontier.roots().to_vec());
        Ok(Cursor::Log { size, root, seen: to, roots })
    }

    /// A job without a start in the log is not known, unless it is older than the log.
    async fn jobs_step(&self, after: Option<JobId>, since: Option<Time>, report: &mut Report) -> Result<Cursor> {
        let reader = &*self.shared.reader;
        let trees = reader.trees(after, TREES).await?;
        let Some(last) = trees.last().map(|tree| tree.root) else { return Ok(Cursor::Records { after: i64::MIN }) };
        for tree in &trees {
            for job in self.jobs_of_tree(&tree.account, tree.root).await? {
                let is_older = since.is_none_or(|since| job.create_time < since);
                if job.provenance.start_leaf_at.is_none() && !is_older {
                    let (about, verdict, failing) = ("start".to_owned(), Verdict::Unknown, Failing::Leaf);
                    report.flaw(Flaw { index: None, job: Some(job.id), about, verdict, failing });
                }
            }
        }
        Ok(Cursor::Jobs { after: Some(last), since })
    }

    /// A root with all jobs of its sub-plans.
    pub(crate) async fn jobs_of_tree(&self, account: &AccountId, root: JobId) -> Result<Vec<Job>> {
        let term = Term { field: "root_job_id".into(), op: Op::Eq, value: Value::Text(root.to_string()) };
        let (filter, mut page) = (Filter(vec![term]), Page { size: TREES, after: None });
        let mut jobs = Vec::new();
        loop {
            let found = self.shared.reader.list_jobs(account, &filter, &page).await?;
            jobs.extend(found.rows);
            let Some(next) = found.next else { return Ok(jobs) };
            page.after = Some(next);
        }
    }

    /// Every checkpoint that is kept, and every anchor, is one of this log, and the log still begins with it.
    async fn checkpoints_step(&self, against: &Against, report: &mut Report) -> Result<()> {
        let Some(signing) = &self.shared.log.signing else { return Ok(()) };
        let reader = &*self.shared.reader;
        let (size, root) = against.head();
        let epoch = against.stored.as_ref().map_or(0, |stored| stored.epoch);
        let kept = reader.checkpoints(CHECKPOINTS).await?.into_iter();
        let kept =
            kept.map(|kept| (format!("checkpoint {}", kept.size), Some(kept.epoch), kept.note, Failing::Checkpoint));
        let path = signing.anchors().path().to_owned();
        let lines = tokio::task::spawn_blocking(move || newest_lines(&path, CHECKPOINTS)).await;
        let lines = lines.map_err(|error| Error::new(Reason::Internal, error.to_string()))?;
        let lines =
            lines.map_err(|error| Error::new(Reason::Internal, format!("the anchors cannot be read: {error}")))?;
        let anchors = lines.into_iter().map(|(number, anchor)| {
            let note = anchor.map(|anchor| anchor.note).unwrap_or_default();
            (format!("anchor {number}"), begin::epoch_of(signing, &note), note, Failing::Anchor)
        });
        for (about, of, note, otherwise) in kept.chain(anchors) {
            let opened = of.ok_or(checkpoint::Error::OtherLog).and_then(|epoch| signing.open(epoch, &note));
            let failing = match opened {
                Err(_) => Some(otherwise),
                // Another epoch is another log.
                Ok(_) if of != Some(epoch) => None,
                Ok(opened) => {
                    let (old, new) = if opened.size <= size {
                        ((opened.size, opened.root), (size, root))
                    } else {
                        ((size, root), (opened.size, opened.root))
                    };
                    let path = proofs::consistency(reader, old.0, new.0).await?.unwrap_or_default();
                    let agrees = verify_consistency(old.0, &old.1, new.0, &new.1, &path);
                    (!agrees).then_some(Failing::Consistency)
                }
            };
            if let Some(failing) = failing {
                report.flaw(Flaw { index: None, job: None, about, verdict: Verdict::NotIncluded, failing });
            }
        }
        Ok(())
    }
}

/// What is said of a job within the walk over the log. Its leaves are counted where the log has them; and a proof that fails says
/// only that some leaf near it is another: which one it is, and that the root is, the walk itself finds.
fn within(found: Report) -> Report {
    let is_told = |flaw: &Flaw| flaw.index.is_some() && flaw.failing == Failing::Inclusion;
    let told = found.flaws.iter().filter(|flaw| is_told(flaw)).count() as u64;
    let flaws: Vec<Flaw> = found.flaws.into_iter().filter(|flaw| !is_told(flaw)).collect();
    Report { failed: found.failed - told, flaws, erased: found.erased, ..Report::default() }
}

/// The job that a leaf starts.
fn started(leaf: &Placed) -> Option<JobId> {
    match Leaf::decode(&leaf.bytes).ok()? {
        Leaf::JobStarted(fields) => Some(fields.job),
        _ => None,
    }
}

fn first_start(leaves: &[Option<Placed>]) -> Option<Time> {
    let time = |leaf: &Placed| match Leaf::decode(&leaf.bytes).ok()? {
        Leaf::JobStarted(fields) => Some(fields.create_time),
        _ => None,
    };
    leaves.iter().flatten().filter_map(time).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_travels() {
        let job = JobId("01932c07-209b-7e9a-8b2c-ffeeddccbbaa".parse().expect("an id"));
        let log = |roots| Cursor::Log { size: 9, root: Hash([1; 32]), seen: 3, roots };
        for cursor in [
            log(None),
            log(Some(Vec::new())),
            log(Some(vec![Hash([2; 32]), Hash([3; 32])])),
            Cursor::Jobs { after: None, since: None },
            Cursor::Jobs { after: Some(job), since: Some(Time(-5)) },
            Cursor::Records { after: -5 },
            Cursor::Checkpoints,
        ] {
            let bytes = cursor.to_bytes();
            assert_eq!(Cursor::from_bytes(&bytes), Some(cursor));
            assert_eq!(Cursor::from_bytes(&[&bytes[..], &[0]].concat()), None);
        }
        assert_eq!(Cursor::from_bytes(&[]), None);
        assert_eq!(Cursor::from_bytes(&[9]), None);
    }
}
