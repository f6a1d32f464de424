//! A partition for each day of jobs: made ahead, dropped when no job of it is left, never in the way of a row.

use crate::{foreign, opened};
use esteira_model::{JobId, Time, Uuid};
use esteira_store::Kind;
use esteira_store_sql::{Opened, Options};
use sqlx::{Executor, PgConnection};

const DAY_MICROS: i64 = 24 * 3600 * 1_000_000;

struct World {
    store: Opened,
    sql: PgConnection,
    now: Time,
}

/// A new store, and the time of its server, by which the first partition was made.
async fn world() -> World {
    let (store, url) = opened(Options::default()).await;
    let mut sql = foreign(&url).await;
    let (micros,): (i64,) = sqlx::query_as("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint")
        .fetch_one(&mut sql)
        .await
        .expect("a clock");
    World { store, sql, now: Time(micros) }
}

/// The id of a job of the day that lies so many days ahead.
fn id(now: Time, days: i64) -> Vec<u8> {
    let millis = (now.0 + days * DAY_MICROS) / 1000;
    [&millis.to_be_bytes()[2..], &[0x70; 10]].concat()
}

impl World {
    fn at(&self, days: i64) -> Time {
        Time(self.now.0 + days * DAY_MICROS)
    }

    async fn attempt(&mut self, days: i64) {
        const SQL: &str = "INSERT INTO attempt (job_id, task_id, number, fence, worker_id, function_version, start_time, end_time, cpu_micros, wall_micros, peak_rss_bytes, bytes_read, bytes_written, report_digest) \
                           VALUES ($1, $1, 1, 1, 'w', '', 1, 1, 0, 0, 0, 0, 0, '')";
        sqlx::query(SQL).bind(id(self.now, days)).execute(&mut self.sql).await.expect("an attempt");
    }

    async fn open_job(&mut self, days: i64) {
        const SQL: &str = "INSERT INTO job (job_id, account, plan_version_id, data_class, actor, headers, labels, input, priority, lineage_kind, root_job_id, depth, create_time, state, flow, note, revision) \
                           VALUES ($1, 'acme', '\\x01', 'QA', '', '{}', '{}', 1, 0, 'DIRECT', $1, 0, 1, 'RUNNING', '{}', '', 1)";
        sqlx::query(SQL).bind(id(self.now, days)).execute(&mut self.sql).await.expect("a job");
    }

    async fn create(&mut self, days: i64) -> usize {
        let mut unit = self.store.writer.begin().await.expect("begins");
        let created = unit.create_partitions(Time(self.now.0 + days * DAY_MICROS)).await.expect("creates");
        unit.commit().await.expect("commits");
        created.expect("the role may")
    }

    async fn drop(&mut self, days: i64) -> usize {
        let mut unit = self.store.writer.begin().await.expect("begins");
        let dropped = unit.drop_partitions(Time(self.now.0 + days * DAY_MICROS)).await.expect("drops");
        unit.commit().await.expect("commits");
        dropped
    }

    /// Attempts by the partition that has them.
    async fn rows(&mut self) -> Vec<(String, i64)> {
        sqlx::query_as("SELECT tableoid::regclass::text, count(*) FROM attempt GROUP BY 1 ORDER BY 1")
            .fetch_all(&mut self.sql)
            .await
            .expect("rows")
    }

    /// The partition of the day that lies so many days ahead.
    async fn name(&mut self, days: i64) -> String {
        let (name,): (String,) = sqlx::query_as(
            "SELECT 'attempt_' || to_char(to_timestamp($1::double precision / 1000000) AT TIME ZONE 'UTC', 'YYYYMMDD')",
        )
        .bind(self.at(days).0)
        .fetch_one(&mut self.sql)
        .await
        .expect("a name");
        name
    }
}

#[tokio::test]
async fn days_ahead_have_a_partition_and_other_rows_have_a_place() {
    let mut world = world().await;
    // The first partition ends with tomorrow: today and three days are wanted.
    assert_eq!(world.create(0).await, 2);
    assert_eq!(world.create(0).await, 0);
    for days in [-400, 0, 1, 2, 3, 4, 400] {
        world.attempt(days).await;
    }
    let (second, third) = (world.name(2).await, world.name(3).await);
    let expected = [(second, 1), (third, 1), ("attempt_before".into(), 3), ("attempt_rest".into(), 2)];
    assert_eq!(world.rows().await, expected);
    // A row that came before its partition goes into it.
    assert_eq!(world.create(1).await, 1);
    let fourth = (world.name(4).await, 1);
    let rows = world.rows().await;
    assert!(rows.contains(&fourth) && rows.contains(&("attempt_rest".into(), 1)), "{rows:?}");
    // After a pause all days that were left out are made, some at a time.
    assert_eq!(world.create(41).await, 32);
    assert_eq!(world.create(41).await, 8);
}

#[tokio::test]
async fn a_day_is_dropped_when_it_is_over_and_no_job_of_it_is_left() {
    let mut world = world().await;
    assert_eq!(world.create(2).await, 4);
    for days in [0, 2, 3, 4] {
        world.attempt(days).await;
    }
    world.open_job(3).await;
    // Days of room: a caller may choose an id of another day.
    assert_eq!(world.drop(4).await, 0);
    assert_eq!(world.drop(5).await, 1, "up to tomorrow");
    assert_eq!(world.drop(6).await, 1, "the day after");
    assert_eq!(world.drop(400).await, 2, "all but the day of the job");
    let kept = (world.name(3).await, 1);
    assert_eq!(world.rows().await, [kept]);
    sqlx::query("DELETE FROM job").execute(&mut world.sql).await.expect("the job goes");
    assert_eq!(world.drop(400).await, 1);
    assert_eq!(world.rows().await, []);
    // What comes late has a place, and the days go on.
    world.attempt(0).await;
    assert_eq!(world.rows().await, [("attempt_rest".into(), 1)]);
}

#[tokio::test]
async fn nobody_waits_for_long_behind_a_partition() {
    let mut world = world().await;
    // Somebody reads the table and does not end.
    world.sql.execute("BEGIN; SELECT count(*) FROM attempt").await.expect("reads");
    let mut unit = world.store.writer.begin().await.expect("begins");
    let error = unit.drop_partitions(Time(world.now.0 + 9 * DAY_MICROS)).await.expect_err("the table is in use");
    assert_eq!(error.kind(), Kind::Conflict);
    drop(unit);
    world.sql.execute("COMMIT").await.expect("ends");
    assert_eq!(world.drop(9).await, 1);
}

#[tokio::test]
async fn a_purge_leaves_attempts_to_the_drop() {
    let mut world = world().await;
    for days in [0, 1, 400] {
        world.open_job(days).await;
        world.attempt(days).await;
    }
    world.sql.execute("UPDATE job SET state = 'SUCCEEDED', end_time = 1").await.expect("they end");
    let root = |days| JobId(Uuid::from_bytes(id(world.now, days).try_into().expect("16 bytes")));
    let roots = [root(0), root(1), root(400)];
    let mut unit = world.store.writer.begin().await.expect("begins");
    let purged = unit.purge_trees(&roots, None, 99, Some(root(1))).await.expect("purges");
    unit.commit().await.expect("commits");
    assert_eq!((purged.removed.jobs, purged.complete), (3, true));
    // That of the day that is dropped is left; those of later days are gone, as is one outside of all days.
    assert_eq!(world.rows().await, [("attempt_before".into(), 1)]);
    world.open_job(-400).await;
    assert_eq!(world.drop(5).await, 0, "a job of long ago is left");
    world.sql.execute("DELETE FROM job").await.expect("it goes");
    assert_eq!(world.drop(5).await, 1);
    assert_eq!(world.rows().await, []);
}
