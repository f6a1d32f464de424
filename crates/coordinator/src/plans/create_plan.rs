//! Create a plan: a name to publish versions under.

use super::{answered, remember};
use crate::{
    coordinator::Coordinator,
    error::{Error, Reason, Result},
    work::{Principal, RequestKey},
};
use esteira_engine::Entropy;
use esteira_model::PlanId;
use esteira_store::PlanRecord;
use std::collections::BTreeMap;

/// What a caller asks for, checked for form by the edge.
#[derive(Debug, Clone)]
pub struct CreatePlan {
    /// For replays.
    pub request: Option<RequestKey>,
    /// Unique in the account.
    pub name: String,
    /// The folder that it lies in.
    pub project: String,
    /// For people.
    pub display_name: String,
    /// Kind of aggregate, or "".
    pub aggregate_type: String,
    /// To search by.
    pub labels: BTreeMap<String, String>,
}

impl Coordinator {
    /// Creates a plan without versions.
    pub async fn create_plan(&self, principal: &Principal, ask: CreatePlan) -> Result<PlanRecord> {
        let (account, now, id) =
            (principal.account.clone(), self.shared.clock.now(), PlanId(self.shared.ids.clone().uuid()));
        self.transact(move |unit| {
            Box::pin(async move {
                if let Some(id) = answered(unit, ask.request.as_ref()).await? {
                    return unit
                        .plan(&account, PlanId(id))
                        .await?
                        .ok_or_else(|| Error::new(Reason::PlanNotFound, "the plan that this request created is gone"));
                }
                if unit.plan_by_name(&account, &ask.name).await?.is_some() {
                    let message = format!("there is a plan `{}` already", ask.name);
                    return Err(Error { field: "plan.name".into(), ..Error::new(Reason::NameTaken, message) });
                }
                let plan = PlanRecord {
                    id,
                    account,
                    name: ask.name,
                    project: ask.project,
                    display_name: ask.display_name,
                    aggregate_type: ask.aggregate_type,
                    labels: ask.labels,
                    default_version: 0,
                    latest_version: 0,
                    create_time: now,
                    update_time: now,
                    revision: 1,
                };
                unit.put_plan(&plan).await?;
                remember(unit, ask.request, id.0, now).await?;
                Ok(plan)
            })
        })
        .await
    }
}
