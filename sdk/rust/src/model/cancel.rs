//! Cooperative cancellation: a flag with a reason that can be awaited on any runtime.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Poll, Waker},
};

/// Why a function should stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CancelReason {
    /// The job is cancelled or terminated.
    Job,
    /// Another worker may run the task now; whatever this one returns is dropped.
    LeaseLost,
    /// The worker shuts down and its grace is over.
    Drain,
    /// The step's execution time-out passed.
    Timeout,
}

impl CancelReason {
    /// The stable text of this reason.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Job => "JOB",
            Self::LeaseLost => "LEASE_LOST",
            Self::Drain => "DRAIN",
            Self::Timeout => "TIMEOUT",
        }
    }
}

impl fmt::Display for CancelReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A cancellation that one side sets and the other observes. Clones are the same cancellation.
#[derive(Clone, Default)]
pub struct Cancellation {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    reason: Option<CancelReason>,
    wakers: Vec<Waker>,
}

impl Cancellation {
    /// One that is not set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets it. The first reason stays.
    pub fn cancel(&self, reason: CancelReason) {
        let wakers = {
            let mut state = self.lock();
            if state.reason.is_some() {
                return;
            }
            state.reason = Some(reason);
            std::mem::take(&mut state.wakers)
        };
        for waker in wakers {
            waker.wake();
        }
    }

    /// Why it was set, if it was.
    pub fn reason(&self) -> Option<CancelReason> {
        self.lock().reason
    }

    /// Completes when it is set.
    pub fn cancelled(&self) -> Cancelled<'_> {
        Cancelled { cancellation: self }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Cancellation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Cancellation").field(&self.reason()).finish()
    }
}

/// Future of [`Cancellation::cancelled`].
pub struct Cancelled<'a> {
    cancellation: &'a Cancellation,
}

impl Future for Cancelled<'_> {
    type Output = CancelReason;

    fn poll(self: Pin<&mut Self>, cx: &mut std::task::Context<'_>) -> Poll<CancelReason> {
        let mut state = self.cancellation.lock();
        if let Some(reason) = state.reason {
            return Poll::Ready(reason);
        }
        if !state.wakers.iter().any(|waker| waker.will_wake(cx.waker())) {
            state.wakers.push(cx.waker().clone());
        }
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::task::Context;

    #[test]
    fn the_first_reason_stays_and_wakes() {
        let cancellation = Cancellation::new();
        let mut context = Context::from_waker(Waker::noop());
        let mut waiting = std::pin::pin!(cancellation.cancelled());
        assert_eq!(waiting.as_mut().poll(&mut context), Poll::Pending);
        cancellation.clone().cancel(CancelReason::Job);
        cancellation.cancel(CancelReason::Drain);
        assert_eq!(waiting.poll(&mut context), Poll::Ready(CancelReason::Job));
        assert_eq!(cancellation.reason(), Some(CancelReason::Job));
    }
}
