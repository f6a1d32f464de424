//! Which body a verification or an export is about.

use crate::{
    convert::{at::At, check},
    status::{Answer, Refusal},
};
use esteira_contract::v1::{self, artifact_selector::Body};
use esteira_coordinator::verify::Wanted;
use esteira_model::{JobId, limits};

/// The job, and which of its bodies.
pub fn selected(selector: Option<v1::ArtifactSelector>) -> Answer<(JobId, Wanted)> {
    let selector = check::required(selector, At::Top("artifact"))?;
    let job = check::id(&selector.job_id, At::Top("artifact.job_id"))?;
    Ok((job, wanted(selector)?))
}

/// The same; with a digest no job needs to be named.
pub fn selected_anywhere(selector: Option<v1::ArtifactSelector>) -> Answer<(Option<JobId>, Wanted)> {
    match selector {
        Some(selector) if selector.job_id.is_empty() && matches!(selector.body, Some(Body::Sha256(_))) => {
            Ok((None, wanted(selector)?))
        }
        selector => selected(selector).map(|(job, wanted)| (Some(job), wanted)),
    }
}

fn wanted(selector: v1::ArtifactSelector) -> Answer<Wanted> {
    Ok(match check::required(selector.body, At::Top("artifact.body"))? {
        Body::Input(true) => Wanted::Input,
        Body::Input(false) => return Err(Refusal::field(At::Top("artifact.input"), "is false: leave it out")),
        Body::Output(output) => {
            let task = check::id(&output.task_id, At::Top("artifact.output.task_id"))?;
            let most = limits::FAN_OUT_ITEMS_MAX as i64;
            let index = check::int::<usize>(i64::from(output.index), At::Top("artifact.output.index"), 0, most)?;
            Wanted::Output(task, index)
        }
        Body::Sha256(bytes) => {
            let sha256 = <[u8; 32]>::try_from(bytes.as_ref());
            Wanted::Digest(sha256.map_err(|_| Refusal::field(At::Top("artifact.sha256"), "has not 32 bytes"))?)
        }
    })
}
