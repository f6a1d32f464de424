//! The cascade: folder after folder, then standard error, then the caller. Whoever calls it learns which level holds the
//! record.

use crate::{
    budget::Budget,
    line,
    medium::Medium,
    place::{OpenError, Place, Refused, Settings},
    record::{BLOCK, Numbered, PAYLOAD_BYTES_MAX, Record, SegmentId, encode, stored_bytes},
};
use esteira_model::{Time, limits::MESSAGE_BYTES_MAX};
use std::{io::Write, path::PathBuf};

/// Which level holds a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// On a disk: it outlives the process and the machine's power.
    Disk,
    /// In memory: it outlives the process.
    Memory,
    /// On standard error: as durable as whatever reads it.
    StandardError,
}

/// Where a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// How well it is held.
    pub level: Level,
    /// Which folder, in the order of the settings; none on standard error.
    pub place: Option<usize>,
    /// Its number.
    pub sequence: u64,
}

/// No level took the record: its bytes are the caller's alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no last-resort level takes the record: whoever sent it must keep it")]
pub struct Lost;

/// What a folder of the cascade has left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The folder.
    pub folder: PathBuf,
    /// Bytes in which payloads are sure to find room.
    pub room_bytes: u64,
    /// Segments that no record is in.
    pub fresh_segments: usize,
    /// Whether a call failed, after which it is not used again.
    pub failed: bool,
    /// Records that this process wrote here.
    pub written: u64,
}

/// Sealed segments of a folder, for [`crate::Ingest`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The folder.
    pub folder: PathBuf,
    /// Segments from this number on are still to be written.
    pub below: u64,
}

/// Where lines go.
pub type Sink = Box<dyn Write + Send>;

/// The levels of one process.
pub struct Cascade {
    places: Vec<(Place, u64)>,
    standard_error: Option<Sink>,
    log: Option<Sink>,
    medium: Box<dyn Medium>,
    new_id: Box<dyn FnMut() -> SegmentId + Send>,
    buffer: Vec<u8>,
    next_sequence: u64,
    budget: Budget,
}

impl Cascade {
    /// Takes all folders and makes their reserves ready. `new_id` gives random segment ids.
    ///
    /// # Errors
    /// When a folder cannot serve: a reserve that is not there must show at the start.
    pub fn open(
        settings: Vec<Settings>,
        now: Time,
        mut new_id: Box<dyn FnMut() -> SegmentId + Send>,
        mut medium: Box<dyn Medium>,
    ) -> Result<Self, OpenError> {
        let segments = settings.iter().filter_map(|settings| usize::try_from(settings.segment_bytes).ok());
        // Standard error takes what the contract lets in, even where there is no folder.
        let largest = segments.max().unwrap_or(0).max(MESSAGE_BYTES_MAX + BLOCK);
        let open = |settings| Ok((Place::open(settings, now, &mut *new_id, &mut *medium)?, 0));
        let places = settings.into_iter().map(open).collect::<Result<Vec<(Place, u64)>, OpenError>>()?;
        let next_sequence = 1 + places.iter().map(|(place, _)| place.last_sequence).max().unwrap_or(0);
        // Touched now, so that the pages are there when they are needed.
        let room = largest.min(stored_bytes(PAYLOAD_BYTES_MAX).unwrap_or(0));
        let cascade = Self {
            places,
            standard_error: None,
            log: None,
            medium,
            new_id,
            buffer: vec![0xff; room],
            next_sequence,
            budget: Budget::default(),
        };
        cascade.account();
        Ok(cascade)
    }

    /// Writes whole records here when no folder takes them.
    pub fn with_standard_error(mut self, sink: Sink) -> Self {
        self.standard_error = Some(sink);
        self
    }

    /// Writes a line for each record here, without its payload.
    pub fn with_log(mut self, sink: Sink) -> Self {
        self.log = Some(sink);
        self
    }

    /// The account of what the disks can still take.
    pub fn budget(&self) -> Budget {
        self.budget.clone()
    }

    /// Writes a record to the first level that takes it; durable, as far as the level is, when it returns.
    ///
    /// # Errors
    /// [`Lost`] when no level takes it.
    pub fn write(&mut self, record: Record<'_>) -> Result<Held, Lost> {
        let sequence = self.next_sequence;
        self.next_sequence += 1;
        let numbered = Numbered { sequence, record };
        for (at, (place, written)) in self.places.iter_mut().enumerate() {
            match place.write(&numbered, &mut self.buffer, &mut *self.medium) {
                Ok(()) => {
                    *written += 1;
                    let level = if place.settings.durable { Level::Disk } else { Level::Memory };
                    self.account();
                    self.tell("written", &numbered, Some(at), None);
                    return Ok(Held { level, place: Some(at), sequence });
                }
                Err(Refused::Abandoned) => {}
                Err(refused) => {
                    self.log.iter_mut().for_each(|log| {
                        // The log is a courtesy: it must not stand in the way of what it tells.
                        _ = line::write_event(log, "refused", &numbered, Some(at), Some(&reason(&refused)));
                    });
                }
            }
        }
        self.account();
        let told = self.write_standard_error(&numbered);
        match told {
            Ok(()) => {
                self.tell("told", &numbered, None, None);
                Ok(Held { level: Level::StandardError, place: None, sequence })
            }
            Err(_) => {
                self.tell("lost", &numbered, None, None);
                Err(Lost)
            }
        }
    }

    fn write_standard_error(&mut self, numbered: &Numbered<'_>) -> std::io::Result<()> {
        let sink = self.standard_error.as_mut().ok_or(std::io::ErrorKind::Unsupported)?;
        let stored = stored_bytes(numbered.record.payload.len()).and_then(|bytes| self.buffer.get_mut(..bytes));
        let stored = stored.ok_or(std::io::ErrorKind::FileTooLarge)?;
        encode(numbered, &line::NO_SEGMENT, stored);
        line::write_record(sink, numbered, stored)
    }

    /// All segments, those that are written too: for an ingest during which nothing is written. [Seal](Cascade::seal) before
    /// what was ingested is removed.
    pub fn sources(&self) -> Vec<Source> {
        let source = |(place, _): &(Place, u64)| Source { folder: place.settings.folder.clone(), below: place.end() };
        self.places.iter().map(source).collect()
    }

    /// Ends the segments that are written, so that they can be ingested. Writing goes on in the next ones.
    pub fn seal(&mut self) -> Vec<Source> {
        let seal =
            |(place, _): &mut (Place, u64)| Source { folder: place.settings.folder.clone(), below: place.seal() };
        let sources = self.places.iter_mut().map(seal).collect();
        self.account();
        sources
    }

    /// Makes segments until each folder has as many ready as it should, after ingested ones were removed. A folder that
    /// failed is left alone.
    ///
    /// # Errors
    /// The first one; the other folders are refilled all the same.
    pub fn refill(&mut self, now: Time) -> std::io::Result<()> {
        let mut outcome = Ok(());
        for (place, _) in self.places.iter_mut().filter(|(place, _)| !place.failed) {
            outcome = outcome.and(place.refill(now, &mut *self.new_id, &mut *self.medium));
        }
        self.account();
        outcome
    }

    /// What is left, folder by folder.
    pub fn status(&self) -> Vec<Status> {
        let status = |(place, written): &(Place, u64)| Status {
            folder: place.settings.folder.clone(),
            room_bytes: place.room_bytes(),
            fresh_segments: place.fresh_segments(),
            failed: place.failed,
            written: *written,
        };
        self.places.iter().map(status).collect()
    }

    /// Only what outlives the machine's power is promised to anybody.
    fn account(&self) {
        let durable = self.places.iter().filter(|(place, _)| place.settings.durable);
        self.budget.set_room(durable.map(|(place, _)| place.room_bytes()).sum());
    }

    fn tell(
        &mut self,
        event: &str,
        numbered: &Numbered<'_>,
        place: Option<usize>,
        error: Option<&dyn std::fmt::Display>,
    ) {
        if let Some(log) = &mut self.log {
            // The log is a courtesy: it must not stand in the way of what it tells.
            _ = line::write_event(log, event, numbered, place, error);
        }
    }
}

/// Kinds of errors have fixed texts; asking the system for its own takes memory.
fn reason(refused: &Refused) -> &'static str {
    match refused {
        Refused::UsedUp => "used up",
        Refused::Abandoned => "abandoned",
        Refused::Failed(error) => match error.kind() {
            std::io::ErrorKind::StorageFull => "no space",
            std::io::ErrorKind::ReadOnlyFilesystem => "read-only",
            std::io::ErrorKind::QuotaExceeded => "quota exceeded",
            _ => "input/output error",
        },
    }
}

impl std::fmt::Debug for Cascade {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cascade").field("status", &self.status()).finish_non_exhaustive()
    }
}
