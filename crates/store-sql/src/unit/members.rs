//! Coordinators that work on the same store.

use crate::{connection::Connection, row::Row, value::values};
use esteira_model::{Time, Uuid};
use esteira_store::{Member, Result};

/// See [`esteira_store::Unit::members`].
pub(super) async fn members(connection: &mut Connection) -> Result<Vec<Member>> {
    const SQL: &str = "SELECT node, instance, address, start_time, expire_time FROM member ORDER BY node";
    let read = |row: &Row| {
        let mut cells = row.cells();
        Ok(Member {
            node: cells.int()?,
            instance: cells.uuid()?,
            address: cells.string()?,
            start_time: cells.time()?,
            expire_time: cells.time()?,
        })
    };
    connection.fetch(SQL, values![]).await?.iter().map(read).collect()
}

/// See [`esteira_store::Unit::insert_member`].
pub(super) async fn insert_member(connection: &mut Connection, member: &Member) -> Result<()> {
    const SQL: &str =
        "INSERT INTO member (node, instance, address, start_time, expire_time) VALUES ($1, $2, $3, $4, $5)";
    let values = values![member.node, member.instance, &member.address, member.start_time, member.expire_time];
    connection.execute(SQL, values).await.map(drop)
}

/// See [`esteira_store::Unit::renew_member`].
pub(super) async fn renew_member(
    connection: &mut Connection,
    node: u16,
    instance: Uuid,
    expire_time: Time,
) -> Result<bool> {
    const SQL: &str = "UPDATE member SET expire_time = $3 WHERE node = $1 AND instance = $2";
    Ok(connection.execute(SQL, values![node, instance, expire_time]).await? == 1)
}

/// See [`esteira_store::Unit::forget_member`].
pub(super) async fn forget_member(connection: &mut Connection, node: u16, instance: Uuid) -> Result<()> {
    const SQL: &str = "DELETE FROM member WHERE node = $1 AND instance = $2";
    connection.execute(SQL, values![node, instance]).await.map(drop)
}
