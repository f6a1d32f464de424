//! The last resort of a coordinator, as its folder has it.

use crate::history::{BroughtBack, SetAside};
use esteira_lastresort::{Found, Ingest, Source, read_set_aside, scan};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
};

/// What a pass leaves in the folder's log, by the id of the record.
const FATES: [&str; 3] = ["ingested", "already", "set-aside"];

/// Segments with records, and how far they were ingested then.
#[derive(Debug, Default)]
pub(crate) struct Copied {
    files: BTreeMap<PathBuf, Vec<u8>>,
    /// The ids of the records.
    pub records: BTreeSet<String>,
}

fn segments(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let files = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    Ok(files.into_iter().filter(|path| path.extension().is_some_and(|own| own == "lr")).collect())
}

fn ids(segment: &[u8]) -> Vec<String> {
    let records = scan(segment).found.into_iter().filter_map(|found| match found {
        Found::Record { numbered, .. } => Some(crate::call::hex(&numbered.record.id)),
        Found::Damaged { .. } => None,
    });
    records.collect()
}

/// How many records lie in segments: those that wait, and those of a pass that is not over.
pub(crate) fn records(folder: &Path) -> usize {
    let one = |path: PathBuf| fs::read(path).map_or(0, |bytes| ids(&bytes).len());
    segments(folder).map_or(0, |all| all.into_iter().map(one).sum())
}

/// Copies what lies in a folder that no process writes to.
pub(crate) fn copy(folder: &Path) -> io::Result<Copied> {
    let mut copied = Copied::default();
    for path in segments(folder)? {
        let bytes = fs::read(&path)?;
        let records = ids(&bytes);
        if !records.is_empty() {
            copied.records.extend(records);
            copied.files.insert(path, bytes);
        }
    }
    let cursor = folder.join("cursor");
    copied.files.insert(cursor.clone(), fs::read(cursor)?);
    Ok(copied)
}

/// Puts it back, as if nothing had been ingested since. No process may have the folder.
pub(crate) fn put_back(copied: &Copied) -> io::Result<()> {
    copied.files.iter().try_for_each(|(path, bytes)| fs::write(path, bytes))
}

/// How many records wait in a folder that no process writes to.
pub(crate) fn waiting(folder: &Path) -> io::Result<usize> {
    Ok(Ingest::open(vec![Source { folder: folder.to_owned(), below: u64::MAX }])?.waiting())
}

/// What became of records, in the order of the folder's log. A line that a full disk cut off is none.
pub(crate) fn brought_back(folder: &Path) -> Vec<BroughtBack> {
    let text = |name: &str| String::from_utf8_lossy(&fs::read(folder.join(name)).unwrap_or_default()).into_owned();
    let (before, now) = (text("log.1"), text("log"));
    let fate = |line: &str| {
        // What stands before is the piece of a line that found no room.
        let line = &line[line.rfind("time_us=")?..];
        let value = |name: &str| line.split(' ').find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
        let (fate, record) = (value("event")?, value("id")?);
        FATES.contains(&fate).then(|| BroughtBack { record: record.into(), fate: fate.into() })
    };
    before.lines().chain(now.lines()).filter_map(fate).collect()
}

/// What was set aside.
pub(crate) fn set_aside(folder: &Path) -> io::Result<Vec<SetAside>> {
    let head = |payload: &[u8]| -> Option<Value> {
        let (length, rest) = payload.split_first_chunk::<4>()?;
        serde_json::from_slice(rest.get(..usize::try_from(u32::from_be_bytes(*length)).ok()?)?).ok()
    };
    let aside = read_set_aside(folder)?.into_iter().map(|aside| {
        let head = head(&aside.item.record.payload).unwrap_or_default();
        let lease = &head["said"]["report"]["lease"];
        SetAside {
            job: head["said"]["start"]["job"].as_str().unwrap_or_default().into(),
            task: lease["task"].as_str().unwrap_or_default().into(),
            fence: lease["fence"].as_i64().unwrap_or_default(),
            reason: aside.reason,
        }
    });
    Ok(aside.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_is_read_also_where_a_line_was_cut() {
        let folder = tempfile::tempdir().expect("a folder");
        let log = "time_us=1 event=written sequence=1 kind=1 id=0a bytes=1 place=0\n\
            time_us=2 event=ingetime_us=3 event=already sequence=1 kind=1 id=0a detail=\"the same report\"\n\
            time_us=4 event=ingested sequence=2 kind=2 id=0b detail=\"\"\n";
        fs::write(folder.path().join("log"), log).expect("it is written");
        let back = |record: &str, fate: &str| BroughtBack { record: record.into(), fate: fate.into() };
        assert_eq!(brought_back(folder.path()), [back("0a", "already"), back("0b", "ingested")]);
    }
}
