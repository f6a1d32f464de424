//! Rows in masses: the rows of one job that a coordinator made, copied under new ids.
//!
//! What is copied is what the coordinator of this very version writes, whatever columns the tables have.

use super::{defect, options};
use crate::{connection::Connection, database::Database, value::values};
use esteira_model::JobId;
use esteira_store::Result;
use sqlx::{AssertSqlSafe, SqlSafeStr};
use std::sync::Arc;

/// Jobs that one transaction writes.
const CHUNK: u64 = 50_000;
/// Every table in which a job of one plain task has rows.
const TABLES: [&str; 6] = ["job", "artifact", "queue", "lease", "task", "attempt"];
/// Artifacts that a job may have: input and outputs of its one task.
const ARTIFACTS_MAX: usize = 8;
/// Copies in a millisecond of the ids' times: about as many as a busy coordinator starts.
const COPIES_PER_MILLISECOND: u64 = 8;
/// Sequence numbers of coordinators differ by their lowest bits.
const NODE_BITS: u32 = 10;

/// The job that is copied.
struct Template {
    job: JobId,
    artifacts: Vec<i64>,
    copies: u64,
}

/// Copies all rows of a job with one task so many times, with ids as if the copies had been started just before it. No
/// coordinator may work on the database meanwhile.
///
/// # Errors
/// `Defect` when the job is not there or has more than one task; as the database refuses.
pub async fn multiply(url: &str, job: JobId, copies: u64) -> Result<()> {
    let mut connection = Database::of(url, &options(), Arc::default())?.open_writer().await?;
    let dialect = if url.starts_with("sqlite:") { Dialect::Sqlite } else { Dialect::Postgres };
    if dialect == Dialect::Sqlite {
        // What a copy of a row refers to is joined to it, in masses.
        connection.execute("PRAGMA automatic_index = ON", values![]).await?;
    }
    let template = read_template(&mut connection, job, copies).await?;
    let mut statements = Vec::new();
    for table in TABLES {
        let columns = dialect.columns(&mut connection, table).await?;
        statements.push(template.copy(dialect, table, &columns));
    }
    let mut from = 1;
    while from <= copies {
        let to = copies.min(from + CHUNK - 1);
        connection.begin_write().await?;
        for sql in &statements {
            let sql = AssertSqlSafe(sql.clone()).into_sql_str();
            connection.fetch_text(sql, values![job.0, as_i64(from), as_i64(to)]).await?;
        }
        connection.commit().await?;
        from = to + 1;
    }
    if dialect == Dialect::Postgres {
        // As the server does by itself, a minute later.
        connection.execute("ANALYZE", values![]).await?;
    }
    Ok(())
}

fn as_i64(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

async fn read_template(connection: &mut Connection, job: JobId, copies: u64) -> Result<Template> {
    let count = "SELECT (SELECT count(*) FROM task WHERE job_id = $1) + (SELECT count(*) FROM queue WHERE job_id = $1) \
                 + (SELECT count(*) FROM lease WHERE job_id = $1)";
    let tasks = connection.fetch_one(count, values![job.0]).await?;
    let tasks = tasks.ok_or_else(|| defect("nothing was counted"))?.cells().i64()?;
    let ids = "SELECT artifact_id FROM artifact WHERE job_id = $1 ORDER BY artifact_id";
    let rows = connection.fetch(ids, values![job.0]).await?;
    let artifacts = rows.iter().map(|row| row.cells().i64()).collect::<Result<Vec<_>>>()?;
    if tasks != 1 || artifacts.is_empty() || artifacts.len() > ARTIFACTS_MAX {
        return Err(defect(format!("job {job} has {tasks} tasks and {} artifacts", artifacts.len())));
    }
    Ok(Template { job, artifacts, copies })
}

impl Template {
    /// The statement that copies the rows of a table: `$1` is the job, `$2` to `$3` the numbers of the copies.
    fn copy(&self, dialect: Dialect, table: &str, columns: &[String]) -> String {
        let values: Vec<String> = columns.iter().map(|column| self.value(dialect, table, column)).collect();
        format!(
            "INSERT INTO {table} ({}) WITH RECURSIVE n(i) AS (SELECT {from} UNION ALL SELECT i + 1 FROM n WHERE i < {to}) \
             SELECT {} FROM n CROSS JOIN {table} t WHERE t.job_id = $1",
            columns.join(", "),
            values.join(", "),
            from = dialect.integer("$2"),
            to = dialect.integer("$3"),
        )
    }

    /// What a column of a copy holds.
    fn value(&self, dialect: Dialect, table: &str, column: &str) -> String {
        let milliseconds = u64::from_be_bytes({
            let mut bytes = [0; 8];
            bytes[2..].copy_from_slice(&self.job.0.as_bytes()[..6]);
            bytes
        });
        let before = format!("{milliseconds} - ({} - i) / {COPIES_PER_MILLISECOND}", self.copies);
        match (table, column) {
            (_, "job_id" | "root_job_id") => dialect.id(&before, '8'),
            (_, "task_id") => dialect.id(&before, '9'),
            (_, "artifact_id" | "input" | "checkpoint") => self.artifact(&format!("t.{column}")),
            ("task", "outputs") => {
                let last = self.artifacts.len() - 1;
                let id = self.artifact(&self.artifacts[last].to_string());
                format!("CASE length(t.outputs) WHEN 8 THEN {} ELSE t.outputs END", dialect.bytes(&id))
            }
            _ => format!("t.{column}"),
        }
    }

    /// The copy's artifact in the place of the template's.
    fn artifact(&self, original: &str) -> String {
        let first = self.artifacts[0];
        let places: Vec<String> =
            self.artifacts.iter().enumerate().map(|(place, id)| format!("WHEN {id} THEN {place}")).collect();
        let step = 1_i64 << NODE_BITS;
        format!(
            "{first} - ({} - i + 1) * {} + {step} * CASE {original} {} END",
            self.copies,
            step * ARTIFACTS_MAX as i64,
            places.join(" ")
        )
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dialect {
    Sqlite,
    Postgres,
}

impl Dialect {
    async fn columns(self, connection: &mut Connection, table: &str) -> Result<Vec<String>> {
        let sql = match self {
            Self::Sqlite => "SELECT name FROM pragma_table_info($1) ORDER BY cid",
            Self::Postgres => {
                "SELECT column_name::text FROM information_schema.columns WHERE table_schema = current_schema() \
                 AND table_name = $1 ORDER BY ordinal_position"
            }
        };
        let rows = connection.fetch(sql, values![table]).await?;
        rows.iter().map(|row| row.cells().string()).collect()
    }

    fn integer(self, parameter: &str) -> String {
        match self {
            Self::Sqlite => parameter.to_owned(),
            Self::Postgres => format!("{parameter}::bigint"),
        }
    }

    /// A version 7 UUID of this time and of copy `i`; `variant` tells jobs from tasks.
    fn id(self, milliseconds: &str, variant: char) -> String {
        match self {
            Self::Sqlite => format!("unhex(printf('%012x7000{variant}%015x', {milliseconds}, i))"),
            Self::Postgres => format!(
                "decode(lpad(to_hex({milliseconds}), 12, '0') || '7000{variant}' || lpad(to_hex(i), 15, '0'), 'hex')"
            ),
        }
    }

    /// An integer as eight bytes, the highest first.
    fn bytes(self, integer: &str) -> String {
        match self {
            Self::Sqlite => format!("unhex(printf('%016x', {integer}))"),
            Self::Postgres => format!("decode(lpad(to_hex({integer}), 16, '0'), 'hex')"),
        }
    }
}
