//! The databases that the operator named. Plans know the names, only the operator knows the addresses.

use crate::database_query::{
    Query, answer::Answer, background::Background, postgres::Postgres, sqlite::Sqlite, statement::Dialect,
};
use esteira_sdk::{
    Error,
    model::{BoxFuture, TaskId},
};
use futures::future::join_all;
use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

/// How long an answer is waited for when the time of the statement is over: the database should say so first.
const GRACE: Duration = Duration::from_secs(3);

/// Databases by alias. Cheap to clone; clones share pools and queues. Nothing is opened before it is first used.
#[derive(Clone, Default)]
pub struct Connections {
    known: Arc<BTreeMap<String, Database>>,
}

impl Connections {
    /// No databases at all.
    pub fn none() -> Self {
        Self::default()
    }

    /// The databases of these aliases and URLs; `docs/functions.md` says what a URL can hold.
    ///
    /// Errors: a text for the operator, which never holds the URL: it may hold a password.
    pub fn new(named: impl IntoIterator<Item = (String, String)>) -> Result<Self, String> {
        let mut known = BTreeMap::new();
        for (alias, url) in named {
            let database = Database::new(&alias, &url).map_err(|why| format!("connection {alias:?}: {why}"))?;
            if known.insert(alias.clone(), database).is_some() {
                return Err(format!("connection {alias:?} is given twice"));
            }
        }
        Ok(Self { known: Arc::new(known) })
    }

    /// Ends the background queues and closes what is open, after everything that was handed over is written or has failed.
    ///
    /// To be awaited once, after the worker has ended and before the process does; the caller sets the deadline. Statements
    /// that come later are answered with `DATABASE_UNAVAILABLE`.
    pub async fn drain(&self) {
        join_all(self.known.values().map(Database::drain)).await;
    }

    pub(crate) fn get(&self, alias: &str) -> Result<&Database, Error> {
        self.known.get(alias).ok_or_else(|| {
            Error::non_retryable(
                "CONNECTION_UNKNOWN",
                format!("this worker knows no database {alias:?}; start it with --connection {alias}=<url>"),
            )
        })
    }

    /// Puts a write into the background queue of a database; waits while the queue is full.
    pub(crate) async fn hand_over(&self, alias: &str, task: TaskId, query: Query) -> Result<(), Error> {
        let database = self.get(alias)?;
        database.background.hand_over(&database.backend, task, query).await
    }
}

impl fmt::Debug for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.known.keys()).finish()
    }
}

/// One named database.
pub(crate) struct Database {
    backend: Arc<Backend>,
    background: Background,
}

/// What kind of database it is.
pub(crate) enum Backend {
    /// A file.
    Sqlite(Sqlite),
    /// A server.
    Postgres(Postgres),
}

impl Database {
    fn new(alias: &str, url: &str) -> Result<Self, String> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        if alias.is_empty() || alias.len() > 63 || !alias.chars().all(plain) {
            return Err("an alias is 1 to 63 letters, digits, _, - and .".to_owned());
        }
        let backend = match url.split_once(':').map(|(scheme, _)| scheme) {
            Some("sqlite") => Backend::Sqlite(Sqlite::new(url)?),
            Some("postgres" | "postgresql") => Backend::Postgres(Postgres::new(url)?),
            _ => return Err("the URL begins with neither sqlite: nor postgres:".to_owned()),
        };
        Ok(Self { backend: Arc::new(backend), background: Background::new(alias) })
    }

    pub(crate) fn dialect(&self) -> Dialect {
        match *self.backend {
            Backend::Sqlite(_) => Dialect::Sqlite,
            Backend::Postgres(_) => Dialect::Postgres,
        }
    }

    pub(crate) async fn read(&self, query: Query) -> Result<Answer, Error> {
        match &*self.backend {
            Backend::Sqlite(sqlite) => sqlite.read(&query).await,
            Backend::Postgres(postgres) => postgres.run(Arc::new(query)).await,
        }
    }

    /// Writes, and waits until the write is committed.
    pub(crate) async fn write(&self, query: Query) -> Result<Answer, Error> {
        let time = query.time.saturating_add(GRACE);
        let written = async { self.backend.submit(&Arc::new(query)).await.await };
        match tokio::time::timeout(time, written).await {
            Ok(result) => result,
            Err(_) => {
                Err(Error::retryable("DATABASE_TIMEOUT", "the write was not confirmed in time; it may have happened"))
            }
        }
    }

    async fn drain(&self) {
        self.background.drain().await;
        match &*self.backend {
            Backend::Sqlite(sqlite) => sqlite.drain().await,
            Backend::Postgres(postgres) => postgres.drain().await,
        }
    }
}

impl Backend {
    /// Hands a write in, in order of the calls, and returns what becomes of it.
    pub(crate) async fn submit(self: &Arc<Self>, query: &Arc<Query>) -> BoxFuture<'static, Result<Answer, Error>> {
        match &**self {
            Self::Sqlite(sqlite) => sqlite.submit(query.clone()).await,
            Self::Postgres(_) => {
                let (backend, query) = (self.clone(), query.clone());
                Box::pin(async move {
                    match &*backend {
                        Self::Postgres(postgres) => postgres.run(query).await,
                        Self::Sqlite(sqlite) => sqlite.submit(query).await.await,
                    }
                })
            }
        }
    }

    /// Background writes that are under way at the same time: many where a batch takes them together, in order, else one.
    pub(crate) fn background_at_once(&self) -> usize {
        match self {
            Self::Sqlite(_) => 256,
            Self::Postgres(_) => 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(alias: &str, url: &str, expected: Option<&str>) {
        let made = Connections::new([(alias.to_owned(), url.to_owned())]);
        match (made, expected) {
            (Ok(_), None) => {}
            (Err(why), Some(part)) => {
                assert!(why.contains(part), "{why}");
                assert!(!why.contains("canary"), "{why}");
            }
            (made, expected) => panic!("{alias}={url}: {made:?} instead of {expected:?}"),
        }
    }

    #[test]
    fn aliases_and_urls_are_checked_and_never_shown() {
        check("crm", "sqlite:///tmp/x.db?mode=rwc&journal_mode=wal&synchronous=normal&busy_timeout=2s", None);
        check("crm", "postgres://u:canary@localhost:5432/d?pool_max=3", None);
        check("", "sqlite:x.db", Some("alias"));
        check("a b", "sqlite:x.db", Some("alias"));
        check("crm", "mysql://u:canary@h/d", Some("neither"));
        check("crm", "sqlite::memory:", Some("memory"));
        check("crm", "sqlite:x.db?mode=memory", Some("memory"));
        check("crm", "sqlite:x.db?journal_mode=off&y=canary", Some("journal_mode"));
        check("crm", "sqlite:x.db?canary=1", Some("parameter"));
        check("crm", "postgres://u:canary@localhost:5432/d?pool_max=0", Some("pool_max"));
        check("crm", "postgres://u:canary@localhost:x/d", Some("malformed"));
        let twice =
            Connections::new([("a".to_owned(), "sqlite:x".to_owned()), ("a".to_owned(), "sqlite:y".to_owned())]);
        assert!(twice.expect_err("twice").contains("twice"));
        assert_eq!(
            Connections::none().get("x").err().map(|error| error.code().to_owned()).as_deref(),
            Some("CONNECTION_UNKNOWN")
        );
    }
}
