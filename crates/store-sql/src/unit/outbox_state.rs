//! The row of an outbox key: whether it is ready, leased, waiting for a retry, or parked.

use crate::{
    codec::{LeasedMessage, read_run, run_bytes},
    row::Cells,
    value::Rows,
};
use esteira_model::{OutboxMessage, Time};
use esteira_store::{OutboxKey, Result};

/// A row of `outbox_key`.
#[derive(Debug, Clone)]
pub(crate) struct KeyState {
    pub(crate) key: OutboxKey,
    /// From when a lease may take it: the commit of its first message, the end of its lease, or its retry.
    pub(crate) ready_time: Time,
    pub(crate) parked: bool,
    /// The newest lease's.
    pub(crate) fence: i64,
    /// Who holds the lease: worker and request; none when nobody does.
    pub(crate) holder: Option<(String, String)>,
    /// Messages that were leased and are not acknowledged, in order; the first `run_length` are under the lease.
    pub(crate) run: Vec<LeasedMessage>,
    pub(crate) run_length: usize,
    /// From which message on the last relay failed.
    pub(crate) failed_sequence: Option<i64>,
    pub(crate) failure: String,
}

/// The SELECT list of [`read_state`].
macro_rules! state_columns {
    () => {
        "account, topic, message_key, ready_time, parked, fence, worker_id, request_id, run, run_length, failed_sequence, failure"
    };
}
pub(crate) use state_columns;

/// Reads `state_columns!`.
pub(crate) fn read_state(cells: &mut Cells<'_>) -> Result<KeyState> {
    Ok(KeyState {
        key: OutboxKey { account: cells.account()?, topic: cells.string()?, key: cells.string()? },
        ready_time: cells.time()?,
        parked: cells.bool()?,
        fence: cells.i64()?,
        holder: cells.opt_text()?.map(str::to_owned).zip(cells.opt_text()?.map(str::to_owned)),
        run: read_run(cells.blob()?)?,
        run_length: cells.int()?,
        failed_sequence: cells.opt_i64()?,
        failure: cells.string()?,
    })
}

impl KeyState {
    /// The row of a key that had no messages before this one.
    pub(crate) fn of_new(message: &OutboxMessage) -> Self {
        let (topic, key) = (message.emit.topic.clone(), message.emit.key.clone());
        Self {
            key: OutboxKey { account: message.account.clone(), topic, key },
            ready_time: message.commit_time,
            parked: false,
            fence: 0,
            holder: None,
            run: Vec::new(),
            run_length: 0,
            failed_sequence: None,
            failure: String::new(),
        }
    }

    /// Adds a row of `outbox_key`.
    pub(crate) fn push(&self, rows: &mut Rows) {
        rows.push(&self.key.account)
            .push(&self.key.topic)
            .push(&self.key.key)
            .push(self.ready_time)
            .push(self.parked)
            .push(self.fence);
        rows.push(self.holder.as_ref().map(|(worker, _)| worker))
            .push(self.holder.as_ref().map(|(_, request)| request));
        rows.push(run_bytes(&self.run)).push(self.run_length).push(self.failed_sequence).push(&self.failure);
    }

    /// The messages under the lease.
    pub(crate) fn leased(&self) -> &[LeasedMessage] {
        &self.run[..self.run_length.min(self.run.len())]
    }

    /// How often a message was leased.
    pub(crate) fn leases_of(&self, sequence: i64) -> u32 {
        self.run.iter().find(|m| m.sequence == sequence).map_or(0, |m| m.leases)
    }
}
