//! Answered requests, queues, and the store's own settings.

use crate::{
    connection::Connection,
    row::Row,
    statement::{Keyed, Type},
    unit::history::distinct,
    value::{Rows, values},
};
use esteira_model::{AccountId, Time};
use esteira_store::{AnsweredRequest, Result};

/// See [`esteira_store::Unit::answered_requests`].
pub(super) async fn answered_requests(
    connection: &mut Connection,
    keys: &[(AccountId, String)],
) -> Result<Vec<AnsweredRequest>> {
    static FIND: Keyed = Keyed {
        key: &[Type::Text, Type::Text],
        sql: "SELECT account, request_id, digest, answer, answer_time FROM k CROSS JOIN request WHERE account = k1 AND request_id = k2",
    };
    let keys = distinct(keys);
    let mut rows = Rows::with_capacity(2, keys.len());
    for (account, request_id) in &keys {
        rows.push(account).push(request_id);
    }
    let read = |row: &Row| {
        let mut cells = row.cells();
        Ok(AnsweredRequest {
            account: cells.account()?,
            request_id: cells.string()?,
            digest: cells.bytes()?,
            answer: cells.blob()?.to_vec(),
            time: cells.time()?,
        })
    };
    connection.find(&FIND, rows).await?.iter().map(read).collect()
}

/// See [`esteira_store::Unit::forget_requests`].
pub(super) async fn forget_requests(connection: &mut Connection, before: Time, limit: usize) -> Result<usize> {
    const SQL: &str = "DELETE FROM request WHERE (account, request_id) IN \
                       (SELECT account, request_id FROM request WHERE answer_time < $1 ORDER BY answer_time LIMIT $2)";
    Ok(usize::try_from(connection.execute(SQL, values![before, limit]).await?).unwrap_or(usize::MAX))
}

/// See [`esteira_store::Unit::put_queue`].
pub(super) async fn put_queue(
    connection: &mut Connection,
    account: &AccountId,
    name: &str,
    paused: bool,
) -> Result<()> {
    const SQL: &str = "INSERT INTO queue_setting (account, name, paused) VALUES ($1, $2, $3) ON CONFLICT (account, name) DO UPDATE SET paused = excluded.paused";
    connection.execute(SQL, values![account, name, paused]).await.map(drop)
}

/// See [`esteira_store::Unit::paused_queues`].
pub(super) async fn paused_queues(connection: &mut Connection) -> Result<Vec<(AccountId, String)>> {
    const SQL: &str = "SELECT account, name FROM queue_setting WHERE paused = 1 ORDER BY account, name";
    let read = |row: &Row| {
        let mut cells = row.cells();
        Ok((cells.account()?, cells.string()?))
    };
    connection.fetch(SQL, values![]).await?.iter().map(read).collect()
}

/// See [`esteira_store::Unit::setting`].
pub(super) async fn setting(connection: &mut Connection, name: &str) -> Result<Option<Vec<u8>>> {
    match connection.fetch_one("SELECT value FROM setting WHERE name = $1", values![name]).await? {
        Some(row) => Ok(Some(row.cells().blob()?.to_vec())),
        None => Ok(None),
    }
}

/// See [`esteira_store::Unit::put_setting`].
pub(super) async fn put_setting(connection: &mut Connection, name: &str, value: &[u8]) -> Result<()> {
    const SQL: &str =
        "INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    connection.execute(SQL, values![name, value]).await.map(drop)
}
