//! Jobs and their results.

use crate::{
    codec::{job::job_columns, read_ids, read_job},
    connection::Connection,
    reader::{
        filter::{Condition, Field, Query, Sql, id, operator},
        paging,
        tasks::task_counts,
    },
    statement::{Keyed, Type},
    unit::history::{artifacts, job_keys, results},
    value::{Value, values},
};
use esteira_model::{AccountId, ArtifactId, Job, JobId, JobState, Payload};
use esteira_store::{Filter, JobDetails, Op, Page, Paged, Result, Stored, Term, page};
use std::collections::HashMap;

/// See [`esteira_store::Reader::job`].
pub(super) async fn job(connection: &mut Connection, account: &AccountId, id: JobId) -> Result<Option<Job>> {
    const SQL: &str = concat!("SELECT ", job_columns!(), " FROM job WHERE job_id = $1 AND account = $2");
    connection.fetch_one(SQL, values![id.0, account]).await?.map(|row| read_job(&mut row.cells())).transpose()
}

const FIELDS: &[Field] = &[
    Field { name: "state", sql: Sql::Special(state) },
    Field { name: "plan_version_id", sql: Sql::Id("plan_version_id") },
    Field { name: "plan_id", sql: Sql::Special(plan_id) },
    Field { name: "data_class", sql: Sql::Text("data_class") },
    Field { name: "root_job_id", sql: Sql::Special(root_job_id) },
    Field { name: "parent_job_id", sql: Sql::Id("parent_job_id") },
    Field { name: "create_time", sql: Sql::Int("create_time") },
    Field { name: "end_time", sql: Sql::Int("end_time") },
];

/// A bad end has an index of its own, which is used only when its condition is literally part of the query.
fn state(op: Op, text: &str) -> Condition {
    let bad = [JobState::Failed, JobState::Cancelled, JobState::TimedOut].iter().any(|state| state.as_str() == text);
    let hint = if op == Op::Eq && bad { " AND state IN ('FAILED', 'CANCELLED', 'TIMED_OUT')" } else { "" };
    Condition::new(format!("state {} {{}}{hint}", operator(op)), values![text])
}

fn plan_id(op: Op, text: &str) -> Condition {
    let Some(plan) = id(text) else { return Condition::new(if op == Op::Ne { "1 = 1" } else { "1 = 0" }, Vec::new()) };
    match op {
        Op::Ne => Condition::new(
            "plan_version_id NOT IN (SELECT v.plan_version_id FROM plan_version v WHERE v.plan_id = {})",
            vec![plan],
        ),
        op => Condition::new(
            format!(
                "plan_version_id IN (SELECT v.plan_version_id FROM plan_version v WHERE v.plan_id {} {{}})",
                operator(op)
            ),
            vec![plan],
        ),
    }
}

/// Any other comparison than the equality that [`drive`] takes.
fn root_job_id(op: Op, text: &str) -> Condition {
    match id(text) {
        Some(root) => Condition::new(format!("root_job_id {} {{}}", operator(op)), vec![root]),
        None => Condition::new(if op == Op::Ne { "1 = 1" } else { "1 = 0" }, Vec::new()),
    }
}

/// `!=` holds for jobs without the label too.
fn label(key: &str, op: Op, value: &str) -> Condition {
    let (exists, op) = if op == Op::Ne { ("NOT EXISTS", Op::Eq) } else { ("EXISTS", op) };
    Condition::new(
        format!(
            "{exists} (SELECT 1 FROM job_label l WHERE l.account = job.account AND l.label_key = {{}} AND l.label_value {} {{}} AND l.job_id = job.job_id)",
            operator(op)
        ),
        values![key, value],
    )
}

/// The ids of the jobs that satisfy a term, when an index knows them: the list begins there then, and not with all jobs of
/// the account.
fn drive(term: &Term) -> Option<Condition> {
    let page::Value::Text(value) = &term.value else { return None };
    if term.op != Op::Eq {
        return None;
    }
    if let Some(key) = term.field.strip_prefix("labels.") {
        let sql = "SELECT l.job_id AS picked FROM job_label l WHERE l.account = $1 AND l.label_key = {} AND l.label_value = {}";
        return Some(Condition::new(sql, values![key, value]));
    }
    if term.field == "root_job_id" {
        // A direct job is its own root, and is not in the index of roots.
        let root = id(value)?;
        let sql = "SELECT c.job_id AS picked FROM job c WHERE c.parent_job_id IS NOT NULL AND c.root_job_id = {} UNION SELECT {} AS picked";
        return Some(Condition::new(sql, vec![root.clone(), root]));
    }
    None
}

/// The query without its order, and the column that it is ordered by.
fn select(account: &AccountId, filter: &Filter) -> Result<(Query, &'static str)> {
    let driver = filter.0.iter().enumerate().find_map(|(i, term)| Some((i, drive(term)?)));
    let mut rest = filter.clone();
    let mut query = Query::new(concat!("SELECT ", job_columns!(), " FROM "), values![account]);
    let key = match driver {
        Some((term, picked)) => {
            rest.0.remove(term);
            query.push("(", Vec::new()).push(&picked.sql, picked.values);
            query.push(") AS d CROSS JOIN job WHERE job_id = picked AND account = $1", Vec::new());
            "picked"
        }
        None => {
            query.push("job WHERE account = $1", Vec::new());
            "job_id"
        }
    };
    query.filter(&rest, FIELDS, Some(label))?;
    Ok((query, key))
}

/// See [`esteira_store::Reader::list_jobs`]. Ids are time-ordered, so newest first is highest first.
pub(super) async fn list_jobs(
    connection: &mut Connection,
    account: &AccountId,
    filter: &Filter,
    page: &Page,
) -> Result<Paged<Job>> {
    let (mut query, key) = select(account, filter)?;
    if let Some(after) = paging::fixed::<16>(page)? {
        query.push(&format!(" AND {key} < {{}}"), values![after]);
    }
    query.push(&format!(" ORDER BY {key} DESC LIMIT {{}}"), vec![Value::from(paging::rows_to_read(page))]);
    let jobs = connection
        .fetch_query(query)
        .await?
        .iter()
        .map(|row| read_job(&mut row.cells()))
        .collect::<Result<Vec<_>>>()?;
    Ok(paging::paged(jobs, page, |job| job.id.0.as_bytes().to_vec()))
}

/// See [`esteira_store::Reader::job_details`].
pub(super) async fn job_details(connection: &mut Connection, job: &Job, results: usize) -> Result<JobDetails> {
    let task_counts = task_counts(connection, job.id).await?;
    let (results, result_count) = match job.state {
        JobState::Succeeded => job_results(connection, job.id, results).await?,
        _ => (Vec::new(), 0),
    };
    let input = artifacts(connection, &[job.input]).await?.pop();
    Ok(JobDetails { task_counts, input, results, result_count })
}

/// See [`esteira_store::Reader::job_results`].
pub(super) async fn job_results(connection: &mut Connection, job: JobId, limit: usize) -> Result<(Vec<Stored>, i64)> {
    const COUNT: &str = "SELECT coalesce(sum(length(outputs)), 0) / 8 FROM task WHERE job_id = $1 AND leaf = 1";
    let count = match connection.fetch_one(COUNT, values![job.0]).await? {
        Some(row) => row.cells().i64()?,
        None => 0,
    };
    let ids = results(connection, job, limit).await?;
    let found: HashMap<ArtifactId, (Payload, [u8; 32])> =
        artifacts(connection, &ids).await?.into_iter().map(|(id, payload, sha256)| (id, (payload, sha256))).collect();
    let results =
        ids.iter().filter_map(|id| found.get(id).map(|(payload, sha256)| (*id, payload.clone(), *sha256))).collect();
    Ok((results, count))
}

/// See [`esteira_store::Reader::line_results`].
pub(super) async fn line_results(
    connection: &mut Connection,
    jobs: &[JobId],
    most: usize,
) -> Result<Vec<(JobId, Vec<Stored>)>> {
    static ENDS: Keyed = Keyed {
        key: &[Type::Blob],
        sql: "SELECT job_id, outputs FROM k CROSS JOIN task WHERE job_id = k1 AND leaf = 1 ORDER BY task_id",
    };
    let mut outputs: HashMap<JobId, Vec<ArtifactId>> = HashMap::with_capacity(jobs.len());
    for row in connection.find(&ENDS, job_keys(jobs)).await? {
        let mut cells = row.cells();
        outputs.entry(JobId(cells.uuid()?)).or_default().append(&mut read_ids(cells.blob()?));
    }
    outputs.retain(|_, outputs| outputs.len() <= most);
    let ids: Vec<ArtifactId> = outputs.values().flatten().copied().collect();
    let found: HashMap<ArtifactId, Stored> =
        artifacts(connection, &ids).await?.into_iter().map(|stored| (stored.0, stored)).collect();
    let all = |ids: &[ArtifactId]| ids.iter().map(|id| found.get(id).cloned()).collect::<Option<Vec<_>>>();
    Ok(outputs.iter().filter_map(|(job, ids)| Some((*job, all(ids)?))).collect())
}
