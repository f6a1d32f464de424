//! Retire a plan version: no new jobs; running ones go on.

use super::{answered, remember};
use crate::{
    coordinator::Coordinator,
    error::{Error, Reason, Result},
    work::{Principal, RequestKey},
};
use esteira_model::PlanVersionId;
use esteira_store::PlanVersionRecord;

/// What a caller asks for.
#[derive(Debug, Clone)]
pub struct RetirePlanVersion {
    /// For replays.
    pub request: Option<RequestKey>,
    /// The version.
    pub version: PlanVersionId,
    /// Why.
    pub reason: String,
}

impl Coordinator {
    /// Retires a version; retiring it again changes nothing.
    pub async fn retire_plan_version(
        &self,
        principal: &Principal,
        ask: RetirePlanVersion,
    ) -> Result<PlanVersionRecord> {
        let (account, now, id) = (principal.account.clone(), self.shared.clock.now(), ask.version);
        let owner = account.clone();
        let version = self
            .transact(move |unit| {
                Box::pin(async move {
                    let not_found =
                        || Error::new(Reason::PlanVersionNotFound, format!("there is no plan version {id}"));
                    let version = unit
                        .plan_version(id)
                        .await?
                        .filter(|version| version.account == account)
                        .ok_or_else(not_found)?;
                    if answered(unit, ask.request.as_ref()).await?.is_some() {
                        return Ok(version);
                    }
                    unit.retire_plan_version(id, now, &ask.reason).await?;
                    remember(unit, ask.request, id.0, now).await?;
                    Ok(unit.plan_version(id).await?.unwrap_or(version))
                })
            })
            .await?;
        self.shared.catalog.forget(&owner, &version.plan_name, Some(id));
        Ok(version)
    }
}
