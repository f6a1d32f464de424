//! VerifyArtifact.

use super::selector::selected;
use crate::{
    convert::{at::At, check, verification::verification_out},
    edge::Edge,
    principal::Caller,
    status::Answer,
};
use esteira_contract::v1;
use esteira_coordinator::{
    catalog::PlanKey,
    verify::{Performed, Scope, VerifyArtifact, Wanted},
};
use sha2::{Digest, Sha256};

pub async fn verify_artifact(
    edge: &Edge,
    caller: &Caller,
    request: v1::VerifyArtifactRequest,
) -> Answer<v1::VerifyArtifactResponse> {
    let start_time = edge.now();
    let (job, wanted) = selected(request.artifact)?;
    let version = check::int::<i32>(i64::from(request.version), At::Top("version"), 0, i64::from(i32::MAX))?;
    let plan = (!request.plan.is_empty()).then_some(PlanKey::Name(request.plan));
    let coordinator = &edge.coordinator;
    let plan_sha256 = coordinator.claimed_plan(&caller.principal, job, plan, version).await?;
    let sha256 = (!request.content.is_empty()).then(|| Sha256::digest(&request.content).into());
    let scope = match (&wanted, sha256) {
        (_, Some(digest)) => hex(&digest),
        (Wanted::Digest(digest), None) => hex(digest),
        (Wanted::Input, None) => format!("jobs/{job}/input"),
        (Wanted::Output(task, index), None) => format!("jobs/{job}/tasks/{task}/outputs/{index}"),
    };
    let ask = VerifyArtifact { job, wanted, sha256, plan_sha256 };
    let mut against = coordinator.stand().await?;
    let report = coordinator.check_artifact(&caller.principal.account, &ask, &mut against).await?;
    let head = against.head();
    let performed = Performed::of(Scope::Artifact(scope), &report, head, start_time);
    coordinator.record_verification(&caller.principal, &performed).await?;
    Ok(v1::VerifyArtifactResponse { verification: Some(verification_out(&report, (head.0, head.1.0))) })
}

fn hex(bytes: &[u8; 32]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
