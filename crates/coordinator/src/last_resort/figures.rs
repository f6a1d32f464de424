//! Figures to watch: what a last resort holds, what it has room for, and what has come back.

use crate::last_resort::reserve::LastResort;
use esteira_model::Time;
use std::{
    io,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

/// What a last resort holds and did. What it did counts from the start of the process.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Figures {
    /// Records that wait for the store.
    pub waiting: u64,
    /// Bytes of their payloads.
    pub waiting_bytes: u64,
    /// When the oldest of them was written.
    pub oldest: Option<Time>,
    /// Bytes that the folders are to keep ready.
    pub reserve_bytes: u64,
    /// Bytes in which records are sure to find room now.
    pub room_bytes: u64,
    /// Folders.
    pub folders: u64,
    /// Folders that failed, and are not used again before a new start.
    pub failed_folders: u64,
    /// Records that were brought back and applied.
    pub ingested: u64,
    /// Records that were brought back, and had been applied before.
    pub already: u64,
    /// Records that could not be applied, and were set aside.
    pub set_aside: u64,
    /// Stretches of folders that were no record.
    pub damaged: u64,
    /// Records that only standard error took.
    pub told: u64,
}

/// What waits, as far as nobody must read it.
#[derive(Debug, Default)]
pub(super) struct Backlog {
    pub records: u64,
    pub bytes: u64,
    pub oldest: Option<Time>,
}

/// What is counted while it happens.
#[derive(Debug, Default)]
pub(super) struct Counters {
    backlog: Mutex<Backlog>,
    pub ingested: AtomicU64,
    pub already: AtomicU64,
    pub set_aside: AtomicU64,
    pub damaged: AtomicU64,
    pub told: AtomicU64,
}

impl Counters {
    pub fn backlog(&self) -> MutexGuard<'_, Backlog> {
        // Plain numbers are whole after any panic.
        self.backlog.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Backlog {
    pub fn add(&mut self, bytes: usize, time: Time) {
        self.records += 1;
        self.bytes += bytes as u64;
        self.oldest.get_or_insert(time);
    }

    /// So many bytes are brought back; what is left is this.
    pub fn done(&mut self, bytes: usize, records: usize, oldest: Option<Time>) {
        self.records = records as u64;
        self.bytes = if records == 0 { 0 } else { self.bytes.saturating_sub(bytes as u64) };
        self.oldest = oldest;
    }
}

impl LastResort {
    /// What it holds and did.
    ///
    /// # Errors
    /// When the thread that writes is gone.
    pub fn figures(&self) -> io::Result<Figures> {
        let status = self.status()?;
        let counters = &self.counters;
        let backlog = counters.backlog();
        Ok(Figures {
            waiting: backlog.records,
            waiting_bytes: backlog.bytes,
            oldest: backlog.oldest,
            reserve_bytes: self.folders().iter().map(|folder| folder.reserve_bytes).sum(),
            room_bytes: status.iter().map(|folder| folder.room_bytes).sum(),
            folders: status.len() as u64,
            failed_folders: status.iter().filter(|folder| folder.failed).count() as u64,
            ingested: counters.ingested.load(Relaxed),
            already: counters.already.load(Relaxed),
            set_aside: counters.set_aside.load(Relaxed),
            damaged: counters.damaged.load(Relaxed),
            told: counters.told.load(Relaxed),
        })
    }
}
