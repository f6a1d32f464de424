//! From which leaves a leaf follows: the graph of a job's tasks, without the tasks that nobody attempted.
//!
//! Decided by what rows keep, so that a verification finds the same parents from the rows alone.

use esteira_engine::Graph;
use esteira_ledger::Hash;
use esteira_model::{EndedTask, JobId, Run, Task, TaskId, TaskState};
use hashbrown::HashSet;
use std::{cmp::Ordering, sync::Arc};

/// Where a task stands in the graph of its job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Link {
    pub step: u16,
    /// The task whose end created it.
    pub parent: Option<TaskId>,
}

impl Link {
    pub fn of(task: &Task) -> Self {
        Self { step: task.step, parent: task.parent }
    }
}

/// The leaf that a task's own work has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Own {
    /// Its last attempt's, or the end of the job that it started.
    Leaf(Hash),
    /// None: what follows from it follows from what it follows from.
    Nothing,
    /// It is made in this very round.
    Pending,
}

/// A task's newest leaf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Newest {
    pub link: Link,
    /// Number of the attempt; 0 when it is none.
    pub number: u32,
    /// Whether the task has ended: no newer one comes.
    pub is_last: bool,
    pub own: Own,
}

/// Which leaf is the own one of a task that ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OwnOf {
    /// The attempt with this number: attempts are counted without gaps.
    Attempt(u32),
    /// The end of the job that it started, which has the task's id.
    Child,
    Nothing,
}

impl OwnOf {
    pub fn of(ended: &EndedTask, graph: &Graph) -> Self {
        let task = &ended.task;
        if task.attempts > 0 {
            return Self::Attempt(task.attempts);
        }
        // A cancelled task does not wait for its child's end.
        let has_child = matches!(graph.node(task.step).step.run, Run::SubPlan { .. })
            && task.start_time.is_some()
            && ended.state != TaskState::Cancelled;
        if has_child { Self::Child } else { Self::Nothing }
    }
}

/// What is known of a job's graph. Whoever does not know something notes it and answers anything.
pub(crate) trait Known {
    /// The leaf of a job's start.
    fn start(&mut self, job: JobId) -> Hash;
    /// The newest leaf of a task that ended.
    fn last(&mut self, job: JobId, task: TaskId) -> Newest;
    /// The tasks from which something arrived at a join, in order.
    fn arrivals(&mut self, job: JobId, step: u16) -> Arc<[TaskId]>;
    /// What was found before for a task without a leaf of its own.
    fn found(&mut self, task: TaskId) -> Option<Arc<[Hash]>>;
    /// Keeps it.
    fn keep(&mut self, task: TaskId, hashes: &Arc<[Hash]>);
}

/// One job's graph of leaves.
pub(crate) struct Lineage<'a> {
    pub graph: &'a Graph,
    pub job: JobId,
    pub known: &'a mut dyn Known,
}

impl Lineage<'_> {
    /// The leaves that produced what a task runs on, in the order of its input, each once. A task that was tried again follows
    /// from its first task's parents, and then from the failed task.
    pub fn follows_from(&mut self, link: Link, out: &mut Vec<Hash>) {
        self.sources(link, out);
        each_once(out);
    }

    /// What follows from an ended task follows from these.
    pub fn comes_from(&mut self, task: TaskId, out: &mut Vec<Hash>) {
        let newest = self.known.last(self.job, task);
        match newest.own {
            Own::Leaf(hash) => out.push(hash),
            Own::Pending => {}
            Own::Nothing => {
                if let Some(found) = self.known.found(task) {
                    return out.extend_from_slice(&found);
                }
                let mut all = Vec::new();
                self.sources(newest.link, &mut all);
                each_once(&mut all);
                self.known.keep(task, &all.as_slice().into());
                out.append(&mut all);
            }
        }
    }

    fn sources(&mut self, link: Link, out: &mut Vec<Hash>) {
        let Some(parent) = link.parent else {
            let start = self.known.start(self.job);
            return out.push(start);
        };
        let before = self.known.last(self.job, parent);
        if before.link.step == link.step {
            self.sources(before.link, out);
            if let Own::Leaf(hash) = before.own {
                out.push(hash);
            }
            return;
        }
        if self.graph.node(link.step).join.is_some() {
            let arrived = self.known.arrivals(self.job, link.step);
            if !arrived.is_empty() {
                return arrived.iter().for_each(|task| self.comes_from(*task, out));
            }
        }
        self.comes_from(parent, out);
    }
}

/// Lists that are longer are looked through by a set.
const SHORT: usize = 16;

/// Keeps the first of equal ones.
pub(crate) fn each_once(hashes: &mut Vec<Hash>) {
    if hashes.len() < 2 {
        return;
    }
    if hashes.len() <= SHORT {
        let mut kept = 0;
        for i in 0..hashes.len() {
            if !hashes[..kept].contains(&hashes[i]) {
                hashes[kept] = hashes[i];
                kept += 1;
            }
        }
        return hashes.truncate(kept);
    }
    let mut seen = HashSet::with_capacity(hashes.len());
    hashes.retain(|hash| seen.insert(*hash));
}

/// Whether a job's branch ended with this task, as far as its row says: a branch that a condition ended leads nowhere, and is
/// found by its own leaves.
pub(crate) fn is_branch_end(ended: &EndedTask) -> bool {
    ended.leaf || ended.state != TaskState::Succeeded
}

/// By item path, then step: the order of results.
pub(crate) fn by_place(a: &EndedTask, b: &EndedTask) -> Ordering {
    let key = |ended: &EndedTask| (ended.task.step, ended.task.id);
    a.task.item_path.cmp(&b.task.item_path).then_with(|| key(a).cmp(&key(b)))
}
