//! GetJob.

use super::view::{read_job, view_job};
use crate::{
    convert::{at::At, check, payload::Bodies},
    edge::Edge,
    principal::Caller,
    status::Answer,
};
use esteira_contract::v1;

pub async fn get_job(edge: &Edge, caller: &Caller, request: v1::GetJobRequest) -> Answer<v1::GetJobResponse> {
    let job = read_job(edge, caller, check::id(&request.job_id, At::Top("job_id"))?).await?;
    let shown = view_job(edge, caller, &job, Bodies::unless(request.omit_payloads)).await?;
    Ok(v1::GetJobResponse { job: Some(shown) })
}
