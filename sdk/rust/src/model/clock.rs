//! The only place of the SDK's model and worker that asks the system for the time.
#![expect(clippy::disallowed_methods, reason = "implements the clock of the SDK")]

use std::time::{Instant, SystemTime};

/// For durations.
pub(crate) fn instant() -> Instant {
    Instant::now()
}

/// For dates.
pub(crate) fn wall() -> SystemTime {
    SystemTime::now()
}
