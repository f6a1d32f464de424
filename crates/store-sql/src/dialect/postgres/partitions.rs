//! Partitions of `attempt`, a day of jobs each: made ahead, dropped when no job of their day is left.
//!
//! Both need a lock of the whole table for a moment. It is waited for only so long, because all rounds wait behind whoever waits;
//! a partition that could not be made or dropped now is made or dropped later, and until then `attempt_rest` takes the rows.

use crate::{connection::Connection, value::values};
use esteira_model::Time;
use esteira_store::Result;
use sqlx::{AssertSqlSafe, SqlSafeStr};

/// How many days ahead of today there is a partition.
const AHEAD_DAYS: i64 = 3;
/// A day takes new jobs no longer when it lies so far back: an id that a caller chose is two days old at most when the job is
/// started (`limits::JOB_ID_AGE_MAX`), and clocks differ.
const CLOSED_AFTER_DAYS: i64 = 3;
/// Partitions that one unit makes or drops at most.
const AT_ONCE: usize = 32;
const DAY_MILLIS: i64 = 24 * 3600 * 1000;

/// A partition with its range of ids, in hexadecimal digits as the bounds are written.
struct Partition {
    name: String,
    from: String,
    to: String,
}

fn day(now: Time) -> i64 {
    now.0.div_euclid(DAY_MILLIS * 1000)
}

/// The first bytes of the ids of a day and all days after it: milliseconds, as version 7 has them.
fn first_id(day: i64) -> String {
    format!("{:012x}", day.saturating_mul(DAY_MILLIS).clamp(0, 0xffff_ffff_ffff))
}

/// The rounds wait no longer for us than this, and bounds are read in one form.
const IN_A_MOMENT: &str = "SELECT set_config('lock_timeout', '100ms', true), set_config('bytea_output', 'hex', true)";

/// All but the default one, the oldest first. None when the role may not change the table.
async fn partitions(connection: &mut Connection) -> Result<Option<Vec<Partition>>> {
    const MAY: &str = "SELECT 1 FROM pg_class c WHERE c.oid = to_regclass('attempt') AND pg_has_role(c.relowner, 'USAGE') \
                       AND has_schema_privilege(current_schema(), 'CREATE')";
    const FIND: &str = r"SELECT c.relname::text, coalesce(substring(b FROM 'FROM \(''\\x([0-9a-f]+)''\)'), ''), substring(b FROM 'TO \(''\\x([0-9a-f]+)''\)') AS upto FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid CROSS JOIN LATERAL pg_get_expr(c.relpartbound, c.oid) AS b WHERE i.inhparent = to_regclass('attempt') AND b <> 'DEFAULT' ORDER BY upto";
    if connection.fetch_one(MAY, values![]).await?.is_none() {
        return Ok(None);
    }
    connection.fetch(IN_A_MOMENT, values![]).await?;
    let mut found = Vec::new();
    for row in connection.fetch(FIND, values![]).await? {
        let mut cells = row.cells();
        found.push(Partition { name: cells.string()?, from: cells.string()?, to: cells.string()? });
    }
    Ok(Some(found))
}

/// Sends a statement whose text is made of names and bounds of partitions.
async fn change(connection: &mut Connection, sql: String) -> Result<()> {
    connection.session().will_change();
    connection.fetch_text(AssertSqlSafe(sql).into_sql_str(), values![]).await.map(drop)
}

/// See [`esteira_store::Unit::create_partitions`].
pub(crate) async fn create_partitions(connection: &mut Connection, now: Time) -> Result<Option<usize>> {
    let Some(found) = partitions(connection).await? else {
        tracing::warn!(
            "the role may not make partitions of the table attempt: its rows go to one, and are deleted a few at a time"
        );
        return Ok(None);
    };
    // After a pause of the coordinators the days that were left out are made as well.
    let next = found.last().and_then(|last| i64::from_str_radix(&last.to, 16).ok()).unwrap_or(0) / DAY_MILLIS;
    let wanted: Vec<i64> = (next..=day(now) + AHEAD_DAYS).take(AT_ONCE).collect();
    for day in &wanted {
        create(connection, *day).await?;
    }
    if !wanted.is_empty() {
        change(connection, "ANALYZE attempt".into()).await?;
    }
    Ok(Some(wanted.len()))
}

async fn create(connection: &mut Connection, day: i64) -> Result<()> {
    const NAME: &str =
        "SELECT 'attempt_' || to_char(to_timestamp($1::double precision * 86400) AT TIME ZONE 'UTC', 'YYYYMMDD')";
    let Some(name) = connection.fetch_one(NAME, values![day]).await? else { return Ok(()) };
    let name = name.cells().string()?;
    let (from, to) = (first_id(day), first_id(day + 1));
    // Not `CREATE .. PARTITION OF`, which would lock the parent against everybody. Rows of that day that came before it had a
    // partition move with it: attaching it would be refused otherwise.
    for sql in [
        "LOCK TABLE attempt_rest IN ACCESS EXCLUSIVE MODE".to_owned(),
        format!("CREATE TABLE {name} (LIKE attempt INCLUDING ALL)"),
        format!(
            "WITH moved AS (DELETE FROM attempt_rest WHERE job_id >= '\\x{from}'::bytea AND job_id < '\\x{to}'::bytea RETURNING *) \
             INSERT INTO {name} SELECT * FROM moved"
        ),
        format!("ALTER TABLE attempt ATTACH PARTITION {name} FOR VALUES FROM ('\\x{from}') TO ('\\x{to}')"),
    ] {
        change(connection, sql).await?;
    }
    Ok(())
}

/// See [`esteira_store::Unit::drop_partitions`].
pub(crate) async fn drop_partitions(connection: &mut Connection, now: Time) -> Result<usize> {
    const OF_A_JOB: &str =
        "SELECT 1 FROM job WHERE job_id >= decode($1, 'hex') AND job_id < decode($2, 'hex') ORDER BY job_id LIMIT 1";
    let closed = first_id(day(now) - CLOSED_AFTER_DAYS);
    let mut dropped = 0;
    for partition in partitions(connection).await?.unwrap_or_default() {
        if partition.to > closed || dropped == AT_ONCE {
            break;
        }
        // No job comes to a day that is closed: what is not there now will not be there when this is committed.
        if connection.fetch_one(OF_A_JOB, values![&partition.from, &partition.to]).await?.is_none() {
            change(connection, format!("DROP TABLE {}", partition.name)).await?;
            dropped += 1;
        }
    }
    if dropped > 0 {
        change(connection, "ANALYZE attempt".into()).await?;
    }
    Ok(dropped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_a_range_of_ids() {
        // 2026-11-23T00:00:00Z is day 20,780.
        assert_eq!(day(Time(1_795_392_000_000_000)), 20_780);
        assert_eq!(day(Time(1_795_392_000_000_000 - 1)), 20_779);
        assert_eq!(first_id(20_780), format!("{:012x}", 1_795_392_000_000_i64));
        assert_eq!((first_id(-1).as_str(), first_id(i64::MAX).as_str()), ("000000000000", "ffffffffffff"));
        assert!(first_id(9) < first_id(10));
    }
}
