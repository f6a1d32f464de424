//! Opening a store: one owned writer, some readers apart, the schema up to date.

use crate::{
    connection::Sent,
    database::Database,
    migrate::migrate,
    reader::{Pool, SqlReader},
    unit::SqlWriter,
};
use esteira_store::{Error, Reader, Result, Writer};
use std::{path::PathBuf, sync::Arc, time::Duration};

/// What a deployment may choose; the defaults suit one coordinator on one machine.
#[derive(Debug, Clone)]
pub struct Options {
    /// Connections that serve reads, at most.
    pub readers: usize,
    /// SQLite: page cache of the writer at most, in bytes; a reader gets an eighth.
    pub cache_bytes: usize,
    /// SQLite: size of the log, in bytes, at which it is copied into the database file.
    pub checkpoint_bytes: usize,
    /// How long a statement waits for a lock of somebody else: of a backup on the file, of another coordinator on a row.
    pub busy_timeout: Duration,
    /// PostgreSQL: how long a round trip may take before the connection is given up.
    pub deadline: Duration,
    /// PostgreSQL: how long to find out what became of a commit that was not answered.
    pub resolve: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            readers: 4,
            cache_bytes: 256 << 20,
            checkpoint_bytes: 64 << 20,
            busy_timeout: Duration::from_secs(10),
            deadline: Duration::from_secs(30),
            resolve: Duration::from_secs(30),
        }
    }
}

/// An open store.
pub struct Opened {
    /// For the committer alone.
    pub writer: Box<dyn Writer>,
    /// For everyone else.
    pub reader: Arc<dyn Reader>,
    /// The database where it is a file that lasts.
    pub file: Option<PathBuf>,
    /// What it has sent so far: figures to watch.
    pub sent: Arc<Sent>,
}

/// Opens the store at this URL and brings its schema up to date.
///
/// `sqlite:<path>` (or `sqlite://<path>`) is a file, created when it is missing. `sqlite::memory:` is a private temporary
/// file that is not synced and is removed at the end: SQLite's own shared memory databases let readers and the writer
/// block each other, which a file with a log does not. `postgres://<user>@<host>/<database>` (or `postgresql://`) is a
/// database on a server; `?host=/path` names the folder of a Unix socket.
///
/// # Errors
/// `Unavailable` when the file cannot be opened or another process has it, or the server cannot be reached; `Defect` when the
/// URL is not understood, the database is too old or would lose commits, or the schema is newer than this version.
pub async fn open(url: &str, options: Options) -> Result<Opened> {
    let sent = Arc::new(Sent::default());
    let database = Arc::new(Database::of(url, &options, sent.clone())?);

    let refused = |error: Error| database.refused(error);
    let mut connection = database.open_writer().await.map_err(refused)?;
    if migrate(&mut connection, database.migrations()).await.map_err(refused)? {
        connection = database.open_writer().await.map_err(refused)?;
    }

    let file = database.file();
    let reader = SqlReader::new(Pool::new(database.clone(), options.readers));
    reader.probe().await.map_err(refused)?;
    let writer = SqlWriter::new(connection, database);
    Ok(Opened { writer: Box::new(writer), reader: Arc::new(reader), file, sent })
}

/// The reading end of a store that is not there: all that is asked of it is `Unavailable`. It touches nothing of the real one,
/// whose file may be opened by the same process at any moment.
///
/// # Errors
/// When there is no place for an empty temporary file.
pub fn absent_reader() -> Result<Arc<dyn Reader>> {
    let database = Database::of("sqlite::memory:", &Options::default(), Arc::new(Sent::default()))?;
    let pool = Pool::new(Arc::new(database), 1);
    pool.close();
    Ok(Arc::new(SqlReader::new(pool)))
}
