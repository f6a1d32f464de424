//! Interrupts statements that run too long.

use sqlx::SqliteConnection;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::time::Instant;

/// Steps of SQLite's virtual machine between two looks at the clock: well under a millisecond.
const STEPS: i32 = 4_000;

/// The time at which the statement of one connection is interrupted.
pub(crate) struct Deadline {
    opened: Instant,
    /// Microseconds after `opened`.
    at_micros: Arc<AtomicU64>,
}

impl Deadline {
    /// Makes the connection look at a deadline while it works.
    pub(crate) async fn watch(connection: &mut SqliteConnection) -> Result<Self, sqlx::Error> {
        let opened = Instant::now();
        let at_micros = Arc::new(AtomicU64::new(u64::MAX));
        let seen = at_micros.clone();
        connection.lock_handle().await?.set_progress_handler(STEPS, move || {
            micros(Instant::now().saturating_duration_since(opened)) < seen.load(Ordering::Relaxed)
        });
        Ok(Self { opened, at_micros })
    }

    /// Gives the following statement this much time.
    pub(crate) fn set(&self, time: Duration) {
        self.at_micros.store(
            micros(Instant::now().saturating_duration_since(self.opened).saturating_add(time)),
            Ordering::Relaxed,
        );
    }

    /// Takes the deadline away: what follows must not be interrupted.
    pub(crate) fn clear(&self) {
        self.at_micros.store(u64::MAX, Ordering::Relaxed);
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
