//! What a server must be before a coordinator trusts it: an acknowledged commit survives the loss of power.

use crate::{connection::Connection, row::Row, value::values};
use esteira_store::{Error, Kind, Result};
use std::sync::Arc;

/// The oldest server that the SQL is tested with.
const VERSION_MIN: i64 = 150_000;

const SQL: &str = "SELECT current_setting('server_version_num')::bigint, current_setting('server_version'), \
                   current_setting('fsync'), current_setting('full_page_writes'), current_setting('synchronous_commit'), \
                   current_setting('server_encoding'), current_schema()::text, pg_is_in_recovery()::int, \
                   coalesce((SELECT rolsuper FROM pg_roles WHERE rolname = current_user), false)::int, \
                   CASE WHEN pg_is_in_recovery() THEN '' ELSE left(pg_walfile_name(pg_current_wal_lsn()), 8) END";

/// Whether the role may create tables where they would be created.
pub(crate) const MAY_MIGRATE: &str =
    "SELECT 1 WHERE has_schema_privilege(current_user, current_schema()::regnamespace, 'CREATE')";

/// The error of a role that may not.
pub(crate) fn refuse_migration(name: &str) -> Error {
    defect(&format!(
        "migration {name} is pending and the role may not create tables in the schema: grant CREATE on it, or migrate with another role"
    ))
}

/// What a server says of itself.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Facts {
    version: (i64, String),
    fsync: String,
    full_page_writes: String,
    synchronous_commit: String,
    encoding: String,
    schema: Option<String>,
    standby: bool,
    /// The role passes over every check of the server.
    pub(super) superuser: bool,
    /// Changes when a standby is promoted: ids of transactions mean something else from then on.
    pub(super) timeline: Arc<str>,
}

fn defect(message: &str) -> Error {
    Error::new(Kind::Defect, message)
}

/// Asks the server.
pub(super) async fn facts(connection: &mut Connection) -> Result<Facts> {
    match connection.fetch_one(SQL, values![]).await? {
        Some(row) => read(&row),
        None => Err(defect("the server says nothing of itself")),
    }
}

fn read(row: &Row) -> Result<Facts> {
    let mut cells = row.cells();
    Ok(Facts {
        version: (cells.i64()?, cells.string()?),
        fsync: cells.string()?,
        full_page_writes: cells.string()?,
        synchronous_commit: cells.string()?,
        encoding: cells.string()?,
        schema: cells.opt_text()?.map(str::to_owned),
        standby: cells.bool()?,
        superuser: cells.bool()?,
        timeline: cells.shared()?,
    })
}

impl Facts {
    /// Refuses a server that loses data, or that the SQL does not fit.
    pub(super) fn check(&self) -> Result<()> {
        if self.version.0 < VERSION_MIN {
            return Err(defect(&format!("PostgreSQL {} is too old: 15 or newer is needed", self.version.1)));
        }
        if self.fsync != "on" {
            return Err(defect("the server runs with fsync = off and loses commits: set it on"));
        }
        if self.full_page_writes != "on" {
            return Err(defect("the server runs with full_page_writes = off and can tear pages: set it on"));
        }
        if self.synchronous_commit == "off" {
            return Err(defect("synchronous_commit is off for this role or database, which loses commits: set it on"));
        }
        if self.encoding != "UTF8" {
            return Err(defect(&format!("the database has the encoding {}: UTF8 is needed", self.encoding)));
        }
        if self.schema.is_none() {
            return Err(defect("no schema of the role's search_path exists"));
        }
        if self.standby {
            return Err(Error::new(Kind::Unavailable, "the server is a standby, which accepts no writes"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> Facts {
        Facts {
            version: (150_000, "15.0".into()),
            fsync: "on".into(),
            full_page_writes: "on".into(),
            synchronous_commit: "on".into(),
            encoding: "UTF8".into(),
            schema: Some("public".into()),
            standby: false,
            superuser: false,
            timeline: "00000001".into(),
        }
    }

    #[test]
    fn servers_that_lose_data_are_refused() {
        let off = || "off".to_owned();
        let cases = [
            (Facts { version: (149_999, "14.99".into()), ..good() }, "15 or newer"),
            (Facts { fsync: off(), ..good() }, "fsync"),
            (Facts { full_page_writes: off(), ..good() }, "full_page_writes"),
            (Facts { synchronous_commit: off(), ..good() }, "synchronous_commit"),
            (Facts { encoding: "SQL_ASCII".into(), ..good() }, "UTF8"),
            (Facts { schema: None, ..good() }, "search_path"),
            (Facts { standby: true, ..good() }, "standby"),
        ];
        for (facts, word) in cases {
            let error = facts.check().expect_err(word);
            assert!(error.to_string().contains(word), "{error}");
        }
        for setting in ["on", "local", "remote_write", "remote_apply"] {
            assert!(Facts { synchronous_commit: setting.into(), ..good() }.check().is_ok(), "{setting}");
        }
    }
}
