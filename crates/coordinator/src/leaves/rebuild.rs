//! The leaves of a job, made again from its rows: what a verification compares with those in the ledger.
//!
//! The code that makes them is that of the hot path. Hashes of parents are those of the leaves that are stored: where a leaf
//! was changed, it is one that differs, and what follows from it has another parent than it names.

use crate::{
    catalog::Catalog,
    coordinator::Coordinator,
    error::Result,
    leaves::{
        cache::Cache,
        lineage::{Link, Newest, Own, OwnOf},
        lookup::{LOST, Missing, Tables, committed_as},
        make::Salted,
        making::{Making, References},
        rows::Rows,
    },
    load::JobEntry,
};
use esteira_ledger::{Hash, leaf_hash};
use esteira_model::{ArtifactId, JobId, LeafAt, PageId, TaskId};
use esteira_store::Reader;
use hashbrown::{HashMap, HashSet};

/// Pages of the ledger, or artifacts, that are read at once.
const KEYS_AT_ONCE: usize = 256;

/// What a leaf is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Recorded {
    /// What links a job to the one that it goes on from.
    Link(JobId),
    /// The start of a job.
    Start(JobId),
    /// An attempt of a task, by its number.
    Attempt(TaskId, u32),
    /// The end of a job.
    End(JobId),
}

/// A leaf made from rows, beside the one in the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rebuilt {
    /// What it is about.
    pub recorded: Recorded,
    /// Where the row says that its leaf is; none for a row of an older version.
    pub leaf_at: Option<LeafAt>,
    /// What the rows give; none when the job never had a seed. Of an erased job, commitments to texts are not those that were recorded.
    pub leaf: Option<Vec<u8>>,
    /// The leaves from which it follows, as the rows say.
    pub parents: Vec<Hash>,
    /// What the ledger has there.
    pub stored: Option<Vec<u8>>,
}

impl Coordinator {
    /// The leaves of a job that has ended, or of what has ended of it; none when there is no such job. For the coordinator
    /// itself: it does not ask whose job it is. Takes the memory of the job's rows and leaves, about 1 KiB a task.
    pub async fn rebuild_leaves(&self, job: JobId) -> Result<Option<Vec<Rebuilt>>> {
        rebuild(&*self.shared.reader, &self.shared.catalog, job).await
    }
}

async fn rebuild(reader: &dyn Reader, catalog: &Catalog, id: JobId) -> Result<Option<Vec<Rebuilt>>> {
    let Some(rows) = Rows::read(reader, catalog, id).await? else { return Ok(None) };
    let parent = match rows.entry.job.lineage.parent {
        Some((parent, _)) => Rows::read(reader, catalog, parent).await?,
        None => None,
    };
    let mut from = From { reader, tables: Tables::default(), leaves: HashMap::new() };
    for rows in parent.iter().chain([&rows]) {
        from.read(rows).await?;
    }
    Ok(Some(from.leaves_of(rows, parent)))
}

/// What is known when leaves are made from rows.
struct From<'a> {
    reader: &'a dyn Reader,
    tables: Tables,
    leaves: HashMap<LeafAt, Vec<u8>>,
}

impl From<'_> {
    async fn read(&mut self, rows: &Rows) -> Result<()> {
        let children = self.reader.jobs(&rows.children()).await?;
        let ends = children.iter().filter_map(|child| child.end_leaf_at);
        let mut pages: Vec<PageId> = rows.leaf_addresses().chain(ends).map(|at| at.page).collect();
        pages.sort_unstable();
        pages.dedup();
        let wanted: HashSet<LeafAt> =
            rows.leaf_addresses().chain(children.iter().filter_map(|child| child.end_leaf_at)).collect();
        for ids in pages.chunks(KEYS_AT_ONCE) {
            for page in self.reader.ledger_pages(ids).await? {
                for (ordinal, leaf) in (0..).zip(page.iter()) {
                    let at = LeafAt { page: page.id, ordinal };
                    if wanted.contains(&at) {
                        self.leaves.insert(at, leaf.to_vec());
                    }
                }
            }
        }
        if let Some(seed) = &rows.entry.job.provenance.seed {
            let artifacts: Vec<ArtifactId> = rows.artifacts().into_iter().collect();
            for ids in artifacts.chunks(KEYS_AT_ONCE) {
                self.tables.artifacts.extend(ids.iter().map(|id| (Salted::by(seed, *id), LOST)));
                let digests = self.reader.digests(ids).await?;
                let committed =
                    digests.into_iter().map(|(id, digest)| (Salted::by(seed, id), committed_as(seed, id, digest)));
                self.tables.artifacts.extend(committed);
            }
        }
        for child in &children {
            self.tables.ends.insert(child.id, self.hash(child.end_leaf_at));
        }
        if let Some(one) = rows.reprocess.first() {
            let end = rows.source.as_ref().and_then(|source| source.end_leaf_at);
            self.tables.ends.insert(one.source, self.hash(end));
            self.tables.links.insert(one.job, self.hash(one.leaf_at));
        }
        self.know(rows);
        Ok(())
    }

    /// The hash of a leaf that is stored.
    fn hash(&self, at: Option<LeafAt>) -> Hash {
        at.and_then(|at| self.leaves.get(&at)).map_or(LOST, |leaf| leaf_hash(leaf))
    }

    fn know(&mut self, rows: &Rows) {
        let job = &rows.entry.job;
        self.tables.starts.insert(job.id, self.hash(job.provenance.start_leaf_at));
        let attempts: HashMap<(TaskId, u32), Option<LeafAt>> =
            rows.attempts.iter().map(|attempt| ((attempt.task, attempt.number), attempt.leaf_at)).collect();
        for ended in &rows.ended {
            let task = &ended.task;
            let own = match OwnOf::of(ended, rows.graph()) {
                OwnOf::Attempt(number) => Own::Leaf(self.hash(attempts.get(&(task.id, number)).copied().flatten())),
                OwnOf::Child => Own::Leaf(self.tables.ends.get(&JobId(task.id.0)).copied().unwrap_or(LOST)),
                OwnOf::Nothing => Own::Nothing,
            };
            let newest = Newest { link: Link::of(task), number: task.attempts, is_last: true, own };
            self.tables.tasks.insert(task.id, newest);
        }
        self.tables.know_arrivals(job.id, rows.graph(), &rows.arrivals);
    }

    fn leaves_of(mut self, rows: Rows, parent: Option<Rows>) -> Vec<Rebuilt> {
        let before: HashMap<(TaskId, u32), Hash> =
            rows.attempts.iter().map(|attempt| ((attempt.task, attempt.number), self.hash(attempt.leaf_at))).collect();
        let job = &rows.entry.job;
        let start =
            rows.start(parent.as_ref()).map(|pending| (Recorded::Start(job.id), job.provenance.start_leaf_at, pending));
        let recorded: Vec<_> = rows.link().into_iter().chain(start).chain(rows.recorded()).collect();
        let jobs: HashMap<JobId, JobEntry> =
            parent.into_iter().map(|parent| parent.entry).chain([rows.entry]).map(|e| (e.job.id, e)).collect();
        let (cache, digests, mut references) = (Cache::default(), HashMap::new(), References::default());
        let mut rebuilt = Vec::with_capacity(recorded.len());
        for (recorded, leaf_at, pending) in recorded {
            if let Recorded::Attempt(task, number) = recorded {
                let hash = before.get(&(task, number.saturating_sub(1))).copied().unwrap_or(LOST);
                self.tables.know_before(task, number.saturating_sub(1), hash);
            }
            let mut making = Making {
                jobs: &jobs,
                attempts: &rows.attempts,
                ended: &rows.ended,
                reprocesses: &rows.reprocess,
                digests: &digests,
                cache: &cache,
                tables: &mut self.tables,
                references: &mut references,
            };
            // What is missing here is missing in the store: the leaf that comes out is not the one that was recorded.
            making.refer(&pending, false, &mut Missing::default());
            let leaf = making.leaf(&pending).and_then(|leaf| leaf.encode().ok());
            let stored = leaf_at.and_then(|at| self.leaves.get(&at).cloned());
            let parents = making.references.parents.clone();
            rebuilt.push(Rebuilt { recorded, leaf_at, leaf, parents, stored });
        }
        rebuilt
    }
}
