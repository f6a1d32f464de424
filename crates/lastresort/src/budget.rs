//! Space that is promised before work is accepted: a job starts only when its result will find room.

use crate::record::stored_bytes;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Why no space is promised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the last-resort reserve is used up: {needed_bytes} bytes asked for, {free_bytes} neither used nor promised")]
pub struct UsedUp {
    /// What was asked for, in whole blocks.
    pub needed_bytes: u64,
    /// What is left.
    pub free_bytes: u64,
}

#[derive(Debug, Default)]
struct Account {
    room_bytes: u64,
    promised_bytes: u64,
}

/// The account of the reserve, shared by whoever starts jobs and whoever writes records.
#[derive(Debug, Clone, Default)]
pub struct Budget {
    account: Arc<Mutex<Account>>,
}

impl Budget {
    fn account(&self) -> MutexGuard<'_, Account> {
        // Two numbers are never half changed: what another thread left is good.
        self.account.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Promises room for one payload until the promise is dropped.
    ///
    /// # Errors
    /// [`UsedUp`]: then no new job may start. Results are written whether or not they were promised room.
    pub fn reserve(&self, payload_bytes: usize) -> Result<Reservation, UsedUp> {
        let needed_bytes = stored_bytes(payload_bytes).map_or(u64::MAX, |bytes| bytes as u64);
        let mut account = self.account();
        let free_bytes = account.room_bytes.saturating_sub(account.promised_bytes);
        if needed_bytes > free_bytes {
            return Err(UsedUp { needed_bytes, free_bytes });
        }
        account.promised_bytes += needed_bytes;
        Ok(Reservation { budget: self.clone(), bytes: needed_bytes })
    }

    /// Bytes that are neither used nor promised.
    pub fn free_bytes(&self) -> u64 {
        let account = self.account();
        account.room_bytes.saturating_sub(account.promised_bytes)
    }

    /// Bytes that are promised.
    pub fn promised_bytes(&self) -> u64 {
        self.account().promised_bytes
    }

    pub(crate) fn set_room(&self, room_bytes: u64) {
        self.account().room_bytes = room_bytes;
    }
}

/// Room that is promised; given back when it is dropped.
#[derive(Debug)]
pub struct Reservation {
    budget: Budget,
    bytes: u64,
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.budget.account().promised_bytes -= self.bytes;
    }
}
