//! How a trace is shown: digests and sizes, never bodies, and no text that may hold data.

use crate::convert::{
    enums, failure, job, job_packet,
    task::{self, state, task_of},
    time,
};
use bytes::Bytes;
use esteira_contract::v1;
use esteira_coordinator::Compiled;
use esteira_engine::{Graph, Node};
use esteira_model::{Attempt, Failure, Job, JobId, JobState, Run, TaskId, TaskState, Verdict, WaitReason};
use esteira_store::{ArtifactHead, AttemptTally, JobTally, StepTally, TaskRecord, WorkerTally};
use std::collections::{BTreeMap, HashMap};

/// Outputs of one task that a trace names at most.
pub const OUTPUTS_MAX: usize = 20;

/// All that is shown of a job's trace.
#[derive(Debug)]
pub struct JobTraceView<'a> {
    /// The job.
    pub job: &'a Job,
    /// What it executes.
    pub compiled: &'a Compiled,
    /// The project of its root's plan.
    pub project: &'a str,
    /// It in numbers.
    pub tally: &'a JobTally,
    /// Its tasks by state.
    pub task_counts: Vec<(TaskState, i64)>,
    /// Waiting tasks of each step by reason.
    pub waits: BTreeMap<u16, BTreeMap<WaitReason, i64>>,
    /// Why it does not go on.
    pub wait_reason: Option<WaitReason>,
    /// What it started.
    pub children: Vec<v1::ChildJobTrace>,
    /// What it was started with.
    pub input: v1::TracedArtifact,
    /// Why it was processed again, or "".
    pub reason: &'a str,
}

/// On the wire.
pub fn job_trace_out(view: &JobTraceView<'_>) -> v1::JobTrace {
    let JobTraceView { job, compiled, tally, .. } = view;
    let version = &compiled.record;
    v1::JobTrace {
        job_id: job.id.to_string(),
        plan_id: version.plan.to_string(),
        plan_name: version.plan_name.clone(),
        plan_version_id: version.id.to_string(),
        plan_version: version.version,
        plan_sha256: Bytes::copy_from_slice(&version.definition_sha256),
        operator: Some(job_packet::actor_out(&job.actor)),
        project: view.project.to_owned(),
        data_class: enums::data_class_out(job.data_class) as i32,
        lineage: Some(job::lineage_out(job, view.reason)),
        children: view.children.clone(),
        child_count: tally.child_count,
        state: enums::job_state_out(job.state) as i32,
        wait_reason: wait_reason_out(view.wait_reason),
        failure: job.failure.as_ref().map(|why| bare_failure(why, "")),
        aggregate: job.aggregate.as_ref().map(job_packet::aggregate_out),
        input: Some(view.input.clone()),
        result_count: if job.state == JobState::Succeeded { tally.result_count } else { 0 },
        task_counts: counts_out(&view.task_counts),
        steps: steps_out(&compiled.graph, view),
        workers: tally.workers.iter().map(worker_out).collect(),
        worker_count: tally.worker_count,
        create_time: Some(time::instant_out(job.create_time)),
        start_time: job.start_time.map(time::instant_out),
        end_time: job.end_time.map(time::instant_out),
    }
}

fn counts_out(counts: &[(TaskState, i64)]) -> HashMap<String, i64> {
    counts.iter().map(|(state, count)| (state.as_str().to_owned(), *count)).collect()
}

/// Every step of the plan, those too that nothing led to.
fn steps_out(graph: &Graph, view: &JobTraceView<'_>) -> Vec<v1::StepTrace> {
    let none = StepTally::default();
    let step = |(index, node): (usize, &Node)| {
        let index = index as u16;
        let tally = view.tally.steps.iter().find(|tally| tally.step == index).unwrap_or(&none);
        step_out(graph, node, tally, view.waits.get(&index))
    };
    graph.nodes.iter().enumerate().map(step).collect()
}

fn step_out(graph: &Graph, node: &Node, tally: &StepTally, waits: Option<&BTreeMap<WaitReason, i64>>) -> v1::StepTrace {
    let key = |step: u16| graph.node(step).step.step_key.as_ref().to_owned();
    let is_live = tally.states.iter().any(|(state, count)| is_live(*state) && *count > 0);
    v1::StepTrace {
        step_key: node.step.step_key.as_ref().to_owned(),
        function_name: function(node).to_owned(),
        sub_plan_name: match &node.step.run {
            Run::SubPlan { plan, .. } => plan.as_ref().to_owned(),
            _ => String::new(),
        },
        place: Some(v1::StepPlace {
            next_step_keys: node.edges.iter().map(|edge| key(edge.to)).collect(),
            on_failure_step_key: node.on_failure.map(key).unwrap_or_default(),
            is_join: node.join.is_some(),
        }),
        task_counts: counts_out(&tally.states),
        wait_counts: waits.into_iter().flatten().map(|(why, count)| (why.as_str().to_owned(), *count)).collect(),
        start_time: tally.start_time.map(time::instant_out),
        end_time: tally.end_time.filter(|_| !is_live).map(time::instant_out),
        output_count: tally.outputs,
        versions: tally.versions.iter().map(|version| version_out(&version.function_version, &version.tally)).collect(),
        policies: tally
            .verdicts
            .iter()
            .map(|verdicts| v1::PolicyTrace {
                policy: verdicts.policy.clone(),
                version: verdicts.version.clone(),
                passed: verdicts.passed,
                failed: verdicts.failed,
            })
            .collect(),
        arrivals: tally
            .arrivals
            .iter()
            .map(|(from, count)| v1::ArrivalTrace { from_step_key: key(*from), count: *count })
            .collect(),
    }
}

const fn is_live(state: TaskState) -> bool {
    matches!(state, TaskState::Waiting | TaskState::Ready | TaskState::Leased | TaskState::Backoff)
}

fn function(node: &Node) -> &str {
    match &node.step.run {
        Run::Function(name) => name,
        _ => "",
    }
}

fn version_out(function_version: &str, tally: &AttemptTally) -> v1::FunctionVersionTrace {
    v1::FunctionVersionTrace {
        function_version: function_version.to_owned(),
        attempts: tally.attempts,
        failed_attempts: tally.failed,
        usage: failure::usage_out(&tally.usage),
    }
}

fn worker_out(worker: &WorkerTally) -> v1::WorkerTrace {
    v1::WorkerTrace {
        worker_id: worker.worker_id.clone(),
        attempts: worker.tally.attempts,
        failed_attempts: worker.tally.failed,
        usage: failure::usage_out(&worker.tally.usage),
        start_time: Some(time::instant_out(worker.start_time)),
        end_time: Some(time::instant_out(worker.end_time)),
    }
}

fn wait_reason_out(reason: Option<WaitReason>) -> i32 {
    reason.map_or(v1::WaitReason::Unspecified, enums::wait_reason_out) as i32
}

/// A failure without the texts that may hold data. `source` is who says so when the failure does not tell.
fn bare_failure(why: &Failure, source: &str) -> v1::Failure {
    v1::Failure {
        kind: enums::failure_kind_out(why.kind) as i32,
        code: why.code.clone(),
        source: if why.source.is_empty() { source.to_owned() } else { why.source.clone() },
        ..v1::Failure::default()
    }
}

/// An artifact as a trace names it.
pub fn artifact_out(head: &ArtifactHead) -> v1::TracedArtifact {
    let has_digest = head.has_body && !head.removed;
    v1::TracedArtifact {
        sha256: if has_digest { Bytes::copy_from_slice(&head.sha256) } else { Bytes::new() },
        size_bytes: head.size_bytes,
        content_type: head.content_type.clone(),
        schema: head.schema.clone(),
        removed: head.removed,
    }
}

/// All that is shown of a task's trace.
#[derive(Debug)]
pub struct TaskTraceView<'a> {
    /// Its step.
    pub node: &'a Node,
    /// The task.
    pub record: &'a TaskRecord,
    /// Its attempts that ended.
    pub attempts: Vec<Attempt>,
    /// What it read.
    pub input: Option<v1::TracedArtifact>,
    /// What its newest attempt saved.
    pub checkpoint: Option<v1::TracedArtifact>,
    /// The first that it produced.
    pub outputs: Vec<v1::TracedArtifact>,
    /// Why it does not go on.
    pub wait_reason: Option<WaitReason>,
    /// The job and task that executed it, if it was another.
    pub carried: Option<(JobId, TaskId)>,
}

/// On the wire.
pub fn task_trace_out(view: &TaskTraceView<'_>) -> v1::TaskTrace {
    let TaskTraceView { node, record, attempts, .. } = view;
    let (task, function) = (task_of(record), function(node));
    let mut out = v1::TaskTrace {
        task_id: task.id.to_string(),
        step_key: node.step.step_key.as_ref().to_owned(),
        function_name: function.to_owned(),
        state: enums::task_state_out(state(record)) as i32,
        wait_reason: wait_reason_out(view.wait_reason),
        skip_reason: skip_reason(node, record) as i32,
        next_attempt_time: task::due(record).map(time::instant_out),
        parent_task_id: task.parent.map(|parent| parent.to_string()).unwrap_or_default(),
        item_path: task.item_path.0.iter().map(|index| i64::from(*index)).collect(),
        child_job_id: task::child_job(node, record, view.carried),
        aggregate: task.aggregate.as_ref().map(job_packet::aggregate_out),
        input: view.input.clone(),
        outputs: view.outputs.clone(),
        checkpoint: view.checkpoint.clone(),
        attempts: attempts
            .iter()
            .map(|attempt| bare_attempt(attempt, function))
            .chain(task::running_out(record))
            .collect(),
        failure: task::why(record, attempts).map(|why| bare_failure(why, function)),
        verdicts: task::verdicts(record).iter().map(bare_verdict).collect(),
        create_time: Some(time::instant_out(task.create_time)),
        start_time: task.start_time.map(time::instant_out),
        carried_from: view.carried.map(task::carried_out),
        ..v1::TaskTrace::default()
    };
    if let TaskRecord::Ended(ended) = record {
        out.end_time = Some(time::instant_out(ended.end_time));
        out.output_count = ended.outputs.len() as i64;
    }
    out
}

/// Two things skip a task: no item, or a join that can no longer fire.
fn skip_reason(node: &Node, record: &TaskRecord) -> v1::SkipReason {
    match (state(record), node.join) {
        (TaskState::Skipped, Some(_)) => v1::SkipReason::JoinFailed,
        (TaskState::Skipped, None) => v1::SkipReason::NoItems,
        _ => v1::SkipReason::Unspecified,
    }
}

fn bare_attempt(attempt: &Attempt, function: &str) -> v1::Attempt {
    let why = attempt.failure.as_ref().map(|why| bare_failure(why, function));
    let without = Attempt { failure: None, ..attempt.clone() };
    v1::Attempt { failure: why, ..task::attempt_out(&without, function, crate::convert::payload::Bodies::Omitted) }
}

fn bare_verdict(verdict: &Verdict) -> v1::PolicyVerdict {
    v1::PolicyVerdict {
        policy: verdict.policy.clone(),
        version: verdict.version.clone(),
        passed: verdict.passed,
        detail: String::new(),
    }
}
