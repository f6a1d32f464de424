//! The timer: wakes the committer when something is due, and looks by itself every second in case it missed the news.

use crate::{
    committer::TICK_PERIOD,
    coordinator::Shared,
    work::{Item, Work},
};
use esteira_model::{Time, limits};
use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};
use tokio::sync::{Notify, mpsc};

/// The earliest time at which something is known to be due.
#[derive(Debug)]
pub struct Timer {
    earliest: AtomicI64,
    sooner: Notify,
}

impl Default for Timer {
    fn default() -> Self {
        Self { earliest: AtomicI64::new(i64::MAX), sooner: Notify::new() }
    }
}

impl Timer {
    /// Something is due then.
    pub fn due(&self, time: Time) {
        if self.earliest.fetch_min(time.0, Ordering::Relaxed) > time.0 {
            self.sooner.notify_one();
        }
    }
}

/// A wall clock that runs ahead of the machine's own time by this much has jumped.
const JUMP: Duration = Duration::from_secs(5);
/// Two looks are at least this far apart.
const PAUSE_MIN: Duration = Duration::from_millis(2);

/// Runs until the committer has gone.
pub(crate) async fn run(shared: Arc<Shared>, urgent: mpsc::Sender<Item>) {
    let mut clock = Jump::new(&shared);
    loop {
        let now = shared.clock.now();
        let earliest = shared.timer.earliest.load(Ordering::Relaxed);
        let pause = Time(earliest).since(now).clamp(PAUSE_MIN, TICK_PERIOD);
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = shared.timer.sooner.notified() => continue,
        }
        shared.timer.earliest.store(i64::MAX, Ordering::Relaxed);
        let reap = !clock.jumped(&shared);
        if urgent.send(Item::Together(Work::Tick { reap })).await.is_err() {
            return;
        }
    }
}

/// After a jump of the wall clock no lease is declared lost for one lease time: its worker had no chance to beat.
struct Jump {
    wall: Time,
    machine: tokio::time::Instant,
    frozen_until: Option<tokio::time::Instant>,
}

#[allow(clippy::disallowed_methods)] // the monotonic clock is what the wall clock is compared with
impl Jump {
    fn new(shared: &Shared) -> Self {
        Self { wall: shared.clock.now(), machine: tokio::time::Instant::now(), frozen_until: None }
    }

    fn jumped(&mut self, shared: &Shared) -> bool {
        let (wall, machine) = (shared.clock.now(), tokio::time::Instant::now());
        if wall.since(self.wall) > machine.duration_since(self.machine) + JUMP {
            tracing::warn!("the wall clock jumped ahead; leases are not reaped for one lease time");
            self.frozen_until = Some(machine + limits::LEASE_TTL_DEFAULT);
        }
        (self.wall, self.machine) = (wall, machine);
        self.frozen_until.is_some_and(|until| machine < until)
    }
}
