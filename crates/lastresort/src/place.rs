//! One folder of the cascade: its lock, its segments, and the one that is written.

use crate::{
    cursor,
    medium::Medium,
    record::{BLOCK, Numbered, SegmentId, encode, stored_bytes},
    scan::{Found, scan},
    segment::{self, SEGMENT_BYTES_MAX, SEGMENT_BYTES_MIN, Segment, SegmentHeader},
};
use esteira_model::Time;
use std::{
    collections::VecDeque,
    fs::File,
    io,
    path::{Path, PathBuf},
};

/// Most segments in a folder, those that wait to be ingested included.
pub const SEGMENTS_MAX: usize = 64;

/// What a folder is given.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where.
    pub folder: PathBuf,
    /// Whether it outlives the machine's power: a folder on disk does, one in memory does not.
    pub durable: bool,
    /// Segments that are kept ready.
    pub segments: usize,
    /// Size of each.
    pub segment_bytes: u64,
    /// Largest payload that must find room; larger ones may not.
    pub payload_bytes: usize,
}

/// Why a folder cannot serve.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A setting that makes no sense.
    #[error("last-resort folder {folder}: {problem}")]
    Setting {
        /// Which folder.
        folder: PathBuf,
        /// What is wrong.
        problem: &'static str,
    },
    /// Another process has it.
    #[error("last-resort folder {folder} is in use by another process")]
    InUse {
        /// Which folder.
        folder: PathBuf,
    },
    /// It cannot be prepared; no space, for example.
    #[error("last-resort folder {folder} cannot be prepared")]
    Io {
        /// Which folder.
        folder: PathBuf,
        /// The call's error.
        #[source]
        source: io::Error,
    },
}

/// Why a folder does not take a record.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// No segment has room.
    #[error("the reserve is used up")]
    UsedUp,
    /// A call failed now, and the folder is not used again by this process.
    #[error("writing failed")]
    Failed(#[source] io::Error),
    /// A call failed before.
    #[error("not used again after a failure")]
    Abandoned,
}

/// A folder that takes records.
#[derive(Debug)]
pub(crate) struct Place {
    pub settings: Settings,
    /// Held open: the lock ends with the process, however it ends.
    _lock: File,
    active: Option<Segment>,
    fresh: VecDeque<Segment>,
    next_number: u64,
    pub last_sequence: u64,
    pub failed: bool,
}

impl Place {
    /// Takes the folder and makes its reserve ready.
    pub fn open(
        settings: Settings,
        now: Time,
        new_id: &mut dyn FnMut() -> SegmentId,
        medium: &mut dyn Medium,
    ) -> Result<Self, OpenError> {
        check(&settings)?;
        let folder = settings.folder.clone();
        let failed = |source| OpenError::Io { folder: folder.clone(), source };
        make_folder(&folder).map_err(failed)?;
        let lock = lock(&folder)?;
        cursor::create(&folder).map_err(failed)?;
        let mut last_sequence = cursor::read(&folder).map_err(failed)?;
        let numbers = segment::numbers(&folder).map_err(failed)?;
        let mut fresh = VecDeque::new();
        for number in &numbers {
            match look(&folder, *number, settings.segment_bytes).map_err(failed)? {
                Look::Empty => fresh.push_back(Segment::reopen(&folder, *number, medium).map_err(failed)?),
                Look::Useless => std::fs::remove_file(segment::path(&folder, *number)).map_err(failed)?,
                Look::Used(sequence) => last_sequence = last_sequence.max(sequence),
            }
        }
        let next_number = numbers.last().map_or(1, |last| last + 1);
        let mut place = Self { settings, _lock: lock, active: None, fresh, next_number, last_sequence, failed: false };
        place.refill(now, new_id, medium).map_err(failed)?;
        Ok(place)
    }

    /// Makes segments until as many are ready as are wanted.
    pub fn refill(
        &mut self,
        now: Time,
        new_id: &mut dyn FnMut() -> SegmentId,
        medium: &mut dyn Medium,
    ) -> io::Result<()> {
        let folder = &self.settings.folder;
        let mut all = segment::numbers(folder)?.len();
        while self.fresh.len() < self.settings.segments && all < SEGMENTS_MAX {
            let bytes = self.settings.segment_bytes;
            let header = SegmentHeader { number: self.next_number, id: new_id(), create_time: now, bytes };
            self.fresh.push_back(Segment::create(folder, header, medium)?);
            (self.next_number, all) = (self.next_number + 1, all + 1);
        }
        Ok(())
    }

    /// Writes a record. Nothing here asks for memory: `buffer` is as large as any record.
    pub fn write(
        &mut self,
        numbered: &Numbered<'_>,
        buffer: &mut [u8],
        medium: &mut dyn Medium,
    ) -> Result<(), Refused> {
        if self.failed {
            return Err(Refused::Abandoned);
        }
        let stored = stored_bytes(numbered.record.payload.len()).ok_or(Refused::UsedUp)?;
        let segment = loop {
            match &mut self.active {
                Some(active) if active.room() >= stored as u64 => break active,
                _ => {}
            }
            // A record that no segment can hold must not use them up.
            self.fresh.front().filter(|next| next.room() >= stored as u64).ok_or(Refused::UsedUp)?;
            self.active = self.fresh.pop_front();
        };
        let stored = &mut buffer[..stored];
        encode(numbered, &segment.header.id, stored);
        segment.append(stored, medium).map_err(|error| {
            self.failed = true;
            Refused::Failed(error)
        })
    }

    /// Bytes in which any payload of the settings is sure to find room: the tail of a segment may be too short for it.
    pub fn room_bytes(&self) -> u64 {
        let tail = stored_bytes(self.settings.payload_bytes).map_or(u64::MAX, |bytes| (bytes - BLOCK) as u64);
        let ready = self.active.iter().chain(&self.fresh);
        if self.failed { 0 } else { ready.map(|segment| segment.room().saturating_sub(tail)).sum() }
    }

    /// Segments that no record is in.
    pub fn fresh_segments(&self) -> usize {
        self.fresh.len()
    }

    /// The number behind that of the last segment.
    pub fn end(&self) -> u64 {
        self.next_number
    }

    /// Ends the segment that is written, and answers with the number of the first that is still to be written.
    pub fn seal(&mut self) -> u64 {
        self.active = None;
        self.fresh.front().map_or(self.next_number, |next| next.header.number)
    }
}

/// Makes a folder whose name outlives the machine's power: each new one is synced into the one that holds it.
fn make_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let holder = folder.parent().filter(|holder| !holder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    make_folder(holder)?;
    match std::fs::create_dir(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => segment::sync_folder(holder),
    }
}

fn check(settings: &Settings) -> Result<(), OpenError> {
    let setting = |problem| Err(OpenError::Setting { folder: settings.folder.clone(), problem });
    let Settings { segments, segment_bytes, payload_bytes, .. } = *settings;
    if !(1..=SEGMENTS_MAX).contains(&segments) {
        return setting("the number of segments is not between 1 and 64");
    }
    if !(SEGMENT_BYTES_MIN..=SEGMENT_BYTES_MAX).contains(&segment_bytes) || segment_bytes % BLOCK as u64 != 0 {
        return setting("the size of a segment is not between 64 KiB and 1 GiB in blocks of 4 KiB");
    }
    match stored_bytes(payload_bytes) {
        Some(stored) if stored as u64 <= segment_bytes - BLOCK as u64 => Ok(()),
        _ => setting("the largest payload does not fit into a segment, or is above 8 MiB"),
    }
}

pub(crate) fn lock(folder: &Path) -> Result<File, OpenError> {
    let failed = |source| OpenError::Io { folder: folder.to_owned(), source };
    let file = File::options().create(true).truncate(false).write(true).open(folder.join("lock")).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(OpenError::InUse { folder: folder.to_owned() }),
        Err(std::fs::TryLockError::Error(error)) => Err(failed(error)),
    }
}

enum Look {
    /// Ready to be written.
    Empty,
    /// Empty, but not of the size that is wanted, or not whole.
    Useless,
    /// With something in it; the last sequence found.
    Used(u64),
}

fn look(folder: &Path, number: u64, bytes: u64) -> io::Result<Look> {
    let segment = std::fs::read(segment::path(folder, number))?;
    let scan = scan(&segment);
    let sequence = |found: &Found<'_>| match found {
        Found::Record { numbered, .. } => numbered.sequence,
        Found::Damaged { .. } => 0,
    };
    let is_whole = scan.header.is_some_and(|header| header.bytes == bytes && header.number == number)
        && segment.len() as u64 == bytes;
    Ok(match scan.found.iter().map(sequence).max() {
        Some(last) => Look::Used(last),
        None if is_whole => Look::Empty,
        None => Look::Useless,
    })
}
