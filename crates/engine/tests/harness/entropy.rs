//! Ids that count, and a fraction that the test chooses.

use esteira_engine::Entropy;
use esteira_model::Uuid;

/// Deterministic identities and randomness.
#[derive(Debug, Clone)]
pub struct Ids {
    last: u64,
    /// The next fractions.
    pub fraction: f64,
}

impl Default for Ids {
    fn default() -> Self {
        Self { last: 0, fraction: 0.5 }
    }
}

impl Entropy for Ids {
    fn uuid(&mut self) -> Uuid {
        self.last += 1;
        let mut bytes = [0; 16];
        bytes[6] = 0x70;
        bytes[8] = 0x80;
        bytes[10..].copy_from_slice(&self.last.to_be_bytes()[2..]);
        Uuid::from_bytes(bytes)
    }

    fn sequence(&mut self) -> i64 {
        self.last += 1;
        self.last as i64
    }

    fn fraction(&mut self) -> f64 {
        self.fraction
    }
}
