//! The databases that are measured: a file of its own for each stage, or an empty database on a server.

use esteira_store_sql::measure::{self, Counts, Observer};
use std::{
    path::Path,
    str::FromStr,
    sync::atomic::{AtomicU32, Ordering},
};
use tempfile::TempDir;

/// Which database to measure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// Files.
    Sqlite,
    /// The server of this URL.
    Postgres(String),
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once("://") {
            None if text == "sqlite" => Ok(Self::Sqlite),
            Some(("postgres" | "postgresql", _)) => Ok(Self::Postgres(text.to_owned())),
            _ => Err("must be sqlite, or postgres://USER@HOST/DATABASE".into()),
        }
    }
}

impl Target {
    /// Its name in rows.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres(_) => "postgres",
        }
    }

    /// Version and settings.
    pub async fn describe(&self) -> Result<String, String> {
        match self {
            Self::Sqlite => Ok(format!("SQLite {}: WAL, synchronous=FULL", measure::sqlite_version())),
            Self::Postgres(url) => measure::describe(url).await.map_err(|error| error.to_string()),
        }
    }

    /// What becomes of a commit when the machine loses power: a coordinator refuses to run with less.
    pub fn durability(&self) -> &'static str {
        match self {
            Self::Sqlite => "WAL, synchronous=FULL",
            Self::Postgres(_) => "fsync=on, synchronous_commit=on",
        }
    }
}

static NUMBER: AtomicU32 = AtomicU32::new(0);

/// An empty database, and a directory for the coordinators' logs.
pub struct Database {
    /// Of which kind.
    pub target: Target,
    /// For coordinators.
    pub url: String,
    name: String,
    /// Of a server; none of a file.
    observer: Option<Observer>,
    directory: TempDir,
}

impl Database {
    /// Makes one.
    pub async fn create(target: &Target, parent: Option<&Path>) -> Result<Self, String> {
        let directory = match parent {
            Some(parent) => TempDir::new_in(parent),
            None => TempDir::new(),
        };
        let directory = directory.map_err(|error| format!("no directory for the database: {error}"))?;
        let name = format!("esteira_bench_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let url = match target {
            Target::Sqlite => format!("sqlite:{}", directory.path().join("bench.db").display()),
            Target::Postgres(server) => {
                measure::create_database(server, &name).await.map_err(|error| error.to_string())?
            }
        };
        let observer = match target {
            Target::Sqlite => None,
            Target::Postgres(_) => Some(Observer::open(&url).await.map_err(|error| error.to_string())?),
        };
        Ok(Self { target: target.clone(), url, name, observer, directory })
    }

    /// Where coordinators may write beside it.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// What its server has counted; none where there is no server.
    pub async fn counts(&mut self) -> Result<Option<Counts>, String> {
        match &mut self.observer {
            None => Ok(None),
            Some(observer) => observer.counts().await.map(Some).map_err(|error| error.to_string()),
        }
    }

    /// Bytes of SQLite's file and its log; 0 where there is a server.
    pub fn file_bytes(&self) -> u64 {
        let files = std::fs::read_dir(self.directory.path()).into_iter().flatten().flatten();
        let own = files.filter(|file| file.file_name().to_string_lossy().starts_with("bench.db"));
        own.filter_map(|file| file.metadata().ok()).map(|meta| meta.len()).sum()
    }

    /// Drops it. Its coordinators have ended.
    pub async fn drop(self) -> Result<(), String> {
        match &self.target {
            Target::Sqlite => Ok(()),
            Target::Postgres(server) => {
                measure::drop_database(server, &self.name).await.map_err(|error| error.to_string())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets() {
        assert_eq!("sqlite".parse(), Ok(Target::Sqlite));
        assert_eq!("postgres://a@b/c".parse(), Ok(Target::Postgres("postgres://a@b/c".into())));
        for wrong in ["", "postgres", "mysql://a@b/c", "sqlite:x"] {
            assert!(wrong.parse::<Target>().is_err(), "{wrong:?}");
        }
    }
}
