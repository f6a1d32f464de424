//! Opening PostgreSQL: what is set on each connection, and why.

use super::{Session, check, parameters};
use crate::{
    connection::{Connection, Sent},
    dialect,
    migrate::Migration,
};
use esteira_store::{Error, Kind, Result};
use sqlx::{ConnectOptions, PgConnection, postgres::PgConnectOptions};
use std::{
    str::FromStr,
    sync::{Arc, Once},
    time::Duration,
};

/// Prepared statements kept on a connection: the texts of rounds, the fixed ones, and some filters.
const STATEMENTS_MAX: usize = 192;
/// How long a transaction may be idle between two statements. A unit never waits for anything in between: whoever does is
/// stopped or cut off, and must not keep its locks from the others.
const IDLE_IN_TRANSACTION: Duration = Duration::from_secs(5);

/// What a deployment may choose.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tuning {
    /// How long a round trip may take before the connection is given up.
    pub(crate) deadline: Duration,
    /// How long a statement waits for a lock of another coordinator.
    pub(crate) lock_timeout: Duration,
}

/// Where a database is.
#[derive(Clone)]
pub(crate) struct Place {
    options: PgConnectOptions,
    /// For people, without the password.
    name: String,
    /// What an operator should know was said, once.
    warned: Arc<Once>,
}

impl std::fmt::Debug for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)
    }
}

/// The schema's history for PostgreSQL.
pub(crate) fn migrations() -> &'static [Migration] {
    macro_rules! migration {
        ($number:literal, $name:literal) => {
            Migration {
                number: $number,
                name: $name,
                sql: include_str!(concat!("../../../../../migrations/postgres/", $name, ".sql")),
            }
        };
    }
    &[
        migration!(1, "0001_tables"),
        migration!(2, "0002_members"),
        migration!(3, "0003_retention"),
        migration!(4, "0004_partitions"),
        migration!(5, "0005_ledger"),
        migration!(6, "0006_audit"),
        migration!(7, "0007_log"),
        migration!(8, "0008_reprocess"),
        migration!(9, "0009_digest_block"),
        migration!(10, "0010_leaf_rows"),
        migration!(11, "0011_removal"),
    ]
}

impl Place {
    /// Reads a URL. Its error never holds the URL, which may hold a password.
    pub(crate) fn of(url: &str) -> Result<Self> {
        parameters::check(url)?;
        let options = PgConnectOptions::from_str(url)
            .map_err(|e| Error::new(Kind::Defect, format!("the PostgreSQL URL cannot be understood: {e}")))?;
        let host = match options.get_socket() {
            Some(folder) => folder.display().to_string(),
            None => options.get_host().to_owned(),
        };
        let name = format!(
            "postgres://{}@{host}:{}/{}",
            options.get_username(),
            options.get_port(),
            options.get_database().unwrap_or(options.get_username())
        );
        let options = match options.get_application_name() {
            Some(_) => options,
            None => options.application_name("esteira"),
        };
        Ok(Self {
            options: options.statement_cache_capacity(STATEMENTS_MAX).disable_statement_logging(),
            name,
            warned: Arc::new(Once::new()),
        })
    }
}

/// What is set on every connection, as it is opened.
fn settings(tuning: Tuning) -> Vec<(&'static str, String)> {
    let millis = |time: Duration| time.as_millis().max(1).to_string();
    vec![
        // The server stops working for somebody who has given up.
        ("statement_timeout", millis(tuning.deadline)),
        ("lock_timeout", millis(tuning.lock_timeout.min(tuning.deadline))),
        ("idle_in_transaction_session_timeout", millis(IDLE_IN_TRANSACTION)),
        // The server notices a coordinator whose machine is gone, and drops its locks. The other way round it is the deadline
        // of each round trip that notices: the driver has no setting for it.
        ("tcp_keepalives_idle", "10".into()),
        ("tcp_keepalives_interval", "5".into()),
        ("tcp_keepalives_count", "3".into()),
        ("tcp_user_timeout", "30000".into()),
        // Nobody reads notices: the driver would log "no transaction in progress" for a rollback made sure of.
        ("client_min_messages", "error".into()),
        // Compiling pays for reports of minutes.
        ("jit", "off".into()),
    ]
}

/// What is set on connections that read or write. Each statement goes by indexes, as SQLite knows no other way: a scan or a hash of
/// a whole table, which statistics of an empty or a changed table can suggest, is never right.
const BY_INDEX: [(&str, &str); 3] =
    [("enable_seqscan", "off"), ("enable_hashjoin", "off"), ("enable_mergejoin", "off")];
/// What is set on connections that write. Each of their statements finds few rows by a key, whatever the number of rows in a
/// table: its plan is made once, and never by a bitmap, which statistics of an empty table suggest to make of the wrong index.
const FIXED_PLANS: [(&str, &str); 2] = [("plan_cache_mode", "force_generic_plan"), ("enable_bitmapscan", "off")];

async fn connect(place: &Place, options: PgConnectOptions, tuning: Tuning, counter: &Arc<Sent>) -> Result<Connection> {
    let session = |connection: PgConnection, timeline| {
        dialect::Session::Postgres(Session::new(connection, tuning.deadline, timeline))
    };
    let connected = tokio::time::timeout(tuning.deadline, options.connect()).await;
    let failed = |kind, text: String| Error::new(kind, format!("cannot connect to {}: {text}", place.name));
    let connection = match connected {
        Ok(Ok(connection)) => connection,
        Ok(Err(e)) => {
            let e = super::error(e);
            return Err(failed(e.kind(), e.to_string()));
        }
        Err(_) => return Err(failed(Kind::Unavailable, super::late(tuning.deadline))),
    };
    Ok(Connection::new(session(connection, Arc::from("")), counter.clone()))
}

/// Opens a connection that writes, and refuses a server that loses data.
pub(crate) async fn open_writer(place: &Place, tuning: Tuning, counter: &Arc<Sent>) -> Result<Connection> {
    let options = place.options.clone().options(settings(tuning)).options(BY_INDEX).options(FIXED_PLANS);
    let mut connection = connect(place, options, tuning, counter).await?;
    let facts = check::facts(&mut connection).await?;
    facts.check()?;
    if facts.superuser {
        place.warned.call_once(|| {
            tracing::warn!(database = %place.name, "the role is a superuser: give the coordinator a role of its own");
        });
    }
    connection.on_timeline(facts.timeline);
    Ok(connection)
}

/// The options of a connection that cannot write.
pub(super) fn reader_options(place: &Place, tuning: Tuning) -> PgConnectOptions {
    let read_only = [("default_transaction_read_only", "on")];
    place.options.clone().options(settings(tuning)).options(BY_INDEX).options(read_only)
}

/// Opens a connection that cannot write.
pub(crate) async fn open_reader(place: &Place, tuning: Tuning, counter: &Arc<Sent>) -> Result<Connection> {
    connect(place, reader_options(place, tuning), tuning, counter).await
}

/// Opens a connection that tells news: its commits hold nothing that must be kept, so they wait for no disk.
pub(super) async fn open_teller(place: &Place, tuning: Tuning, counter: &Arc<Sent>) -> Result<Connection> {
    let options = place.options.clone().options(settings(tuning)).options([("synchronous_commit", "off")]);
    connect(place, options, tuning, counter).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_not_shown() {
        let place = Place::of("postgres://ana:s3cret@db.example:6432/esteira?password=s3cret").expect("a URL");
        assert_eq!(format!("{place:?}"), "postgres://ana@db.example:6432/esteira");
        for wrong in ["postgres://ana:s3cret@db:port/esteira", "postgres://ana:s3cret@/x?sslmode=s3cret"] {
            let error = Place::of(wrong).expect_err("refused");
            assert!(!error.to_string().contains("ana"), "{error}");
        }
        let socket = Place::of("postgres://ana@localhost/esteira?host=/run/pg").expect("a URL");
        assert_eq!(format!("{socket:?}"), "postgres://ana@/run/pg:5432/esteira");
    }
}
