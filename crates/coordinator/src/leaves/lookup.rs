//! What leaves refer to: found in the batch and the cache, or read from the rows, in sets.

use crate::{
    error::Result,
    leaves::{
        cache::Cache,
        lineage::{Known, Link, Newest, Own, OwnOf},
        make::{Salted, commit},
    },
    load::JobEntry,
};
use esteira_engine::Graph;
use esteira_ledger::{Hash, leaf_hash};
use esteira_model::{Arrival, ArtifactId, JobId, LeafAt, PageId, Seed, Task, TaskId};
use esteira_store::{BodyDigest, LedgerPage, Unit};
use hashbrown::HashMap;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// What a batch has recorded or read.
#[derive(Default)]
pub(crate) struct Tables {
    pub tasks: HashMap<TaskId, Newest>,
    pub starts: HashMap<JobId, Hash>,
    pub ends: HashMap<JobId, Hash>,
    /// The leaves that link jobs to those that they go on from.
    pub links: HashMap<JobId, Hash>,
    pub artifacts: HashMap<Salted, Hash>,
    arrivals: HashMap<(JobId, u16), Arc<[TaskId]>>,
    found: HashMap<TaskId, Arc<[Hash]>>,
    /// The newest attempts of tasks before those that end in this round: number and leaf.
    before: HashMap<TaskId, (u32, Hash)>,
}

impl Tables {
    /// A task's last leaf will be made in this round.
    pub fn expect(&mut self, task: &Task) {
        let newest = Newest { link: Link::of(task), number: task.attempts, is_last: true, own: Own::Pending };
        // An attempt of an earlier round of this batch is on no page yet that could be read.
        if let Some(Newest { number, own: Own::Leaf(leaf), .. }) = self.tasks.insert(task.id, newest) {
            self.know_before(task.id, number, leaf);
        }
    }
}

impl Tables {
    /// What arrived at the joins of a job, at those too where nothing did.
    pub fn know_arrivals(&mut self, job: JobId, graph: &Graph, arrivals: &HashMap<u16, Vec<TaskId>>) {
        for step in &graph.joins {
            let tasks = arrivals.get(step).map(|tasks| tasks.as_slice().into()).unwrap_or_default();
            self.arrivals.insert((job, *step), tasks);
        }
    }

    /// The attempt of a task before the one that is made next.
    pub fn know_before(&mut self, task: TaskId, number: u32, leaf: Hash) {
        self.before.insert(task, (number, leaf));
    }
}

/// What has to be read.
#[derive(Default)]
pub(crate) struct Missing {
    /// Tasks that ended.
    tasks: BTreeSet<(JobId, TaskId)>,
    /// Tasks whose newest attempt is wanted, whether they ended or not.
    attempts: BTreeSet<(JobId, TaskId)>,
    starts: BTreeSet<JobId>,
    ends: BTreeSet<JobId>,
    arrivals: BTreeSet<(JobId, u16)>,
    artifacts: BTreeMap<Salted, Seed>,
}

impl Missing {
    pub fn is_empty(&self) -> bool {
        self.tasks.is_empty()
            && self.attempts.is_empty()
            && self.starts.is_empty()
            && self.ends.is_empty()
            && self.arrivals.is_empty()
            && self.artifacts.is_empty()
    }
}

/// The tables over the cache. What is in neither is noted as missing, and answered with anything.
pub(crate) struct View<'a> {
    pub tables: &'a mut Tables,
    pub cache: &'a Cache,
    pub digests: &'a HashMap<ArtifactId, [u8; 32]>,
    pub missing: &'a mut Missing,
    /// Only asks what is missing: leaves that are made in this round are not there yet.
    pub is_asking: bool,
}

/// Stands where a leaf should be that is not in its page: somebody removed it. Work goes on, and a verification finds the break.
pub(crate) const LOST: Hash = Hash([0; 32]);

impl View<'_> {
    /// The leaf of the attempt of a task with this number: the newest before those of this round.
    pub fn attempt_before(&mut self, job: JobId, task: TaskId, number: u32) -> Hash {
        let newest = [self.tables.tasks.get(&task).copied(), self.cache.tasks.get(&task)];
        let known = newest.into_iter().flatten().find_map(|newest| match newest.own {
            Own::Leaf(hash) if newest.number == number => Some(hash),
            _ => None,
        });
        known.unwrap_or_else(|| match self.tables.before.get(&task) {
            Some((found, hash)) if *found == number => *hash,
            Some((found, _)) => {
                tracing::error!(%job, %task, number, found, "an attempt is not in the store any more");
                LOST
            }
            None => {
                self.missing.attempts.insert((job, task));
                LOST
            }
        })
    }

    /// The leaf of a job's end.
    pub fn end(&mut self, job: JobId) -> Hash {
        self.tables.ends.get(&job).copied().unwrap_or_else(|| {
            self.missing.ends.insert(job);
            LOST
        })
    }

    /// What leaves say of an artifact's body.
    pub fn committed(&mut self, seed: &Seed, artifact: ArtifactId) -> Hash {
        let salted = Salted::by(seed, artifact);
        if let Some(hash) = self.tables.artifacts.get(&salted) {
            return *hash;
        }
        let hash = match (self.cache.artifacts.get(&salted), self.digests.get(&artifact)) {
            (Some(hash), _) => hash,
            (None, Some(sha256)) => commit(seed, artifact, *sha256),
            (None, None) => {
                self.missing.artifacts.insert(salted, *seed);
                return LOST;
            }
        };
        self.tables.artifacts.insert(salted, hash);
        hash
    }
}

impl Known for View<'_> {
    fn start(&mut self, job: JobId) -> Hash {
        let known = self.tables.starts.get(&job).copied().or_else(|| self.cache.starts.get(&job));
        known.unwrap_or_else(|| {
            self.missing.starts.insert(job);
            LOST
        })
    }

    fn last(&mut self, job: JobId, task: TaskId) -> Newest {
        let known = self.tables.tasks.get(&task).copied();
        let known = known.or_else(|| self.cache.tasks.get(&task)).filter(|newest| newest.is_last);
        known.filter(|newest| self.is_asking || newest.own != Own::Pending).unwrap_or_else(|| {
            self.missing.tasks.insert((job, task));
            // Of no step, so that nothing else is asked for in vain.
            Newest { link: Link { step: u16::MAX, parent: None }, number: 0, is_last: true, own: Own::Pending }
        })
    }

    fn arrivals(&mut self, job: JobId, step: u16) -> Arc<[TaskId]> {
        self.tables.arrivals.get(&(job, step)).cloned().unwrap_or_else(|| {
            self.missing.arrivals.insert((job, step));
            Arc::default()
        })
    }

    fn found(&mut self, task: TaskId) -> Option<Arc<[Hash]>> {
        self.tables.found.get(&task).cloned()
    }

    fn keep(&mut self, task: TaskId, hashes: &Arc<[Hash]>) {
        if !self.is_asking && self.missing.is_empty() {
            self.tables.found.insert(task, hashes.clone());
        }
    }
}

/// Where to read what is missing, and what of it is in the batch and not in the store yet.
pub(crate) struct Reading<'a> {
    pub unit: &'a mut dyn Unit,
    pub jobs: &'a HashMap<JobId, JobEntry>,
    pub arrivals: &'a [Arrival],
    pub tables: &'a mut Tables,
}

impl Reading<'_> {
    /// Reads it all, in a few sets.
    pub async fn read(&mut self, mut missing: Missing) -> Result<()> {
        for (job, step) in std::mem::take(&mut missing.arrivals) {
            self.arrivals(job, step).await?;
        }
        self.artifacts(std::mem::take(&mut missing.artifacts)).await?;
        let mut wanted: Vec<(LeafAt, Whose)> = Vec::new();
        self.tasks(&mut missing, &mut wanted).await?;
        self.jobs(&missing, &mut wanted).await?;
        self.leaves(wanted).await
    }

    async fn arrivals(&mut self, job: JobId, step: u16) -> Result<()> {
        let mut arrived = self.unit.arrivals(job, step).await?;
        arrived.extend(self.arrivals.iter().filter(|a| a.job == job && a.join_step == step).cloned());
        arrived.sort_by(|a, b| (&a.item_path, a.from_step, a.from_task).cmp(&(&b.item_path, b.from_step, b.from_task)));
        self.tables.arrivals.insert((job, step), arrived.iter().map(|arrival| arrival.from_task).collect());
        Ok(())
    }

    async fn artifacts(&mut self, missing: BTreeMap<Salted, Seed>) -> Result<()> {
        if missing.is_empty() {
            return Ok(());
        }
        let mut ids: Vec<_> = missing.keys().map(|salted| salted.artifact).collect();
        ids.dedup();
        let digests: HashMap<_, _> = self.unit.digests(&ids).await?.into_iter().collect();
        for (salted, seed) in missing {
            let digest = digests.get(&salted.artifact);
            let hash = digest.map_or(LOST, |digest| committed_as(&seed, salted.artifact, *digest));
            self.tables.artifacts.insert(salted, hash);
        }
        Ok(())
    }

    /// Where the leaves of these tasks are; those without one are known at once.
    async fn tasks(&mut self, missing: &mut Missing, wanted: &mut Vec<(LeafAt, Whose)>) -> Result<()> {
        let mut attempts: BTreeMap<(JobId, TaskId), Option<Link>> =
            missing.attempts.iter().map(|key| (*key, None)).collect();
        if !missing.tasks.is_empty() {
            let ids: Vec<_> = missing.tasks.iter().copied().collect();
            for (_, task) in &ids {
                let link = Link { step: u16::MAX, parent: None };
                self.know(*task, Newest { link, number: 0, is_last: true, own: Own::Leaf(LOST) });
            }
            for ended in self.unit.ended_tasks(&ids).await? {
                let (task, link) = (&ended.task, Link::of(&ended.task));
                let newest = Newest { link, number: task.attempts, is_last: true, own: Own::Nothing };
                match self.jobs.get(&task.job).map(|entry| OwnOf::of(&ended, &entry.compiled.graph)) {
                    Some(OwnOf::Attempt(_)) => drop(attempts.insert((task.job, task.id), Some(link))),
                    Some(OwnOf::Child) => {
                        missing.ends.insert(JobId(task.id.0));
                        self.know(task.id, Newest { own: Own::Leaf(LOST), ..newest });
                    }
                    Some(OwnOf::Nothing) | None => self.know(task.id, newest),
                }
            }
        }
        if attempts.is_empty() {
            return Ok(());
        }
        self.tables.before.extend(missing.attempts.iter().map(|(_, task)| (*task, (0, LOST))));
        for found in self.unit.newest_attempts(&attempts.keys().copied().collect::<Vec<_>>()).await? {
            let whose = match attempts.get(&(found.job, found.task)).copied().flatten() {
                Some(link) => {
                    let (number, own) = (found.number, Own::Leaf(LOST));
                    self.know(found.task, Newest { link, number, is_last: true, own });
                    Whose::Task(found.task)
                }
                None => {
                    self.tables.before.insert(found.task, (found.number, LOST));
                    Whose::Before(found.task)
                }
            };
            wanted.extend(found.leaf_at.map(|at| (at, whose)));
        }
        Ok(())
    }

    fn know(&mut self, task: TaskId, newest: Newest) {
        self.tables.tasks.insert(task, newest);
    }

    /// Where the leaves of these jobs are.
    async fn jobs(&mut self, missing: &Missing, wanted: &mut Vec<(LeafAt, Whose)>) -> Result<()> {
        let ids: Vec<JobId> = missing.starts.union(&missing.ends).copied().collect();
        if ids.is_empty() {
            return Ok(());
        }
        self.tables.starts.extend(missing.starts.iter().map(|id| (*id, LOST)));
        let ends: Vec<JobId> = missing.ends.iter().copied().filter(|id| !self.tables.ends.contains_key(id)).collect();
        self.tables.ends.extend(ends.iter().map(|id| (*id, LOST)));
        for job in self.unit.jobs_unlocked(&ids).await? {
            let start = job.provenance.start_leaf_at.filter(|_| missing.starts.contains(&job.id));
            wanted.extend(start.map(|at| (at, Whose::Start(job.id))));
            let end = job.end_leaf_at.filter(|_| missing.ends.contains(&job.id));
            wanted.extend(end.map(|at| (at, Whose::End(job.id))));
        }
        Ok(())
    }

    /// Hashes leaves of earlier transactions.
    async fn leaves(&mut self, mut wanted: Vec<(LeafAt, Whose)>) -> Result<()> {
        wanted.sort_unstable_by_key(|(at, _)| *at);
        for (whose, hash) in hashes(&mut *self.unit, &wanted).await? {
            match whose {
                Whose::Task(task) => {
                    if let Some(newest) = self.tables.tasks.get_mut(&task) {
                        newest.own = Own::Leaf(hash);
                    }
                }
                Whose::Before(task) => {
                    if let Some((_, before)) = self.tables.before.get_mut(&task) {
                        *before = hash;
                    }
                }
                Whose::Start(job) => drop(self.tables.starts.insert(job, hash)),
                Whose::End(job) => {
                    self.tables.ends.insert(job, hash);
                    // The task that started it has this leaf too.
                    let task = self.tables.tasks.get_mut(&TaskId(job.0));
                    if let Some(newest) = task.filter(|newest| newest.own == Own::Leaf(LOST)) {
                        newest.own = Own::Leaf(hash);
                    }
                }
            }
        }
        Ok(())
    }
}

/// What leaves say of a body, whether it is there or gone.
pub(crate) fn committed_as(seed: &Seed, artifact: ArtifactId, digest: BodyDigest) -> Hash {
    match digest {
        BodyDigest::Sha256(sha256) => commit(seed, artifact, sha256),
        BodyDigest::Removed(commitment) => commitment.map_or(LOST, Hash),
    }
}

/// Whose leaf is read.
#[derive(Debug, Clone, Copy)]
enum Whose {
    /// The last leaf of a task that ended.
    Task(TaskId),
    /// The newest leaf of another task.
    Before(TaskId),
    Start(JobId),
    End(JobId),
}

/// The hashes of these leaves, as far as their pages have them.
async fn hashes(unit: &mut dyn Unit, wanted: &[(LeafAt, Whose)]) -> Result<Vec<(Whose, Hash)>> {
    let mut ids: Vec<PageId> = wanted.iter().map(|(at, _)| at.page).collect();
    ids.dedup();
    let mut found = Vec::with_capacity(wanted.len());
    // A page at a time in memory would be a round trip each; all of a wide join's at once would be its whole history.
    for ids in ids.chunks(PAGES_AT_ONCE) {
        let pages: HashMap<PageId, LedgerPage> =
            unit.ledger_pages(ids).await?.into_iter().map(|page| (page.id, page)).collect();
        for id in ids {
            let leaves: Vec<&[u8]> = pages.get(id).map(|page| page.iter().collect()).unwrap_or_default();
            let from = wanted.partition_point(|(at, _)| at.page < *id);
            for (at, whose) in wanted[from..].iter().take_while(|(at, _)| at.page == *id) {
                match leaves.get(at.ordinal as usize) {
                    Some(leaf) => found.push((*whose, leaf_hash(leaf))),
                    None => tracing::error!(page = id.0, ordinal = at.ordinal, "a leaf is not in the ledger any more"),
                }
            }
        }
    }
    Ok(found)
}

/// Pages that are read at once: 16 MiB at most.
const PAGES_AT_ONCE: usize = 256;
