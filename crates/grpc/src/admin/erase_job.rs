//! EraseJob.

use crate::{
    convert::{at::At, check, removal::certificate_out, verification::count},
    edge::Edge,
    principal::Caller,
    status::Answer,
};
use esteira_contract::v1;
use esteira_coordinator::{
    audit::{Deed, OK},
    removal::EraseJob,
};
use esteira_model::{Decision, JobId};
use std::sync::Arc;

pub async fn erase_job(
    edge: &Edge,
    caller: &Caller,
    deed: &Arc<Deed>,
    request: v1::EraseJobRequest,
) -> Answer<v1::EraseJobResponse> {
    let job: JobId = check::id(&request.job_id, At::Top("job_id"))?;
    deed.on(format!("jobs/{job}"));
    let reason = check::required_reason(request.reason, At::Top("reason"))?;
    deed.because(&reason);
    let erased = edge.coordinator.recording(deed).erase_job(&caller.principal, EraseJob { job, reason }).await?;
    if !deed.is_recorded() {
        // All was erased before: nothing was committed with which it could be recorded.
        edge.coordinator.record(deed, Decision::Allowed, OK).await?;
    }
    tracing::info!(%job, artifacts = erased.removed.artifacts, user = caller.principal.user_id, "the data of a job is erased");
    Ok(v1::EraseJobResponse {
        jobs: count(erased.jobs),
        artifacts: count(erased.removed.artifacts),
        bytes: count(erased.removed.bytes),
        certificates: erased.certificates.iter().map(certificate_out).collect(),
    })
}
