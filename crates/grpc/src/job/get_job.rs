//! GetJob.

use super::view::{read_job, view_job};
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

pub async fn get_job(
    edge: &Edge,
    caller: &Caller,
    deed: &Arc<Deed>,
    request: v1::GetJobRequest,
) -> Answer<v1::GetJobResponse> {
    let id = check::id(&request.job_id, At::Top("job_id"))?;
    deed.on(format!("jobs/{id}"));
    let job = read_job(edge, caller, id).await?;
    deed.of_class(job.data_class);
    let shown = view_job(edge, caller, &job, Bodies::unless(request.omit_payloads)).await?;
    if shown.reveals() {
        edge.reveal(deed).await?;
    }
    Ok(v1::GetJobResponse { job: Some(shown) })
}
