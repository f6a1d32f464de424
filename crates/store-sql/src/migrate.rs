//! Forward-only migrations: each script runs once, in order, in a transaction of its own with its record.

use crate::{connection::Connection, value::values};
use esteira_store::{Error, Kind, Result};
use sha2::{Digest, Sha256};
use std::time::Duration;
use tokio::time::Instant;

/// One step of the schema's history, embedded in the binary.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Migration {
    /// Counts from 1 without gaps.
    pub(crate) number: i64,
    /// The file's name without its ending.
    pub(crate) name: &'static str,
    /// The script.
    pub(crate) sql: &'static str,
}

/// How long a coordinator waits for another one that migrates the same schema.
const TURN_MAX: Duration = Duration::from_secs(60);
/// How often it asks whether it is its turn.
const ASK_AGAIN: Duration = Duration::from_millis(100);

/// Brings the schema up to date. Refuses a database that a newer version has migrated, and one whose history differs.
/// Returns whether the connection must be replaced before anything else is done.
pub(crate) async fn migrate(connection: &mut Connection, migrations: &'static [Migration]) -> Result<bool> {
    take_turn(connection).await?;
    // After an error the connection is dropped, and the turn ends with it.
    let replace = migrate_in_turn(connection, migrations).await?;
    connection.session().unlock_migrations().await?;
    Ok(replace)
}

/// Coordinators that start at once migrate one after the other.
async fn take_turn(connection: &mut Connection) -> Result<()> {
    let began = Instant::now();
    while !connection.session().try_lock_migrations().await? {
        if began.elapsed() > TURN_MAX {
            return Err(Error::new(
                Kind::Unavailable,
                "another coordinator has been migrating the schema for a minute",
            ));
        }
        tokio::time::sleep(ASK_AGAIN).await;
    }
    Ok(())
}

/// Asks before the first change whether the role may make it, so that the answer names what is missing.
async fn ensure_allowed(connection: &mut Connection, name: &str) -> Result<()> {
    let Some((sql, refusal)) = connection.session().may_migrate(name) else { return Ok(()) };
    match connection.fetch_one(sql, values![]).await? {
        Some(_) => Ok(()),
        None => Err(refusal),
    }
}

async fn migrate_in_turn(connection: &mut Connection, migrations: &'static [Migration]) -> Result<bool> {
    let has_history = connection.session().has_history_sql();
    if connection.fetch_one(has_history, values![]).await?.is_none() {
        if let Some(first) = migrations.first() {
            ensure_allowed(connection, first.name).await?;
        }
        connection.begin_write().await?;
        connection.script("CREATE TABLE schema_migration (number BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL)").await?;
        connection.commit().await?;
    }

    let mut done = 0;
    for row in connection.fetch("SELECT number, name, sha256 FROM schema_migration ORDER BY number", values![]).await? {
        let mut cells = row.cells();
        let (number, name, digest) = (cells.i64()?, cells.text()?, cells.text()?);
        let Some(known) = migrations.iter().find(|m| m.number == number) else {
            return Err(Error::new(
                Kind::Defect,
                format!(
                    "the database has migration {number} ({name}), which this version does not know: run a newer version"
                ),
            ));
        };
        if digest != sha256_hex(known.sql) {
            return Err(Error::new(
                Kind::Defect,
                format!("migration {number} ({name}) was applied with another text than this version's"),
            ));
        }
        done = number;
    }
    let mut replace = false;
    for migration in migrations.iter().filter(|m| m.number > done) {
        ensure_allowed(connection, migration.name).await?;
        replace = connection.session().without_haste().await?;
        connection.begin_write().await?;
        connection.script(migration.sql).await?;
        connection
            .execute(
                "INSERT INTO schema_migration (number, name, sha256) VALUES ($1, $2, $3)",
                values![migration.number, migration.name, sha256_hex(migration.sql)],
            )
            .await?;
        connection.commit().await?;
        tracing::info!(number = migration.number, name = migration.name, "schema migrated");
    }
    Ok(replace)
}

fn sha256_hex(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}
