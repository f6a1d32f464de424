//! GetTask.

use super::{
    task_view::Tasks,
    view::{read_job, read_version},
};
use crate::{
    convert::{at::At, check, payload::Bodies},
    edge::Edge,
    principal::Caller,
    reveals::Reveals,
    status::Answer,
};
use esteira_contract::v1;
use esteira_coordinator::audit::Deed;
use std::sync::Arc;

pub async fn get_task(
    edge: &Edge,
    caller: &Caller,
    deed: &Arc<Deed>,
    request: v1::GetTaskRequest,
) -> Answer<v1::GetTaskResponse> {
    let (job, task) =
        (check::id(&request.job_id, At::Top("job_id"))?, check::id(&request.task_id, At::Top("task_id"))?);
    deed.on(format!("jobs/{job}/tasks/{task}"));
    let job = read_job(edge, caller, job).await?;
    deed.of_class(job.data_class);
    let compiled = read_version(edge, caller, &job).await?;
    let tasks = Tasks { edge, caller, job: &job, compiled: &compiled, bodies: Bodies::Sent };
    let shown = tasks.find(task).await?;
    if shown.reveals() {
        edge.reveal(deed).await?;
    }
    Ok(v1::GetTaskResponse { task: Some(shown) })
}
