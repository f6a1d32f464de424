//! Plans and their versions.

use crate::{
    convert::{at::At, check, job_packet, time},
    status::{Answer, Refusal},
};
use esteira_contract::v1;
use esteira_coordinator::{catalog::PlanKey, plans::CreatePlan, work::RequestKey};
use esteira_engine::Issue;
use esteira_model::{limits, plan::PROJECT_DEFAULT};
use esteira_store::{PlanRecord, PlanVersionRecord};

/// A plan by id or by name, whichever message the choice stands in.
macro_rules! plan_key {
    ($choice:expr, $by:path, $at:expr) => {{
        use $by as By;
        match $choice {
            None => Err($crate::status::Refusal::field($at.field("plan_name"), "plan_name or plan_id is required")),
            Some(By::PlanId(id)) => {
                $crate::convert::check::id(&id, $at.field("plan_id")).map(esteira_coordinator::catalog::PlanKey::Id)
            }
            Some(By::PlanName(name)) => $crate::convert::check::name(name, $at.field("plan_name"))
                .map(esteira_coordinator::catalog::PlanKey::Name),
        }
    }};
}
pub(crate) use plan_key;

/// A version's number; 0 = the default.
pub fn version(value: i32, at: At<'_>) -> Answer<i32> {
    check::int(i64::from(value), at, 0, i64::from(i32::MAX))
}

/// A plan to create. What only the coordinator sets must not be set.
pub fn create(request: Option<RequestKey>, plan: v1::Plan) -> Answer<CreatePlan> {
    let at = At::Top("plan");
    let v1::Plan {
        plan_id,
        name,
        display_name,
        aggregate_type,
        default_version,
        latest_version,
        labels,
        create_time,
        update_time,
        etag,
        project,
    } = plan;
    let set = [
        ("plan_id", !plan_id.is_empty()),
        ("default_version", default_version != 0),
        ("latest_version", latest_version != 0),
        ("create_time", create_time.is_some()),
        ("update_time", update_time.is_some()),
        ("etag", !etag.is_empty()),
    ];
    if let Some((field, _)) = set.into_iter().find(|(_, set)| *set) {
        return Err(Refusal::field(at.field(field), "is set by the coordinator"));
    }
    if !aggregate_type.is_empty() {
        check::name_of(&aggregate_type, at.field("aggregate_type"), limits::NAME_BYTES_MAX)?;
    }
    Ok(CreatePlan {
        request,
        name: check::name(name, at.field("name"))?,
        project: match project.is_empty() {
            true => PROJECT_DEFAULT.into(),
            false => check::project(project, at.field("project"))?,
        },
        display_name: check::line(display_name, at.field("display_name"), limits::TEXT_CHARS_MAX)?,
        aggregate_type,
        labels: check::labels(labels, at.field("labels"))?,
    })
}

/// How a person reads a plan's key.
pub fn shown(key: &PlanKey) -> String {
    match key {
        PlanKey::Id(id) => id.to_string(),
        PlanKey::Name(name) => format!("`{name}`"),
    }
}

/// How a plan is named in records.
pub fn resource(key: &PlanKey) -> String {
    match key {
        PlanKey::Id(id) => format!("plans/{id}"),
        PlanKey::Name(name) => format!("plans/{name}"),
    }
}

/// On the wire.
pub fn plan_out(plan: PlanRecord) -> v1::Plan {
    v1::Plan {
        plan_id: plan.id.to_string(),
        name: plan.name,
        display_name: plan.display_name,
        aggregate_type: plan.aggregate_type,
        default_version: plan.default_version,
        latest_version: plan.latest_version,
        labels: plan.labels.into_iter().collect(),
        create_time: Some(time::instant_out(plan.create_time)),
        update_time: Some(time::instant_out(plan.update_time)),
        etag: plan.revision.to_string(),
        project: plan.project,
    }
}

/// Whether an answer carries the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Document {
    /// It does.
    Sent,
    /// Only its digest.
    Omitted,
}

/// On the wire.
pub fn version_out(version: PlanVersionRecord, document: Document) -> v1::PlanVersion {
    let state = match version.retire_time {
        None => v1::PlanVersionState::Published,
        Some(_) => v1::PlanVersionState::Retired,
    };
    v1::PlanVersion {
        plan_version_id: version.id.to_string(),
        plan_id: version.plan.to_string(),
        plan_name: version.plan_name,
        version: version.version,
        definition_json: if document == Document::Sent { version.definition_json } else { String::new() },
        definition_sha256: version.definition_sha256.to_vec().into(),
        state: state as i32,
        published_by: Some(job_packet::actor_out(&version.published_by)),
        publish_time: Some(time::instant_out(version.publish_time)),
        retire_time: version.retire_time.map(time::instant_out),
    }
}

/// On the wire.
pub fn issue(issue: &Issue) -> v1::PlanIssue {
    v1::PlanIssue {
        path: issue.path.clone(),
        code: issue.code.to_owned(),
        message: issue.message.clone(),
        warning: issue.warning,
    }
}

/// The first findings, on the wire.
pub fn issues_out(issues: &[Issue]) -> Vec<v1::PlanIssue> {
    issues.iter().take(limits::ISSUES_MAX).map(issue).collect()
}
