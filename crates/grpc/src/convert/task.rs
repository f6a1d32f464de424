//! How a task is shown.

use crate::convert::{
    enums, failure,
    job::Stored,
    job_packet,
    payload::{self, Bodies},
    time,
};
use esteira_contract::v1;
use esteira_engine::Node;
use esteira_model::{Attempt, Failure, Job, JobId, Run, Task, TaskId, TaskState, Time, Verdict, WaitReason};
use esteira_store::{Leased, Live, LivePlace, TaskRecord};
use prost::Message;

/// All that is shown of a task.
#[derive(Debug)]
pub struct TaskView<'a> {
    /// Its job.
    pub job: &'a Job,
    /// Its step.
    pub node: &'a Node,
    /// The task.
    pub record: &'a TaskRecord,
    /// Its attempts that ended.
    pub attempts: Vec<Attempt>,
    /// What it received.
    pub input: Option<Stored>,
    /// Why it does not go on.
    pub wait_reason: Option<WaitReason>,
    /// The job and task that executed it, if it was another.
    pub carried: Option<(JobId, TaskId)>,
}

/// Attempts whose failures carry more than this in details lose the bodies of those.
const ATTEMPTS_BYTES_MAX: usize = 2 << 20;

/// On the wire; without outputs, which are added as far as they fit.
pub fn task_out(view: &TaskView<'_>, bodies: Bodies) -> v1::Task {
    let TaskView { job, node, record, input, wait_reason, carried, .. } = view;
    let task = task_of(record);
    let function = match &node.step.run {
        Run::Function(name) => name.as_ref(),
        _ => "",
    };
    let data = input.as_ref().map(|(data, sha256)| payload::payload_out(data, sha256, bodies));
    let packet = data.map(|data| job_packet::packet_out(&job.actor, task.aggregate.as_ref(), Some(data), &job.headers));
    let mut out = v1::Task {
        task_id: task.id.to_string(),
        job_id: task.job.to_string(),
        step_key: node.step.step_key.as_ref().to_owned(),
        function_name: function.to_owned(),
        queue: if function.is_empty() { String::new() } else { node.queue().to_owned() },
        state: enums::task_state_out(state(record)) as i32,
        wait_reason: wait_reason.map_or(v1::WaitReason::Unspecified, enums::wait_reason_out) as i32,
        next_attempt_time: due(record).map(time::instant_out),
        parent_task_id: task.parent.map(|parent| parent.to_string()).unwrap_or_default(),
        item_path: task.item_path.0.iter().map(|index| i64::from(*index)).collect(),
        child_job_id: child_job(node, record, *carried),
        input: packet,
        attempts: attempts_out(view, function, bodies),
        failure: why(record, &view.attempts).map(|why| failure::failure_out(why, function, bodies)),
        verdicts: verdicts(record).iter().map(failure::verdict_out).collect(),
        create_time: Some(time::instant_out(task.create_time)),
        start_time: task.start_time.map(time::instant_out),
        carried_from: carried.map(carried_out),
        ..v1::Task::default()
    };
    if let TaskRecord::Ended(ended) = record {
        out.end_time = Some(time::instant_out(ended.end_time));
        out.output_count = ended.outputs.len() as i64;
    }
    out
}

/// The task that executed a carried one.
pub fn carried_out((job, task): (JobId, TaskId)) -> v1::TaskRef {
    v1::TaskRef { job_id: job.to_string(), task_id: task.to_string() }
}

/// The task itself.
pub fn task_of(record: &TaskRecord) -> &Task {
    match record {
        TaskRecord::Live(live) => &live.task,
        TaskRecord::Ended(ended) => &ended.task,
    }
}

/// Where a task stands.
pub fn state(record: &TaskRecord) -> TaskState {
    match record {
        TaskRecord::Ended(ended) => ended.state,
        TaskRecord::Live(live) => match &live.place {
            LivePlace::Queued { .. } => TaskState::Ready,
            LivePlace::Leased(_) => TaskState::Leased,
            LivePlace::Parked { reason: WaitReason::RetryBackoff, .. } => TaskState::Backoff,
            LivePlace::Parked { .. } => TaskState::Waiting,
        },
    }
}

/// When it moves on by itself.
pub fn due(record: &TaskRecord) -> Option<Time> {
    match record {
        TaskRecord::Live(live) => match live.place {
            LivePlace::Parked { due, .. } => due,
            _ => None,
        },
        TaskRecord::Ended(_) => None,
    }
}

/// A child job has the id of the task that waits for it, and begins with it.
pub fn child_job(node: &Node, record: &TaskRecord, carried: Option<(JobId, TaskId)>) -> String {
    let task = task_of(record);
    let began = carried.is_some() || task.start_time.is_some();
    let executed = carried.map_or(task.id, |(_, executed)| executed);
    if began && matches!(node.step.run, Run::SubPlan { .. }) { executed.to_string() } else { String::new() }
}

/// Why it failed for good, or why its last attempt did.
pub fn why<'v>(record: &'v TaskRecord, attempts: &'v [Attempt]) -> Option<&'v Failure> {
    match record {
        TaskRecord::Ended(ended) => ended.failure.as_ref(),
        record if state(record) == TaskState::Backoff => attempts.last().and_then(|attempt| attempt.failure.as_ref()),
        TaskRecord::Live(_) => None,
    }
}

/// What the policies said.
pub fn verdicts(record: &TaskRecord) -> &[Verdict] {
    match record {
        TaskRecord::Ended(ended) => &ended.verdicts,
        TaskRecord::Live(_) => &[],
    }
}

fn attempts_out(view: &TaskView<'_>, function: &str, bodies: Bodies) -> Vec<v1::Attempt> {
    let all = |bodies| -> Vec<v1::Attempt> {
        view.attempts.iter().map(|attempt| attempt_out(attempt, function, bodies)).collect()
    };
    let mut attempts = all(bodies);
    if attempts.iter().map(Message::encoded_len).sum::<usize>() > ATTEMPTS_BYTES_MAX {
        attempts = all(Bodies::Omitted);
    }
    attempts.extend(running_out(view.record));
    attempts
}

fn number(value: u32) -> i32 {
    i32::try_from(value).unwrap_or(i32::MAX)
}

/// One that ended.
pub fn attempt_out(attempt: &Attempt, function: &str, bodies: Bodies) -> v1::Attempt {
    v1::Attempt {
        number: number(attempt.number),
        worker_id: attempt.worker_id.clone(),
        function_version: attempt.function_version.clone(),
        fence: attempt.fence,
        start_time: Some(time::instant_out(attempt.start_time)),
        end_time: Some(time::instant_out(attempt.end_time)),
        worker_start_time: attempt.worker_start_time.map(time::instant_out),
        worker_end_time: attempt.worker_end_time.map(time::instant_out),
        failure: attempt.failure.as_ref().map(|why| failure::failure_out(why, function, bodies)),
        usage: failure::usage_out(&attempt.usage),
    }
}

/// The attempt under the lease that is held.
pub fn running_out(record: &TaskRecord) -> Option<v1::Attempt> {
    match record {
        TaskRecord::Live(Live { place: LivePlace::Leased(leased), .. }) => Some(running(leased)),
        _ => None,
    }
}

fn running(leased: &Leased) -> v1::Attempt {
    v1::Attempt {
        number: number(leased.task.attempts),
        worker_id: leased.worker_id.clone(),
        function_version: leased.function_version.clone(),
        fence: leased.task.fence,
        start_time: Some(time::instant_out(leased.grant_time)),
        ..v1::Attempt::default()
    }
}
