//! The edits, each with the answer that it must get: the verdict and the check that fails first, or that the start refuses.

#[path = "erasure.rs"]
mod erasure;
#[path = "log.rs"]
mod log;
#[path = "pages.rs"]
mod pages;
#[path = "postgres.rs"]
mod postgres;
#[path = "rows.rs"]
mod rows;

use rusqlite::Connection;
use std::path::Path;

/// On SQLite, by what they touch.
pub fn on_sqlite() -> impl Iterator<Item = &'static Edit> {
    rows::EDITS.iter().chain(log::EDITS).chain(erasure::EDITS)
}

/// On PostgreSQL.
pub fn on_postgres() -> impl Iterator<Item = &'static Edit> {
    postgres::EDITS.iter()
}

/// What somebody does to a store while nobody looks.
pub enum Act {
    Nothing,
    /// Statements; `{line}`, `{fan}`, `{failed}`, `{parent}`, `{erased}` and `{again}` are jobs.
    Sql(&'static str),
    /// Something in a SQLite database that takes more than statements.
    Database(fn(&mut Connection)),
    /// Something beside the database.
    Files(fn(&Path)),
}

pub struct Edit {
    pub name: &'static str,
    /// How the answer begins.
    pub expected: &'static str,
    pub act: Act,
}

pub const fn sql(name: &'static str, expected: &'static str, sql: &'static str) -> Edit {
    Edit { name, expected, act: Act::Sql(sql) }
}

pub const fn database(name: &'static str, expected: &'static str, edit: fn(&mut Connection)) -> Edit {
    Edit { name, expected, act: Act::Database(edit) }
}

pub const fn files(name: &'static str, expected: &'static str, edit: fn(&Path)) -> Edit {
    Edit { name, expected, act: Act::Files(edit) }
}
