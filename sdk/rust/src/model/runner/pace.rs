//! The time of a run: the real one, or one of its own that never waits.

use crate::model::{clock, runner::timer::Timer};
use esteira_model::{Time, time::micros};
use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, UNIX_EPOCH},
};

pub(crate) enum Pace {
    Real(Timer),
    /// How far the clock is ahead of the real one.
    Skipping(Mutex<Duration>),
}

impl Pace {
    pub(crate) fn real() -> Self {
        Self::Real(Timer::default())
    }

    pub(crate) fn skipping() -> Self {
        Self::Skipping(Mutex::default())
    }

    pub(crate) fn now(&self) -> Time {
        let real = Time(micros(clock::wall().duration_since(UNIX_EPOCH).unwrap_or_default()));
        match self {
            Self::Real(_) => real,
            Self::Skipping(ahead) => real.after(*ahead.lock().unwrap_or_else(PoisonError::into_inner)),
        }
    }

    /// Until that time.
    pub(crate) async fn wait_until(&self, time: Time) {
        let pause = time.since(self.now());
        match self {
            Self::Real(timer) => timer.at(clock::instant() + pause).await,
            Self::Skipping(ahead) => *ahead.lock().unwrap_or_else(PoisonError::into_inner) += pause,
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
