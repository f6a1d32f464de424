//! Reads of the log: places, nodes and checkpoints, what proofs are made of.

use crate::{
    connection::Connection,
    row::{Cells, Row},
    statement::{Keyed, Type},
    unit::page_keys,
    value::{Rows, Value, values},
};
use esteira_model::PageId;
use esteira_store::{LedgerCheckpoint, LedgerEpoch, LedgerNode, LedgerPlace, Result};

/// See [`esteira_store::Reader::page_bytes`].
pub(super) async fn page_bytes(connection: &mut Connection, pages: &[PageId]) -> Result<Vec<(PageId, Vec<u8>)>> {
    static FIND: Keyed =
        Keyed { key: &[Type::I64], sql: "SELECT page_id, leaves FROM k CROSS JOIN ledger_page WHERE page_id = k1" };
    let read = |row: &Row| {
        let mut cells = row.cells();
        Ok((PageId(cells.i64()?), cells.blob()?.to_vec()))
    };
    connection.find(&FIND, page_keys(pages)).await?.iter().map(read).collect()
}

/// See [`esteira_store::Reader::ledger_places`].
pub(super) async fn ledger_places(
    connection: &mut Connection,
    from: u64,
    to: u64,
    limit: usize,
) -> Result<Vec<LedgerPlace>> {
    const SQL: &str = "SELECT first_index, page_id, leaf_count FROM ledger_place WHERE first_index < $2 AND first_index >= \
                       coalesce((SELECT max(first_index) FROM ledger_place WHERE first_index <= $1), 0) \
                       ORDER BY first_index LIMIT $3";
    let values = values![clamped(from), clamped(to), limit];
    connection.fetch(SQL, values).await?.iter().map(|row| read_place(&mut row.cells())).collect()
}

/// See [`esteira_store::Reader::ledger_places_of`].
pub(super) async fn ledger_places_of(connection: &mut Connection, pages: &[PageId]) -> Result<Vec<LedgerPlace>> {
    static FIND: Keyed = Keyed {
        key: &[Type::I64],
        sql: "SELECT first_index, page_id, leaf_count FROM k CROSS JOIN ledger_place WHERE page_id = k1",
    };
    connection.find(&FIND, page_keys(pages)).await?.iter().map(|row| read_place(&mut row.cells())).collect()
}

fn read_place(cells: &mut Cells<'_>) -> Result<LedgerPlace> {
    Ok(LedgerPlace { first_index: cells.int()?, page: PageId(cells.i64()?), leaf_count: cells.int()? })
}

/// See [`esteira_store::Reader::ledger_nodes`].
pub(super) async fn ledger_nodes(connection: &mut Connection, nodes: &[(u32, u64)]) -> Result<Vec<LedgerNode>> {
    static FIND: Keyed = Keyed {
        key: &[Type::I64, Type::I64],
        sql: "SELECT level, number, hash FROM k CROSS JOIN ledger_node WHERE level = k1 AND number = k2",
    };
    let mut keys = Rows::with_capacity(2, nodes.len());
    for (level, number) in nodes {
        keys.push(*level).push(clamped(*number));
    }
    let read = |row: &Row| {
        let mut cells = row.cells();
        Ok(LedgerNode { level: cells.int()?, number: cells.int()?, hash: cells.bytes()? })
    };
    connection.find(&FIND, keys).await?.iter().map(read).collect()
}

/// See [`esteira_store::Reader::epochs`].
pub(super) async fn epochs(connection: &mut Connection) -> Result<Vec<LedgerEpoch>> {
    const SQL: &str = "SELECT epoch, tree_size, root, anchor_size, anchor_root, reason, salt, declare_time, account, user_id, \
                       page_id FROM ledger_epoch ORDER BY epoch";
    let read = |row: &Row| {
        let mut cells = row.cells();
        Ok(LedgerEpoch {
            epoch: cells.int()?,
            tree_size: cells.int()?,
            root: cells.bytes()?,
            anchor_size: cells.int()?,
            anchor_root: cells.bytes()?,
            reason: cells.string()?,
            salt: cells.bytes()?,
            time: cells.time()?,
            account: cells.string()?,
            user: cells.string()?,
            page: PageId(cells.i64()?),
        })
    };
    connection.fetch(SQL, values![]).await?.iter().map(read).collect()
}

/// See [`esteira_store::Reader::checkpoints`].
pub(super) async fn checkpoints(connection: &mut Connection, limit: usize) -> Result<Vec<LedgerCheckpoint>> {
    const SQL: &str = "SELECT epoch, size, sign_time, note FROM ledger_checkpoint \
                       ORDER BY epoch DESC, size DESC, sign_time DESC LIMIT $1";
    connection.fetch(SQL, values![limit]).await?.iter().map(read_checkpoint).collect()
}

/// See [`esteira_store::Reader::checkpoint`].
pub(super) async fn checkpoint(connection: &mut Connection, size: u64) -> Result<Option<LedgerCheckpoint>> {
    const SQL: &str = "SELECT epoch, size, sign_time, note FROM ledger_checkpoint WHERE size = $1 \
                       ORDER BY epoch DESC, sign_time DESC LIMIT 1";
    connection.fetch_one(SQL, values![clamped(size)]).await?.as_ref().map(read_checkpoint).transpose()
}

fn read_checkpoint(row: &Row) -> Result<LedgerCheckpoint> {
    let mut cells = row.cells();
    let (epoch, size, sign_time) = (cells.int()?, cells.int()?, cells.time()?);
    Ok(LedgerCheckpoint { epoch, size, note: cells.string()?, sign_time })
}

/// No index of a log is greater.
fn clamped(number: u64) -> Value {
    Value::I64(i64::try_from(number).unwrap_or(i64::MAX))
}
