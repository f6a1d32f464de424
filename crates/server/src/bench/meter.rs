//! Latencies, and what of them is told.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::time::{Instant, sleep};

/// How much longer than asked for it is waited for the first that ends, and how often it is looked for.
const FIRST_MAX: Duration = Duration::from_secs(60);
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// Latencies that were collected.
#[derive(Debug, Clone, Default)]
pub struct Latencies(Vec<Duration>);

impl From<Vec<Duration>> for Latencies {
    fn from(mut all: Vec<Duration>) -> Self {
        all.sort_unstable();
        Self(all)
    }
}

impl Latencies {
    /// How many.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The latency that this share of all did not exceed (nearest rank); none when there are none.
    pub fn percentile(&self, share: f64) -> Option<Duration> {
        let rank = (self.0.len() as f64 * share).ceil() as usize;
        self.0.get(rank.max(1) - 1).copied()
    }
}

/// Collects latencies while it is open.
#[derive(Debug, Default)]
pub struct Meter(Mutex<Option<Vec<Duration>>>);

impl Meter {
    fn state(&self) -> std::sync::MutexGuard<'_, Option<Vec<Duration>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Collects from here on.
    pub fn open(&self) {
        *self.state() = Some(Vec::new());
    }

    /// Something took so long, and ended just now.
    pub fn note(&self, latency: Duration) {
        if let Some(latencies) = self.state().as_mut() {
            latencies.push(latency);
        }
    }

    /// How many were collected since it was opened.
    pub fn count(&self) -> usize {
        self.state().as_ref().map_or(0, Vec::len)
    }

    /// Lets so much time pass, and more while nothing has ended: a figure of a slow machine is of something, too.
    pub async fn pass(&self, time: Duration) {
        sleep(time).await;
        let begun = Instant::now();
        while self.count() == 0 && begun.elapsed() < FIRST_MAX {
            sleep(LOOK_AGAIN).await;
        }
    }

    /// Collects no more; what was collected.
    pub fn close(&self) -> Latencies {
        self.state().take().unwrap_or_default().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(milliseconds: &[u64], share: f64, expected: Option<u64>) {
        let all: Vec<Duration> = milliseconds.iter().map(|&number| Duration::from_millis(number)).collect();
        let found = Latencies::from(all).percentile(share);
        assert_eq!(found, expected.map(Duration::from_millis), "{share} of {milliseconds:?}");
    }

    #[test]
    fn percentiles_are_nearest_ranks() {
        let hundred: Vec<u64> = (1..=100).rev().collect();
        check(&hundred, 0.5, Some(50));
        check(&hundred, 0.99, Some(99));
        check(&hundred, 1.0, Some(100));
        check(&hundred, 0.0, Some(1));
        check(&[7], 0.99, Some(7));
        check(&[1, 2], 0.5, Some(1));
        check(&[], 0.5, None);
    }

    #[test]
    fn only_what_ends_while_it_is_open_counts() {
        let meter = Meter::default();
        meter.note(Duration::from_millis(1));
        meter.open();
        meter.note(Duration::from_millis(2));
        assert_eq!(meter.close().count(), 1);
        meter.note(Duration::from_millis(3));
        assert_eq!(meter.close().count(), 0);
    }
}
