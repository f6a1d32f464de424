//! What the errors of a database mean for a task. No text of a database is passed on that can hold data.

use esteira_sdk::Error;
use sqlx::postgres::PgDatabaseError;

/// A statement that failed, and whether its connection can go on.
#[derive(Debug)]
pub(crate) struct Failed {
    /// What the task is told.
    pub(crate) error: Error,
    /// Whether the connection must not be used again.
    pub(crate) broken: bool,
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self { error, broken: false }
    }
}

/// Whether the text of an error can only hold what the plan wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// The statement was being prepared, and saw no parameter.
    Prepare,
    /// The statement was running, or ending.
    Run,
}

fn retryable(code: &str, message: String, broken: bool) -> Failed {
    Failed { error: Error::retryable(code, message), broken }
}

fn final_(code: &str, message: String) -> Failed {
    Failed { error: Error::non_retryable(code, message), broken: false }
}

/// An error of SQLite.
pub(crate) fn sqlite(error: &sqlx::Error, phase: Phase) -> Failed {
    let sqlx::Error::Database(database) = error else { return other(error) };
    let code: i32 = database.code().and_then(|code| code.parse().ok()).unwrap_or(1);
    let text = database.message();
    // The primary codes of <https://www.sqlite.org/rescode.html>; the low byte of the extended ones.
    match code & 0xff {
        5 | 6 => retryable("DATABASE_BUSY", "another connection holds a lock".to_owned(), false),
        9 => retryable("DATABASE_TIMEOUT", "the statement took longer than its timeout".to_owned(), false),
        8 => final_("DATABASE_READ_ONLY", "the connection cannot write".to_owned()),
        19 if code == 1811 => final_("DATABASE_CONSTRAINT", "a trigger refused the statement".to_owned()),
        // Names of tables, columns and constraints only.
        19 => final_("DATABASE_CONSTRAINT", text.to_owned()),
        7 | 10 | 13 | 14 | 15 | 17 => retryable("DATABASE_UNAVAILABLE", format!("SQLite reports {code}"), true),
        11 | 26 => {
            Failed { error: Error::non_retryable("DATABASE_CORRUPT", format!("SQLite reports {code}")), broken: true }
        }
        _ if phase == Phase::Prepare => final_("DATABASE_ERROR", text.to_owned()),
        _ => final_("DATABASE_ERROR", format!("SQLite reports {code} while the statement runs")),
    }
}

/// An error of PostgreSQL.
pub(crate) fn postgres(error: &sqlx::Error, phase: Phase) -> Failed {
    let sqlx::Error::Database(database) = error else { return other(error) };
    let Some(database) = database.try_downcast_ref::<PgDatabaseError>() else { return other(error) };
    let state = database.code();
    let failed = match (&state[..2.min(state.len())], state) {
        (_, "57014") => retryable("DATABASE_TIMEOUT", "the statement took longer than its timeout".to_owned(), true),
        (_, "55P03") | ("40", _) => {
            retryable("DATABASE_BUSY", format!("PostgreSQL reports {state}: a conflict with another transaction"), true)
        }
        // A cached plan that a change of the schema made void; a new connection plans anew.
        (_, "0A000") if database.routine() == Some("RevalidateCachedQuery") => {
            retryable("DATABASE_BUSY", "the schema changed".to_owned(), true)
        }
        ("08" | "53" | "57" | "58" | "28" | "3D" | "XX", _) => {
            retryable("DATABASE_UNAVAILABLE", format!("PostgreSQL reports {state}"), true)
        }
        (_, "25006") => final_("DATABASE_READ_ONLY", "the transaction cannot write".to_owned()),
        ("23", _) => final_("DATABASE_CONSTRAINT", format!("PostgreSQL reports {state}{}", place(database))),
        _ if phase == Phase::Prepare => {
            final_("DATABASE_ERROR", format!("PostgreSQL reports {state}: {}", database.message()))
        }
        _ => final_("DATABASE_ERROR", format!("PostgreSQL reports {state}{}", place(database))),
    };
    // Inside a failed transaction nothing else can run.
    Failed { broken: true, ..failed }
}

/// Names of the constraint, table and column, as far as the server tells them.
fn place(error: &PgDatabaseError) -> String {
    let names = [("constraint", error.constraint()), ("table", error.table()), ("column", error.column())];
    names.iter().filter_map(|(kind, name)| name.map(|name| format!(", {kind} {name:?}"))).collect()
}

/// An error of the driver or of the way to the database. Its text can hold an address or a user name: it is not passed on.
fn other(error: &sqlx::Error) -> Failed {
    match error {
        sqlx::Error::PoolTimedOut => retryable("DATABASE_BUSY", "no connection became free in time".to_owned(), false),
        sqlx::Error::Io(io) => {
            retryable("DATABASE_UNAVAILABLE", format!("the database cannot be reached: {}", io.kind()), true)
        }
        sqlx::Error::Tls(_) => {
            retryable("DATABASE_UNAVAILABLE", "the encrypted connection cannot be made".to_owned(), true)
        }
        sqlx::Error::Database(_) => {
            retryable("DATABASE_UNAVAILABLE", "the database refuses the connection".to_owned(), true)
        }
        _ => retryable("DATABASE_UNAVAILABLE", "the connection does not work".to_owned(), true),
    }
}

/// Whether it is known that a commit that failed like this did not happen: the server refused it, rather than went away, or
/// could not do what followed.
pub(crate) fn commit_refused(error: &sqlx::Error) -> bool {
    let sqlx::Error::Database(database) = error else { return false };
    let unsure = ["08", "42", "53", "57", "58", "XX"];
    database.code().is_some_and(|state| !unsure.iter().any(|class| state.starts_with(class)))
}
