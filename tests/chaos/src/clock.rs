//! One clock for all processes of a run: the machine's monotonic one, in microseconds. It orders what different processes wrote
//! down, and no wall clock can move it.

use rustix::time::{ClockId, clock_gettime};

/// Now.
pub(crate) fn now() -> u64 {
    let time = clock_gettime(ClockId::Monotonic);
    let seconds = u64::try_from(time.tv_sec).expect("a monotonic clock begins at zero");
    seconds * 1_000_000 + u64::try_from(time.tv_nsec).expect("a part of a second is not negative") / 1_000
}
