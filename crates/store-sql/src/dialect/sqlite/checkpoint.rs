//! Copies the log into the database file beside the writer, so that no commit waits for it.
//!
//! SQLite's own way is to copy inside the commit that made the log long: with a log of 64 MiB that commit, and every one
//! behind it, waits for tens of thousands of pages to be written and synced. Here a thread of its own copies while the writer
//! goes on. The writer appends meanwhile, so the thread copies again what came in between, which is less each time; the
//! last rest is copied by the writer itself before its next transaction, because only a log that is copied to its end
//! begins anew instead of growing.

use crate::dialect::sqlite::{classify::error, connect};
use rusqlite::Connection;
use std::{
    cell::Cell,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
};

/// Times that the log is copied beside the writer before the writer copies the rest.
const PASSES_MAX: usize = 4;
/// The writer copies at most this part of the length at which copying begins; a longer rest is copied beside it first.
const REST: u32 = 16;

thread_local! {
    /// Pages in the log after the last commit of this thread.
    static LOG_PAGES: Cell<u32> = const { Cell::new(0) };
}

/// The writer's side.
pub(super) struct Checkpoints {
    /// Pages in the log at which copying begins.
    threshold: u32,
    /// Pages at which it begins the next time.
    next_at: u32,
    shared: Arc<Shared>,
    /// None only while this is dropped.
    wake: Option<mpsc::SyncSender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    /// The thread copies.
    busy: AtomicBool,
    /// Little is left, and the writer should copy it.
    rest: AtomicBool,
}

/// How far a copy came.
struct Copied {
    /// Pages in the log when it began.
    log: u32,
    /// Of these, pages that are in the database file.
    done: u32,
}

impl Checkpoints {
    /// Takes over from SQLite on the connection of the writer.
    pub(super) fn start(writer: &Connection, path: &Path, durable: bool, threshold: u32) -> std::io::Result<Self> {
        writer.wal_hook(Some(|_, pages| {
            LOG_PAGES.set(u32::try_from(pages).unwrap_or(0));
            Ok(())
        }));
        let shared = Arc::new(Shared::default());
        let (wake, wanted) = mpsc::sync_channel(1);
        let (path, of_thread) = (path.to_owned(), shared.clone());
        let thread = thread::Builder::new().name("esteira-checkpoint".into()).spawn(move || {
            for () in wanted {
                if let Err(e) = copy_until_little_is_left(&path, durable, threshold / REST, &of_thread.rest) {
                    tracing::warn!(error = %e, "the log could not be copied into the database; it grows until it can");
                }
                of_thread.busy.store(false, Ordering::Release);
            }
        })?;
        Ok(Self { threshold, next_at: threshold, shared, wake: Some(wake), thread: Some(thread) })
    }

    /// After a commit of this thread: has the log copied when it is long.
    pub(super) fn committed(&mut self) {
        let pages = LOG_PAGES.get();
        if pages.saturating_add(self.threshold) < self.next_at {
            // It began anew.
            self.next_at = self.threshold;
        }
        if pages >= self.next_at && !self.shared.busy.swap(true, Ordering::Acquire) {
            // A reader's snapshot can keep the log from being copied: try again when it is longer by as much, not at once.
            self.next_at = pages.saturating_add(self.threshold);
            if let Some(wake) = &self.wake {
                let _ = wake.try_send(());
            }
        }
    }

    /// Before a transaction: copies the rest, if there is one.
    pub(super) fn finish(&self, writer: &Connection) {
        if self.shared.rest.swap(false, Ordering::Acquire)
            && let Err(e) = copy(writer)
        {
            tracing::warn!(error = %e, "the rest of the log could not be copied into the database");
        }
    }
}

impl Drop for Checkpoints {
    fn drop(&mut self) {
        self.wake = None;
        if let Some(thread) = self.thread.take() {
            // It says itself what went wrong.
            let _ = thread.join();
        }
    }
}

/// A connection for each time: a sync that failed must not be tried again on the same handle.
fn copy_until_little_is_left(path: &Path, durable: bool, little: u32, rest: &AtomicBool) -> esteira_store::Result<()> {
    let connection = connect::open_checkpointer(path, durable)?;
    let mut before = 0;
    for _ in 0..PASSES_MAX {
        let copied = copy(&connection)?;
        if copied.done < copied.log {
            // A snapshot needs the rest of the log as it is.
            return Ok(());
        }
        if copied.log.saturating_sub(before) <= little {
            break;
        }
        before = copied.log;
    }
    rest.store(true, Ordering::Release);
    Ok(())
}

/// Copies as much of the log as no snapshot needs, without waiting for anyone.
fn copy(connection: &Connection) -> esteira_store::Result<Copied> {
    let copied = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| {
        // -1 for both where there is no log.
        let pages = |column| row.get(column).map(|pages: i64| u32::try_from(pages).unwrap_or(0));
        Ok(Copied { log: pages(1)?, done: pages(2)? })
    });
    copied.map_err(error)
}
