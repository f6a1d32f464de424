//! Who did what.

use crate::{closed_enum::closed_enum, id::AccountId, job::DataClass, leaf::LeafAt, time::Time};
use std::time::Duration;

closed_enum! {
    /// Whether a caller may do what it asked for.
    Decision {
        /// It may. What it asked for may have failed all the same.
        Allowed = "ALLOWED",
        /// It is not known, or lacks the permission.
        Denied = "DENIED",
    }
}

/// One call of an operator: written once, never changed (INV-APPEND).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRecord {
    /// Rises with time.
    pub id: i64,
    /// Tenant; "" when the caller is not known.
    pub account: AccountId,
    /// Who; "" when the caller is not known.
    pub user_id: String,
    /// Which credential was shown: its id, never the secret; or "".
    pub credential_id: String,
    /// What was called: the RPC's name, and what it was told to do where it does several things.
    pub action: String,
    /// On what, for example `jobs/ID`; at most [`crate::limits::RESOURCE_BYTES_MAX`] bytes; or "".
    pub resource: String,
    /// Why, as the caller said it, or "".
    pub reason: String,
    /// SHA-256 of the request; none when it was refused before it was read.
    pub request_digest: Option<[u8; 32]>,
    /// Whether the caller might.
    pub decision: Decision,
    /// `OK`, or the stable reason of the error.
    pub result: String,
    /// When the call arrived.
    pub start_time: Time,
    /// How long it had taken when the record was made; whole microseconds.
    pub latency: Duration,
    /// From where it came, without the port, or "".
    pub client_address: String,
    /// That of the job which it is about; none where it is not about one job.
    pub data_class: Option<DataClass>,
    /// Random: the leaf's commitments to the reason and the address are made with it.
    pub salt: [u8; 16],
    /// Where its leaf is.
    pub leaf_at: Option<LeafAt>,
}
