//! RetryTasks.

use super::{
    task_view::Tasks,
    view::{read_job, read_version},
};
use crate::{
    convert::{at::At, check, payload::Bodies},
    digest::request_key,
    edge::Edge,
    principal::Caller,
    status::{Answer, Refusal},
};
use esteira_contract::v1;
use esteira_coordinator::audit::Deed;
use esteira_coordinator::work::{RequestKey, Retry};
use esteira_model::{TaskId, limits};
use std::sync::Arc;

pub async fn retry_tasks(
    edge: &Edge,
    caller: &Caller,
    deed: &Arc<Deed>,
    mut request: v1::RetryTasksRequest,
) -> Answer<v1::RetryTasksResponse> {
    let request_id = check::request_id(std::mem::take(&mut request.request_id), At::Top("request_id"))?;
    let key = request_key(&caller.principal, "RetryTasks", request_id, &mut request);
    let retry = retry(key, request, caller, deed)?;
    let id = retry.job;
    let begun = edge.coordinator.recording(deed).retry_tasks(retry).await?;
    let job = read_job(edge, caller, id).await?;
    let compiled = read_version(edge, caller, &job).await?;
    let tasks = Tasks { edge, caller, job: &job, compiled: &compiled, bodies: Bodies::Omitted };
    let mut shown = Vec::with_capacity(begun.len());
    for task in begun {
        shown.push(tasks.find(task).await?);
    }
    Ok(v1::RetryTasksResponse { tasks: shown })
}

fn retry(request: Option<RequestKey>, retry: v1::RetryTasksRequest, caller: &Caller, deed: &Deed) -> Answer<Retry> {
    let v1::RetryTasksRequest { job_id, task_ids, reason, .. } = retry;
    let at = At::Top("task_ids");
    check::count(task_ids.len(), at, 1, limits::BATCH_MAX)?;
    let mut tasks: Vec<TaskId> = Vec::with_capacity(task_ids.len());
    for (index, task) in task_ids.iter().enumerate() {
        let task = check::id(task, at.index(index))?;
        if tasks.contains(&task) {
            return Err(Refusal::field(at.index(index), "stands there twice"));
        }
        tasks.push(task);
    }
    let job = check::id(&job_id, At::Top("job_id"))?;
    let reason = check::required_reason(reason, At::Top("reason"))?;
    deed.on(format!("jobs/{job}"));
    deed.because(&reason);
    tracing::info!(%job, tasks = tasks.len(), user = caller.principal.user_id, reason, "tasks are tried again");
    Ok(Retry { account: caller.principal.account.clone(), job, tasks, request, deed: None })
}
