//! One coordinator a file: SQLite itself would let a second one in and make the two wait for each other.

use esteira_store::{Error, Kind, Result};
use std::{fs, path::Path};

/// An exclusive lock on `<database>.lock`, held until it is dropped or the process ends in any way.
///
/// It is a file of its own, because closing any handle of the database file drops SQLite's own POSIX locks on it.
#[derive(Debug)]
pub(crate) struct FileLock {
    _file: fs::File,
}

impl FileLock {
    /// Takes the lock, or says who has it.
    pub(crate) fn take(database: &Path) -> Result<Self> {
        let mut name = database.as_os_str().to_owned();
        name.push(".lock");
        let unavailable = |what: &str, e: &dyn std::fmt::Display| {
            let name = name.display();
            let message = format!("cannot {what} the lock file {name}: {e}; this user must be able to write there");
            Error::new(Kind::Unavailable, message)
        };
        let file = fs::OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&name)
            .map_err(|e| unavailable("open", &e))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(fs::TryLockError::WouldBlock) => Err(Error::new(
                Kind::Unavailable,
                format!(
                    "the database {} is in use by another coordinator; stop that one, or choose another file",
                    database.display()
                ),
            )),
            Err(fs::TryLockError::Error(e)) => Err(unavailable("lock", &e)),
        }
    }
}
