//! ExportEvidence.

use super::selector::selected;
use crate::{edge::Edge, principal::Caller, status::Answer};
use esteira_contract::v1;
use esteira_coordinator::{audit::Deed, verify::VerifyArtifact};

pub async fn export_evidence(
    edge: &Edge,
    caller: &Caller,
    deed: &Deed,
    request: v1::ExportEvidenceRequest,
) -> Answer<v1::ExportEvidenceResponse> {
    let (job, wanted) = selected(request.artifact)?;
    let ask = VerifyArtifact { job, wanted, sha256: None, plan_sha256: None };
    let coordinator = &edge.coordinator;
    let evidence_json = coordinator.export_evidence(&caller.principal.account, &ask, !request.omit_content).await?;
    // With or without the bytes it tells what a small body was.
    deed.on(format!("jobs/{job}"));
    edge.reveal(deed).await?;
    Ok(v1::ExportEvidenceResponse { evidence_json })
}
