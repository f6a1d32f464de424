//! What a coordinator keeps, in maps.

use super::{entropy::Ids, expressions::Expressions, places::Seen, plan::version};
use esteira_engine::{At, Command, Decision, Evaluate, Granted, Graph, Refusal};
use esteira_model::{
    AccountId, Actor, AggregateRef, Arrival, ArtifactId, Attempt, DataClass, EndedTask, Flow, Headers, Job, JobId,
    JobState, Lineage, LineageKind, OutboxMessage, Payload, Plan, PlanVersionId, Task, TaskId, Time, WaitReason,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
    sync::Arc,
};

/// Where a live task is.
#[derive(Debug, Clone, PartialEq)]
pub enum Spot {
    Queued,
    Parked(WaitReason, Option<Time>),
    Leased(Granted),
}

impl Spot {
    pub fn at(&self) -> At {
        match self {
            Self::Queued => At::Queued,
            Self::Parked(reason, _) => At::Parked(*reason),
            Self::Leased(granted) => At::Leased(granted.clone()),
        }
    }
}

/// A live task with where it is.
#[derive(Debug, Clone)]
pub struct Live {
    pub task: Task,
    pub spot: Spot,
}

/// A compiled plan, with what the audit derives for itself.
pub struct Compiled {
    pub graph: Graph,
    /// For each join, the steps from which it can be reached.
    pub leads: Vec<BTreeSet<u16>>,
}

/// All of it. Everything is public: tests look wherever they like and change nothing.
pub struct World {
    pub now: Time,
    pub ids: Ids,
    pub evaluate: Rc<dyn Evaluate>,
    pub plans: BTreeMap<PlanVersionId, Rc<Compiled>>,
    pub root: JobId,
    pub jobs: BTreeMap<JobId, Job>,
    pub live: BTreeMap<TaskId, Live>,
    pub ended: BTreeMap<TaskId, EndedTask>,
    pub attempts: Vec<Attempt>,
    pub arrivals: Vec<Arrival>,
    pub artifacts: BTreeMap<ArtifactId, Payload>,
    pub outbox: Vec<OutboxMessage>,
    /// What each join task was given.
    pub gathered: BTreeMap<TaskId, Payload>,
    /// Inputs that an operator gave a task that begins: a join that has one gathers nothing.
    pub given: BTreeSet<ArtifactId>,
    /// What stands for tasks of other jobs.
    pub carried: BTreeMap<TaskId, (JobId, TaskId)>,
    /// Failed tasks that no step took over and no operator tried again.
    pub failed: BTreeSet<TaskId>,
    /// The grant of the newest lease that a task lost: its report may still come.
    pub lost: BTreeMap<TaskId, Granted>,
    /// The newest fence.
    pub fence: i64,
    /// Which commands met which places.
    pub seen: Seen,
}

impl World {
    /// A world of one plan, which has no issue.
    pub fn of(plan: Plan) -> Self {
        Self::of_all(vec![plan])
    }

    /// A world of plans; the first is version 1 and the one that jobs start with.
    pub fn of_all(plans: Vec<Plan>) -> Self {
        Self::with(plans, Rc::new(Expressions))
    }

    /// A world of plans in another language.
    pub fn with(plans: Vec<Plan>, evaluate: Rc<dyn Evaluate>) -> Self {
        let mut compiled = BTreeMap::new();
        for (index, plan) in plans.iter().enumerate() {
            let (graph, issues) = Graph::compile(plan, &*evaluate);
            let graph = graph.unwrap_or_else(|| panic!("plan {} does not compile: {issues:?}", index + 1));
            let leads = graph.joins.iter().map(|&join| leading_to(&graph, join)).collect();
            compiled.insert(version(index as u8 + 1), Rc::new(Compiled { graph, leads }));
        }
        let mut ids = Ids::default();
        let root = JobId(esteira_engine::Entropy::uuid(&mut ids));
        Self {
            now: Time(1_000_000_000),
            ids,
            evaluate,
            plans: compiled,
            root,
            jobs: BTreeMap::new(),
            live: BTreeMap::new(),
            ended: BTreeMap::new(),
            attempts: Vec::new(),
            arrivals: Vec::new(),
            artifacts: BTreeMap::new(),
            outbox: Vec::new(),
            gathered: BTreeMap::new(),
            given: BTreeSet::new(),
            carried: BTreeMap::new(),
            failed: BTreeSet::new(),
            lost: BTreeMap::new(),
            fence: 0,
            seen: Seen::default(),
        }
    }

    /// A world whose root job has started with this input.
    pub fn started(plan: Plan, input: &str) -> Self {
        let mut world = Self::of(plan);
        world.start(input, |_| {});
        world
    }

    /// Starts the root job, after `change` made it what the test wants.
    pub fn start(&mut self, input: &str, change: impl FnOnce(&mut Job)) -> Decision {
        let artifact = esteira_engine::Entropy::artifact(&mut self.ids);
        self.artifacts.insert(artifact, Payload::json(input));
        let lineage = Lineage { kind: LineageKind::Direct, root: self.root, parent: None, depth: 0, source: None };
        let mut job = self.draft(self.root, version(1), artifact, lineage);
        change(&mut job);
        self.jobs.insert(job.id, job);
        self.command(self.root, Command::Start).expect("a start is never refused")
    }

    /// A job before its start.
    pub fn draft(&self, id: JobId, plan_version: PlanVersionId, input: ArtifactId, lineage: Lineage) -> Job {
        Job {
            id,
            account: AccountId::new("acme"),
            plan_version,
            data_class: DataClass::Devtest,
            actor: Arc::new(Actor::default()),
            headers: Arc::new(Headers::new()),
            labels: Arc::new(BTreeMap::new()),
            aggregate: None,
            input,
            priority: 7,
            lineage,
            create_time: self.now,
            start_after: None,
            deadline: None,
            provenance: Default::default(),
            state: JobState::Pending,
            flow: Flow::default(),
            start_time: None,
            end_time: None,
            cancel_time: None,
            failure: None,
            note: String::new(),
            end_leaf_at: None,
            revision: 0,
        }
    }

    pub fn job(&self, id: JobId) -> &Job {
        self.jobs.get(&id).unwrap_or_else(|| panic!("no job {id}"))
    }

    pub fn root(&self) -> &Job {
        self.job(self.root)
    }

    pub fn compiled(&self, job: JobId) -> Rc<Compiled> {
        self.plans[&self.job(job).plan_version].clone()
    }

    /// All live tasks of a job, by id, as a coordinator loads them for Control and Deadline.
    pub fn live_of(&self, job: JobId) -> Vec<(Task, At)> {
        self.live.values().filter(|live| live.task.job == job).map(|live| (live.task.clone(), live.spot.at())).collect()
    }

    /// Sends a command and does all that follows, as one transaction; then doubts everything.
    pub fn command(&mut self, job: JobId, command: Command) -> Result<Decision, Refusal> {
        let before: Vec<usize> = vec![self.ended.len(), self.attempts.len()];
        let decision = self.decide_and_apply(job, command)?;
        self.follow_all(job, decision.follow_ups.clone());
        assert!(self.ended.len() >= before[0] && self.attempts.len() >= before[1], "history only grows");
        self.audit();
        Ok(decision)
    }
}

/// The steps from which `join` can be reached, found backwards from the edges alone.
fn leading_to(graph: &Graph, join: u16) -> BTreeSet<u16> {
    let mut found = BTreeSet::new();
    loop {
        let more: BTreeSet<u16> = (0..graph.nodes.len() as u16)
            .filter(|step| {
                let node = graph.node(*step);
                let next = node.edges.iter().map(|edge| edge.to).chain(node.on_failure);
                next.into_iter().any(|to| to == join || found.contains(&to))
            })
            .collect();
        if more == found {
            return found;
        }
        found = more;
    }
}
