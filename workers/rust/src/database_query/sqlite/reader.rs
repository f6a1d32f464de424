//! Reads.

use crate::database_query::{
    Query,
    answer::{Answer, Collector},
    error::{self, Failed, Phase},
    sqlite::{deadline::Deadline, value},
};
use esteira_sdk::Error;
use futures::TryStreamExt as _;
use sqlx::{AssertSqlSafe, Either, Executor as _, SqliteConnection, SqlitePool};

/// Runs a statement on a connection of a pool of readers.
pub(crate) async fn read(pool: &SqlitePool, query: &Query) -> Result<Answer, Error> {
    let mut connection = pool.acquire().await.map_err(|error| error::sqlite(&error, Phase::Run).error)?;
    let result = async {
        let deadline = Deadline::watch(&mut connection).await.map_err(|error| error::sqlite(&error, Phase::Run))?;
        deadline.set(query.time);
        run(&mut connection, query).await
    }
    .await;
    result.map_err(|failed| {
        if failed.broken {
            drop(connection.detach());
        }
        failed.error
    })
}

/// Runs a statement on a connection and takes its rows.
pub(crate) async fn run(connection: &mut SqliteConnection, query: &Query) -> Result<Answer, Failed> {
    let arguments = value::arguments(&query.params)?;
    // The driver keeps the columns that a kept statement had when it was prepared; rows must show those of now.
    let kept = !query.statement.returning && query.statement.changes_rows;
    let statement = sqlx::query_with(AssertSqlSafe(query.sql.clone()), arguments).persistent(kept);
    let mut collector = Collector::new(query.caps);
    let failed = {
        let mut rows = connection.fetch_many(statement);
        loop {
            match rows.try_next().await {
                Ok(Some(Either::Right(row))) => collector.push(value::columns(&row))?,
                // SQLite goes on reporting the rows of the last statement that changed any.
                Ok(Some(Either::Left(done))) if query.statement.changes_rows => {
                    collector.affected(done.rows_affected())
                }
                Ok(Some(Either::Left(_))) => {}
                Ok(None) => return Ok(collector.finish()),
                Err(error) => break error,
            }
        }
    };
    // The text of an error may be shown if the statement fails without any data: then it is about the statement alone.
    match connection.prepare(sqlx::SqlSafeStr::into_sql_str(AssertSqlSafe(query.sql.clone()))).await {
        Err(error) => Err(error::sqlite(&error, Phase::Prepare)),
        Ok(_) => Err(error::sqlite(&failed, Phase::Run)),
    }
}
