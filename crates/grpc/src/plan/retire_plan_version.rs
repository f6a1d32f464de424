//! RetirePlanVersion.

use crate::{
    convert::{
        at::At,
        check,
        plan::{self, Document},
    },
    digest::request_key,
    edge::Edge,
    principal::Caller,
    status::Answer,
};
use esteira_contract::v1;
use esteira_coordinator::audit::Deed;
use esteira_coordinator::plans::RetirePlanVersion;
use std::sync::Arc;

pub async fn retire_plan_version(
    edge: &Edge,
    caller: &Caller,
    deed: &Arc<Deed>,
    mut request: v1::RetirePlanVersionRequest,
) -> Answer<v1::RetirePlanVersionResponse> {
    let request_id = check::request_id(std::mem::take(&mut request.request_id), At::Top("request_id"))?;
    let key = request_key(&caller.principal, "RetirePlanVersion", request_id, &mut request);
    let ask = RetirePlanVersion {
        request: key,
        version: check::id(&request.plan_version_id, At::Top("plan_version_id"))?,
        reason: check::required_reason(request.reason, At::Top("reason"))?,
    };
    deed.on(format!("planVersions/{}", ask.version));
    deed.because(&ask.reason);
    let retired = edge.coordinator.recording(deed).retire_plan_version(&caller.principal, ask).await?;
    Ok(v1::RetirePlanVersionResponse { version: Some(plan::version_out(retired, Document::Omitted)) })
}
