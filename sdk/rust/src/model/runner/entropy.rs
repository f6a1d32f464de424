//! New ids and randomness from the standard library alone.

use esteira_engine::Entropy;
use esteira_model::{Time, Uuid};
use std::hash::{BuildHasher, RandomState};

/// Ids rise with the time of the clock that is handed in; the rest is random.
pub(crate) struct StdEntropy {
    state: u64,
    /// Whether pauses vary; where they are skipped, that would only change the order of what follows.
    varies: bool,
    now: Time,
    last_uuid: u64,
    last_sequence: i64,
}

impl StdEntropy {
    pub(crate) fn new(varies: bool) -> Self {
        // The standard library seeds every hasher from the system's randomness.
        Self { state: RandomState::new().hash_one(0u8), varies, now: Time(0), last_uuid: 0, last_sequence: 0 }
    }

    pub(crate) fn set_now(&mut self, now: Time) {
        self.now = now;
    }

    /// SplitMix64.
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

impl Entropy for StdEntropy {
    /// Version 7: 48 bits of milliseconds, 12 bits that make it rise within one, 62 random bits.
    fn uuid(&mut self) -> Uuid {
        let micros = u64::try_from(self.now.0).unwrap_or(0);
        let stamp = (micros / 1_000) << 12 | (micros % 1_000) << 2;
        self.last_uuid = stamp.max(self.last_uuid + 1);
        let high = (self.last_uuid >> 12) << 16 | 0x7000 | (self.last_uuid & 0xfff);
        let low = self.next() >> 2 | 1 << 63;
        Uuid::from_bytes((u128::from(high) << 64 | u128::from(low)).to_be_bytes())
    }

    fn sequence(&mut self) -> i64 {
        self.last_sequence = self.now.0.max(self.last_sequence + 1);
        self.last_sequence
    }

    fn fraction(&mut self) -> f64 {
        if self.varies { (self.next() >> 11) as f64 / (1u64 << 53) as f64 } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_rise_and_have_the_form_of_version_7() {
        let mut entropy = StdEntropy::new(true);
        entropy.set_now(Time(1_700_000_000_123_456));
        let ids: Vec<Uuid> = (0..10_000).map(|_| entropy.uuid()).collect();
        assert!(ids.is_sorted() && ids.windows(2).all(|pair| pair[0] != pair[1]));
        assert!(ids.iter().all(|id| id.version() == 7 && id.as_bytes()[8] >> 6 == 2));
        assert_eq!(u64::from_str_radix(&ids[0].to_string().replace('-', "")[..12], 16), Ok(1_700_000_000_123));
        assert!((0..100).map(|_| entropy.fraction()).all(|f| (0.0..1.0).contains(&f)));
        assert!(entropy.sequence() < entropy.sequence());
    }
}
