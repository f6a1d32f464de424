//! The log: pages get their places, subtrees are completed, checkpoints are kept.

use crate::{
    connection::Connection,
    statement::{Keyed, Lock, Type},
    tables,
    value::{Rows, Value, values},
};
use esteira_model::PageId;
use esteira_store::{Digest, Error, Kind, LedgerCheckpoint, LedgerEpoch, LedgerHead, OutboxKey, Placing, Result};

/// See [`esteira_store::Reader::ledger_head`].
pub(crate) async fn ledger_head(connection: &mut Connection) -> Result<LedgerHead> {
    read_head(connection, None).await
}

/// See [`esteira_store::Unit::lock_ledger`].
pub(super) async fn lock_ledger(connection: &mut Connection) -> Result<LedgerHead> {
    read_head(connection, Some(Lock(" FOR UPDATE"))).await
}

async fn read_head(connection: &mut Connection, lock: Option<Lock>) -> Result<LedgerHead> {
    const SQL: &str = "SELECT epoch, size, roots, sign_time FROM ledger_head WHERE head = 0";
    let rows = match lock {
        Some(lock) => connection.fetch_locked(SQL, lock, values![]).await?,
        None => connection.fetch(SQL, values![]).await?,
    };
    let row = rows.first().ok_or_else(|| Error::new(Kind::Defect, "the log has no head"))?;
    let mut cells = row.cells();
    let (epoch, size) = (cells.int()?, cells.int()?);
    Ok(LedgerHead { epoch, size, roots: read_roots(cells.blob()?)?, sign_time: cells.opt_time()? })
}

fn read_roots(bytes: &[u8]) -> Result<Vec<Digest>> {
    let (roots, rest) = bytes.as_chunks::<32>();
    match rest {
        [] => Ok(roots.to_vec()),
        _ => Err(Error::new(Kind::Defect, "the roots of the log's head are cut short")),
    }
}

/// See [`esteira_store::Unit::place_pages`].
pub(super) async fn place_pages(connection: &mut Connection, placing: &Placing) -> Result<()> {
    let placed = place_all(connection, placing).await;
    if placed.is_err() {
        connection.fail();
    }
    placed
}

/// Each statement must find what the step before it read: else another sequencer was first.
async fn place_all(connection: &mut Connection, placing: &Placing) -> Result<()> {
    const HEAD: &str = "UPDATE ledger_head SET size = $2, roots = $3 WHERE head = 0 AND size = $1";
    static PLACED: Keyed = Keyed {
        key: &[Type::I64],
        sql: "DELETE FROM ledger_waiting WHERE page_id IN (SELECT k1 FROM k) RETURNING page_id",
    };
    let overtaken = || Error::new(Kind::Conflict, "another sequencer was first");
    let head = values![to_i64(placing.from_size)?, to_i64(placing.size)?, placing.roots.concat()];
    if connection.execute(HEAD, head).await? != 1 {
        return Err(overtaken());
    }
    let pages: Vec<PageId> = placing.places.iter().map(|place| place.page).collect();
    if connection.change_each(&PLACED, page_keys(&pages)).await?.len() != pages.len() {
        return Err(overtaken());
    }
    let mut rows = Rows::with_capacity(tables::LEDGER_PLACE.width(), placing.places.len());
    for place in &placing.places {
        rows.push(to_i64(place.first_index)?).push(place.page.0).push(place.leaf_count);
    }
    connection.insert(&tables::LEDGER_PLACE, rows).await?;
    let mut rows = Rows::with_capacity(tables::LEDGER_NODE.width(), placing.nodes.len());
    for node in &placing.nodes {
        rows.push(node.level).push(to_i64(node.number)?).push(node.hash);
    }
    connection.insert(&tables::LEDGER_NODE, rows).await.map(drop)
}

/// See [`esteira_store::Unit::put_checkpoint`].
pub(super) async fn put_checkpoint(connection: &mut Connection, checkpoint: &LedgerCheckpoint) -> Result<bool> {
    const SIGNED: &str = "UPDATE ledger_head SET sign_time = $2 WHERE head = 0 AND epoch = $1";
    const NEWEST: &str = "SELECT note FROM ledger_checkpoint ORDER BY epoch DESC, size DESC, sign_time DESC LIMIT 1";
    let signed = values![to_i64(checkpoint.epoch)?, checkpoint.sign_time];
    if connection.execute(SIGNED, signed).await? != 1 {
        return Err(Error::new(Kind::Conflict, "another epoch was declared"));
    }
    let newest = connection.fetch_one(NEWEST, values![]).await?;
    if newest.as_ref().map(|row| row.cells().text()).transpose()? == Some(checkpoint.note.as_str()) {
        return Ok(false);
    }
    let mut rows = Rows::with_capacity(tables::LEDGER_CHECKPOINT.width(), 1);
    rows.push(to_i64(checkpoint.epoch)?)
        .push(to_i64(checkpoint.size)?)
        .push(checkpoint.sign_time)
        .push(&checkpoint.note);
    Ok(connection.insert(&tables::LEDGER_CHECKPOINT, rows).await? == 1)
}

/// See [`esteira_store::Unit::put_epoch`].
pub(super) async fn put_epoch(connection: &mut Connection, epoch: &LedgerEpoch) -> Result<()> {
    const SQL: &str = "UPDATE ledger_head SET epoch = $1, sign_time = NULL WHERE head = 0 AND epoch < $1";
    if connection.execute(SQL, values![to_i64(epoch.epoch)?]).await? != 1 {
        return Err(Error::new(Kind::Conflict, "the log is in that epoch already"));
    }
    let mut rows = Rows::with_capacity(tables::LEDGER_EPOCH.width(), 1);
    rows.push(to_i64(epoch.epoch)?).push(to_i64(epoch.tree_size)?).push(epoch.root);
    rows.push(to_i64(epoch.anchor_size)?).push(epoch.anchor_root).push(&epoch.reason).push(epoch.salt);
    rows.push(epoch.time).push(&epoch.account).push(&epoch.user).push(epoch.page.0);
    connection.insert(&tables::LEDGER_EPOCH, rows).await.map(drop)
}

/// See [`esteira_store::Unit::forget_places`].
pub(super) async fn forget_places(connection: &mut Connection) -> Result<()> {
    const STATEMENTS: [&str; 4] = [
        "INSERT INTO ledger_waiting (page_id, leaf_count) SELECT page_id, 1 FROM ledger_page \
         WHERE NOT EXISTS (SELECT 1 FROM ledger_waiting w WHERE w.page_id = ledger_page.page_id)",
        "DELETE FROM ledger_place",
        "DELETE FROM ledger_node",
        "UPDATE ledger_head SET size = 0, roots = $1 WHERE head = 0",
    ];
    for sql in STATEMENTS {
        let values = if sql.contains("$1") { values![Vec::<u8>::new()] } else { values![] };
        connection.execute(sql, values).await?;
    }
    Ok(())
}

/// See [`esteira_store::Unit::outbox_waiting`].
pub(super) async fn outbox_waiting(connection: &mut Connection, key: &OutboxKey, limit: usize) -> Result<usize> {
    const SQL: &str = "SELECT count(*) FROM (SELECT 1 FROM outbox \
                       WHERE account = $1 AND topic = $2 AND message_key = $3 LIMIT $4) waiting";
    let values = values![&key.account, &key.topic, &key.key, limit];
    match connection.fetch_one(SQL, values).await? {
        Some(row) => row.cells().int(),
        None => Ok(0),
    }
}

/// A list of pages.
pub(crate) fn page_keys(pages: &[PageId]) -> Rows {
    let mut keys = Rows::with_capacity(1, pages.len());
    for page in pages {
        keys.push(page.0);
    }
    keys
}

fn to_i64(number: u64) -> Result<Value> {
    let number = i64::try_from(number).map_err(|_| Error::new(Kind::Defect, "a log of more than 2^63 leaves"))?;
    Ok(Value::I64(number))
}
