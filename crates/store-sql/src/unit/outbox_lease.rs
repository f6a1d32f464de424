//! Leasing messages: the head run of each key that is ready, oldest key first (INV-OUTBOX: by state, never by a cursor).

use crate::{
    codec::{LeasedMessage, outbox::message_columns, read_message},
    connection::Connection,
    statement::{Keyed, Lock, Type},
    tables,
    unit::{
        history::distinct,
        outbox_settle::record_delivered,
        outbox_state::{KeyState, read_state, state_columns},
    },
    value::{Rows, values},
};
use esteira_model::{
    AccountId, OutboxMessage, Time,
    seeded_bug::{self, Bug},
};
use esteira_store::{OutboxKey, OutboxRun, Result};
use std::collections::HashMap;

/// What a relay asks with.
pub(super) struct Lease<'a> {
    pub(super) account: &'a AccountId,
    pub(super) worker_id: &'a str,
    pub(super) request_id: &'a str,
    pub(super) fence: i64,
    pub(super) now: Time,
    pub(super) expire_time: Time,
}

/// See [`esteira_store::Unit::lease_outbox`].
pub(super) async fn lease_outbox(
    connection: &mut Connection,
    lease: &Lease<'_>,
    topics: &[String],
    keys_max: usize,
    messages_max: usize,
) -> Result<Vec<OutboxRun>> {
    let keys_max = keys_max.min(messages_max);
    let mut states = ready_keys(connection, lease, topics, keys_max).await?;
    states.sort_by(|a, b| (a.ready_time, &a.key).cmp(&(b.ready_time, &b.key)));
    states.truncate(keys_max);
    if states.is_empty() {
        return Ok(Vec::new());
    }
    // An equal share for each key, so that a key with a long backlog does not use up the answer.
    let share = messages_max / states.len();
    let mut heads = head_messages(connection, &states, share).await?;
    let mut runs = Vec::with_capacity(states.len());
    let mut rows = Rows::with_capacity(tables::OUTBOX_KEY_STATE.width(), states.len());
    for state in &states {
        let mut messages = heads.remove(&state.key).unwrap_or_default();
        messages.retain(|message| seeded_bug::beyond_cursor(message.sequence));
        if messages.is_empty() {
            continue;
        }
        let leased = grant(state, lease, &messages);
        leased.push(&mut rows);
        if seeded_bug::is(Bug::MarkBeforeAck) {
            let sequences: Vec<i64> = messages.iter().map(|message| message.sequence).collect();
            record_delivered(connection, &sequences, leased.fence, lease.now).await?;
        }
        runs.push(run(leased, messages));
    }
    connection.insert(&tables::OUTBOX_KEY_STATE, rows).await?;
    Ok(runs)
}

async fn ready_keys(
    connection: &mut Connection,
    lease: &Lease<'_>,
    topics: &[String],
    keys_max: usize,
) -> Result<Vec<KeyState>> {
    const SQL: &str = concat!(
        "SELECT ",
        state_columns!(),
        " FROM outbox_key WHERE account = $1 AND topic = $2 AND parked = 0 AND ready_time <= $3 ORDER BY ready_time, message_key LIMIT $4"
    );
    // A key that another relay is leasing, or that a round is adding a message to, is taken next time.
    const LOCK: Lock = Lock(" FOR NO KEY UPDATE SKIP LOCKED");
    let mut states = Vec::new();
    for topic in distinct(topics) {
        for row in connection.fetch_locked(SQL, LOCK, values![lease.account, topic, lease.now, keys_max]).await? {
            states.push(read_state(&mut row.cells())?);
        }
    }
    Ok(states)
}

/// The first `share` messages of each key, in order.
async fn head_messages(
    connection: &mut Connection,
    states: &[KeyState],
    share: usize,
) -> Result<HashMap<OutboxKey, Vec<OutboxMessage>>> {
    let mut keys = Rows::with_capacity(3, states.len());
    for state in states {
        keys.push(&state.key.account).push(&state.key.topic).push(&state.key.key);
    }
    let mut heads: HashMap<OutboxKey, Vec<OutboxMessage>> = HashMap::with_capacity(states.len());
    for row in connection.find_with(connection.heads(), keys, share.into()).await? {
        let message = read_message(&mut row.cells())?;
        let key = OutboxKey {
            account: message.account.clone(),
            topic: message.emit.topic.clone(),
            key: message.emit.key.clone(),
        };
        heads.entry(key).or_default().push(message);
    }
    for messages in heads.values_mut() {
        messages.sort_unstable_by_key(|m| m.sequence);
        if seeded_bug::is(Bug::OutboxReversed) {
            messages.reverse();
        }
    }
    Ok(heads)
}

/// The key's row under the new lease. INV-FENCE: the fence is higher than any that the key had.
fn grant(state: &KeyState, lease: &Lease<'_>, messages: &[OutboxMessage]) -> KeyState {
    let mut run: Vec<LeasedMessage> = messages
        .iter()
        .map(|m| LeasedMessage { sequence: m.sequence, leases: state.leases_of(m.sequence).saturating_add(1) })
        .collect();
    let run_length = run.len();
    // An earlier lease may have held more: those keep their count behind this run.
    run.extend(state.run.iter().filter(|m| !messages.iter().any(|leased| leased.sequence == m.sequence)));
    KeyState {
        ready_time: lease.expire_time,
        fence: lease.fence.max(state.fence.saturating_add(1)),
        holder: Some((lease.worker_id.to_owned(), lease.request_id.to_owned())),
        run,
        run_length,
        ..state.clone()
    }
}

fn run(state: KeyState, messages: Vec<OutboxMessage>) -> OutboxRun {
    let delivery_attempt = messages.first().map_or(0, |m| state.leases_of(m.sequence));
    OutboxRun { key: state.key, fence: state.fence, expire_time: state.ready_time, delivery_attempt, messages }
}

/// See [`esteira_store::Unit::outbox_runs`] (INV-POLL).
pub(super) async fn outbox_runs(
    connection: &mut Connection,
    account: &AccountId,
    worker_id: &str,
    request_id: &str,
    now: Time,
) -> Result<Vec<OutboxRun>> {
    // Without the account: SQLite, which knows nothing of the data, would rather read all keys of the account by the primary
    // key than use the index of requests.
    const HELD: &str = concat!(
        "SELECT ",
        state_columns!(),
        " FROM outbox_key WHERE worker_id = $1 AND request_id = $2 AND ready_time > $3"
    );
    static BY_SEQUENCE: Keyed = Keyed {
        key: &[Type::I64],
        sql: concat!(
            "SELECT ",
            message_columns!(),
            " FROM k CROSS JOIN outbox o LEFT JOIN blob b ON o.place = 'BLOB' AND b.sha256 = o.sha256 WHERE o.sequence = k1"
        ),
    };
    let mut states = Vec::new();
    for row in connection.fetch(HELD, values![worker_id, request_id, now]).await? {
        states.push(read_state(&mut row.cells())?);
    }
    states.retain(|state| state.key.account == *account);
    let mut keys = Rows::with_capacity(1, 0);
    for message in states.iter().flat_map(KeyState::leased) {
        keys.push(message.sequence);
    }
    let mut messages = HashMap::new();
    for row in connection.find(&BY_SEQUENCE, keys).await? {
        let message = read_message(&mut row.cells())?;
        messages.insert(message.sequence, message);
    }
    states.sort_by(|a, b| a.key.cmp(&b.key));
    let rebuild = |state: KeyState| {
        let held = state.leased().iter().filter_map(|m| messages.remove(&m.sequence)).collect();
        run(state, held)
    };
    Ok(states.into_iter().map(rebuild).filter(|run| !run.messages.is_empty()).collect())
}

/// See [`esteira_store::Unit::outbox_ready`].
pub(super) async fn outbox_ready(
    connection: &mut Connection,
    account: &AccountId,
    topics: &[String],
    now: Time,
) -> Result<bool> {
    const SQL: &str =
        "SELECT 1 FROM outbox_key WHERE account = $1 AND topic = $2 AND parked = 0 AND ready_time <= $3 LIMIT 1";
    for topic in distinct(topics) {
        if connection.fetch_one(SQL, values![account, topic, now]).await?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}
