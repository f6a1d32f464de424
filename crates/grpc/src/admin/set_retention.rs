//! SetRetention.

use crate::{
    convert::{at::At, check, enums, retention},
    edge::Edge,
    principal::Caller,
    status::Answer,
};
use esteira_contract::v1;
use esteira_coordinator::audit::Deed;
use std::sync::Arc;

pub async fn set_retention(
    edge: &Edge,
    caller: &Caller,
    deed: &Arc<Deed>,
    request: v1::SetRetentionRequest,
) -> Answer<v1::SetRetentionResponse> {
    let at = At::Top("data_class");
    let class = check::required(enums::data_class(request.data_class, at)?, at)?;
    let project = check::project(request.project, At::Top("project"))?;
    let rule = retention::rule(request.rule)?;
    deed.on(format!("retention/{project}/{class}"));
    let policy = edge.coordinator.recording(deed).set_retention(&caller.principal, project, class, rule).await?;
    tracing::info!(
        project = policy.project,
        data_class = class.as_str(),
        keep_seconds = policy.keep.map(|keep| keep.as_secs()),
        is_default = policy.is_default,
        user = caller.principal.user_id,
        "retention set"
    );
    Ok(v1::SetRetentionResponse { policy: Some(retention::policy_out(policy)) })
}
