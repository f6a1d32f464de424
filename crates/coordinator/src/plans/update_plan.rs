//! Update a plan: its default version, display name and labels. Versions never change.

use super::{answered, remember};
use crate::{
    catalog::PlanKey,
    coordinator::Coordinator,
    error::{Error, Reason, Result},
    work::{Principal, RequestKey},
};
use esteira_model::PlanId;
use esteira_store::PlanRecord;
use std::collections::BTreeMap;

/// What to change; none leaves a field as it is.
#[derive(Debug, Clone)]
pub struct UpdatePlan {
    /// For replays.
    pub request: Option<RequestKey>,
    /// The plan.
    pub plan: PlanId,
    /// The revision that the caller saw.
    pub revision: i64,
    /// Version that a start without a version runs.
    pub default_version: Option<i32>,
    /// For people.
    pub display_name: Option<String>,
    /// To search by.
    pub labels: Option<BTreeMap<String, String>>,
}

impl Coordinator {
    /// Changes a plan that nobody has changed since the caller read it.
    pub async fn update_plan(&self, principal: &Principal, ask: UpdatePlan) -> Result<PlanRecord> {
        let name = self.shared.catalog.plan(self.reader(), &principal.account, &PlanKey::Id(ask.plan)).await?.name;
        let (account, now) = (principal.account.clone(), self.shared.clock.now());
        let owner = account.clone();
        let result = self
            .transact(move |unit| {
                Box::pin(async move {
                    let not_found = || Error::new(Reason::PlanNotFound, format!("there is no plan {}", ask.plan));
                    let mut plan = unit.plan(&account, ask.plan).await?.ok_or_else(not_found)?;
                    if answered(unit, ask.request.as_ref()).await?.is_some() {
                        return Ok(plan);
                    }
                    if plan.revision != ask.revision {
                        return Err(Error {
                            field: "plan.etag".into(),
                            ..Error::new(Reason::EtagMismatch, "the plan has changed since it was read")
                        });
                    }
                    if let Some(number) = ask.default_version {
                        let version = unit.plan_version_by_number(plan.id, number).await?;
                        let missing =
                            || Error::new(Reason::PlanVersionNotFound, format!("there is no version {number}"));
                        let version =
                            version.ok_or_else(|| Error { field: "plan.default_version".into(), ..missing() })?;
                        if version.retire_time.is_some() {
                            return Err(Error::new(Reason::VersionRetired, format!("version {number} is retired")));
                        }
                        plan.default_version = number;
                    }
                    plan.display_name = ask.display_name.unwrap_or(plan.display_name);
                    plan.labels = ask.labels.unwrap_or(plan.labels);
                    plan.update_time = now;
                    plan.revision += 1;
                    unit.put_plan(&plan).await?;
                    remember(unit, ask.request, plan.id.0, now).await?;
                    Ok(plan)
                })
            })
            .await;
        self.shared.catalog.forget(&owner, &name, None);
        result
    }
}
