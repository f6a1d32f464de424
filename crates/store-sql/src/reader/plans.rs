//! Lists of plans and versions.

use crate::{
    codec::{
        plan::{plan_columns, plan_version_columns},
        read_plan, read_plan_version,
    },
    connection::Connection,
    reader::{
        filter::{Condition, Field, Query, Sql, operator},
        paging,
    },
    unit::plans as plan_reads,
    value::{Value, values},
};
use esteira_model::{AccountId, PlanId};
use esteira_store::{Filter, Op, Page, Paged, PlanRecord, PlanVersionRecord, Result};

/// `!=` holds for plans without the label too.
fn label(key: &str, op: Op, value: &str) -> Condition {
    let (exists, op) = if op == Op::Ne { ("NOT EXISTS", Op::Eq) } else { ("EXISTS", op) };
    Condition::new(
        format!(
            "{exists} (SELECT 1 FROM plan_label l WHERE l.plan_id = plan.plan_id AND l.label_key = {{}} AND l.label_value {} {{}})",
            operator(op)
        ),
        values![key, value],
    )
}

/// See [`esteira_store::Reader::list_plans`].
pub(super) async fn list_plans(
    connection: &mut Connection,
    account: &AccountId,
    filter: &Filter,
    page: &Page,
) -> Result<Paged<PlanRecord>> {
    const FIELDS: &[Field] = &[
        Field { name: "name", sql: Sql::Text("name") },
        Field { name: "project", sql: Sql::Text("project") },
        Field { name: "aggregate_type", sql: Sql::Text("aggregate_type") },
    ];
    let mut query = Query::new(concat!("SELECT ", plan_columns!(), " FROM plan WHERE account = $1"), values![account]);
    query.filter(filter, FIELDS, Some(label))?;
    if let Some(after) = paging::text(page)? {
        query.push(" AND name > {}", values![after]);
    }
    query.push(" ORDER BY name LIMIT {}", vec![Value::from(paging::rows_to_read(page))]);
    let plans = connection
        .fetch_query(query)
        .await?
        .iter()
        .map(|row| read_plan(&mut row.cells()))
        .collect::<Result<Vec<_>>>()?;
    Ok(paging::paged(plans, page, |plan| plan.name.clone().into_bytes()))
}

/// See [`esteira_store::Reader::plan_version_by_number`].
pub(super) async fn plan_version_by_number(
    connection: &mut Connection,
    account: &AccountId,
    plan: PlanId,
    version: i32,
) -> Result<Option<PlanVersionRecord>> {
    Ok(plan_reads::plan_version_by_number(connection, plan, version)
        .await?
        .filter(|version| version.account == *account))
}

/// See [`esteira_store::Reader::list_plan_versions`].
pub(super) async fn list_plan_versions(
    connection: &mut Connection,
    account: &AccountId,
    plan: PlanId,
    filter: &Filter,
    page: &Page,
) -> Result<Paged<PlanVersionRecord>> {
    const FIELDS: &[Field] = &[Field { name: "version", sql: Sql::Int("version") }];
    let mut query = Query::new(
        concat!("SELECT ", plan_version_columns!(), " FROM plan_version WHERE plan_id = $1 AND account = $2"),
        values![plan.0, account],
    );
    query.filter(filter, FIELDS, None)?;
    if let Some(after) = paging::int(page)? {
        query.push(" AND version < {}", values![after]);
    }
    query.push(" ORDER BY version DESC LIMIT {}", vec![Value::from(paging::rows_to_read(page))]);
    let versions = connection
        .fetch_query(query)
        .await?
        .iter()
        .map(|row| read_plan_version(&mut row.cells()))
        .collect::<Result<Vec<_>>>()?;
    Ok(paging::paged(versions, page, |version| i64::from(version.version).to_be_bytes().to_vec()))
}
