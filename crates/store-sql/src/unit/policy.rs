//! How long jobs are kept.

use crate::{connection::Connection, row::Row, value::values};
use esteira_model::{AccountId, DataClass};
use esteira_store::{Result, Retention};
use std::time::Duration;

/// See [`esteira_store::Reader::retention`].
pub(crate) async fn retention(connection: &mut Connection) -> Result<Vec<Retention>> {
    const SQL: &str =
        "SELECT account, project, data_class, keep_seconds FROM retention ORDER BY account, project, data_class";
    let read = |row: &Row| {
        let mut cells = row.cells();
        Ok(Retention {
            account: cells.account()?,
            project: cells.string()?,
            data_class: cells.parse()?,
            keep: cells.opt_i64()?.map(|seconds| Duration::from_secs(seconds.unsigned_abs())),
        })
    };
    connection.fetch(SQL, values![]).await?.iter().map(read).collect()
}

/// See [`esteira_store::Unit::put_retention`].
pub(super) async fn put_retention(connection: &mut Connection, retention: &Retention) -> Result<()> {
    const SQL: &str = "INSERT INTO retention (account, project, data_class, keep_seconds) VALUES ($1, $2, $3, $4) \
                       ON CONFLICT (account, project, data_class) DO UPDATE SET keep_seconds = excluded.keep_seconds";
    let keep = retention.keep.map(|keep| i64::try_from(keep.as_secs()).unwrap_or(i64::MAX));
    let values = values![&retention.account, &retention.project, retention.data_class.as_str(), keep];
    connection.execute(SQL, values).await.map(drop)
}

/// See [`esteira_store::Unit::forget_retention`].
pub(super) async fn forget_retention(
    connection: &mut Connection,
    account: &AccountId,
    project: &str,
    class: DataClass,
) -> Result<bool> {
    const SQL: &str = "DELETE FROM retention WHERE account = $1 AND project = $2 AND data_class = $3";
    Ok(connection.execute(SQL, values![account, project, class.as_str()]).await? == 1)
}
