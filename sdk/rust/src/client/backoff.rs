//! Pauses between two sendings of the same request.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(10);

/// 100 ms, doubled up to 10 s, with full jitter.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    tries: u32,
}

impl Backoff {
    /// The next pause; `fraction` is random in `0.0..1.0`.
    pub(crate) fn next(&mut self, fraction: f64) -> Duration {
        let ceiling = FIRST.saturating_mul(1 << self.tries.min(7)).min(LONGEST);
        self.tries = self.tries.saturating_add(1);
        ceiling.mul_f64(fraction)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_ten_seconds() {
        let mut backoff = Backoff::default();
        let pauses: Vec<u128> = (0..9).map(|_| backoff.next(1.0).as_millis()).collect();
        assert_eq!(pauses, [100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]);
        assert_eq!(backoff.next(0.0), Duration::ZERO);
    }
}
