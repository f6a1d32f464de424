//! Outbox messages, and the run of a key: which of its messages were leased, and how often.

use crate::{
    codec::{Blobs, from_json, labels_text, read_payload, stored},
    row::Cells,
    value::Rows,
};
use esteira_model::{Emit, JobId, OutboxMessage, TaskId};
use esteira_store::{Error, Kind, Result};
use sha2::{Digest, Sha256};

/// Adds a row of `outbox`, and its bytes to `blobs` when they are large.
pub(crate) fn push_message(message: &OutboxMessage, rows: &mut Rows, blobs: &mut Blobs) {
    let emit = &message.emit;
    rows.push(message.sequence)
        .push(&message.account)
        .push(&emit.topic)
        .push(&emit.key)
        .push(message.job.0)
        .push(message.task.0);
    rows.push(message.commit_time).push(labels_text(&emit.headers));
    stored(&emit.payload, Sha256::digest(emit.payload.bytes()).into()).push(rows, blobs);
}

/// The SELECT list of [`read_message`], for `outbox o` with its `blob b`.
macro_rules! message_columns {
    () => {
        "o.sequence, o.account, o.topic, o.message_key, o.job_id, o.task_id, o.commit_time, o.headers, \
         o.body_kind, o.content_type, o.schema_id, o.sha256, o.body, b.body"
    };
}
pub(crate) use message_columns;

/// Reads `message_columns!`.
pub(crate) fn read_message(cells: &mut Cells<'_>) -> Result<OutboxMessage> {
    let sequence = cells.i64()?;
    let account = cells.account()?;
    let (topic, key) = (cells.string()?, cells.string()?);
    let (job, task) = (JobId(cells.uuid()?), TaskId(cells.uuid()?));
    let commit_time = cells.time()?;
    let headers = from_json(cells.text()?)?;
    let (payload, _) = read_payload(cells)?;
    Ok(OutboxMessage { sequence, account, emit: Emit { topic, key, payload, headers }, job, task, commit_time })
}

/// A message that was leased at least once and is not acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LeasedMessage {
    /// Which.
    pub(crate) sequence: i64,
    /// How often.
    pub(crate) leases: u32,
}

/// Twelve bytes a message.
pub(crate) fn run_bytes(run: &[LeasedMessage]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(run.len() * 12);
    for message in run {
        bytes.extend_from_slice(&message.sequence.to_be_bytes());
        bytes.extend_from_slice(&message.leases.to_be_bytes());
    }
    bytes
}

/// The reverse of [`run_bytes`].
pub(crate) fn read_run(bytes: &[u8]) -> Result<Vec<LeasedMessage>> {
    let (messages, rest) = bytes.as_chunks::<12>();
    if !rest.is_empty() {
        return Err(Error::new(Kind::Defect, "a stored outbox run is cut short"));
    }
    let message = |m: &[u8; 12]| LeasedMessage {
        sequence: i64::from_be_bytes([m[0], m[1], m[2], m[3], m[4], m[5], m[6], m[7]]),
        leases: u32::from_be_bytes([m[8], m[9], m[10], m[11]]),
    };
    Ok(messages.iter().map(message).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_come_back() {
        let run = [LeasedMessage { sequence: i64::MAX, leases: 1 }, LeasedMessage { sequence: 5, leases: u32::MAX }];
        assert_eq!(read_run(&run_bytes(&run)).expect("reads"), run);
        assert!(read_run(&[0; 13]).is_err());
    }
}
