//! Stretches in which the machine let nobody run: leases run out in them through no fault of the coordinator's.

use crate::{clock, history::Window, load::plans::LEASE};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

const TICK: Duration = Duration::from_millis(50);
/// A tick that is so late is a stall.
const LATE_MIN_US: u64 = 700_000;

/// A thread that does nothing but look at the clock.
pub(super) struct Stalls {
    stop: Arc<AtomicBool>,
    watching: JoinHandle<Vec<Window>>,
}

impl Stalls {
    pub fn watch() -> Self {
        let stop = Arc::<AtomicBool>::default();
        let stopped = stop.clone();
        let watching = thread::spawn(move || {
            let (mut stalls, mut last) = (Vec::new(), clock::now());
            while !stopped.load(Relaxed) {
                thread::sleep(TICK);
                let now = clock::now();
                if now - last > LATE_MIN_US {
                    let end = now + 2 * u64::try_from(LEASE.as_micros()).expect("seconds");
                    stalls.push(Window { what: "the machine stood still".into(), scope: None, begin: last, end });
                }
                last = now;
            }
            stalls
        });
        Self { stop, watching }
    }

    pub fn end(self) -> Vec<Window> {
        self.stop.store(true, Relaxed);
        self.watching.join().expect("it only looks at the clock")
    }
}
