//! The folders of one coordinator, opened: the thread that writes, what is promised, and what is held.

use crate::last_resort::{
    figures::Counters,
    held::Held,
    key,
    record::{self, Said},
};
use esteira_lastresort::{
    Budget, Cascade, Disk, Ingest, Item, Level, Medium, OpenError, OwnedRecord, Reservation, Settings, Status, Writer,
};
use esteira_model::{Time, limits::MESSAGE_BYTES_MAX};
use std::{
    fs::File,
    io::{self, Write},
    path::PathBuf,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};
use tokio::sync::oneshot;

/// A folder of the last resort.
#[derive(Debug, Clone)]
pub struct Folder {
    /// Where.
    pub path: PathBuf,
    /// Whether it is in memory, such as under `/dev/shm`.
    pub in_memory: bool,
    /// Bytes kept ready, at least those of one segment.
    pub reserve_bytes: u64,
}

/// Size of a segment.
const SEGMENT_BYTES: u64 = 8 << 20;
/// The largest message, and room for the head beside it.
const PAYLOAD_BYTES: usize = MESSAGE_BYTES_MAX + (256 << 10);
/// Of what is ready, one part in so many is for results alone: no start takes it.
const RESULTS_SHARE: u64 = 2;
/// Results are promised room in pieces of this size.
const PROMISE_BYTES: usize = 64 << 10;
/// The local log is begun anew above this size.
const LOG_BYTES_MAX: u64 = 16 << 20;
/// Its name, in the first folder.
const LOG: &str = "log";

/// What holds work while the store does not.
pub struct LastResort {
    pub(super) writer: Writer,
    folders: Vec<Folder>,
    budget: Budget,
    /// Room that starts may not take.
    for_results: Mutex<Vec<Reservation>>,
    pub(super) counters: Counters,
    /// Somebody asked for what waits to be brought back at once.
    hurried: AtomicBool,
    held: Mutex<Held>,
    /// See [`LOG`].
    log: Mutex<Option<File>>,
}

impl LastResort {
    /// Takes the folders and makes their reserves ready. What an earlier process left is counted; it is ingested when the
    /// coordinator has its store.
    ///
    /// # Errors
    /// When a folder cannot serve: a reserve that is not there must show at the start.
    pub fn open(folders: Vec<Folder>, now: Time) -> Result<Self, OpenError> {
        Self::open_on(folders, now, Box::new(Disk))
    }

    /// The same over another medium: tests make it fail.
    ///
    /// # Errors
    /// See [`LastResort::open`].
    pub fn open_on(folders: Vec<Folder>, now: Time, medium: Box<dyn Medium>) -> Result<Self, OpenError> {
        let settings = folders.iter().map(|folder| Settings {
            folder: folder.path.clone(),
            durable: !folder.in_memory,
            segments: usize::try_from(folder.reserve_bytes.div_ceil(SEGMENT_BYTES)).unwrap_or(usize::MAX),
            segment_bytes: SEGMENT_BYTES,
            payload_bytes: PAYLOAD_BYTES,
        });
        let mut cascade = Cascade::open(settings.collect(), now, Box::new(segment_id), medium)?;
        let first = folders.first().map(|folder| folder.path.clone()).unwrap_or_default();
        let failed = |source| OpenError::Io { folder: first.clone(), source };
        let log = log(&first).map_err(failed)?;
        cascade = cascade.with_standard_error(Box::new(io::stderr()));
        cascade = cascade.with_log(Box::new(log.try_clone().map_err(failed)?));
        let budget = cascade.budget();
        let writer = Writer::start(cascade).map_err(failed)?;
        let resort = Self {
            writer,
            folders,
            budget,
            for_results: Mutex::default(),
            counters: Counters::default(),
            hurried: AtomicBool::new(false),
            held: Mutex::default(),
            log: Mutex::new(Some(log)),
        };
        resort.promise_results();
        resort.look().map_err(failed)?;
        Ok(resort)
    }

    /// Learns what an earlier process left.
    fn look(&self) -> io::Result<()> {
        let ingest = Ingest::open(self.sources()?)?;
        let level = if self.folders.iter().any(|folder| folder.in_memory) { Level::Memory } else { Level::Disk };
        let store = self.key().map(|key| store_name(&key));
        let mut after = 0;
        while let Some(Item { sequence, record }) = ingest.after(after)? {
            after = sequence;
            self.counters.backlog().add(record.payload.len(), record.time);
            let Some(store) = &store else { continue };
            // What cannot be read is told when it is ingested.
            match record::read(&record.payload, store) {
                Ok(Said::Start(start)) => self.held().start(&start.job, start.request.as_ref(), level),
                Ok(Said::Report(report)) => self.held().report(&report, level),
                Err(_) => {}
            }
        }
        Ok(())
    }

    /// Not sealed: a store that opens and takes nothing must not use up a segment with each try. Nothing is written meanwhile,
    /// because the committer does both.
    pub(super) fn sources(&self) -> io::Result<Vec<esteira_lastresort::Source>> {
        self.writer.sources().map_err(io::Error::other)
    }

    /// The folders, in the order in which they are tried.
    pub fn folders(&self) -> &[Folder] {
        &self.folders
    }

    /// What the folders have left.
    ///
    /// # Errors
    /// When the thread that writes is gone.
    pub fn status(&self) -> io::Result<Vec<Status>> {
        self.writer.status().map_err(io::Error::other)
    }

    /// How many records wait for the store.
    pub fn waiting(&self) -> u64 {
        self.counters.backlog().records
    }

    /// The key that a folder keeps, whoever has it open.
    pub fn key_in(folder: &std::path::Path) -> Option<[u8; 32]> {
        key::read(folder)
    }

    /// The key of the store that these folders were last used with.
    pub fn key(&self) -> Option<[u8; 32]> {
        self.folders.iter().find_map(|folder| key::read(&folder.path))
    }

    /// Keeps the store's key in each folder that takes it.
    pub(crate) fn keep_key(&self, key: &[u8; 32]) {
        for folder in &self.folders {
            if let Err(error) = key::write(&folder.path, key) {
                tracing::warn!(%error, folder = %folder.path.display(), "the key is not kept: started without the store, this coordinator takes no results");
            }
        }
    }

    pub(super) fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a start of this size leaves the results their share.
    pub(super) fn has_room_for_start(&self, bytes: usize) -> bool {
        // Given back at once: the writing itself takes the room.
        self.budget.reserve(bytes).is_ok()
    }

    /// Sets aside what is for results alone, of what is ready now.
    pub(super) fn promise_results(&self) {
        let mut promised = self.for_results.lock().unwrap_or_else(PoisonError::into_inner);
        promised.clear();
        let wanted = self.budget.free_bytes() / RESULTS_SHARE;
        while self.budget.promised_bytes() < wanted
            && let Ok(promise) = self.budget.reserve(PROMISE_BYTES)
        {
            promised.push(promise);
        }
    }

    /// Writes a record; none when no level takes it.
    pub(super) async fn write(&self, record: OwnedRecord) -> Option<Level> {
        let (bytes, time) = (record.payload.len(), record.time);
        let (done, outcome) = oneshot::channel();
        let submitted = self.writer.submit(record, move |outcome| _ = done.send(outcome));
        submitted.ok()?;
        let held = outcome.await.ok()?.ok()?;
        match held.place {
            Some(_) => self.counters.backlog().add(bytes, time),
            None => _ = self.counters.told.fetch_add(1, Ordering::Relaxed),
        }
        Some(held.level)
    }

    /// Takes records that were caught on standard error. Answers with how many found room.
    pub async fn take_lines(&self, text: &str) -> (usize, usize) {
        let (mut taken, mut lost) = (0, 0);
        for (sequence, record) in esteira_lastresort::line::read_records(text) {
            let level = match record {
                Some(record) => self.write(record).await,
                None => {
                    tracing::error!(sequence, "lines of a record are missing or damaged");
                    None
                }
            };
            match level {
                Some(Level::Disk | Level::Memory) => taken += 1,
                _ => lost += 1,
            }
        }
        (taken, lost)
    }

    /// Has what waits brought back with the next work, whenever it was tried last.
    pub(super) fn hurry(&self) {
        self.hurried.store(true, Ordering::Release);
    }

    /// Whether that was asked for; once.
    pub(super) fn take_hurry(&self) -> bool {
        self.hurried.swap(false, Ordering::AcqRel)
    }

    /// A line in the local log; it must not stand in the way of what it tells.
    pub(super) fn note(&self, line: std::fmt::Arguments<'_>) {
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = log.as_mut() {
            _ = file.write_all(format!("{line}\n").as_bytes());
        }
    }
}

impl std::fmt::Debug for LastResort {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LastResort").field("folders", &self.folders).field("waiting", &self.waiting()).finish()
    }
}

/// Names a store without telling its key.
pub(super) fn store_name(key: &[u8; 32]) -> String {
    let name = crate::token::Tokens::new(*key).derive("last resort");
    name[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}

fn log(folder: &std::path::Path) -> io::Result<File> {
    let path = folder.join(LOG);
    let is_long = path.metadata().is_ok_and(|metadata| metadata.len() > LOG_BYTES_MAX);
    if is_long {
        std::fs::rename(&path, folder.join("log.1"))?;
    }
    File::options().create(true).append(true).open(path)
}

/// Random; where there is no randomness the time still makes it another one.
fn segment_id() -> [u8; 16] {
    use esteira_engine::Entropy;
    let clock = std::sync::Arc::new(crate::clock::SystemClock);
    *crate::clock::Ids::new(clock, 0).uuid().as_bytes()
}
