//! GetTask.

use super::{
    task_view::Tasks,
    view::{read_job, read_version},
};
use crate::{
    convert::{at::At, check, payload::Bodies},
    edge::Edge,
    principal::Caller,
    status::Answer,
};
use esteira_contract::v1;

pub async fn get_task(edge: &Edge, caller: &Caller, request: v1::GetTaskRequest) -> Answer<v1::GetTaskResponse> {
    let (job, task) =
        (check::id(&request.job_id, At::Top("job_id"))?, check::id(&request.task_id, At::Top("task_id"))?);
    let job = read_job(edge, caller, job).await?;
    let compiled = read_version(edge, caller, &job).await?;
    let tasks = Tasks { edge, caller, job: &job, compiled: &compiled, bodies: Bodies::Sent };
    Ok(v1::GetTaskResponse { task: Some(tasks.find(task).await?) })
}
