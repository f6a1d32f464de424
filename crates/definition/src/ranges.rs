//! Limits of the document that are not limits of the contract.

use std::{ops::RangeInclusive, time::Duration};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// Longest display name, in characters.
pub(crate) const DISPLAY_NAME_CHARS_MAX: usize = 256;
/// Longest version text of a function or policy, in characters.
pub(crate) const VERSION_CHARS_MAX: usize = 64;
/// Most policies of a plan, and of one end of a step.
pub(crate) const POLICIES_MAX: usize = 100;
/// Most codes that are not retried.
pub(crate) const CODES_MAX: usize = 100;

pub(crate) const WAIT: RangeInclusive<Duration> = Duration::from_millis(1)..=DAY.saturating_mul(31);
pub(crate) const EXECUTION_TIMEOUT: RangeInclusive<Duration> = WAIT;
pub(crate) const BACKOFF: RangeInclusive<Duration> = Duration::ZERO..=DAY;
pub(crate) const MULTIPLIER: RangeInclusive<f64> = 1.0..=100.0;
pub(crate) const JITTER: RangeInclusive<f64> = 0.0..=1.0;
pub(crate) const MAX_IN_FLIGHT: RangeInclusive<u32> = 0..=1_000_000;
