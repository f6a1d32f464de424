//! What lies in the folders of a last resort, for a person: who can read it needs no coordinator and no store.

use crate::last_resort::{Folder, record};
use esteira_lastresort::{Ingest, Item, OpenError, look, read_set_aside};
use esteira_model::Time;
use serde_json::Value;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// A record of a folder.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its number.
    pub sequence: u64,
    /// When it was written.
    pub time: Time,
    /// All of its bytes.
    pub bytes: usize,
    /// What it says, without the bodies of payloads; null when that is not readable.
    pub head: Value,
    /// Why it was set aside; none = it waits.
    pub set_aside: Option<String>,
}

impl Entry {
    fn of(item: Item, set_aside: Option<String>) -> Self {
        let Item { sequence, record } = item;
        let head = record::head(&record.payload).unwrap_or_default();
        Self { sequence, time: record.time, bytes: record.payload.len(), head, set_aside }
    }

    fn said(&self) -> Option<(&str, &Value)> {
        let (kind, said) = self.head.get("said")?.as_object()?.iter().next()?;
        Some((kind, said))
    }

    /// `report` or `start`; empty when it is not readable.
    pub fn kind(&self) -> &str {
        self.said().map_or("", |(kind, _)| kind)
    }

    /// The fence of a report's lease; 0 of what has none.
    pub fn fence(&self) -> i64 {
        let lease = self.said().and_then(|(_, said)| said.get("lease"));
        lease.and_then(|lease| lease.get("fence")).and_then(Value::as_i64).unwrap_or_default()
    }

    /// What it says without the texts of a failure, which may tell data.
    pub fn head_without_texts(&self) -> Value {
        let mut head = self.head.clone();
        if let Some(failure) =
            head.pointer_mut("/said/report/report/outcome/failed/failure").and_then(Value::as_object_mut)
        {
            failure.retain(|name, _| !matches!(name.as_str(), "message" | "stack_trace"));
        }
        head
    }

    /// A value of what it says, by the name that both kinds have for it: `job`, `plan`, `account`, `task`.
    pub fn text(&self, name: &str) -> &str {
        let said = self.said().map(|(_, said)| said);
        let found = said.and_then(|said| said.get("lease").unwrap_or(said).get(name));
        found.and_then(Value::as_str).unwrap_or_default()
    }
}

/// Why a folder cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Unread {
    /// It is in use, or cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// It is not there, or a file of it cannot be read.
    #[error("{}: {source}", folder.display())]
    Io {
        /// Which.
        folder: PathBuf,
        /// The call's error.
        source: std::io::Error,
    },
}

/// The records of a folder that no coordinator has open: those that wait, then those that were set aside, each by number.
///
/// # Errors
/// When the folder is in use or cannot be read.
pub fn read_folder(folder: &Path) -> Result<Vec<Entry>, Unread> {
    let failed = |source| Unread::Io { folder: folder.to_owned(), source };
    // A name that is misspelt must not become a folder.
    std::fs::read_dir(folder).map_err(failed)?;
    let ingest = Ingest::open_folders(&[folder.to_owned()])?;
    let mut entries = Vec::new();
    let mut after = 0;
    while let Some(item) = ingest.after(after).map_err(failed)? {
        after = item.sequence;
        entries.push(Entry::of(item, None));
    }
    let aside = read_set_aside(folder).map_err(failed)?;
    entries.extend(aside.into_iter().map(|aside| Entry::of(aside.item, Some(aside.reason))));
    Ok(entries)
}

/// The same of folders that this process has open: what is written while it looks may be left out. One that two folders have is there once.
///
/// # Errors
/// When a folder cannot be read.
pub(crate) fn read_open(folders: &[Folder]) -> std::io::Result<Vec<Entry>> {
    let mut entries = BTreeMap::new();
    for folder in folders {
        for item in look(&folder.path)? {
            entries.insert(item.sequence, Entry::of(item, None));
        }
    }
    for folder in folders {
        for aside in read_set_aside(&folder.path)? {
            entries.insert(aside.item.sequence, Entry::of(aside.item, Some(aside.reason)));
        }
    }
    Ok(entries.into_values().collect())
}

/// How many records of a folder were set aside, whoever has it open.
///
/// # Errors
/// When the folder cannot be read.
pub fn count_set_aside(folder: &Path) -> std::io::Result<usize> {
    Ok(read_set_aside(folder)?.len())
}
