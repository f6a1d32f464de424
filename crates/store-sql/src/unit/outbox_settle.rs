//! What a relay says about a run: still at it, delivered up to here, or failed from here on.

use crate::{
    connection::Connection,
    statement::{Keyed, Lock, Operation, Type},
    tables,
    unit::outbox_state::{KeyState, read_state, state_columns},
    value::{Rows, values},
};
use esteira_model::{
    Time,
    seeded_bug::{self, Bug},
};
use esteira_store::{OutboxKey, Result};

/// See [`esteira_store::Unit::extend_outbox`].
pub(super) async fn extend_outbox(
    connection: &mut Connection,
    key: &OutboxKey,
    fence: i64,
    expire_time: Time,
) -> Result<bool> {
    const SQL: &str = "UPDATE outbox_key SET ready_time = $1 WHERE account = $2 AND topic = $3 AND message_key = $4 AND fence = $5 AND request_id IS NOT NULL";
    Ok(connection.execute(SQL, values![expire_time, &key.account, &key.topic, &key.key, fence]).await? == 1)
}

/// The key's row, if this fence is its newest and its lease has not ended. INV-FENCE: a lease that ran out and was not
/// granted anew still counts.
async fn held(connection: &mut Connection, key: &OutboxKey, fence: i64) -> Result<Option<KeyState>> {
    const SQL: &str = concat!(
        "SELECT ",
        state_columns!(),
        " FROM outbox_key WHERE account = $1 AND topic = $2 AND message_key = $3 AND fence = $4 AND request_id IS NOT NULL"
    );
    // A round that adds a message to the key holds its row: a key is forgotten only when nobody is adding to it.
    const LOCK: Lock = Lock(" FOR UPDATE");
    const ANY: &str = concat!(
        "SELECT ",
        state_columns!(),
        " FROM outbox_key WHERE account = $1 AND topic = $2 AND message_key = $3 AND fence >= $4 AND request_id IS NOT NULL"
    );
    let sql = if seeded_bug::is(Bug::StaleAck) { ANY } else { SQL };
    match connection.fetch_locked(sql, LOCK, values![&key.account, &key.topic, &key.key, fence]).await?.first() {
        Some(row) => read_state(&mut row.cells()).map(Some),
        None => Ok(None),
    }
}

/// See [`esteira_store::Unit::ack_outbox`].
pub(super) async fn ack_outbox(
    connection: &mut Connection,
    key: &OutboxKey,
    fence: i64,
    through_sequence: i64,
    now: Time,
) -> Result<Option<usize>> {
    let Some(mut state) = held(connection, key, fence).await? else { return Ok(None) };
    // Only what this lease holds: a message that was committed meanwhile with a lower sequence was never delivered.
    let delivered: Vec<i64> =
        state.leased().iter().map(|m| m.sequence).filter(|sequence| *sequence <= through_sequence).collect();
    if delivered.is_empty() {
        return Ok(Some(0));
    }
    record_delivered(connection, &delivered, fence, now).await?;
    state.run.retain(|m| !delivered.contains(&m.sequence));
    state.run_length -= delivered.len();
    if state.failed_sequence.is_some_and(|failed| delivered.contains(&failed)) {
        (state.failed_sequence, state.failure) = (None, String::new());
    }
    if state.run_length > 0 || !delete_if_empty(connection, key).await? {
        if state.run_length == 0 {
            (state.holder, state.ready_time) = (None, now);
        }
        put(connection, &state).await?;
    }
    Ok(Some(delivered.len()))
}

/// Moves messages from the outbox to the append-only record of what was delivered (INV-APPEND).
pub(super) async fn record_delivered(
    connection: &mut Connection,
    delivered: &[i64],
    fence: i64,
    now: Time,
) -> Result<()> {
    static RECORD: Keyed = Keyed {
        key: &[Type::I64, Type::I64, Type::I64],
        sql: "INSERT INTO outbox_delivered (sequence, account, topic, message_key, job_id, task_id, commit_time, sha256, deliver_time, fence) \
              SELECT sequence, account, topic, message_key, job_id, task_id, commit_time, sha256, k2, k3 FROM k CROSS JOIN outbox WHERE sequence = k1",
    };
    static DELETE: Keyed = Keyed { key: &[Type::I64], sql: "DELETE FROM outbox WHERE sequence IN (SELECT k1 FROM k)" };
    let mut records = Rows::with_capacity(3, delivered.len());
    let mut sequences = Rows::with_capacity(1, delivered.len());
    for sequence in delivered {
        records.push(*sequence).push(now).push(fence);
        sequences.push(*sequence);
    }
    connection.write(vec![Operation::Change(&RECORD, records), Operation::Change(&DELETE, sequences)]).await.map(drop)
}

/// Forgets a key without messages.
async fn delete_if_empty(connection: &mut Connection, key: &OutboxKey) -> Result<bool> {
    const SQL: &str = "DELETE FROM outbox_key WHERE account = $1 AND topic = $2 AND message_key = $3 \
                       AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.account = $1 AND o.topic = $2 AND o.message_key = $3)";
    Ok(connection.execute(SQL, values![&key.account, &key.topic, &key.key]).await? == 1)
}

async fn put(connection: &mut Connection, state: &KeyState) -> Result<()> {
    let mut rows = Rows::with_capacity(tables::OUTBOX_KEY_STATE.width(), 1);
    state.push(&mut rows);
    connection.insert(&tables::OUTBOX_KEY_STATE, rows).await.map(drop)
}

/// See [`esteira_store::Unit::nack_outbox`]. The whole key waits, because its order must hold.
pub(super) async fn nack_outbox(
    connection: &mut Connection,
    key: &OutboxKey,
    fence: i64,
    from_sequence: i64,
    retry_time: Time,
    park: bool,
    failure: &str,
) -> Result<bool> {
    let Some(state) = held(connection, key, fence).await? else { return Ok(false) };
    let state = KeyState {
        ready_time: retry_time,
        parked: park,
        holder: None,
        run_length: 0,
        failed_sequence: Some(from_sequence),
        failure: failure.to_owned(),
        ..state
    };
    put(connection, &state).await?;
    if park && seeded_bug::is(Bug::ParkAll) {
        const ALL: &str = "UPDATE outbox_key SET parked = 1 WHERE account = $1 AND topic = $2";
        connection.execute(ALL, values![&key.account, &key.topic]).await?;
    }
    Ok(true)
}

/// See [`esteira_store::Unit::unpark_outbox`].
pub(super) async fn unpark_outbox(connection: &mut Connection, key: &OutboxKey, now: Time) -> Result<Option<bool>> {
    const UNPARK: &str = "UPDATE outbox_key SET parked = 0, ready_time = $1 WHERE account = $2 AND topic = $3 AND message_key = $4 AND parked = 1";
    const FIND: &str = "SELECT 1 FROM outbox_key WHERE account = $1 AND topic = $2 AND message_key = $3";
    if connection.execute(UNPARK, values![now, &key.account, &key.topic, &key.key]).await? == 1 {
        return Ok(Some(true));
    }
    let found = connection.fetch_one(FIND, values![&key.account, &key.topic, &key.key]).await?;
    Ok(found.map(|_| false))
}
