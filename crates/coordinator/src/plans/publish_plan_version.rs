//! Publish a plan version: the document is kept and hashed verbatim, sub-plans are frozen, nothing of it changes any more.

use super::{answered, remember};
use crate::{
    catalog::{self, PlanKey},
    coordinator::Coordinator,
    error::{Error, Reason, Result},
    work::{Principal, RequestKey},
};
use esteira_engine::{Entropy, Evaluate, Issue};
use esteira_expr::Evaluator;
use esteira_model::{AccountId, Actor, PlanId, PlanVersionId, Run, Time, limits, plan::PROJECT_DEFAULT};
use esteira_store::{PlanRecord, PlanVersionRecord, Unit};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// What a caller asks for.
#[derive(Debug, Clone)]
pub struct PublishPlanVersion {
    /// For replays.
    pub request: Option<RequestKey>,
    /// The plan; one that is named and not there is created.
    pub plan: PlanKey,
    /// The project of a plan that is created, and that of one that is there; none = any.
    pub project: Option<String>,
    /// The document.
    pub definition_json: String,
    /// The newest version that the caller knows; none = any.
    pub expected_latest_version: Option<i32>,
    /// Whether starts without a version run it from now on.
    pub make_default: bool,
}

/// A published version.
#[derive(Debug, Clone, PartialEq)]
pub struct Published {
    /// The version.
    pub version: PlanVersionRecord,
    /// What is odd about it.
    pub warnings: Vec<Issue>,
}

impl Coordinator {
    /// Publishes the next version of a plan. The first becomes the default by itself.
    pub async fn publish_plan_version(&self, principal: &Principal, ask: PublishPlanVersion) -> Result<Published> {
        let parsed = esteira_definition::parse(&ask.definition_json).map_err(catalog::invalid)?;
        if let PlanKey::Name(name) = &ask.plan
            && *name != parsed.name
        {
            return Err(Error::field("plan_name", format!("the document is named `{}`", parsed.name)));
        }
        let checked = self.validate_plan(principal, &ask.definition_json).await;
        if !checked.is_valid() {
            return Err(catalog::invalid(checked.issues));
        }
        let mut ids = self.shared.ids.clone();
        let (plan_id, version_id) = (PlanId(ids.uuid()), PlanVersionId(ids.uuid()));
        let actor = Actor {
            user_id: principal.user_id.clone(),
            account_id: principal.account.to_string(),
            on_behalf_of: String::new(),
        };
        let publish = Publish {
            account: principal.account.clone(),
            actor,
            now: self.shared.clock.now(),
            plan_id,
            version_id,
            name: parsed.name,
            display_name: parsed.display_name,
            aggregate_type: parsed.plan.aggregate_type.to_string(),
            steps: parsed.plan.steps.into_iter().map(|step| step.run).collect(),
            evaluator: self.shared.catalog.evaluator().clone(),
            ask,
        };
        let account = principal.account.clone();
        let version = self.transact(move |unit| Box::pin(publish.run(unit))).await?;
        self.shared.catalog.forget(&account, &version.plan_name, None);
        Ok(Published { version, warnings: checked.issues })
    }
}

struct Publish {
    account: AccountId,
    actor: Actor,
    now: Time,
    plan_id: PlanId,
    version_id: PlanVersionId,
    name: String,
    display_name: String,
    aggregate_type: String,
    steps: Vec<Run>,
    evaluator: Evaluator,
    ask: PublishPlanVersion,
}

impl Publish {
    async fn run(self, unit: &mut dyn Unit) -> Result<PlanVersionRecord> {
        if let Some(id) = answered(unit, self.ask.request.as_ref()).await? {
            let version = unit.plan_version(PlanVersionId(id)).await?;
            return version.ok_or_else(|| {
                Error::new(Reason::PlanVersionNotFound, "the version that this request published is gone")
            });
        }
        let found = match &self.ask.plan {
            PlanKey::Id(id) => Some(
                unit.plan(&self.account, *id)
                    .await?
                    .ok_or_else(|| Error::new(Reason::PlanNotFound, format!("there is no plan {id}")))?,
            ),
            PlanKey::Name(name) => unit.plan_by_name(&self.account, name).await?,
        };
        let mut plan = found.unwrap_or_else(|| self.new_plan());
        if plan.name != self.name {
            let message = format!("the plan is `{}`, the document is named `{}`", plan.name, self.name);
            return Err(Error::field("definition_json", message));
        }
        if self.ask.project.as_ref().is_some_and(|project| *project != plan.project) {
            let message = format!("the plan is in project `{}`, and stays there", plan.project);
            return Err(Error::field("project", message));
        }
        if self.ask.expected_latest_version.is_some_and(|expected| expected != plan.latest_version) {
            let message = format!("the newest version is {}", plan.latest_version);
            return Err(Error {
                field: "expected_latest_version".into(),
                ..Error::new(Reason::VersionConflict, message)
            });
        }
        let record = PlanVersionRecord {
            id: self.version_id,
            plan: plan.id,
            account: self.account.clone(),
            plan_name: plan.name.clone(),
            version: plan.latest_version + 1,
            definition_json: self.ask.definition_json.clone(),
            definition_sha256: Sha256::digest(self.ask.definition_json.as_bytes()).into(),
            sub_plans: self.freeze(unit, plan.id).await?,
            published_by: self.actor.clone(),
            publish_time: self.now,
            retire_time: None,
            retire_reason: String::new(),
        };
        // What is stored must be what will run: compile it from the record as any coordinator will.
        let evaluate: &dyn Evaluate = &self.evaluator;
        catalog::compile(record.clone(), evaluate)?;
        unit.insert_plan_version(&record).await?;
        plan.latest_version = record.version;
        if self.ask.make_default || plan.default_version == 0 {
            plan.default_version = record.version;
        }
        plan.update_time = self.now;
        plan.revision += 1;
        unit.put_plan(&plan).await?;
        remember(unit, self.ask.request, record.id.0, self.now).await?;
        Ok(record)
    }

    fn new_plan(&self) -> PlanRecord {
        let name = match &self.ask.plan {
            PlanKey::Name(name) => name.clone(),
            PlanKey::Id(id) => id.to_string(),
        };
        PlanRecord {
            id: self.plan_id,
            account: self.account.clone(),
            name,
            project: self.ask.project.clone().unwrap_or_else(|| PROJECT_DEFAULT.into()),
            display_name: self.display_name.clone(),
            aggregate_type: self.aggregate_type.clone(),
            labels: BTreeMap::new(),
            default_version: 0,
            latest_version: 0,
            create_time: self.now,
            update_time: self.now,
            // The write adds one: a new row has revision 1.
            revision: 0,
        }
    }

    /// Resolves each sub-plan to the version that this one will always run. A plan can only name what was published before
    /// it, so versions never form a cycle; their nesting is bounded.
    async fn freeze(&self, unit: &mut dyn Unit, plan: PlanId) -> Result<Vec<PlanVersionId>> {
        let mut frozen = Vec::new();
        for (index, run) in self.steps.iter().enumerate() {
            let Run::SubPlan { plan: name, version, .. } = run else { continue };
            let issue = |code, message: String| {
                catalog::invalid(vec![Issue::error(format!("/steps/{index}/sub_plan"), code, message)])
            };
            let sub = unit
                .plan_by_name(&self.account, name)
                .await?
                .ok_or_else(|| issue("SUB_PLAN_UNKNOWN", format!("there is no plan `{name}`")))?;
            if sub.id == plan {
                return Err(issue("SUB_PLAN_OF_ITSELF", "a plan cannot run itself".into()));
            }
            let number = if *version == 0 { sub.default_version } else { *version };
            let record = unit
                .plan_version_by_number(sub.id, number)
                .await?
                .ok_or_else(|| issue("SUB_PLAN_UNKNOWN", format!("`{name}` has no version {number}")))?;
            if record.retire_time.is_some() {
                return Err(issue("SUB_PLAN_RETIRED", format!("version {number} of `{name}` is retired")));
            }
            if depth(unit, record.id).await? + 1 > limits::SUB_PLAN_DEPTH_MAX {
                return Err(issue(
                    "SUB_PLAN_TOO_DEEP",
                    format!("sub-plans nest at most {} deep", limits::SUB_PLAN_DEPTH_MAX),
                ));
            }
            frozen.push(record.id);
        }
        Ok(frozen)
    }
}

/// How deep the sub-plans of a version nest; 0 when it has none.
async fn depth(unit: &mut dyn Unit, version: PlanVersionId) -> Result<usize> {
    let mut level = vec![version];
    let mut depth = 0;
    loop {
        let mut below = Vec::new();
        for id in level {
            if let Some(record) = unit.plan_version(id).await? {
                below.extend(record.sub_plans);
            }
        }
        if below.is_empty() || depth > limits::SUB_PLAN_DEPTH_MAX {
            return Ok(depth);
        }
        below.sort();
        below.dedup();
        depth += 1;
        level = below;
    }
}
