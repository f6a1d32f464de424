//! A PostgreSQL server: each statement in a transaction of its own, over the extended protocol.

mod array;
mod decode;
mod encode;
mod instant;
mod numeric;
mod uuid;

use crate::database_query::{
    Query,
    answer::{Answer, Collector},
    config::Mode,
    error::{self, Failed, Phase, commit_refused},
};
use encode::Bound;
use esteira_sdk::Error;
use futures::TryStreamExt as _;
use sqlx::{
    Arguments as _, AssertSqlSafe, ConnectOptions as _, Either, Executor as _, PgConnection, PgPool, SqlSafeStr as _,
    Statement as _,
    pool::PoolConnection,
    postgres::{PgArguments, PgConnectOptions, PgPoolOptions},
};
use std::{
    str::FromStr as _,
    sync::{Arc, OnceLock},
    time::Duration,
};

/// Connections of a pool unless the URL says otherwise.
const POOL_DEFAULT: u32 = 8;
const POOL_MAX: u32 = 64;
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);
const LIFETIME_MAX: Duration = Duration::from_secs(30 * 60);
/// What a statement's own time is exceeded by before the client gives the connection up: the server should be first.
const GRACE: Duration = Duration::from_secs(2);

/// Commits, then leaves nothing on the connection that the statement of another plan could meet: no setting, no role, no
/// temporary table in front of a real one, no lock.
const END: &str = "COMMIT; DISCARD TEMP; RESET SESSION AUTHORIZATION; RESET ALL; SELECT pg_advisory_unlock_all()";

/// One server.
pub(crate) struct Postgres {
    options: PgConnectOptions,
    connections_max: u32,
    pool: OnceLock<PgPool>,
}

impl Postgres {
    /// Reads `postgres://user:password@host:port/database?sslmode=verify-full&pool_max=8`. Opens nothing.
    pub(crate) fn new(url: &str) -> Result<Self, String> {
        let (address, parameters) = url.split_once('?').unwrap_or((url, ""));
        let (mut kept, mut connections_max) = (Vec::new(), POOL_DEFAULT);
        for parameter in parameters.split('&').filter(|parameter| !parameter.is_empty()) {
            match parameter.split_once('=') {
                Some(("pool_max", number)) => {
                    let number = number.parse().ok().filter(|number| (1..=POOL_MAX).contains(number));
                    connections_max =
                        number.ok_or_else(|| format!("pool_max: expected a number from 1 to {POOL_MAX}"))?;
                }
                _ => kept.push(parameter),
            }
        }
        let options = PgConnectOptions::from_str(&format!("{address}?{}", kept.join("&")))
            .map_err(|_| "malformed, or with an unknown parameter".to_owned())?
            .application_name("esteira-functions")
            // A statement may hold data that its author wrote into it.
            .disable_statement_logging();
        Ok(Self { options, connections_max, pool: OnceLock::new() })
    }

    /// Runs a statement in a transaction of its mode and commits it.
    ///
    /// The unit of work has a task of its own: a caller that goes away cannot leave a transaction open in the pool.
    pub(crate) async fn run(&self, query: Arc<Query>) -> Result<Answer, Error> {
        let pool = self.pool.get_or_init(|| {
            PgPoolOptions::new()
                .max_connections(self.connections_max)
                .acquire_timeout(ACQUIRE_TIMEOUT)
                .max_lifetime(LIFETIME_MAX)
                .connect_lazy_with(self.options.clone())
        });
        match tokio::spawn(unit(pool.clone(), query)).await {
            Ok(result) => result,
            Err(_) => Err(Error::retryable("DATABASE_UNAVAILABLE", "the statement's task ended badly")),
        }
    }

    /// Closes the pool once its connections are back.
    pub(crate) async fn drain(&self) {
        if let Some(pool) = self.pool.get() {
            pool.close().await;
        }
    }
}

async fn unit(pool: PgPool, query: Arc<Query>) -> Result<Answer, Error> {
    let mut connection = acquire(&pool, query.time).await?;
    let limit = query.time.saturating_add(GRACE);
    let outcome = tokio::time::timeout(limit, transaction(&mut connection, &query)).await;
    let failed = match outcome {
        Ok(Ok(answer)) => return Ok(answer),
        Ok(Err(failed)) => failed.error,
        Err(_) => Error::retryable("DATABASE_TIMEOUT", "the server did not answer in time; a write may have happened"),
    };
    // Whatever state the connection is in, it ends here: the server rolls back what was not committed.
    drop(connection.detach());
    Err(failed)
}

async fn acquire(pool: &PgPool, time: Duration) -> Result<PoolConnection<sqlx::Postgres>, Error> {
    match tokio::time::timeout(time, pool.acquire()).await {
        Ok(Ok(connection)) => Ok(connection),
        // The pool goes on dialling a server that refuses; all that it says in the end is that time is over.
        Ok(Err(sqlx::Error::PoolTimedOut)) | Err(_) if pool.size() == 0 => {
            Err(Error::retryable("DATABASE_UNAVAILABLE", "the database cannot be reached"))
        }
        Ok(Err(error)) => Err(error::postgres(&error, Phase::Run).error),
        Err(_) => Err(error::postgres(&sqlx::Error::PoolTimedOut, Phase::Run).error),
    }
}

async fn transaction(connection: &mut PgConnection, query: &Query) -> Result<Answer, Failed> {
    let failed = |phase| move |error: sqlx::Error| error::postgres(&error, phase);
    let access = match query.mode {
        Mode::Read => "READ ONLY",
        Mode::Write => "READ WRITE",
    };
    // Numbers and keywords only: nothing of the plan stands in this text.
    let begin = format!(
        "BEGIN {access}; SET LOCAL statement_timeout = {}; SET LOCAL idle_in_transaction_session_timeout = {}",
        query.time.as_millis().max(1),
        query.time.saturating_add(GRACE).as_millis(),
    );
    connection.execute(AssertSqlSafe(begin)).await.map_err(failed(Phase::Run))?;
    let sql = AssertSqlSafe(query.sql.clone()).into_sql_str();
    // Without types from us the server says which types it expects.
    let statement = connection.prepare(sql).await.map_err(failed(Phase::Prepare))?;
    let arguments = arguments(&statement, query)?;
    let mut collector = Collector::new(query.caps);
    let mut rows = connection.fetch_many(statement.query_with(arguments));
    while let Some(item) = rows.try_next().await.map_err(failed(Phase::Run))? {
        match item {
            Either::Right(row) => collector.push(decode::columns(&row))?,
            Either::Left(done) if query.statement.changes_rows && query.mode == Mode::Write => {
                collector.affected(done.rows_affected())
            }
            Either::Left(_) => {}
        }
    }
    drop(rows);
    match connection.execute(END).await {
        Ok(_) => Ok(collector.finish()),
        Err(error) if query.mode == Mode::Read || commit_refused(&error) => Err(error::postgres(&error, Phase::Run)),
        Err(_) => {
            Err(Error::retryable("DATABASE_OUTCOME_UNKNOWN", "the connection was lost while the write was committed")
                .into())
        }
    }
}

fn arguments(statement: &sqlx::postgres::PgStatement, query: &Query) -> Result<PgArguments, Error> {
    let types = match statement.parameters() {
        Some(Either::Left(types)) => types,
        _ => &[],
    };
    if types.len() != query.params.len() {
        return Err(Error::config_invalid(format!(
            "params: the statement has {} placeholders, not {}",
            types.len(),
            query.params.len()
        )));
    }
    let mut arguments = PgArguments::default();
    for (index, (param, type_info)) in query.params.iter().zip(types).enumerate() {
        let bound = Bound::new(index + 1, param, type_info)?;
        arguments.add(bound).map_err(|_| Error::input_invalid(format!("parameter {} cannot be bound", index + 1)))?;
    }
    Ok(arguments)
}
