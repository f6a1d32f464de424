//! Waits for a moment on any runtime: one thread that wakes whoever waits.

use crate::model::clock;
use std::{
    collections::BTreeMap,
    future::Future,
    pin::Pin,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
    time::Instant,
};

/// The thread starts with the first wait and ends with the timer.
#[derive(Default)]
pub(crate) struct Timer {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// By moment, then by the number of the wait.
    waiting: BTreeMap<(Instant, u64), Waker>,
    next: u64,
    started: bool,
    ended: bool,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self) {
        let mut state = self.state();
        while !state.ended {
            let now = clock::instant();
            let later = state.waiting.split_off(&(now, u64::MAX));
            for waker in std::mem::replace(&mut state.waiting, later).into_values() {
                waker.wake();
            }
            state = match state.waiting.keys().next() {
                Some(&(first, _)) => {
                    self.changed
                        .wait_timeout(state, first.saturating_duration_since(now))
                        .unwrap_or_else(PoisonError::into_inner)
                        .0
                }
                None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }
}

impl Timer {
    /// Completes at that moment, or at once when it is past.
    pub(crate) fn at(&self, moment: Instant) -> Alarm {
        let mut state = self.shared.state();
        if !state.started {
            state.started = true;
            let shared = Arc::clone(&self.shared);
            std::thread::spawn(move || shared.run());
        }
        state.next += 1;
        Alarm { shared: Arc::clone(&self.shared), key: (moment, state.next) }
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        self.shared.state().ended = true;
        self.shared.changed.notify_all();
    }
}

/// Future of [`Timer::at`].
pub(crate) struct Alarm {
    shared: Arc<Shared>,
    key: (Instant, u64),
}

impl Future for Alarm {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.key.0 <= clock::instant() {
            return Poll::Ready(());
        }
        self.shared.state().waiting.insert(self.key, cx.waker().clone());
        self.shared.changed.notify_all();
        Poll::Pending
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        self.shared.state().waiting.remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::block_on;
    use std::time::Duration;

    #[test]
    fn alarms_come_when_they_are_due() {
        let timer = Timer::default();
        let begun = clock::instant();
        block_on(timer.at(begun));
        let (far, near) = (timer.at(begun + Duration::from_secs(3600)), timer.at(begun + Duration::from_millis(5)));
        block_on(near);
        assert!(begun.elapsed() >= Duration::from_millis(5));
        drop(far);
        assert!(timer.shared.state().waiting.is_empty());
    }
}
