//! The tables of the ledger, read past the coordinators: what they say of themselves proves nothing.

use super::{
    System,
    database::Database,
    disk::Disk,
    signal::{self, Signal},
};
use crate::history::{EndLedger, EndPage};
use rusqlite::Connection;
use std::{
    fs, io,
    path::{Path, PathBuf},
};
use tempfile::TempDir;

/// A row of each query is one line: columns between bars, bytes as hexadecimal digits, nothing for NULL.
struct Queries {
    pages: &'static str,
    waiting: &'static str,
    places: &'static str,
    addresses: &'static str,
    checkpoints: &'static str,
}

const SQLITE: Queries = Queries {
    pages: "SELECT page_id || '|' || hex(leaves) FROM ledger_page ORDER BY page_id",
    waiting: "SELECT page_id || '|' || leaf_count FROM ledger_waiting ORDER BY page_id",
    places: "SELECT first_index || '|' || page_id || '|' || leaf_count FROM ledger_place ORDER BY first_index",
    addresses: "SELECT coalesce(leaf_page, '') || '|' || coalesce(leaf_ordinal, '') FROM attempt",
    checkpoints: "SELECT hex(note) FROM ledger_checkpoint ORDER BY epoch, size",
};
const POSTGRESQL: Queries = Queries {
    pages: "SELECT page_id || '|' || encode(leaves, 'hex') FROM ledger_page ORDER BY page_id",
    waiting: "SELECT page_id || '|' || leaf_count FROM ledger_waiting ORDER BY page_id",
    places: "SELECT first_index || '|' || page_id || '|' || leaf_count FROM ledger_place ORDER BY first_index",
    addresses: "SELECT coalesce(leaf_page::text, '') || '|' || coalesce(leaf_ordinal::text, '') FROM attempt",
    checkpoints: "SELECT encode(convert_to(note, 'UTF8'), 'hex') FROM ledger_checkpoint ORDER BY epoch, size",
};

/// The tables, as they are at one moment where there is a file, as they are when they are asked where there is a server.
pub(crate) enum Tables<'a> {
    File {
        connection: Box<Connection>,
        /// The copy goes with it.
        _folder: TempDir,
    },
    Server(&'a Database),
}

impl<'a> Tables<'a> {
    pub fn open(system: &'a System) -> Result<Self, String> {
        let Some(disk) = &system.disk else {
            return Ok(Self::Server(system.database.as_ref().ok_or("there is no database")?));
        };
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let file = copy_file(disk, system.coordinators[0].id(), folder.path()).map_err(|error| error.to_string())?;
        let connection = Connection::open(file).map_err(|error| error.to_string())?;
        Ok(Self::File { connection: Box::new(connection), _folder: folder })
    }

    /// The rows of a query, each a line.
    pub async fn ask(&self, sql: &str) -> Result<Vec<String>, String> {
        match self {
            Self::File { connection, .. } => ask_file(connection, sql).map_err(|error| error.to_string()),
            Self::Server(database) => Ok(database.ask_data(sql).await?.lines().map(str::to_owned).collect()),
        }
    }

    /// A query of the ids of jobs that have ended.
    pub fn ended(&self) -> &'static str {
        match self {
            Self::File { .. } => "SELECT lower(hex(job_id)) FROM job WHERE end_time IS NOT NULL",
            Self::Server(_) => "SELECT encode(job_id, 'hex') FROM job WHERE end_time IS NOT NULL",
        }
    }

    /// A query of the rows of a table: the job's id, a bar, and all columns or their digest.
    pub async fn rows_of(&self, table: &str) -> Result<String, String> {
        Ok(match self {
            Self::File { .. } => {
                let columns = self.ask(&format!("SELECT name FROM pragma_table_info('{table}')")).await?;
                let columns: Vec<String> = columns.iter().map(|column| format!("quote({column})")).collect();
                format!("SELECT lower(hex(job_id)) || '|' || {} FROM {table}", columns.join(" || ',' || "))
            }
            Self::Server(_) => format!("SELECT encode(job_id, 'hex') || '|' || md5(own::text) FROM {table} own"),
        })
    }
}

/// Reads all of it.
pub(crate) async fn ledger(system: &System) -> Result<EndLedger, String> {
    let tables = Tables::open(system)?;
    let queries = match tables {
        Tables::File { .. } => &SQLITE,
        Tables::Server(_) => &POSTGRESQL,
    };
    read(queries, async |sql: &str| tables.ask(sql).await).await
}

/// A copy of the database as it is at one moment: its coordinator stands still meanwhile. SQLite follows links by their names, so
/// it cannot open a file of another mount namespace itself.
fn copy_file(disk: &Disk, coordinator: u32, to: &Path) -> io::Result<PathBuf> {
    signal::send(coordinator, Signal::Stop);
    let copied = ["esteira.db", "esteira.db-wal"].map(|name| match disk.outside(name) {
        // Without a log everything is in the database.
        from if name.ends_with("-wal") && !from.exists() => Ok(0),
        from => fs::copy(from, to.join(name)),
    });
    signal::send(coordinator, Signal::Continue);
    copied.into_iter().collect::<io::Result<Vec<u64>>>()?;
    Ok(to.join("esteira.db"))
}

fn ask_file(connection: &Connection, sql: &str) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare(sql)?;
    statement.query_map([], |row| row.get(0))?.collect()
}

async fn read(queries: &Queries, ask: impl AsyncFn(&str) -> Result<Vec<String>, String>) -> Result<EndLedger, String> {
    let malformed = |line: &str| format!("the ledger's tables say {line:?}");
    let numbers = |line: &String| -> Result<Vec<u64>, String> {
        line.split('|').map(|part| part.parse().map_err(|_| malformed(line))).collect()
    };
    let mut ledger = EndLedger::default();
    for line in ask(queries.pages).await? {
        let (page, leaves) = line.split_once('|').ok_or_else(|| malformed(&line))?;
        let page = page.parse().map_err(|_| malformed(&line))?;
        let leaves = bytes(leaves).and_then(|bytes| split(&bytes)).ok_or_else(|| format!("page {page} is torn"))?;
        ledger.pages.push(EndPage { page, leaves });
    }
    for line in ask(queries.waiting).await? {
        let [page, count] = numbers(&line)?[..] else { return Err(malformed(&line)) };
        ledger.waiting.push((page, count));
    }
    for line in ask(queries.places).await? {
        let [first, page, count] = numbers(&line)?[..] else { return Err(malformed(&line)) };
        ledger.places.push((first, page, count));
    }
    for line in ask(queries.addresses).await? {
        ledger.addresses.push(numbers(&line).ok().and_then(|address| Some((*address.first()?, *address.get(1)?))));
    }
    for line in ask(queries.checkpoints).await? {
        let note = bytes(&line).and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(|| malformed(&line))?;
        ledger.notes.push(note);
    }
    Ok(ledger)
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    let digit = |digit: u8| char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| Some(digit(*pair.first()?)? << 4 | digit(*pair.get(1)?)?)).collect()
}

/// The leaves of a page: each as its length in four bytes, the highest first, and its bytes.
fn split(mut page: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut leaves = Vec::new();
    while !page.is_empty() {
        let (length, rest) = page.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let (leaf, rest) = rest.split_at_checked(length)?;
        leaves.push(leaf.to_vec());
        page = rest;
    }
    Some(leaves)
}
