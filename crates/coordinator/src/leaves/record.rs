//! Makes the leaves of a round and puts them on pages, which are written with the batch's last rows (INV-ONE-TX).

use crate::{
    error::{Error, Reason, Result},
    leaves::{
        cache::Cache,
        lineage::{Link, Newest, Own, by_place, is_branch_end},
        lookup::{Missing, Reading, Tables},
        making::{Making, References},
        pending::Pending,
    },
    round::Round,
};
use esteira_engine::Entropy;
use esteira_ledger::{Hash, Leaf, leaf_hash};
use esteira_model::{
    EndedTask, JobId, LeafAt, PageId,
    seeded_bug::{self, Bug},
};
use esteira_store::LedgerPage;
use std::sync::PoisonError;

/// What a batch records.
#[derive(Default)]
pub(crate) struct Recording {
    pub pending: Vec<Pending>,
    pub tables: Tables,
    pages: Vec<LedgerPage>,
}

/// Looks between two leaves that cannot be made: each finds what the one before could not know of.
const LOOKS_MAX: usize = 10_000;

impl Recording {
    /// The pages since the last call.
    pub fn take_pages(&mut self) -> Vec<LedgerPage> {
        std::mem::take(&mut self.pages)
    }

    /// Keeps what the next leaves will refer to. Only after the commit.
    pub fn keep_in(self, cache: &mut Cache) {
        cache.tasks.extend(self.tables.tasks);
        cache.artifacts.extend(self.tables.artifacts);
        cache.starts.extend(self.tables.starts);
    }
}

impl Round<'_> {
    /// Records what happened in this round. Its rows are not written yet: they take the addresses of their leaves with them.
    pub(crate) async fn record_leaves(&mut self) -> Result<()> {
        let mut pending = std::mem::take(&mut self.leaves.pending);
        if pending.is_empty() {
            return Ok(());
        }
        for item in &mut pending {
            if let Pending::End { job, ends, .. } = item
                && !self.jobs[&*job].compiled.graph.is_line
            {
                *ends = self.branch_ends(*job).await?;
            }
        }
        let mut next = 0;
        for _ in 0..LOOKS_MAX {
            let missing = self.record_from(&pending, &mut next)?;
            if missing.is_empty() {
                return Ok(());
            }
            let mut reading = Reading {
                unit: &mut *self.unit,
                jobs: &self.jobs,
                arrivals: &self.batch.arrivals,
                tables: &mut self.leaves.tables,
            };
            reading.read(missing).await?;
        }
        Err(Error::new(Reason::Internal, "the leaves of a batch have no end of parents"))
    }

    /// Tasks at which branches of a job ended, those of this round among them.
    async fn branch_ends(&mut self, job: JobId) -> Result<Vec<EndedTask>> {
        let mut ends = self.unit.branch_ends(job).await?;
        let here = self.batch.ended.iter().filter(|ended| ended.task.job == job && is_branch_end(ended));
        ends.extend(here.cloned());
        ends.sort_by(by_place);
        Ok(ends)
    }

    /// Makes one leaf after the other, until something is missing: then it says what all the rest misses.
    fn record_from(&mut self, pending: &[Pending], next: &mut usize) -> Result<Missing> {
        let shared = self.shared;
        let mut references = References::default();
        let cache = shared.leaves.lock().unwrap_or_else(PoisonError::into_inner);
        let mut ids = shared.ids.clone();
        let mut missing = Missing::default();
        while let Some(item) = pending.get(*next) {
            let mut making = Making {
                jobs: &self.jobs,
                attempts: &self.batch.attempts,
                ended: &self.batch.ended,
                reprocesses: &self.batch.reprocesses,
                digests: &self.digests,
                cache: &cache,
                tables: &mut self.leaves.tables,
                references: &mut references,
            };
            making.refer(item, false, &mut missing);
            if !missing.is_empty() {
                pending[*next..].iter().for_each(|item| making.refer(item, true, &mut missing));
                return Ok(missing);
            }
            let made = match making.leaf(item) {
                Some(leaf) => Some(push(&mut self.leaves.pages, &leaf, &mut ids)?),
                None => None,
            };
            self.note(item, made, references.own);
            *next += 1;
        }
        Ok(missing)
    }

    /// Lets the rows know where their leaf is, and the next leaves what it is.
    fn note(&mut self, item: &Pending, made: Option<(LeafAt, Hash)>, own: Option<Hash>) {
        let tables = &mut self.leaves.tables;
        match (item, made) {
            (Pending::Link { job, reprocess, .. }, Some((at, hash))) => {
                tables.links.insert(*job, hash);
                self.batch.reprocesses[*reprocess].leaf_at = Some(at);
            }
            (Pending::Start { job } | Pending::ChildStart { job, .. }, Some((at, hash))) => {
                tables.starts.insert(*job, hash);
                if let Some(entry) = self.jobs.get_mut(job) {
                    entry.job.provenance.start_leaf_at = Some(at);
                }
            }
            (Pending::End { job, .. }, Some((at, hash))) => {
                tables.ends.insert(*job, hash);
                if let Some(entry) = self.jobs.get_mut(job) {
                    entry.job.end_leaf_at = Some(at);
                }
            }
            (Pending::Attempt { attempt, ended, of }, Some((at, hash))) => {
                let row = &mut self.batch.attempts[*attempt];
                row.leaf_at = Some(at).filter(|_| !seeded_bug::now_and_then(Bug::LeafMissing));
                let (number, own) = (row.number, Own::Leaf(hash));
                tables.tasks.insert(row.task, Newest { link: of.link, number, is_last: ended.is_some(), own });
            }
            (Pending::Ended { ended }, _) => {
                let task = &self.batch.ended[*ended].task;
                let own = own.map_or(Own::Nothing, Own::Leaf);
                let newest = Newest { link: Link::of(task), number: task.attempts, is_last: true, own };
                tables.tasks.insert(task.id, newest);
            }
            (_, None) => {}
        }
    }
}

/// Adds a leaf to the last page, or to a new one when that is full.
fn push(pages: &mut Vec<LedgerPage>, leaf: &Leaf<'_>, ids: &mut dyn Entropy) -> Result<(LeafAt, Hash)> {
    if pages.last().is_none_or(LedgerPage::is_full) {
        pages.push(LedgerPage::new(PageId(ids.sequence())));
    }
    let page = pages.last_mut().expect("a page was pushed");
    let begin = page.leaves.len() + 4;
    let ordinal = page
        .push(|out| leaf.encode_into(out))
        .map_err(|error| Error::new(Reason::Internal, format!("a leaf cannot be made: {error}")))?;
    Ok((LeafAt { page: page.id, ordinal }, leaf_hash(&page.leaves[begin..])))
}
