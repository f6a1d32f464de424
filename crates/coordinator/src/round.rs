//! A batch of work in one transaction: rounds of load, decide, write, until nothing follows; then claims; then COMMIT.
//!
//! A round decides on many jobs at once and writes all of it in sets (INV-ONE-TX). What a decision calls for in other jobs
//! (a child to start, a parent to tell) or on gathered data (a join) is the next round of the same transaction.

use crate::{
    catalog::Compiled,
    coordinator::Shared,
    dispatcher::{PollKey, Reservation},
    error::{Error, Reason, Result},
    grant::{self, Grant},
    hub::Change,
    leaves::Recording,
    load::JobEntry,
    work::{Report, ReportResult, Told},
};
use esteira_engine::{At, Carry, Command, Context, Granted, Loaded, Refusal, decide};
use esteira_model::{
    AccountId, ArtifactId, EndedTask, Job, JobAction, JobId, Payload, PlanVersionId, Task, TaskId, Time,
};
use esteira_store::{Batch, Hot, Leased, LedgerPage, Live, LivePlace, Startable, Unit};
use hashbrown::{HashMap, HashSet};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// Something to decide on one job.
#[derive(Debug, Clone)]
pub(crate) struct Todo {
    pub job: JobId,
    pub act: Act,
    /// Which piece of work wants to know, and which part of it.
    pub answer: Option<(usize, usize)>,
}

impl Todo {
    pub fn new(job: JobId, act: Act) -> Self {
        Self { job, act, answer: None }
    }
}

/// What to decide.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    Start,
    Report(Box<Report>),
    Overdue { task: TaskId, fence: i64, timed_out: bool },
    Due(TaskId),
    Unblock(TaskId),
    Gather { task: TaskId, step: u16 },
    ChildEnded(TaskId),
    Control(JobAction, String),
    Deadline,
    Retry(Box<EndedTask>),
}

impl Act {
    fn task(&self) -> Option<TaskId> {
        match self {
            Self::Report(report) => Some(report.token.task),
            Self::Overdue { task, .. }
            | Self::Due(task)
            | Self::Unblock(task)
            | Self::Gather { task, .. }
            | Self::ChildEnded(task) => Some(*task),
            Self::Start | Self::Control(..) | Self::Deadline | Self::Retry(_) => None,
        }
    }

    /// Whether it reads or moves all tasks of its job, so that nothing else may be decided on it in the same round.
    fn whole_job(&self) -> bool {
        matches!(self, Self::Control(..) | Self::Deadline | Self::Retry(_))
    }
}

/// What became of a todo.
#[derive(Debug, Clone)]
pub(crate) enum Outcome {
    Applied { retry_in: Option<std::time::Duration> },
    Already,
    Refused(Reason, String),
}

impl From<Outcome> for ReportResult {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Applied { retry_in } => Self { retry_in, ..Self::default() },
            Outcome::Already => Self { already_applied: true, ..Self::default() },
            Outcome::Refused(reason, message) => Self::refused(reason, message),
        }
    }
}

/// A batch while it runs.
pub(crate) struct Round<'u> {
    pub unit: &'u mut dyn Unit,
    pub shared: &'u Shared,
    pub now: Time,
    pub jobs: HashMap<JobId, JobEntry>,
    pub payloads: HashMap<ArtifactId, Payload>,
    /// Digests of the artifacts that this batch stores.
    pub digests: HashMap<ArtifactId, [u8; 32]>,
    /// Outputs of the tasks of this batch that ended a line of steps: all results of their jobs.
    pub last_outputs: HashMap<JobId, Vec<ArtifactId>>,
    pub batch: Batch,
    /// Leaves of the records in `batch`.
    pub act_pages: Vec<LedgerPage>,
    /// Leaves that this batch recorded.
    pub leaf_count: u64,
    pub leaves: Recording,
    pub outcomes: HashMap<(usize, usize), Outcome>,
    pub granted: Vec<(Reservation, Leased)>,
    pub reserved: Vec<Reservation>,
    pub unused: Vec<Reservation>,
    pub moved: Vec<(JobId, TaskId)>,
    /// Exclusive aggregates whose task ended in this round.
    pub released: Vec<(String, TaskId)>,
    pub told: Told,
    pub backlog: BTreeSet<String>,
    /// Lanes whose tasks others may want: what was put there is left there, or there is room again.
    pub filled: BTreeSet<String>,
    /// Lanes that claims found empty, with the mark that they had.
    pub drained: BTreeMap<String, u64>,
    pub outbox_topics: HashSet<(AccountId, String)>,
    pub next_due: Option<Time>,
    pub new_tasks: HashMap<(usize, usize), TaskId>,
    /// What jobs of this batch take over from others: by the root of their tree and the job that they go on from.
    pub carries: HashMap<(JobId, JobId), Arc<Carry>>,
    /// Inputs that stand for that of the one task with which a job of this batch goes on.
    pub given: HashMap<JobId, (ArtifactId, Payload)>,
    /// Failed tasks that are tried again in this batch.
    pub retried: HashSet<TaskId>,
    /// The versions that this batch starts jobs on, as they are now, where others may change them.
    pub startable: HashMap<PlanVersionId, Startable>,
}

/// Rounds of one batch: sub-plans nest at most this deep, each level needs a few.
const ROUNDS_MAX: usize = 200;

impl<'u> Round<'u> {
    pub fn new(unit: &'u mut dyn Unit, shared: &'u Shared, now: Time) -> Self {
        Self {
            unit,
            shared,
            now,
            jobs: HashMap::new(),
            payloads: HashMap::new(),
            digests: HashMap::new(),
            last_outputs: HashMap::new(),
            batch: Batch::default(),
            act_pages: Vec::new(),
            leaf_count: 0,
            leaves: Recording::default(),
            outcomes: HashMap::new(),
            granted: Vec::new(),
            reserved: Vec::new(),
            unused: Vec::new(),
            moved: Vec::new(),
            released: Vec::new(),
            told: Vec::new(),
            backlog: BTreeSet::new(),
            filled: BTreeSet::new(),
            drained: BTreeMap::new(),
            outbox_topics: HashSet::new(),
            next_due: None,
            new_tasks: HashMap::new(),
            carries: HashMap::new(),
            given: HashMap::new(),
            retried: HashSet::new(),
            startable: HashMap::new(),
        }
    }

    pub fn compiled(&self, job: &Job) -> Arc<Compiled> {
        self.jobs[&job.id].compiled.clone()
    }

    /// Runs rounds until nothing follows, and writes each.
    pub async fn run(&mut self, mut todos: Vec<Todo>) -> Result<()> {
        for _ in 0..ROUNDS_MAX {
            let mut next = Vec::new();
            if !todos.is_empty() {
                self.round(todos, &mut next).await?;
            }
            self.record_leaves().await?;
            if next.is_empty() && self.released.is_empty() {
                self.add_jobs();
                return self.write().await;
            }
            self.write().await?;
            // Only now: a task that began to wait for the aggregate in this very round is seen too.
            for (key, task) in std::mem::take(&mut self.released) {
                let waiting = self.unit.pass_aggregate(&key, task).await?;
                next.extend(waiting.map(|(job, task)| Todo::new(job, Act::Unblock(task))));
            }
            todos = next;
        }
        Err(Error::new(Reason::Internal, "a batch did not come to its end"))
    }

    async fn write(&mut self) -> Result<()> {
        let mut batch = std::mem::take(&mut self.batch);
        batch.leaves.append(&mut self.act_pages);
        self.leaf_count += batch.leaves.iter().map(|page| u64::from(page.leaf_count)).sum::<u64>();
        Ok(self.unit.write(&batch).await?)
    }

    /// Jobs and leaves are written once, with the last round.
    fn add_jobs(&mut self) {
        self.batch.leaves = self.leaves.take_pages();
        for entry in self.jobs.values_mut() {
            if entry.started {
                self.batch.jobs_started.push(entry.job.clone());
            } else if entry.changed {
                entry.job.revision += 1;
                self.batch.jobs_changed.push(entry.job.clone());
            }
        }
    }

    /// Hands waiting tasks to waiting polls, after all rounds are written.
    pub async fn run_claims(&mut self) -> Result<()> {
        self.claim().await?;
        self.batch.leaves = self.leaves.take_pages();
        let batch = &self.batch;
        let parts =
            [batch.leased.is_empty(), batch.requests.is_empty(), batch.leaves.is_empty(), batch.audit.is_empty()];
        if parts.iter().all(|empty| *empty) {
            return Ok(());
        }
        self.write().await
    }

    /// One round: what cannot be decided beside something else goes to the next.
    async fn round(&mut self, todos: Vec<Todo>, next: &mut Vec<Todo>) -> Result<()> {
        let todos = self.without_conflicts(todos, next);
        self.load_jobs(todos.iter().map(|todo| todo.job)).await?;
        let live = self.load_live(&todos).await?;
        for todo in todos {
            self.todo(todo, &live, next).await?;
        }
        Ok(())
    }

    fn without_conflicts(&self, todos: Vec<Todo>, next: &mut Vec<Todo>) -> Vec<Todo> {
        let mut tasks = HashSet::new();
        let mut touched = HashSet::new();
        let mut whole = HashSet::new();
        let mut now = Vec::with_capacity(todos.len());
        for todo in todos {
            let alone = todo.act.whole_job();
            let clash = whole.contains(&todo.job)
                || (alone && touched.contains(&todo.job))
                || todo.act.task().is_some_and(|task| !tasks.insert((todo.job, task)));
            if clash {
                next.push(todo);
                continue;
            }
            touched.insert(todo.job);
            if alone {
                whole.insert(todo.job);
            }
            now.push(todo);
        }
        now
    }

    async fn load_live(&mut self, todos: &[Todo]) -> Result<HashMap<TaskId, Live>> {
        let ids: Vec<(JobId, TaskId)> = todos.iter().filter_map(|todo| Some((todo.job, todo.act.task()?))).collect();
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        Ok(self.unit.live_tasks(&ids).await?.into_iter().map(|live| (live.task.id, live)).collect())
    }

    async fn todo(&mut self, todo: Todo, live: &HashMap<TaskId, Live>, next: &mut Vec<Todo>) -> Result<()> {
        let Some(entry) = self.jobs.get(&todo.job).cloned() else {
            self.answer(&todo, Outcome::Refused(Reason::LeaseLost, "there is no such job".into()));
            return Ok(());
        };
        let before = todo.act.task().and_then(|task| live.get(&task));
        let mut from = HashMap::new();
        if let Some(live) = before {
            from.insert(live.task.id, (hot(&live.place), live.task.fence));
        }
        let prepared = self.prepare(&todo, &entry, before, &mut from).await?;
        let (command, loaded) = match prepared {
            Prepared::Decide(command, loaded) => (command, loaded),
            Prepared::Nothing(outcome) => {
                self.answer(&todo, outcome);
                return Ok(());
            }
        };
        let decided = {
            let mut ids = self.shared.ids.clone();
            let mut context = Context { now: self.now, entropy: &mut ids, evaluate: self.shared.catalog.evaluator() };
            decide(&entry.compiled.graph, &entry.job, *command, loaded, &mut context)
        };
        match decided {
            Err(refusal) => {
                let (reason, message) = match refusal {
                    Refusal::JobTerminal => (Reason::JobTerminal, "the job has ended".to_owned()),
                    Refusal::OutputTypeMismatch(message) => (Reason::OutputTypeMismatch, message),
                    Refusal::NotNow(message) => (Reason::JobStateConflict, message),
                };
                self.answer(&todo, Outcome::Refused(reason, message));
            }
            Ok(decision) => {
                if let (Act::Retry(_), Some(key)) = (&todo.act, todo.answer) {
                    let placed = decision.facts.iter().find_map(|fact| match fact {
                        esteira_model::Fact::TaskPlaced(task, _) => Some(task.id),
                        _ => None,
                    });
                    self.new_tasks.extend(placed.map(|task| (key, task)));
                }
                self.keep_job(&decision.job, decision.job_changed);
                self.write_facts(&decision.job, decision.facts, &from).await?;
                self.follow_up(&decision.job, decision.follow_ups, next).await?;
                if decision.job.state.is_terminal() {
                    self.note_end(&decision.job);
                }
                self.make_room(before);
                self.answer(&todo, Outcome::Applied { retry_in: decision.retry_in });
            }
        }
        Ok(())
    }

    fn keep_job(&mut self, job: &Job, changed: bool) {
        let Some(entry) = self.jobs.get_mut(&job.id) else { return };
        if changed {
            entry.changed = true;
            entry.job = job.clone();
            let change = if job.state.is_terminal() { Change::JobEnded } else { Change::Job };
            self.told.push((job.id, change));
        }
    }

    fn answer(&mut self, todo: &Todo, outcome: Outcome) {
        if let Some(key) = todo.answer {
            self.outcomes.insert(key, outcome);
        }
    }

    /// The grants of this batch with their data, ready to leave after COMMIT.
    pub async fn grants(&mut self) -> Result<Vec<(PollKey, Grant)>> {
        let granted = std::mem::take(&mut self.granted);
        self.load_jobs_to_grant(granted.iter().map(|(_, leased)| leased.task.job)).await?;
        self.load_payloads(
            granted.iter().flat_map(|(_, leased)| leased.task.input.into_iter().chain(leased.task.checkpoint)),
        )
        .await?;
        let mut grants = Vec::with_capacity(granted.len());
        for (reservation, leased) in granted {
            let entry = &self.jobs[&leased.task.job];
            let payload = |id: Option<ArtifactId>| id.and_then(|id| self.payloads.get(&id).cloned());
            let input = payload(leased.task.input).unwrap_or_else(Payload::none);
            let grant = grant::build(
                &self.shared.tokens,
                &entry.compiled,
                &entry.job,
                &leased,
                input,
                payload(leased.task.checkpoint),
            );
            grants.push((reservation.poll, grant));
        }
        Ok(grants)
    }
}

pub(crate) enum Prepared {
    Decide(Box<Command>, Loaded),
    Nothing(Outcome),
}

pub(crate) fn hot(place: &LivePlace) -> Hot {
    match place {
        LivePlace::Queued { .. } => Hot::Queue,
        LivePlace::Parked { .. } => Hot::Parked,
        LivePlace::Leased(_) => Hot::Lease,
    }
}

/// The engine's view of where a live task is.
pub(crate) fn at(live: &Live) -> (Task, At) {
    let at = match &live.place {
        LivePlace::Queued { .. } => At::Queued,
        LivePlace::Parked { reason, .. } => At::Parked(*reason),
        LivePlace::Leased(leased) => At::Leased(granted(leased)),
    };
    (live.task.clone(), at)
}

pub(crate) fn granted(leased: &Leased) -> Granted {
    Granted {
        worker_id: leased.worker_id.clone(),
        function_version: leased.function_version.clone(),
        grant_time: leased.grant_time,
    }
}
