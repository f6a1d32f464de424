//! VerifyJob.

use crate::{
    convert::{at::At, check, verification::verification_out},
    edge::Edge,
    principal::Caller,
    status::{Answer, Refusal},
};
use esteira_contract::v1;
use esteira_coordinator::{
    Reason,
    verify::{Performed, Scope},
};
use esteira_model::JobId;

pub async fn verify_job(edge: &Edge, caller: &Caller, request: v1::VerifyJobRequest) -> Answer<v1::VerifyJobResponse> {
    let start_time = edge.now();
    let job: JobId = check::id(&request.job_id, At::Top("job_id"))?;
    let coordinator = &edge.coordinator;
    let own = coordinator.reader().job(&caller.principal.account, job).await?;
    let not_found = || Refusal::new(Reason::JobNotFound, format!("there is no job {job}"));
    own.ok_or_else(not_found)?;
    let mut against = coordinator.stand().await?;
    let report = coordinator.check_job(job, &mut against).await?.ok_or_else(not_found)?;
    let head = against.head();
    let performed = Performed::of(Scope::Job(job), &report, head, start_time);
    coordinator.record_verification(&caller.principal, &performed).await?;
    Ok(v1::VerifyJobResponse { verification: Some(verification_out(&report, (head.0, head.1.0))) })
}
