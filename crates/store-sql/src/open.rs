//! Opening a store: one owned writer, some readers apart, the schema up to date.

use crate::{
    dialect::sqlite::{self, FileLock, Tuning},
    migrate::migrate,
    reader::{Pool, SqlReader},
    unit::SqlWriter,
};
use esteira_store::{Error, Kind, Reader, Result, Writer};
use std::{
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

/// What a deployment may choose; the defaults suit one coordinator on one machine.
#[derive(Debug, Clone)]
pub struct Options {
    /// Connections that serve reads, at most.
    pub readers: usize,
    /// Page cache of the writer at most, in bytes; a reader gets an eighth.
    pub cache_bytes: usize,
    /// Size of SQLite's log, in bytes, at which a commit copies it into the database file.
    pub checkpoint_bytes: usize,
    /// How long a statement waits for another process, for example a backup, that holds a lock on the file.
    pub busy_timeout: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self { readers: 4, cache_bytes: 256 << 20, checkpoint_bytes: 64 << 20, busy_timeout: Duration::from_secs(10) }
    }
}

/// An open store.
pub struct Opened {
    /// For the committer alone.
    pub writer: Box<dyn Writer>,
    /// For everyone else.
    pub reader: Arc<dyn Reader>,
    /// Statements sent so far, BEGIN and COMMIT included: round trips, a figure to watch.
    pub statements: Arc<AtomicU64>,
}

/// Where a SQLite database is. Dropping the last handle of a temporary one removes it.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) path: PathBuf,
    _lock: FileLock,
    _temporary: Option<tempfile::TempDir>,
}

/// Opens the store at this URL and brings its schema up to date.
///
/// `sqlite:<path>` (or `sqlite://<path>`) is a file, created when it is missing. `sqlite::memory:` is a private temporary
/// file that is not synced and is removed at the end: SQLite's own shared memory databases let readers and the writer
/// block each other, which a file with a log does not.
///
/// # Errors
/// `Unavailable` when the file cannot be opened or another process has it; `Defect` when the URL is not understood, SQLite
/// is too old, or the schema is newer than this version.
pub async fn open(url: &str, options: Options) -> Result<Opened> {
    let (place, durable) = place(url)?;
    let tuning = Tuning {
        durable,
        cache_bytes: options.cache_bytes,
        checkpoint_bytes: options.checkpoint_bytes,
        busy_timeout: options.busy_timeout,
    };
    let statements = Arc::new(AtomicU64::new(0));
    let place = Arc::new(place);

    let refused = |e: Error| Error::new(e.kind(), format!("cannot open the database {}: {e}", place.path.display()));
    let mut connection = sqlite::open_writer(&place.path, tuning, &statements).map_err(refused)?;
    migrate(&mut connection, sqlite::migrations()).await.map_err(refused)?;

    let pool = Pool::new(place.clone(), tuning, options.readers, statements.clone());
    let reader = SqlReader::new(pool);
    reader.probe().await.map_err(refused)?;
    let writer = SqlWriter::new(connection, place, tuning, statements.clone());
    Ok(Opened { writer: Box::new(writer), reader: Arc::new(reader), statements })
}

/// The place that a URL names, locked, and whether it must survive a power cut.
fn place(url: &str) -> Result<(Place, bool)> {
    let defect = |message: String| Error::new(Kind::Defect, message);
    let unavailable = |message: String| Error::new(Kind::Unavailable, message);
    let Some(rest) = url.strip_prefix("sqlite:") else {
        return Err(defect(format!("{url:?} is no database URL of this version: sqlite:<path> or sqlite::memory:")));
    };
    if rest == ":memory:" {
        let directory = tempfile::Builder::new().prefix("esteira-").tempdir();
        let directory = directory.map_err(|e| unavailable(format!("cannot make a temporary database: {e}")))?;
        let path = directory.path().join("memory.db");
        return Ok((Place { _lock: FileLock::take(&path)?, path, _temporary: Some(directory) }, false));
    }
    let path = rest.strip_prefix("//").unwrap_or(rest);
    if path.is_empty() || path.contains('?') {
        return Err(defect(format!("{url:?} names no file; parameters are options of the server, not of the URL")));
    }
    // The same file by another name must meet the same lock.
    let path = canonical(Path::new(path))
        .map_err(|e| unavailable(format!("cannot open the database {path}: {e}; its directory must exist")))?;
    Ok((Place { _lock: FileLock::take(&path)?, path, _temporary: None }, true))
}

/// The absolute path without links of a file that may not exist yet; its directory must.
fn canonical(path: &Path) -> std::io::Result<PathBuf> {
    if path.exists() {
        return path.canonicalize();
    }
    let name = path.file_name().ok_or_else(|| std::io::Error::other("it has no file name"))?;
    let directory = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Ok(directory.canonicalize()?.join(name))
}
