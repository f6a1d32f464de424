//! Where a SQLite database is.

use super::FileLock;
use esteira_store::{Error, Kind, Result};
use std::path::{Path, PathBuf};

/// A place, locked. Dropping the last handle of a temporary one removes it.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) path: PathBuf,
    /// Whether it must survive a power cut.
    pub(crate) durable: bool,
    _lock: FileLock,
    _temporary: Option<tempfile::TempDir>,
}

impl Place {
    /// The place that a URL names, without its `sqlite:`.
    pub(crate) fn of(rest: &str) -> Result<Self> {
        let unavailable = |message: String| Error::new(Kind::Unavailable, message);
        if rest == ":memory:" {
            let directory = tempfile::Builder::new().prefix("esteira-").tempdir();
            let directory = directory.map_err(|e| unavailable(format!("cannot make a temporary database: {e}")))?;
            let path = directory.path().join("memory.db");
            return Ok(Self { _lock: FileLock::take(&path)?, path, durable: false, _temporary: Some(directory) });
        }
        let path = rest.strip_prefix("//").unwrap_or(rest);
        if path.is_empty() || path.contains('?') {
            let text = format!("\"sqlite:{rest}\" names no file; parameters are options of the server, not of the URL");
            return Err(Error::new(Kind::Defect, text));
        }
        // The same file by another name must meet the same lock.
        let path = canonical(Path::new(path))
            .map_err(|e| unavailable(format!("cannot open the database {path}: {e}; its directory must exist")))?;
        Ok(Self { _lock: FileLock::take(&path)?, path, durable: true, _temporary: None })
    }
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
