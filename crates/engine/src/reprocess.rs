//! What a new job takes over from one that has ended, and what it runs anew (semantic point e).
//!
//! A job that is processed again starts as any job does, with its own plan version and its own conditions. Only, a task that
//! the source has executed, and that lies before the point, ends at once with the recorded data. So forks, joins and filters
//! are those of a start, and from the first step on nothing is carried: it is a start.
//!
//! Tasks are known again by where they stand: the task whose end made them, their step, their item. Once a task runs anew,
//! what follows it has no counterpart and runs anew too.

use crate::graph::{Graph, Node};
use esteira_model::{
    ArtifactId, EndedTask, ItemPath, Job, JobId, JobState, OutputType, Payload, Point, Run, TaskId, TaskState,
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

/// A task of the source, with the one that was really executed when the source itself had carried it over.
#[derive(Debug, Clone, PartialEq)]
pub struct Executed {
    /// As it ended in the source.
    pub ended: EndedTask,
    /// The job and task that executed it; none = the source itself.
    pub origin: Option<(JobId, TaskId)>,
}

impl Executed {
    /// The job and task that executed it.
    pub fn from(&self) -> (JobId, TaskId) {
        self.origin.unwrap_or((self.ended.task.job, self.ended.task.id))
    }
}

/// Begin with what another job executed.
#[derive(Debug, Clone, PartialEq)]
pub struct Reprocess {
    /// What it executed.
    pub carry: Arc<Carry>,
    /// Stands for the input of the one task that begins.
    pub input: Option<(ArtifactId, Payload)>,
}

/// Why a job cannot be processed again like this. Nothing changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Misfit {
    /// It goes on: what it has executed is not known yet.
    NotEnded,
    /// The version has no such step.
    StepUnknown(String),
    /// The job never came to this step.
    StepNotReached(String),
    /// What was executed at this step is not what the version has there; the text says in what.
    StepChanged(String, &'static str),
}

/// Where a task stands: the task of the source whose end made it, its step in the new plan, its item.
type Stand = (Option<TaskId>, u16, ItemPath);

/// What a source executed, by where it stands in the plan of the new job.
#[derive(Debug, Clone, PartialEq)]
pub struct Carry {
    tasks: BTreeMap<Stand, Found>,
    /// Joins have one task a job: who reached them first is chance.
    joins: BTreeMap<u16, Found>,
    /// The bytes that conditions and templates of the start may read.
    payloads: BTreeMap<ArtifactId, Payload>,
}

/// A task of the source, and what becomes of it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Found {
    pub(crate) executed: Arc<Executed>,
    /// Whether its data is taken over; else it runs anew.
    pub(crate) is_carried: bool,
    /// From where its sub-plan goes on, if its child job ran.
    pub(crate) inside: Option<Point>,
}

impl Carry {
    /// Decides what is taken over from a job that has ended. `tasks` are all of its ended tasks, `old` is its plan, `new` that
    /// of the job to come; `point` names steps of `new`.
    pub fn of(source: &Job, tasks: Vec<Executed>, old: &Graph, new: &Graph, point: &Point) -> Result<Self, Misfit> {
        if !source.state.is_terminal() {
            return Err(Misfit::NotEnded);
        }
        let tasks: Vec<Arc<Executed>> = tasks.into_iter().map(Arc::new).collect();
        let record = Record::of(source, old, &tasks);
        let again = record.again(new, point)?;
        let behind = behind(old, &again);
        let mut carry = Self { tasks: BTreeMap::new(), joins: BTreeMap::new(), payloads: BTreeMap::new() };
        for task in &tasks {
            let (ended, step) = (&task.ended, task.ended.task.step);
            if record.is_replaced(ended) || ended.state == TaskState::Skipped || behind.contains(&step) {
                continue;
            }
            let key = &*old.node(step).step.step_key;
            let Some(now) = new.step_index(key) else {
                if record.is_done(ended) && !again.contains(&step) {
                    return Err(Misfit::StepChanged(key.to_owned(), "it has no such step"));
                }
                continue;
            };
            let is_carried = record.is_done(ended) && !again.contains(&step);
            if is_carried {
                fits(old, step, new, now, ended).map_err(|what| Misfit::StepChanged(key.to_owned(), what))?;
            }
            let inside = record.inside(task, point, &again).filter(|_| !is_carried);
            let found = Found { executed: task.clone(), is_carried, inside };
            match new.node(now).join {
                Some(_) => carry.joins.insert(now, found),
                None => carry.tasks.insert((record.parent(ended), now, ended.task.item_path.clone()), found),
            };
        }
        Ok(carry)
    }

    /// Whether the job begins at its very start: then nothing of the source is taken over.
    pub fn is_fresh(&self, new: &Graph) -> bool {
        new.starts
            .iter()
            .all(|&step| self.tasks.get(&(None, step, ItemPath::default())).is_none_or(|found| !found.is_carried))
    }

    /// The artifacts whose bytes the start may need: see [`Carry::keep`].
    pub fn needs(&self, new: &Graph) -> Vec<ArtifactId> {
        let read: BTreeSet<u16> =
            new.nodes.iter().flat_map(|n| n.begin_needs.steps.iter().chain(&n.end_needs.steps)).copied().collect();
        let mut needs = BTreeSet::new();
        let joins = self.joins.iter().map(|(step, found)| (*step, found));
        for (step, found) in self.tasks.iter().map(|((_, step, _), found)| (*step, found)).chain(joins) {
            if !found.is_carried {
                continue;
            }
            let (node, ended) = (new.node(step), &found.executed.ended);
            let goes_on = read.contains(&step) || reads_what_comes(new, node);
            if goes_on {
                needs.extend(&ended.outputs);
            }
            let passes_on = node.output_type() == OutputType::None;
            if node.end_needs.input || ended.state == TaskState::Failed || (goes_on && passes_on) {
                needs.extend(ended.task.input);
            }
        }
        needs.into_iter().collect()
    }

    /// Keeps the bytes of what it needs. What was purged meanwhile is not there.
    pub fn keep(&mut self, payloads: impl IntoIterator<Item = (ArtifactId, Payload)>) {
        self.payloads.extend(payloads);
    }

    pub(crate) fn find(&self, parent: Option<TaskId>, step: u16, item_path: &ItemPath) -> Option<&Found> {
        self.tasks.get(&(parent, step, item_path.clone()))
    }

    pub(crate) fn join(&self, step: u16) -> Option<&Found> {
        self.joins.get(&step)
    }

    pub(crate) fn payload(&self, artifact: ArtifactId) -> Option<Payload> {
        self.payloads.get(&artifact).cloned()
    }
}

/// Whether an expression reads what flows out of a step as it flows.
fn reads_what_comes(graph: &Graph, node: &Node) -> bool {
    node.edges.iter().any(|edge| {
        let next = graph.node(edge.to);
        !edge.condition.is_empty()
            || next.begin_needs != crate::Needs::default()
            || !next.input_policies.is_empty()
            // A native step passes it on at once, and its own conditions read it.
            || matches!(next.step.run, Run::Condition)
    })
}

/// The steps that these lead to, themselves not among them.
fn behind(graph: &Graph, steps: &BTreeSet<u16>) -> BTreeSet<u16> {
    let mut found = BTreeSet::new();
    let mut ways: Vec<u16> = steps.iter().copied().collect();
    while let Some(step) = ways.pop() {
        let node = graph.node(step);
        ways.extend(node.edges.iter().map(|edge| edge.to).chain(node.on_failure).filter(|to| found.insert(*to)));
    }
    found
}

/// What happened in a source.
struct Record<'s> {
    source: &'s Job,
    graph: &'s Graph,
    tasks: &'s [Arc<Executed>],
    by_id: HashMap<TaskId, &'s EndedTask>,
    /// Failed tasks that an operator had tried again.
    replaced: BTreeSet<TaskId>,
}

impl<'s> Record<'s> {
    fn of(source: &'s Job, graph: &'s Graph, tasks: &'s [Arc<Executed>]) -> Self {
        let by_id: HashMap<TaskId, &EndedTask> = tasks.iter().map(|task| (task.ended.task.id, &task.ended)).collect();
        let mut record = Self { source, graph, tasks, by_id, replaced: BTreeSet::new() };
        record.replaced = tasks.iter().filter_map(|task| record.retry_of(&task.ended)).collect();
        record
    }

    /// The failed task that this one is another try of: no step leads to itself.
    fn retry_of(&self, ended: &EndedTask) -> Option<TaskId> {
        let parent = self.by_id.get(&ended.task.parent?)?;
        (parent.task.step == ended.task.step).then_some(parent.task.id)
    }

    fn is_replaced(&self, ended: &EndedTask) -> bool {
        self.replaced.contains(&ended.task.id)
    }

    /// The task whose end brought this one, behind all its tries.
    fn parent(&self, ended: &EndedTask) -> Option<TaskId> {
        let mut at = ended;
        while let Some(before) = self.retry_of(at).and_then(|id| self.by_id.get(&id)) {
            at = before;
        }
        at.task.parent
    }

    /// Whether a step took the failure: none does while the job is being cancelled.
    fn is_handled(&self, ended: &EndedTask) -> bool {
        let before_cancel = self.source.cancel_time.is_none_or(|time| ended.end_time < time);
        self.graph.node(ended.task.step).on_failure.is_some() && before_cancel
    }

    /// Whether it came to an end that need not be repeated. What ended while its job was being cancelled may have lost its
    /// output.
    fn is_done(&self, ended: &EndedTask) -> bool {
        let node = self.graph.node(ended.task.step);
        let is_sub_plan = matches!(node.step.run, Run::SubPlan { .. });
        match ended.state {
            TaskState::Succeeded if is_sub_plan => self.source.cancel_time.is_none_or(|time| ended.end_time < time),
            TaskState::Succeeded => true,
            TaskState::Failed => self.is_handled(ended),
            _ => false,
        }
    }

    /// The steps whose tasks run anew though they succeeded.
    fn again(&self, new: &Graph, point: &Point) -> Result<BTreeSet<u16>, Misfit> {
        match point {
            Point::FailedItems => Ok(BTreeSet::new()),
            Point::LastStep => Ok(self.last_steps()),
            Point::Steps(keys) => keys.iter().map(|key| self.named(new, key)).collect(),
        }
    }

    fn named(&self, new: &Graph, key: &str) -> Result<u16, Misfit> {
        if new.step_index(key).is_none() {
            return Err(Misfit::StepUnknown(key.to_owned()));
        }
        let reached =
            |step: &u16| self.tasks.iter().any(|t| t.ended.task.step == *step && t.ended.state != TaskState::Skipped);
        self.graph.step_index(key).filter(reached).ok_or_else(|| Misfit::StepNotReached(key.to_owned()))
    }

    /// See [`Point::LastStep`].
    fn last_steps(&self) -> BTreeSet<u16> {
        let tasks = || self.tasks.iter().filter(|task| task.ended.state != TaskState::Skipped);
        let stopped = |task: &&Arc<Executed>| !self.is_done(&task.ended) && !self.is_replaced(&task.ended);
        let steps = |begun: bool| -> BTreeSet<u16> {
            let at = tasks().filter(stopped).filter(|task| !begun || task.ended.task.start_time.is_some());
            at.map(|task| task.ended.task.step).collect()
        };
        if self.source.state != JobState::Succeeded {
            let found = [steps(true), steps(false)].into_iter().find(|steps| !steps.is_empty());
            if let Some(steps) = found {
                return steps;
            }
        }
        let runs = |task: &&Arc<Executed>| {
            matches!(self.graph.node(task.ended.task.step).step.run, Run::Function(_) | Run::SubPlan { .. })
        };
        let when =
            |task: &&Arc<Executed>| (task.ended.task.start_time, task.ended.task.create_time, task.ended.task.id);
        let last = tasks().filter(runs).max_by_key(when).or_else(|| tasks().max_by_key(when));
        last.map(|task| task.ended.task.step).into_iter().collect()
    }

    /// From where the sub-plan of a task that is not carried over goes on; none = it starts anew, or it never ran.
    fn inside(&self, task: &Executed, point: &Point, again: &BTreeSet<u16>) -> Option<Point> {
        let ended = &task.ended;
        let ran = task.origin.is_some() || ended.task.start_time.is_some();
        if !ran || !matches!(self.graph.node(ended.task.step).step.run, Run::SubPlan { .. }) {
            return None;
        }
        match (again.contains(&ended.task.step), point) {
            (true, Point::LastStep) => Some(Point::LastStep),
            (true, _) => None,
            (false, _) => Some(Point::FailedItems),
        }
    }
}

/// Whether what was executed at a step is what the new plan has there: what came in, what ran, and what came out.
fn fits(old: &Graph, was: u16, new: &Graph, is: u16, ended: &EndedTask) -> Result<(), &'static str> {
    let (before, after) = (old.node(was), new.node(is));
    let (one, other) = (&before.step, &after.step);
    if !same_run(&one.run, &other.run) {
        return Err("it runs something else");
    }
    if one.config_json != other.config_json {
        return Err("it has another config");
    }
    if one.input_template_json != other.input_template_json {
        return Err("it has another input template");
    }
    if before.output_type() != after.output_type() {
        return Err("it has another output type");
    }
    if before.join.is_some() != after.join.is_some() || ways_to(old, was) != ways_to(new, is) {
        return Err("other steps lead to it");
    }
    if ended.state == TaskState::Failed && one.on_failure_step != other.on_failure_step {
        return Err("another step takes its failure");
    }
    Ok(())
}

fn same_run(one: &Run, other: &Run) -> bool {
    match (one, other) {
        // Which version of the sub-plan ran is recorded with its job.
        (Run::SubPlan { plan: one, .. }, Run::SubPlan { plan: other, .. }) => one == other,
        _ => one == other,
    }
}

/// What leads to a step, with the conditions; for a join that is what it collects.
fn ways_to(graph: &Graph, step: u16) -> BTreeSet<(Arc<str>, Arc<str>, bool)> {
    let mut ways = BTreeSet::new();
    for &from in &graph.node(step).predecessors {
        let node = graph.node(from);
        let key = &node.step.step_key;
        for edge in node.edges.iter().filter(|edge| edge.to == step) {
            ways.insert((key.clone(), edge.condition.clone(), node.step.exclusive_next));
        }
        if node.on_failure == Some(step) {
            ways.insert((key.clone(), "on_failure".into(), false));
        }
    }
    ways
}
