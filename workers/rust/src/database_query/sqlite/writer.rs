//! The one writer of a file. Writes that arrive together are committed together.
//!
//! A commit costs the disk's time however much it holds, so the writer takes all writes that wait, runs each behind a savepoint
//! of its own, and commits once. A write that fails is undone alone. Nobody is answered before the commit.

use crate::database_query::{
    Query,
    answer::Answer,
    error::{self, Failed, Phase},
    sqlite::{deadline::Deadline, reader},
};
use esteira_sdk::Error;
use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};
use std::sync::Arc;
use tokio::sync::{mpsc::Receiver, oneshot};

/// Most writes of one commit.
const BATCH_MAX: usize = 256;
/// Oldest SQLite that is used: earlier ones can lose a write-ahead log that is reset while it is read.
const VERSION_MIN: (u32, u32, u32) = (3, 51, 3);

/// One write and whoever waits for it.
pub(crate) struct Job {
    pub(crate) query: Arc<Query>,
    pub(crate) reply: oneshot::Sender<Result<Answer, Error>>,
}

/// Why a batch brought nothing.
enum BatchFailed {
    /// It did not begin: no write will do any better now.
    NotBegun(Failed),
    /// It was undone as a whole: each write has to show by itself whether it works.
    Undone,
}

/// Commits what arrives until nobody can send any more.
pub(crate) async fn run(options: SqliteConnectOptions, mut jobs: Receiver<Job>) {
    let mut open: Option<Writer> = None;
    let mut batch = Vec::with_capacity(BATCH_MAX);
    while jobs.recv_many(&mut batch, BATCH_MAX).await > 0 {
        // Whoever gave up before the write began will try again: it must not happen twice.
        let jobs: Vec<Job> = batch.drain(..).filter(|job| !job.reply.is_closed()).collect();
        let writer = match open.take() {
            Some(writer) => Ok(writer),
            None => Writer::open(&options).await,
        };
        match writer {
            Ok(writer) => open = writer.write(jobs).await,
            Err(error) => answer_all(jobs, &error),
        }
    }
    if let Some(writer) = open
        && let Err(error) = writer.connection.close().await
    {
        tracing::warn!(code = error::sqlite(&error, Phase::Run).error.code(), "a SQLite file was not closed in order");
    }
}

fn answer_all(jobs: Vec<Job>, error: &Error) {
    for job in jobs {
        // Whoever does not wait any more needs no answer.
        let _ = job.reply.send(Err(error.clone()));
    }
}

struct Writer {
    connection: SqliteConnection,
    deadline: Deadline,
}

impl Writer {
    async fn open(options: &SqliteConnectOptions) -> Result<Self, Error> {
        let failed = |error: sqlx::Error| error::sqlite(&error, Phase::Run).error;
        let mut connection = options.connect().await.map_err(failed)?;
        let version: String =
            sqlx::query_scalar("SELECT sqlite_version()").fetch_one(&mut connection).await.map_err(failed)?;
        if !version_suffices(&version) {
            return Err(Error::non_retryable(
                "DATABASE_UNAVAILABLE",
                format!("SQLite {version} is older than {VERSION_MIN:?}"),
            ));
        }
        let deadline = Deadline::watch(&mut connection).await.map_err(failed)?;
        Ok(Self { connection, deadline })
    }

    /// Writes and answers all jobs. Returns the connection if it can go on.
    async fn write(mut self, jobs: Vec<Job>) -> Option<Self> {
        let outcome = match jobs.len() {
            0 => return Some(self),
            1 => Err(BatchFailed::Undone),
            _ => self.batch(&jobs).await,
        };
        match outcome {
            Ok(results) => {
                for (job, result) in jobs.into_iter().zip(results) {
                    let _ = job.reply.send(result);
                }
                Some(self)
            }
            Err(BatchFailed::NotBegun(failed)) => {
                answer_all(jobs, &failed.error);
                (!failed.broken).then_some(self)
            }
            Err(BatchFailed::Undone) => {
                let mut jobs = jobs.into_iter();
                while let Some(job) = jobs.next() {
                    let result = self.alone(&job.query).await;
                    let broken =
                        result.as_ref().err().filter(|failed| failed.broken).map(|failed| failed.error.clone());
                    let _ = job.reply.send(result.map_err(|failed| failed.error));
                    if let Some(error) = broken {
                        answer_all(jobs.collect(), &error);
                        return None;
                    }
                }
                Some(self)
            }
        }
    }

    /// All writes in one transaction, each behind a savepoint.
    async fn batch(&mut self, jobs: &[Job]) -> Result<Vec<Result<Answer, Error>>, BatchFailed> {
        self.command("BEGIN IMMEDIATE").await.map_err(BatchFailed::NotBegun)?;
        let mut results = Vec::with_capacity(jobs.len());
        for job in jobs {
            match self.behind_savepoint(&job.query).await {
                Ok(result) => results.push(result),
                Err(()) => return Err(self.undone().await),
            }
        }
        match self.command("COMMIT").await {
            Ok(()) => Ok(results),
            // A deferred constraint of one write fails the commit of all.
            Err(_) => Err(self.undone().await),
        }
    }

    /// One write of a batch. Fails only when the whole transaction is gone.
    async fn behind_savepoint(&mut self, query: &Query) -> Result<Result<Answer, Error>, ()> {
        self.command("SAVEPOINT one").await.map_err(|_| ())?;
        let result = self.statement(query).await;
        if result.is_err() {
            // Some errors, and `OR ROLLBACK`, end the transaction: then there is no savepoint to go back to.
            self.command("ROLLBACK TO one").await.map_err(|_| ())?;
        }
        self.command("RELEASE one").await.map_err(|_| ())?;
        match result {
            Err(failed) if failed.broken => Err(()),
            result => Ok(result.map_err(|failed| failed.error)),
        }
    }

    async fn undone(&mut self) -> BatchFailed {
        // It may be gone already; either way nothing of it is left.
        let _ = self.command("ROLLBACK").await;
        BatchFailed::Undone
    }

    /// One write in a transaction of its own.
    async fn alone(&mut self, query: &Query) -> Result<Answer, Failed> {
        self.command("BEGIN IMMEDIATE").await?;
        let result = match self.statement(query).await {
            Ok(answer) => self.command("COMMIT").await.map(|()| answer),
            Err(failed) => Err(failed),
        };
        if result.is_err() {
            let _ = self.command("ROLLBACK").await;
        }
        result
    }

    async fn statement(&mut self, query: &Query) -> Result<Answer, Failed> {
        self.deadline.set(query.time);
        let result = reader::run(&mut self.connection, query).await;
        self.deadline.clear();
        if result.is_ok() && !query.statement.changes_rows {
            self.refuse_temporary().await?;
        }
        result
    }

    /// A temporary table would stand in front of a real one for every plan that writes here.
    async fn refuse_temporary(&mut self) -> Result<(), Failed> {
        let count = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM temp.sqlite_schema")
            .fetch_one(&mut self.connection)
            .await;
        match count.map_err(|error| error::sqlite(&error, Phase::Run))? {
            0 => Ok(()),
            _ => {
                Err(Error::non_retryable("STATEMENT_REFUSED", "temporary tables, views and triggers are not permitted")
                    .into())
            }
        }
    }

    async fn command(&mut self, sql: &'static str) -> Result<(), Failed> {
        sqlx::query(sql)
            .execute(&mut self.connection)
            .await
            .map(|_| ())
            .map_err(|error| error::sqlite(&error, Phase::Run))
    }
}

fn version_suffices(version: &str) -> bool {
    let mut parts = version.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    let mut next = || parts.next().unwrap_or(0);
    (next(), next(), next()) >= VERSION_MIN
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_number() {
        for (version, expected) in
            [("3.51.3", true), ("3.51.10", true), ("3.100.0", true), ("4", true), ("3.51.2", false), ("3.9.99", false)]
        {
            assert_eq!(version_suffices(version), expected, "{version}");
        }
    }
}
