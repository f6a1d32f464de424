//! What an attempt used: wall time, CPU time of its own polls, and the peak memory of the process.

use crate::model::{
    BoxFuture, clock,
    guarded::{Guarded, Panic},
};
use std::{
    future::Future,
    pin::Pin,
    sync::{Mutex, PoisonError},
    task::{Context, Poll},
    time::{Duration, Instant},
};

/// A future that catches panics and adds up the CPU time of the thread while it is polled.
///
/// Threads that the function starts by itself are not seen.
pub(crate) struct Measured<'a, T> {
    future: Guarded<'a, T>,
    cpu_time: Duration,
}

impl<'a, T> Measured<'a, T> {
    pub(crate) fn new(future: BoxFuture<'a, T>) -> Self {
        Self { future: Guarded::new(future), cpu_time: Duration::ZERO }
    }

    pub(crate) fn cpu_time(&self) -> Duration {
        self.cpu_time
    }
}

impl<T> Future for Measured<'_, T> {
    type Output = Result<T, Panic>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let before = thread_cpu_time();
        let polled = Pin::new(&mut self.future).poll(cx);
        self.cpu_time += thread_cpu_time().saturating_sub(before);
        polled
    }
}

#[cfg(unix)]
fn thread_cpu_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::try_from(time).unwrap_or_default()
}

#[cfg(not(unix))]
fn thread_cpu_time() -> Duration {
    Duration::ZERO
}

/// Peak resident memory of the process, read at most once a second.
#[derive(Debug, Default)]
pub(crate) struct PeakMemory {
    last: Mutex<Option<(Instant, i64)>>,
}

impl PeakMemory {
    /// In bytes; 0 where the system does not tell.
    pub(crate) fn bytes(&self) -> i64 {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        match *last {
            Some((read, bytes)) if read.elapsed() < Duration::from_secs(1) => bytes,
            _ => {
                let bytes =
                    std::fs::read_to_string("/proc/self/status").ok().as_deref().and_then(high_water_mark).unwrap_or(0);
                *last = Some((clock::instant(), bytes));
                bytes
            }
        }
    }
}

fn high_water_mark(status: &str) -> Option<i64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: i64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::task::Waker;

    #[test]
    fn work_inside_a_poll_is_counted() {
        let mut measured =
            Measured::new(Box::pin(async { (0..3_000_000u64).map(std::hint::black_box).fold(0, |a, b| a ^ b) }));
        assert!(Pin::new(&mut measured).poll(&mut Context::from_waker(Waker::noop())).is_ready());
        assert!(measured.cpu_time() > Duration::ZERO);
    }

    #[test]
    fn the_high_water_mark_is_read_in_bytes() {
        assert_eq!(high_water_mark("VmPeak:\t 9 kB\nVmHWM:\t    1204 kB\n"), Some(1204 * 1024));
        assert_eq!(high_water_mark("VmPeak:\t 9 kB\n"), None);
    }
}
