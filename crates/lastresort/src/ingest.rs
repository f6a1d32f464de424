//! Reads sealed segments back: in the order of their sequence, each record once, from where the last ingest stopped.

use crate::{
    cascade::Source,
    cursor,
    line::{NO_SEGMENT, OwnedRecord},
    place::{OpenError, lock},
    record::{BLOCK, Damage, Numbered, SegmentId, decode, encode, stored_bytes},
    scan::{Found, scan},
    segment::{self, sync_folder},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io::{self, Write},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

/// Where damage and records that cannot be applied are kept.
const QUARANTINE: &str = "quarantine";

/// A stretch of a segment that is no record, kept for a person to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quarantined {
    /// The copy of its bytes; none when it could not be made, and then the segment stays.
    pub copy: Option<PathBuf>,
    /// The segment that it is from.
    pub segment: PathBuf,
    /// Its place there.
    pub position: usize,
    /// How many bytes.
    pub bytes: usize,
    /// What is wrong with it.
    pub damage: Damage,
}

/// A record to be ingested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Its number.
    pub sequence: u64,
    /// Itself.
    pub record: OwnedRecord,
}

#[derive(Debug, Clone)]
struct Copy {
    source: usize,
    number: u64,
    segment: SegmentId,
    position: usize,
    bytes: usize,
}

/// An ingest under way. Stop at any moment: what was not [done](Ingest::done) comes again.
#[derive(Debug)]
pub struct Ingest {
    sources: Vec<Source>,
    /// By sequence. A record has several copies when a folder took it and then said that it failed.
    waiting: BTreeMap<u64, Vec<Copy>>,
    quarantined: Vec<Quarantined>,
    /// Segments, by source, in which there was anything; the others are a reserve.
    used: BTreeSet<(usize, u64)>,
    /// Segments with damage that could not be copied.
    only_copies: BTreeSet<(usize, u64)>,
    /// Of folders that no writer of this process has.
    _locks: Vec<File>,
}

impl Ingest {
    /// Looks through the sealed segments of a writer, and puts what is damaged into quarantine.
    ///
    /// # Errors
    /// When a folder cannot be read.
    pub fn open(sources: Vec<Source>) -> io::Result<Self> {
        let mut ingest = Self {
            sources,
            waiting: BTreeMap::new(),
            quarantined: Vec::new(),
            used: BTreeSet::new(),
            only_copies: BTreeSet::new(),
            _locks: Vec::new(),
        };
        for source in 0..ingest.sources.len() {
            ingest.look(source)?;
        }
        Ok(ingest)
    }

    /// The same for folders that no process writes to.
    ///
    /// # Errors
    /// [`OpenError::InUse`] when one does.
    pub fn open_folders(folders: &[PathBuf]) -> Result<Self, OpenError> {
        let locks = folders.iter().map(|folder| lock(folder)).collect::<Result<_, _>>()?;
        let sources = folders.iter().map(|folder| Source { folder: folder.clone(), below: u64::MAX }).collect();
        let folder = folders.first().cloned().unwrap_or_default();
        let ingest = Self::open(sources).map_err(|source| OpenError::Io { folder, source })?;
        Ok(Self { _locks: locks, ..ingest })
    }

    fn numbers(&self, source: usize) -> io::Result<Vec<u64>> {
        let Source { folder, below } = &self.sources[source];
        Ok(segment::numbers(folder)?.into_iter().filter(|number| number < below).collect())
    }

    fn look(&mut self, source: usize) -> io::Result<()> {
        let folder = self.sources[source].folder.clone();
        let ingested = cursor::read(&folder)?;
        for number in self.numbers(source)? {
            let path = segment::path(&folder, number);
            let bytes = std::fs::read(&path)?;
            for found in scan(&bytes).found {
                self.used.insert((source, number));
                match found {
                    Found::Record { position, bytes, segment, numbered } if numbered.sequence > ingested => {
                        let copies = self.waiting.entry(numbered.sequence).or_default();
                        copies.push(Copy { source, number, segment, position, bytes });
                    }
                    Found::Record { .. } => {}
                    Found::Damaged { position, bytes, damage } => {
                        let copy = quarantine(&folder, number, position, bytes).ok();
                        if copy.is_none() {
                            self.only_copies.insert((source, number));
                        }
                        let segment = path.clone();
                        self.quarantined.push(Quarantined { copy, segment, position, bytes: bytes.len(), damage });
                    }
                }
            }
        }
        Ok(())
    }

    /// What was damaged. A torn record was never acknowledged; anything else was damaged later.
    pub fn quarantined(&self) -> &[Quarantined] {
        &self.quarantined
    }

    /// How many records wait.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// The next record, read again from its segment. The same one until it is [done](Ingest::done).
    ///
    /// # Errors
    /// When the segment cannot be read, or does not hold the record any more.
    pub fn peek(&self) -> io::Result<Option<Item>> {
        self.after(0)
    }

    /// The first record behind a sequence: for ingesting many at once.
    ///
    /// # Errors
    /// See [`Ingest::peek`].
    pub fn after(&self, sequence: u64) -> io::Result<Option<Item>> {
        let Some((sequence, copies)) = self.waiting.range(sequence + 1..).next() else { return Ok(None) };
        let mut error = io::Error::from(io::ErrorKind::NotFound);
        for copy in copies {
            match self.read(*sequence, copy) {
                Ok(record) => return Ok(Some(Item { sequence: *sequence, record })),
                Err(failed) => error = failed,
            }
        }
        Err(error)
    }

    fn read(&self, sequence: u64, copy: &Copy) -> io::Result<OwnedRecord> {
        let file = File::open(segment::path(&self.sources[copy.source].folder, copy.number))?;
        let mut stored = vec![0; copy.bytes];
        file.read_exact_at(&mut stored, copy.position as u64)?;
        match decode(&stored, &copy.segment) {
            Ok(numbered) if numbered.sequence == sequence => Ok(numbered.record.into()),
            _ => Err(io::ErrorKind::InvalidData.into()),
        }
    }

    /// Says that all records up to this one are ingested; durable when it returns.
    ///
    /// # Errors
    /// When a cursor cannot be written; then they come again.
    pub fn done(&mut self, sequence: u64) -> io::Result<()> {
        let later = self.waiting.split_off(&(sequence + 1));
        let done = std::mem::replace(&mut self.waiting, later);
        let mut last: BTreeMap<usize, u64> = BTreeMap::new();
        for (sequence, copies) in &done {
            last.extend(copies.iter().map(|copy| (copy.source, *sequence)));
        }
        last.into_iter().try_for_each(|(source, sequence)| cursor::write(&self.sources[source].folder, sequence))
    }

    /// Copies a record that cannot be applied to where nothing removes it: as text why, and the record as in a segment, which
    /// [`read_set_aside`] reads. Doing it again is harmless. Answers with where the record is.
    ///
    /// # Errors
    /// When the copy cannot be made; then the record should not be called [done](Ingest::done).
    pub fn set_aside(&self, item: &Item, reason: &str) -> io::Result<PathBuf> {
        let copy = self.waiting.get(&item.sequence).and_then(|copies| copies.first());
        let source = copy.and_then(|copy| self.sources.get(copy.source)).ok_or(io::ErrorKind::NotFound)?;
        let quarantine = source.folder.join(QUARANTINE);
        let name = format!("record-{:020}", item.sequence);
        let record = item.record.as_record();
        let stored = stored_bytes(record.payload.len()).ok_or(io::ErrorKind::InvalidInput)?;
        let mut bytes = vec![0; stored];
        encode(&Numbered { sequence: item.sequence, record }, &NO_SEGMENT, &mut bytes);
        std::fs::create_dir_all(&quarantine)?;
        write_synced(&quarantine.join(format!("{name}.reason")), reason.as_bytes())?;
        let copy = quarantine.join(format!("{name}.record"));
        write_synced(&copy, &bytes)?;
        sync_folder(&quarantine)?;
        sync_folder(&source.folder)?;
        Ok(copy)
    }

    /// Removes the segments of which nothing waits any more. Answers with how many.
    ///
    /// # Errors
    /// When one cannot be removed.
    pub fn remove_ingested(&self) -> io::Result<usize> {
        let mut removed = 0;
        for (at, source) in self.sources.iter().enumerate() {
            let is_waiting =
                |number: u64| self.waiting.values().flatten().any(|copy| copy.source == at && copy.number == number);
            let is_over = |number: &u64| {
                let segment = (at, *number);
                self.used.contains(&segment) && !self.only_copies.contains(&segment) && !is_waiting(*number)
            };
            for number in self.numbers(at)?.into_iter().filter(is_over) {
                std::fs::remove_file(segment::path(&source.folder, number))?;
                removed += 1;
            }
            sync_folder(&source.folder)?;
        }
        Ok(removed)
    }
}

/// Copies damaged blocks to where nothing removes them; the name says where they are from, so that doing it again is
/// harmless.
fn quarantine(folder: &Path, number: u64, position: usize, bytes: &[u8]) -> io::Result<PathBuf> {
    let quarantine = folder.join(QUARANTINE);
    std::fs::create_dir_all(&quarantine)?;
    let copy = quarantine.join(format!("segment-{number:020}-block-{:08}.bad", position / BLOCK));
    write_synced(&copy, bytes)?;
    sync_folder(&quarantine)?;
    sync_folder(folder)?;
    Ok(copy)
}

fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// A record that was [set aside](Ingest::set_aside).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetAside {
    /// It.
    pub item: Item,
    /// Why it was not applied.
    pub reason: String,
    /// Where it is.
    pub path: PathBuf,
}

/// The records of a folder that were [set aside](Ingest::set_aside), by sequence. One that is not whole is left out.
///
/// # Errors
/// When the folder cannot be read.
pub fn read_set_aside(folder: &Path) -> io::Result<Vec<SetAside>> {
    let entries = match std::fs::read_dir(folder.join(QUARANTINE)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_none_or(|extension| extension != "record") {
            continue;
        }
        let bytes = std::fs::read(&path)?;
        if let Ok(Numbered { sequence, record }) = decode(&bytes, &NO_SEGMENT) {
            let item = Item { sequence, record: record.into() };
            let reason = std::fs::read_to_string(path.with_extension("reason")).unwrap_or_default();
            found.push(SetAside { item, reason, path });
        }
    }
    found.sort_by_key(|aside| aside.item.sequence);
    Ok(found)
}
