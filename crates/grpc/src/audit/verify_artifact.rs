//! VerifyArtifact.

use super::selector::selected_anywhere;
use crate::{
    convert::{at::At, check, verification::verification_out},
    edge::Edge,
    principal::Caller,
    status::{Answer, Refusal},
};
use esteira_contract::v1;
use esteira_coordinator::{
    catalog::PlanKey,
    verify::{Performed, Scope, VerifyArtifact, Wanted},
};
use esteira_model::JobId;
use sha2::{Digest, Sha256};

pub async fn verify_artifact(
    edge: &Edge,
    caller: &Caller,
    request: v1::VerifyArtifactRequest,
) -> Answer<v1::VerifyArtifactResponse> {
    let start_time = edge.now();
    let (job, wanted) = selected_anywhere(request.artifact)?;
    let version = check::int::<i32>(i64::from(request.version), At::Top("version"), 0, i64::from(i32::MAX))?;
    let plan = (!request.plan.is_empty()).then_some(PlanKey::Name(request.plan));
    let (coordinator, who) = (&edge.coordinator, &caller.principal);
    let sha256: Option<[u8; 32]> = (!request.content.is_empty()).then(|| Sha256::digest(&request.content).into());
    let scope = scope(job, &wanted, sha256.as_ref());
    let (report, found, head) = match (job, wanted) {
        (None, Wanted::Digest(digest)) => {
            if sha256.is_some_and(|held| held != digest) {
                return Err(Refusal::field(At::Top("content"), "has another digest than the one that is looked for"));
            }
            let claimed = plan.map(|plan| (plan, version));
            let mut against = coordinator.stand().await?;
            let found = coordinator.check_anywhere(who, digest, claimed, &mut against).await?;
            (found.report, found.job, against.head())
        }
        (None, _) => return Err(Refusal::field(At::Top("artifact.job_id"), "is needed with this body")),
        (Some(job), wanted) => {
            let plan_sha256 = coordinator.claimed_plan(who, job, plan, version).await?;
            let ask = VerifyArtifact { job, wanted, sha256, plan_sha256 };
            let mut against = coordinator.stand().await?;
            (coordinator.check_artifact(&who.account, &ask, &mut against).await?, Some(job), against.head())
        }
    };
    let performed = Performed::of(Scope::Artifact(scope), &report, head, start_time);
    coordinator.record_verification(who, &performed).await?;
    Ok(v1::VerifyArtifactResponse {
        verification: Some(verification_out(&report, (head.0, head.1.0))),
        job_id: found.map(|job| job.to_string()).unwrap_or_default(),
    })
}

/// What is verified, as its leaf says it.
fn scope(job: Option<JobId>, wanted: &Wanted, held: Option<&[u8; 32]>) -> String {
    let job = job.map(|job| job.to_string()).unwrap_or_default();
    match (wanted, held) {
        (_, Some(digest)) | (Wanted::Digest(digest), None) => hex(digest),
        (Wanted::Input, None) => format!("jobs/{job}/input"),
        (Wanted::Output(task, index), None) => format!("jobs/{job}/tasks/{task}/outputs/{index}"),
    }
}

fn hex(bytes: &[u8; 32]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
