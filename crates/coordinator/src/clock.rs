//! The clock and entropy ports, and their adapters for real life.

use esteira_engine::Entropy;
use esteira_model::{Time, Uuid};
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

/// Tells the time. Decides nothing by itself: fences do (INV-FENCE).
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Time;
}

/// The machine's wall clock.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods)] // the one adapter of the clock port
    fn now(&self) -> Time {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Time(esteira_model::time::micros(since))
    }
}

/// Time-ordered ids that never go back within a process, whatever the clock does.
#[derive(Clone)]
pub struct Ids {
    clock: Arc<dyn Clock>,
    last: Arc<AtomicI64>,
    node: Arc<AtomicI64>,
    ordered: bool,
}

/// Bits of a sequence number that name the coordinator which gave it.
const NODE_BITS: u32 = 10;
/// How many coordinators one store may have.
pub const NODES: i64 = 1 << NODE_BITS;
/// Sequence numbers count microseconds from 2024-01-01 UTC, so that they fit 63 bits beside the node until 2309.
const SEQUENCE_EPOCH_MICROS: i64 = 1_704_067_200_000_000;
/// Sequence numbers without order, see [`Ids::unordered`].
const SCATTER: i64 = 0x9E37_79B9_7F4A_7C15_u64 as i64;
const PLACES: i64 = (1 << (63 - NODE_BITS)) - 1;

impl Ids {
    /// Ids of the coordinator with this number, 0 to 1023.
    pub fn new(clock: Arc<dyn Clock>, node: u16) -> Self {
        let ids = Self { clock, last: Arc::new(AtomicI64::new(0)), node: Arc::default(), ordered: true };
        ids.set_node(node);
        ids
    }

    /// Ids in no order, to measure what their order is worth.
    pub(crate) fn unordered(self) -> Self {
        Self { ordered: false, ..self }
    }

    /// A sequence number below those that are given from this time on, and above those before.
    pub(crate) fn sequence_at(&self, time: Time) -> i64 {
        let micros = time.0.saturating_sub(SEQUENCE_EPOCH_MICROS).clamp(0, PLACES);
        micros << NODE_BITS
    }

    /// The coordinator has another number from here on.
    pub fn set_node(&self, node: u16) {
        self.node.store(i64::from(node) & (NODES - 1), Ordering::Relaxed);
    }
}

impl Entropy for Ids {
    fn uuid(&mut self) -> Uuid {
        #[allow(clippy::disallowed_methods)] // the one adapter of the entropy port
        let mut id = uuid::Uuid::now_v7().into_bytes();
        if !self.ordered {
            // The last bytes are random in each id; those before them are a time and a counter.
            id.rotate_left(12);
        }
        Uuid::from_bytes(id)
    }

    fn sequence(&mut self) -> i64 {
        let now = self.clock.now().0 - SEQUENCE_EPOCH_MICROS;
        let previous = self.last.fetch_max(now, Ordering::Relaxed);
        // The clock stands still or went back: count on from the last number.
        let micros = if now > previous { now } else { self.last.fetch_add(1, Ordering::Relaxed) + 1 };
        // An odd factor gives each number another place, and no two the same.
        let place = if self.ordered { micros } else { micros.wrapping_mul(SCATTER) & PLACES };
        place << NODE_BITS | self.node.load(Ordering::Relaxed)
    }

    #[allow(clippy::disallowed_methods)] // the one adapter of the entropy port
    fn fraction(&mut self) -> f64 {
        let random = getrandom::u32().unwrap_or(u32::MAX / 2);
        f64::from(random) / (f64::from(u32::MAX) + 1.0)
    }
}

/// Random bytes that make a commitment impossible to guess.
#[allow(clippy::disallowed_methods)] // salts come from the operating system, never from ids
pub(crate) fn random_salt() -> Result<[u8; 16], getrandom::Error> {
    let mut salt = [0u8; 16];
    getrandom::fill(&mut salt)?;
    Ok(salt)
}

/// Random bytes for a key.
#[allow(clippy::disallowed_methods)] // keys come from the operating system, never from ids
pub(crate) fn random_key() -> Result<[u8; 32], getrandom::Error> {
    let mut key = [0u8; 32];
    getrandom::fill(&mut key)?;
    Ok(key)
}
