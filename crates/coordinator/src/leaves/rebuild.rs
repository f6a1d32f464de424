//! The leaves of a job, made again from its rows: what a verification compares with those in the ledger.
//!
//! The code that makes them is that of the hot path. Hashes of parents are those of the leaves that are stored: where a leaf
//! was changed, it is one that differs, and what follows from it has another parent than it names.

use crate::{
    catalog::{Catalog, Compiled},
    coordinator::Coordinator,
    error::Result,
    leaves::{
        cache::Cache,
        lineage::{Link, Newest, Own, OwnOf, by_place, is_branch_end},
        lookup::{LOST, Missing, Tables, committed_as},
        making::{Making, References},
        pending::{Attempted, Pending},
    },
    load::JobEntry,
};
use esteira_ledger::{Hash, leaf_hash};
use esteira_model::{ArtifactId, Attempt, EndedTask, Job, JobId, LeafAt, PageId, Seed, Task, TaskId};
use esteira_store::{Filter, Page, Reader, TaskRecord};
use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
};

/// Rows that are read at once.
const PAGE: usize = 1_000;
/// Pages of the ledger, or artifacts, that are read at once.
const KEYS_AT_ONCE: usize = 256;

/// What a leaf is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Recorded {
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

/// All rows of one job. What has ended stays as it is, so that they need not be read at one moment; but each kind is read
/// before what it refers to.
struct Rows {
    entry: JobEntry,
    attempts: Vec<Attempt>,
    ended: Vec<EndedTask>,
    live: Vec<Task>,
    arrivals: HashMap<u16, Vec<TaskId>>,
}

impl Rows {
    async fn read(reader: &dyn Reader, catalog: &Catalog, id: JobId) -> Result<Option<Self>> {
        let Some(mut job) = reader.jobs(&[id]).await?.pop() else { return Ok(None) };
        if job.provenance.start_leaf_at.is_some() {
            // An erased job: what is left of its bodies are their commitments. Texts that took a salt come out as others.
            job.provenance.seed.get_or_insert(Seed([0; 32]));
        }
        let compiled = compiled(reader, catalog, &job).await?;
        let mut attempts: Vec<Attempt> = Vec::new();
        loop {
            let after = attempts.last().map(|attempt| (attempt.task, attempt.number));
            let mut more = reader.attempts_of_job(id, after, PAGE).await?;
            let is_last = more.len() < PAGE;
            attempts.append(&mut more);
            if is_last {
                break;
            }
        }
        let (mut ended, mut live) = (Vec::new(), Vec::new());
        let mut page = Page { size: PAGE, after: None };
        loop {
            let tasks = reader.list_tasks(id, &Filter::default(), &page).await?;
            for task in tasks.rows {
                match task {
                    TaskRecord::Ended(task) => ended.push(task),
                    TaskRecord::Live(task) => live.push(task.task),
                }
            }
            let Some(next) = tasks.next else { break };
            page.after = Some(next);
        }
        let mut arrivals: HashMap<u16, Vec<TaskId>> = HashMap::new();
        for arrival in reader.arrivals_of_job(id).await? {
            arrivals.entry(arrival.join_step).or_default().push(arrival.from_task);
        }
        let entry = JobEntry { job, compiled, started: false, changed: false };
        Ok(Some(Self { entry, attempts, ended, live, arrivals }))
    }

    fn graph(&self) -> &esteira_engine::Graph {
        &self.entry.compiled.graph
    }

    /// Jobs that its tasks started and whose end is a leaf of theirs.
    fn children(&self) -> Vec<JobId> {
        let is_child = |ended: &&EndedTask| OwnOf::of(ended, self.graph()) == OwnOf::Child;
        self.ended.iter().filter(is_child).map(|ended| JobId(ended.task.id.0)).collect()
    }

    fn artifacts(&self) -> BTreeSet<ArtifactId> {
        let tasks = self.ended.iter().map(|ended| &ended.task).chain(&self.live);
        let outputs = self.ended.iter().flat_map(|ended| ended.outputs.iter().copied());
        tasks.filter_map(|task| task.input).chain(outputs).chain([self.entry.job.input]).collect()
    }

    fn leaf_addresses(&self) -> impl Iterator<Item = LeafAt> {
        let job = &self.entry.job;
        let of_job = [job.provenance.start_leaf_at, job.end_leaf_at];
        self.attempts.iter().map(|attempt| attempt.leaf_at).chain(of_job).flatten()
    }

    /// What its leaves are about.
    fn recorded(&self) -> Vec<(Recorded, Option<LeafAt>, Pending)> {
        let job = &self.entry.job;
        let tasks: HashMap<TaskId, &Task> =
            self.ended.iter().map(|ended| &ended.task).chain(&self.live).map(|task| (task.id, task)).collect();
        let places: HashMap<TaskId, usize> =
            self.ended.iter().enumerate().map(|(place, ended)| (ended.task.id, place)).collect();
        let mut recorded = Vec::with_capacity(self.attempts.len() + 2);
        for (place, attempt) in self.attempts.iter().enumerate() {
            let Some(task) = tasks.get(&attempt.task) else { continue };
            let ended = places
                .get(&task.id)
                .copied()
                .filter(|place| OwnOf::of(&self.ended[*place], self.graph()) == OwnOf::Attempt(attempt.number));
            let pending = Pending::Attempt { attempt: place, ended, of: Attempted::of(task) };
            recorded.push((Recorded::Attempt(task.id, attempt.number), attempt.leaf_at, pending));
        }
        if job.state.is_terminal() {
            recorded.push((Recorded::End(job.id), job.end_leaf_at, self.end()));
        }
        recorded
    }

    fn end(&self) -> Pending {
        // In a plan without forks each task but the last is another one's parent.
        let parents: HashSet<TaskId> = self.ended.iter().filter_map(|ended| ended.task.parent).collect();
        let last = self.ended.iter().position(|ended| !parents.contains(&ended.task.id));
        let mut ends: Vec<EndedTask> = match self.graph().is_line {
            true => Vec::new(),
            false => self.ended.iter().filter(|ended| is_branch_end(ended)).cloned().collect(),
        };
        ends.sort_by(by_place);
        Pending::End { job: self.entry.job.id, last, ends }
    }

    fn start(&self, parent: Option<&Self>) -> Option<Pending> {
        let job = self.entry.job.id;
        let Some((_, task)) = self.entry.job.lineage.parent else { return Some(Pending::Start { job }) };
        let parent = parent?;
        let mut tasks = parent.ended.iter().map(|ended| &ended.task).chain(&parent.live);
        let link = Link::of(tasks.find(|started| started.id == task)?);
        Some(Pending::ChildStart { job, parent: parent.entry.job.id, link })
    }
}

async fn compiled(reader: &dyn Reader, catalog: &Catalog, job: &Job) -> Result<Arc<Compiled>> {
    catalog.version(reader, &job.account, job.plan_version).await
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
                self.tables.artifacts.extend(ids.iter().map(|id| (*id, LOST)));
                let digests = self.reader.digests(ids).await?;
                let committed = digests.into_iter().map(|(id, digest)| (id, committed_as(seed, id, digest)));
                self.tables.artifacts.extend(committed);
            }
        }
        for child in &children {
            self.tables.ends.insert(child.id, self.hash(child.end_leaf_at));
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
        let recorded: Vec<_> = start.into_iter().chain(rows.recorded()).collect();
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
