//! Plans, their versions, and the small maps that jobs share with them.

use crate::{
    codec::{from_json, to_json},
    row::Cells,
    value::Rows,
};
use esteira_model::{Actor, PlanId, PlanVersionId, Uuid};
use esteira_store::{PlanRecord, PlanVersionRecord, Result};
use std::collections::BTreeMap;

/// An actor as a JSON array: user, account, on behalf of.
pub(crate) fn actor_text(actor: &Actor) -> String {
    to_json(&(&actor.user_id, &actor.account_id, &actor.on_behalf_of))
}

/// The reverse of [`actor_text`].
pub(crate) fn read_actor(text: &str) -> Result<Actor> {
    let (user_id, account_id, on_behalf_of) = from_json(text)?;
    Ok(Actor { user_id, account_id, on_behalf_of })
}

/// Labels or headers as a JSON object.
pub(crate) fn labels_text(labels: &BTreeMap<String, String>) -> String {
    to_json(labels)
}

/// The SELECT list of [`read_plan`].
macro_rules! plan_columns {
    () => {
        "plan_id, account, name, display_name, aggregate_type, labels, default_version, latest_version, create_time, update_time, revision, project"
    };
}
pub(crate) use plan_columns;

/// Reads `plan_columns!`.
pub(crate) fn read_plan(cells: &mut Cells<'_>) -> Result<PlanRecord> {
    Ok(PlanRecord {
        id: PlanId(cells.uuid()?),
        account: cells.account()?,
        name: cells.string()?,
        display_name: cells.string()?,
        aggregate_type: cells.string()?,
        labels: from_json(cells.text()?)?,
        default_version: cells.int()?,
        latest_version: cells.int()?,
        create_time: cells.time()?,
        update_time: cells.time()?,
        revision: cells.i64()?,
        project: cells.string()?,
    })
}

/// Adds a row of `plan_version`.
pub(crate) fn push_plan_version(version: &PlanVersionRecord, rows: &mut Rows) {
    let sub_plans: Vec<u8> = version.sub_plans.iter().flat_map(|id| *id.0.as_bytes()).collect();
    rows.push(version.id.0).push(version.plan.0).push(&version.account).push(&version.plan_name).push(version.version);
    rows.push(&version.definition_json)
        .push(version.definition_sha256)
        .push(sub_plans)
        .push(actor_text(&version.published_by));
    rows.push(version.publish_time).push(version.retire_time).push(&version.retire_reason);
}

/// The SELECT list of [`read_plan_version`].
macro_rules! plan_version_columns {
    () => {
        "plan_version_id, plan_id, account, plan_name, version, definition, sha256, sub_plans, published_by, publish_time, retire_time, retire_reason"
    };
}
pub(crate) use plan_version_columns;

/// Reads `plan_version_columns!`.
pub(crate) fn read_plan_version(cells: &mut Cells<'_>) -> Result<PlanVersionRecord> {
    Ok(PlanVersionRecord {
        id: PlanVersionId(cells.uuid()?),
        plan: PlanId(cells.uuid()?),
        account: cells.account()?,
        plan_name: cells.string()?,
        version: cells.int()?,
        definition_json: cells.string()?,
        definition_sha256: cells.bytes()?,
        sub_plans: cells.blob()?.as_chunks::<16>().0.iter().map(|id| PlanVersionId(Uuid::from_bytes(*id))).collect(),
        published_by: read_actor(cells.text()?)?,
        publish_time: cells.time()?,
        retire_time: cells.opt_time()?,
        retire_reason: cells.string()?,
    })
}
