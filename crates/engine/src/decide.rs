//! One command on one job, decided. The table of what leads where:
//!
//! | command | the task was | it becomes | then |
//! | --- | --- | --- | --- |
//! | Start | - | ready, parked or ended (native) | the job runs |
//! | Reprocess | - | as for Start, or ended at once with what another job executed | the same |
//! | Complete | leased, or not granted again since | SUCCEEDED | its outputs go on |
//! | Fail, TimeOut | the same | BACKOFF or FAILED | a failure goes to `on_failure_step` or fails the job at rest |
//! | Release | leased | ready, at no cost | |
//! | Expire | leased | ready, or FAILED at the poison cap | |
//! | Due | parked until a time | ready, or on its way | |
//! | Unblock | parked behind an aggregate | ready | |
//! | Gather | a join that fired | ready, with the array of its arrivals | |
//! | ChildEnded | parked for a child job | SUCCEEDED or FAILED | as for Complete and Fail |
//! | Control, Deadline | any | parked, ready or CANCELLED | child jobs follow |
//! | Retry | FAILED, job still running | a new task on the same item | |

use crate::{
    child, complete, control, due, fail, gather, graph::Graph, ports::Context, reprocess::Reprocess, start,
    transition::Transition,
};
use esteira_model::{
    AggregateRef, ArtifactId, Emit, EndedTask, Fact, Failure, Job, JobAction, JobId, Payload, PlanVersionId, Point,
    Task, TaskId, Time, Usage, Verdict, WaitReason,
    seeded_bug::{self, Bug},
};
use std::{collections::BTreeMap, time::Duration};

/// Where a live task is, as the engine needs to know it.
#[derive(Debug, Clone, PartialEq)]
pub enum At {
    /// Ready.
    Queued,
    /// Waiting.
    Parked(WaitReason),
    /// With a worker.
    Leased(Granted),
}

/// Who holds a lease since when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Granted {
    /// The worker.
    pub worker_id: String,
    /// The version that it registered for the function, or "".
    pub function_version: String,
    /// When.
    pub grant_time: Time,
}

/// What is known of an attempt that ends.
#[derive(Debug, Clone, PartialEq)]
pub struct AttemptEnd {
    /// Who ran it.
    pub granted: Granted,
    /// The worker's own times.
    pub worker_start_time: Option<Time>,
    /// See `worker_start_time`.
    pub worker_end_time: Option<Time>,
    /// What it used.
    pub usage: Usage,
    /// Identifies the report; zero when the coordinator ended the attempt.
    pub report_digest: [u8; 16],
    /// Whether this attempt was recorded as lost before its report came: the report is then recorded beside it.
    pub late: bool,
}

/// A payload that a task produced.
#[derive(Debug, Clone, PartialEq)]
pub enum Product {
    /// Not stored yet.
    New(Payload),
    /// Stored before; the payload is there when the step's end needs it.
    Stored(ArtifactId, Option<Payload>),
}

/// What a task produced. It must agree with the step's output type.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// Nothing: the input goes on.
    None,
    /// One payload.
    Single(Product),
    /// Any number.
    Multiple(Vec<Product>),
}

/// What a worker reports of a success.
#[derive(Debug, Clone, PartialEq)]
pub struct Completion {
    /// The data.
    pub output: Output,
    /// The aggregate after it moved.
    pub aggregate_after: Option<AggregateRef>,
    /// Messages to commit with it.
    pub emits: Vec<Emit>,
    /// Verdicts that the function itself reached.
    pub verdicts: Vec<Verdict>,
}

/// What happens to a job.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Begin.
    Start,
    /// Begin, and take over what another job executed.
    Reprocess(Box<Reprocess>),
    /// A worker reports a success.
    Complete(Task, AttemptEnd, Completion),
    /// A worker reports a failure, perhaps with a checkpoint for the next attempt.
    Fail(Task, AttemptEnd, Failure, Option<Payload>),
    /// A worker hands a task back unstarted.
    Release(Task),
    /// A lease ran out.
    Expire(Task, AttemptEnd),
    /// The execution time-out passed.
    TimeOut(Task, AttemptEnd),
    /// The time came that a parked task waited for.
    Due(Task, WaitReason),
    /// The aggregate that a task waited for is its own now.
    Unblock(Task),
    /// All that a join waited for is here: the array of it.
    Gather(Task, Payload),
    /// A child job ended.
    ChildEnded(Task, ChildOutcome),
    /// An operator acts; with all live tasks of the job.
    Control(JobAction, String, Vec<(Task, At)>),
    /// The job's time-out passed; with all live tasks of the job.
    Deadline(Vec<(Task, At)>),
    /// An operator wants a failed task tried again.
    Retry(Box<EndedTask>),
}

/// How a child job ended.
#[derive(Debug, Clone, PartialEq)]
pub enum ChildOutcome {
    /// With these results, in item order.
    Succeeded(Vec<Product>),
    /// Otherwise.
    Failed(Failure),
}

/// Payloads that the command's expressions need, as the graph's [`crate::Needs`] told.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Loaded {
    /// The task's input.
    pub input: Option<Payload>,
    /// The job's input.
    pub job_input: Option<Payload>,
    /// Outputs by step key.
    pub steps: BTreeMap<String, Payload>,
}

/// What must happen to other jobs, or with data that only the store can gather, in the same transaction.
#[derive(Debug, Clone, PartialEq)]
pub enum FollowUp {
    /// Start a child job; its id is the id of the task that waits for it.
    StartChild {
        /// The waiting task.
        task: Box<Task>,
        /// What the child runs.
        version: PlanVersionId,
        /// The ended job that the child goes on from, and from where: a sub-plan is gone into.
        inside: Option<(JobId, Point)>,
    },
    /// Tell a parent's task that this job ended.
    TellParent {
        /// The parent job.
        job: JobId,
        /// Its waiting task.
        task: TaskId,
    },
    /// Do to a child job what was done to this one.
    ControlChild {
        /// The child.
        job: JobId,
        /// What.
        action: JobAction,
        /// Why.
        reason: String,
    },
    /// Gather what arrived at a join and give it back as [`Command::Gather`].
    GatherJoin {
        /// The join's task.
        task: TaskId,
        /// The join's step.
        step: u16,
    },
}

/// What a command changes.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// The job after it.
    pub job: Job,
    /// Whether the job itself changed.
    pub job_changed: bool,
    /// All other changes.
    pub facts: Vec<Fact>,
    /// What must follow in the same transaction.
    pub follow_ups: Vec<FollowUp>,
    /// When the task will be tried again, if it failed and will be.
    pub retry_in: Option<Duration>,
}

/// Why a command cannot be. Nothing changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The job ended (I4).
    JobTerminal,
    /// The output is not of the step's type; the text says what was expected and what came.
    OutputTypeMismatch(String),
    /// The action makes no sense in this state; the text says why.
    NotNow(String),
}

/// Decides one command on one job.
pub fn decide(
    graph: &Graph,
    job: &Job,
    command: Command,
    loaded: Loaded,
    cx: &mut Context<'_>,
) -> Result<Decision, Refusal> {
    if job.state.is_terminal() && !seeded_bug::is(Bug::EndAgain) {
        return Err(Refusal::JobTerminal);
    }
    let mut transition = Transition::new(graph, job, loaded, cx);
    match command {
        Command::Start => start::start(&mut transition),
        Command::Reprocess(reprocess) => start::reprocess(&mut transition, *reprocess)?,
        Command::Complete(task, end, completion) => complete::complete(&mut transition, task, end, completion)?,
        Command::Fail(task, end, failure, checkpoint) => fail::fail(&mut transition, task, end, failure, checkpoint),
        Command::Release(task) => fail::release(&mut transition, task),
        Command::Expire(task, end) => fail::expire(&mut transition, task, end),
        Command::TimeOut(task, end) => fail::time_out(&mut transition, task, end),
        Command::Due(task, reason) => due::due(&mut transition, task, reason),
        Command::Unblock(task) => due::unblock(&mut transition, task),
        Command::Gather(task, arrived) => gather::gather(&mut transition, task, arrived),
        Command::ChildEnded(task, outcome) => child::child_ended(&mut transition, task, outcome),
        Command::Control(action, reason, live) => control::control(&mut transition, action, reason, live)?,
        Command::Deadline(live) => control::deadline(&mut transition, live),
        Command::Retry(failed) => fail::retry(&mut transition, &failed)?,
    }
    Ok(transition.finish())
}
