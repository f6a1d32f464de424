//! Who leads in a task that must be done once among several coordinators.

use crate::{connection::Connection, value::values};
use esteira_model::{Time, Uuid};
use esteira_store::Result;

/// See [`esteira_store::Unit::take_lead`]. The row is changed, so it is held until the unit ends (INV-FENCE): a leader that
/// was stopped and goes on finds another's row here, before it acts.
pub(super) async fn take_lead(
    connection: &mut Connection,
    task: &str,
    instance: Uuid,
    now: Time,
    expire_time: Time,
) -> Result<bool> {
    const SQL: &str = "INSERT INTO leader (task, instance, expire_time) VALUES ($1, $2, $3) \
                       ON CONFLICT (task) DO UPDATE SET instance = excluded.instance, expire_time = excluded.expire_time \
                       WHERE leader.instance = excluded.instance OR leader.expire_time <= $4";
    Ok(connection.execute(SQL, values![task, instance, expire_time, now]).await? == 1)
}

/// See [`esteira_store::Unit::leave_lead`].
pub(super) async fn leave_lead(connection: &mut Connection, task: &str, instance: Uuid) -> Result<()> {
    const SQL: &str = "DELETE FROM leader WHERE task = $1 AND instance = $2";
    connection.execute(SQL, values![task, instance]).await.map(drop)
}
