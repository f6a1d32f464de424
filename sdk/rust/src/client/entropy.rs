//! The only place of the client that asks the system for ids and randomness.
#![expect(clippy::disallowed_methods, reason = "implements the entropy of the client")]

use uuid::Uuid;

/// A new time-ordered id as text.
pub(crate) fn new_id() -> String {
    Uuid::now_v7().to_string()
}

/// A random number in `0.0..1.0`; a half when the system has no randomness to give.
pub(crate) fn fraction() -> f64 {
    getrandom::u32().map_or(0.5, |bits| f64::from(bits) / (f64::from(u32::MAX) + 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_lie_in_range_and_ids_differ() {
        assert!((0..100).map(|_| fraction()).all(|f| (0.0..1.0).contains(&f)));
        assert_ne!(new_id(), new_id());
    }
}
