//! The rows of one job from which its leaves are made again, and what each leaf is about.

use super::rebuild::Recorded;
use crate::{
    catalog::{Catalog, Compiled},
    error::Result,
    leaves::{
        lineage::{Link, OwnOf, by_place, is_branch_end},
        pending::{Attempted, Pending},
    },
    load::JobEntry,
};
use esteira_model::{ArtifactId, Attempt, EndedTask, Job, JobId, LeafAt, Reprocess, Seed, Task, TaskId};
use esteira_store::{Filter, Page, Reader, TaskRecord};
use hashbrown::{HashMap, HashSet};
use std::{collections::BTreeSet, sync::Arc};

/// Rows that are read at once.
const PAGE: usize = 1_000;

/// All rows of one job. What has ended stays as it is, so that they need not be read at one moment; but each kind is read
/// before what it refers to.
pub(super) struct Rows {
    pub entry: JobEntry,
    pub attempts: Vec<Attempt>,
    pub ended: Vec<EndedTask>,
    live: Vec<Task>,
    pub arrivals: HashMap<u16, Vec<TaskId>>,
    /// How it goes on from another job, where that is linked; with that job.
    pub reprocess: Vec<Reprocess>,
    pub source: Option<Job>,
}

impl Rows {
    pub async fn read(reader: &dyn Reader, catalog: &Catalog, id: JobId) -> Result<Option<Self>> {
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
        // One that an older version recorded has no leaf.
        let reprocess: Vec<Reprocess> =
            reader.reprocess(id).await?.filter(|one| one.leaf_at.is_some()).into_iter().collect();
        let source = match reprocess.first() {
            Some(one) => reader.jobs(&[one.source]).await?.pop(),
            None => None,
        };
        let entry = JobEntry { job, compiled, started: false, changed: false };
        Ok(Some(Self { entry, attempts, ended, live, arrivals, reprocess, source }))
    }

    pub fn graph(&self) -> &esteira_engine::Graph {
        &self.entry.compiled.graph
    }

    /// Jobs that its tasks started and whose end is a leaf of theirs.
    pub fn children(&self) -> Vec<JobId> {
        let is_child = |ended: &&EndedTask| OwnOf::of(ended, self.graph()) == OwnOf::Child;
        self.ended.iter().filter(is_child).map(|ended| JobId(ended.task.id.0)).collect()
    }

    pub fn artifacts(&self) -> BTreeSet<ArtifactId> {
        let tasks = self.ended.iter().map(|ended| &ended.task).chain(&self.live);
        let outputs = self.ended.iter().flat_map(|ended| ended.outputs.iter().copied());
        let given = self.reprocess.iter().filter_map(|one| one.input);
        tasks.filter_map(|task| task.input).chain(outputs).chain([self.entry.job.input]).chain(given).collect()
    }

    pub fn leaf_addresses(&self) -> impl Iterator<Item = LeafAt> {
        let job = &self.entry.job;
        let of_job = [job.provenance.start_leaf_at, job.end_leaf_at];
        let link = self.reprocess.iter().map(|one| one.leaf_at);
        let source = self.source.iter().map(|source| source.end_leaf_at);
        self.attempts.iter().map(|attempt| attempt.leaf_at).chain(of_job).chain(link).chain(source).flatten()
    }

    /// What its leaves are about.
    pub fn recorded(&self) -> Vec<(Recorded, Option<LeafAt>, Pending)> {
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

    pub fn link(&self) -> Option<(Recorded, Option<LeafAt>, Pending)> {
        let one = self.reprocess.first()?;
        // Of a source that is gone nothing says that its end had no leaf.
        let is_linked = self.source.as_ref().is_none_or(|source| source.end_leaf_at.is_some());
        let pending = Pending::Link { job: one.job, reprocess: 0, source: is_linked.then_some(one.source) };
        Some((Recorded::Link(one.job), one.leaf_at, pending))
    }

    pub fn start(&self, parent: Option<&Self>) -> Option<Pending> {
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
