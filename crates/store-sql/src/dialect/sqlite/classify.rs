//! What SQLite's result codes mean for the caller.

use esteira_store::{Error, Kind};

/// Primary result codes of SQLite (the low byte of an extended code).
mod code {
    pub(super) const BUSY: i32 = 5;
    pub(super) const LOCKED: i32 = 6;
    pub(super) const NOMEM: i32 = 7;
    pub(super) const READONLY: i32 = 8;
    pub(super) const INTERRUPT: i32 = 9;
    pub(super) const IOERR: i32 = 10;
    pub(super) const FULL: i32 = 13;
    pub(super) const CANTOPEN: i32 = 14;
    pub(super) const PROTOCOL: i32 = 15;
    /// Extended: a read transaction cannot become a write transaction, because another one wrote meanwhile.
    pub(super) const BUSY_SNAPSHOT: i32 = 517;
    /// Extended: a key is taken.
    pub(super) const PRIMARY_KEY: i32 = 1555;
    pub(super) const UNIQUE: i32 = 2067;
    pub(super) const ROWID: i32 = 2579;
}

/// What an extended result code means.
fn kind_of(extended: i32) -> Kind {
    match extended {
        code::BUSY_SNAPSHOT => Kind::Conflict,
        code::PRIMARY_KEY | code::UNIQUE | code::ROWID => Kind::Duplicate,
        _ => match extended & 0xff {
            code::BUSY
            | code::LOCKED
            | code::NOMEM
            | code::READONLY
            | code::INTERRUPT
            | code::IOERR
            | code::FULL
            | code::CANTOPEN
            | code::PROTOCOL => Kind::Unavailable,
            _ => Kind::Defect,
        },
    }
}

/// The error of a statement. SQLite's texts name tables, columns and constraints, never values.
pub(super) fn error(e: rusqlite::Error) -> Error {
    let kind = e.sqlite_error().map_or(Kind::Defect, |e| kind_of(e.extended_code));
    Error::new(kind, e.to_string())
}

/// The error of a COMMIT. After an I/O error nobody knows whether the commit frame is in the log: a restart may find the
/// transaction. Everything else leaves it undone.
pub(super) fn commit_error(e: rusqlite::Error) -> Error {
    let unknown = e.sqlite_error().is_none_or(|e| e.extended_code & 0xff == code::IOERR);
    if unknown { Error::new(Kind::CommitUnknown, e.to_string()) } else { error(e) }
}
