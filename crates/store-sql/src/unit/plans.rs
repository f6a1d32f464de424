//! Plans and their versions.

use crate::{
    codec::{
        labels_text,
        plan::{plan_columns, plan_version_columns},
        push_plan_version, read_plan, read_plan_version,
    },
    connection::Connection,
    row::Row,
    statement::{Keyed, Type},
    tables,
    value::{Rows, Value, values},
};
use esteira_model::{AccountId, PlanId, PlanVersionId, Time};
use esteira_store::{Error, Kind, PlanRecord, PlanVersionRecord, Result, Startable};
use std::collections::BTreeSet;

fn one_plan(row: Option<Row>) -> Result<Option<PlanRecord>> {
    row.map(|row| read_plan(&mut row.cells())).transpose()
}

fn one_version(row: Option<Row>) -> Result<Option<PlanVersionRecord>> {
    row.map(|row| read_plan_version(&mut row.cells())).transpose()
}

/// See [`esteira_store::Unit::plan`].
pub(crate) async fn plan(connection: &mut Connection, account: &AccountId, id: PlanId) -> Result<Option<PlanRecord>> {
    const SQL: &str = concat!("SELECT ", plan_columns!(), " FROM plan WHERE plan_id = $1 AND account = $2");
    one_plan(connection.fetch_one(SQL, values![id.0, account]).await?)
}

/// See [`esteira_store::Unit::plan_by_name`].
pub(crate) async fn plan_by_name(
    connection: &mut Connection,
    account: &AccountId,
    name: &str,
) -> Result<Option<PlanRecord>> {
    const SQL: &str = concat!("SELECT ", plan_columns!(), " FROM plan WHERE account = $1 AND name = $2");
    one_plan(connection.fetch_one(SQL, values![account, name]).await?)
}

/// See [`esteira_store::Unit::put_plan`]. A refused plan writes nothing, and the unit goes on.
pub(super) async fn put_plan(connection: &mut Connection, plan: &PlanRecord) -> Result<()> {
    const INSERT: &str = concat!(
        "INSERT INTO plan (",
        plan_columns!(),
        ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT DO NOTHING"
    );
    const UPDATE: &str = "UPDATE plan SET name = $3, display_name = $4, aggregate_type = $5, labels = $6, default_version = $7, latest_version = $8, \
                          create_time = $9, update_time = $10, revision = $11 WHERE plan_id = $1 AND account = $2 AND revision = $11 - 1 AND project = $12";
    let is_new = plan.revision == 1;
    let values = values![
        plan.id.0,
        &plan.account,
        &plan.name,
        &plan.display_name,
        &plan.aggregate_type,
        labels_text(&plan.labels),
        plan.default_version,
        plan.latest_version,
        plan.create_time,
        plan.update_time,
        plan.revision,
        &plan.project,
    ];
    if connection.execute(if is_new { INSERT } else { UPDATE }, values).await? == 0 {
        return Err(match is_new {
            true => Error::new(Kind::Duplicate, format!("a plan named {:?} or with id {} exists", plan.name, plan.id)),
            false => Error::new(Kind::Conflict, format!("plan {} is not at revision {}", plan.id, plan.revision - 1)),
        });
    }
    if !is_new {
        connection.execute("DELETE FROM plan_label WHERE plan_id = $1", values![plan.id.0]).await?;
    }
    let mut labels = Rows::with_capacity(tables::PLAN_LABEL.width(), plan.labels.len());
    for (key, value) in &plan.labels {
        labels.push(plan.id.0).push(key).push(value);
    }
    connection.insert(&tables::PLAN_LABEL, labels).await.map(drop)
}

/// See [`esteira_store::Unit::plan_version`].
pub(super) async fn plan_version(connection: &mut Connection, id: PlanVersionId) -> Result<Option<PlanVersionRecord>> {
    const SQL: &str = concat!("SELECT ", plan_version_columns!(), " FROM plan_version WHERE plan_version_id = $1");
    one_version(connection.fetch_one(SQL, values![id.0]).await?)
}

/// See [`esteira_store::Reader::plan_version`].
pub(crate) async fn plan_version_of(
    connection: &mut Connection,
    account: &AccountId,
    id: PlanVersionId,
) -> Result<Option<PlanVersionRecord>> {
    Ok(plan_version(connection, id).await?.filter(|version| version.account == *account))
}

/// See [`esteira_store::Unit::plan_version_by_number`].
pub(crate) async fn plan_version_by_number(
    connection: &mut Connection,
    plan: PlanId,
    version: i32,
) -> Result<Option<PlanVersionRecord>> {
    const SQL: &str =
        concat!("SELECT ", plan_version_columns!(), " FROM plan_version WHERE plan_id = $1 AND version = $2");
    one_version(connection.fetch_one(SQL, values![plan.0, version]).await?)
}

/// See [`esteira_store::Unit::insert_plan_version`].
pub(super) async fn insert_plan_version(connection: &mut Connection, version: &PlanVersionRecord) -> Result<()> {
    let mut rows = Rows::with_capacity(tables::PLAN_VERSION.width(), 1);
    push_plan_version(version, &mut rows);
    if connection.insert(&tables::PLAN_VERSION, rows).await? == 0 {
        return Err(Error::new(
            Kind::Duplicate,
            format!("plan {} has a version {} already", version.plan, version.version),
        ));
    }
    Ok(())
}

/// See [`esteira_store::Unit::startable`].
pub(super) async fn startable(connection: &mut Connection, versions: &[PlanVersionId]) -> Result<Vec<Startable>> {
    static FIND: Keyed = Keyed {
        key: &[Type::Blob],
        sql: "SELECT v.plan_version_id, p.revision, CASE WHEN v.retire_time IS NULL THEN 0 ELSE 1 END \
              FROM k CROSS JOIN plan_version v CROSS JOIN plan p WHERE v.plan_version_id = k1 AND p.plan_id = v.plan_id",
    };
    let mut keys = Rows::with_capacity(1, versions.len());
    for version in versions.iter().collect::<BTreeSet<_>>() {
        keys.push(version.0);
    }
    let rows = connection.find(&FIND, keys).await?;
    rows.iter()
        .map(|row| {
            let mut cells = row.cells();
            let version = PlanVersionId(cells.uuid()?);
            Ok(Startable { version, plan_revision: cells.i64()?, retired: cells.i64()? == 1 })
        })
        .collect()
}

/// See [`esteira_store::Unit::retire_plan_version`].
pub(super) async fn retire_plan_version(
    connection: &mut Connection,
    id: PlanVersionId,
    time: Time,
    reason: &str,
) -> Result<bool> {
    const SQL: &str = "UPDATE plan_version SET retire_time = $2, retire_reason = $3 WHERE plan_version_id = $1 AND retire_time IS NULL";
    Ok(connection.execute(SQL, vec![id.0.into(), time.into(), Value::from(reason)]).await? == 1)
}
