//! The time of a run: the real one, or one of its own that never waits.

use crate::model::{clock, runner::timer::Timer};
use esteira_model::{Time, time::micros};
use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, UNIX_EPOCH},
};

pub(crate) enum Pace {
    Real(Timer),
    /// A clock that stands still but for what is skipped, so that nothing depends on how fast functions are.
    Skipping(Mutex<Time>),
}

impl Pace {
    pub(crate) fn real() -> Self {
        Self::Real(Timer::default())
    }

    pub(crate) fn skipping() -> Self {
        Self::Skipping(Mutex::new(real_now()))
    }

    pub(crate) const fn is_skipping(&self) -> bool {
        matches!(self, Self::Skipping(_))
    }

    pub(crate) fn now(&self) -> Time {
        match self {
            Self::Real(_) => real_now(),
            Self::Skipping(now) => *now.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }

    /// Until that time.
    pub(crate) async fn wait_until(&self, time: Time) {
        match self {
            Self::Real(timer) => timer.at(clock::instant() + time.since(self.now())).await,
            Self::Skipping(now) => {
                let mut now = now.lock().unwrap_or_else(PoisonError::into_inner);
                *now = time.max(*now);
            }
        }
    }

    /// Until a time-out of that length is over; never where time is skipped.
    pub(crate) async fn time_out(&self, after: Option<Duration>) {
        match (self, after) {
            (Self::Real(timer), Some(after)) => timer.at(clock::instant() + after).await,
            _ => std::future::pending().await,
        }
    }
}

fn real_now() -> Time {
    Time(micros(clock::wall().duration_since(UNIX_EPOCH).unwrap_or_default()))
}
