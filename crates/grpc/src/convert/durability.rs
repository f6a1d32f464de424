//! How safe what was accepted is.

use esteira_contract::v1::Durability;
use esteira_coordinator::last_resort::Level;

/// In the store, or at this level of the last resort.
pub fn durability(held: Option<Level>) -> Durability {
    match held {
        None => Durability::Committed,
        Some(Level::Disk) => Durability::LastResortDisk,
        Some(Level::Memory) => Durability::LastResortMemory,
        Some(Level::StandardError) => Durability::LastResortStandardError,
    }
}
