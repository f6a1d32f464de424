//! ListTaskTraces.

use super::heads::Heads;
use crate::{
    convert::{
        at::At,
        check,
        task::task_of,
        trace::{OUTPUTS_MAX, TaskTraceView, task_trace_out},
    },
    edge::Edge,
    filter,
    fit::Room,
    job::{
        list_tasks::{COLUMNS, by_step},
        view::{read_job, read_version},
        waiting,
    },
    page_token::List,
    principal::Caller,
    reveals::Reveals,
    status::Answer,
};
use esteira_contract::v1;
use esteira_coordinator::{Compiled, audit::Deed};
use esteira_model::{ArtifactId, Attempt, JobId, TaskId};
use esteira_store::{Page, TaskRecord};
use prost::Message;
use std::collections::HashMap;

pub async fn list_task_traces(
    edge: &Edge,
    caller: &Caller,
    deed: &Deed,
    request: v1::ListTaskTracesRequest,
) -> Answer<v1::ListTaskTracesResponse> {
    let id: JobId = check::id(&request.job_id, At::Top("job_id"))?;
    deed.on(format!("jobs/{id}"));
    let filter = filter::parse(&request.filter, COLUMNS)?;
    let list =
        List { rpc: "ListTaskTraces", principal: &caller.principal, within: &request.job_id, filter: &request.filter };
    let page = edge.pages.page(&list, request.page_size, &request.page_token)?;
    let job = read_job(edge, caller, id).await?;
    deed.of_class(job.data_class);
    let compiled = read_version(edge, caller, &job).await?;
    let filter = by_step(&compiled, filter)?;
    let reader = edge.coordinator.reader();
    let mut found = reader.list_tasks(id, &filter, &page).await?;
    let (mut tasks, mut room) = (Vec::with_capacity(found.rows.len()), Room::message());
    for task in views(edge, caller, id, &compiled, &found.rows).await? {
        // A page has at least one task, so that the list goes on.
        if !room.take(task.encoded_len()) && !tasks.is_empty() {
            break;
        }
        tasks.push(task);
    }
    if tasks.len() < found.rows.len() {
        // A shorter page, with its own cursor.
        found = reader.list_tasks(id, &filter, &Page { size: tasks.len(), ..page }).await?;
    }
    if tasks.reveals() {
        edge.reveal(deed).await?;
    }
    Ok(v1::ListTaskTracesResponse { tasks, next_page_token: edge.pages.next(&list, found.next.as_deref()) })
}

/// Tasks of one job as they are shown; attempts and artifacts of all are read in one set each.
pub async fn views(
    edge: &Edge,
    caller: &Caller,
    job: JobId,
    compiled: &Compiled,
    records: &[TaskRecord],
) -> Answer<Vec<v1::TaskTrace>> {
    let mut attempts = attempts(edge, job, records).await?;
    let heads = Heads::read(edge, &artifacts(records)).await?;
    let carried = carried(edge, job, records).await?;
    let view = |record: &TaskRecord| {
        let task = task_of(record);
        let artifact = |id: Option<ArtifactId>| id.map(|id| heads.out(id));
        let outputs = match record {
            TaskRecord::Ended(ended) => ended.outputs.iter().take(OUTPUTS_MAX).map(|id| heads.out(*id)).collect(),
            TaskRecord::Live(_) => Vec::new(),
        };
        let view = TaskTraceView {
            node: compiled.graph.node(task.step),
            record,
            attempts: attempts.remove(&task.id).unwrap_or_default(),
            input: artifact(task.input),
            checkpoint: artifact(task.checkpoint),
            outputs,
            wait_reason: match record {
                TaskRecord::Live(live) => waiting::of_task(edge, caller, live),
                TaskRecord::Ended(_) => None,
            },
            carried: carried.get(&task.id).copied(),
        };
        task_trace_out(&view)
    };
    Ok(records.iter().map(view).collect())
}

async fn attempts(edge: &Edge, job: JobId, records: &[TaskRecord]) -> Answer<HashMap<TaskId, Vec<Attempt>>> {
    let tried: Vec<TaskId> = records.iter().map(task_of).filter(|task| task.attempts > 0).map(|task| task.id).collect();
    let mut by_task: HashMap<TaskId, Vec<Attempt>> = HashMap::with_capacity(tried.len());
    for attempt in edge.coordinator.reader().attempts_of(job, &tried).await? {
        by_task.entry(attempt.task).or_default().push(attempt);
    }
    Ok(by_task)
}

/// The jobs and tasks that executed those of these that ended without an attempt.
async fn carried(edge: &Edge, job: JobId, records: &[TaskRecord]) -> Answer<HashMap<TaskId, (JobId, TaskId)>> {
    let ended = records.iter().filter(|record| matches!(record, TaskRecord::Ended(_))).map(task_of);
    let untried: Vec<TaskId> = ended.filter(|task| task.attempts == 0).map(|task| task.id).collect();
    let found = edge.coordinator.reader().carried_tasks(job, &untried).await?;
    Ok(found.into_iter().map(|carried| (carried.task, (carried.from_job, carried.from_task))).collect())
}

fn artifacts(records: &[TaskRecord]) -> Vec<ArtifactId> {
    let mut ids = Vec::new();
    for record in records {
        let task = task_of(record);
        ids.extend(task.input.into_iter().chain(task.checkpoint));
        if let TaskRecord::Ended(ended) = record {
            ids.extend(ended.outputs.iter().take(OUTPUTS_MAX));
        }
    }
    ids
}
