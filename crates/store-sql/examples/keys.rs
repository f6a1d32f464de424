//! What the type of a key costs: the same rows under keys of 8 bytes, of 16, of 16 as text, and of 16 in no order.
//!
//! `cargo run --release -p esteira-store-sql --example keys [where] [rows]`. Where is a file for SQLite or the URL of an empty
//! PostgreSQL database. A transaction adds as many rows as it removes, as tasks come and go: the key, the key of what the row
//! belongs to, and 60 bytes. Both synced.

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use tokio::time::Instant;

/// Rows that one transaction adds, and removes.
const BATCH: i64 = 64;
/// Rows that are there at any time.
const LIVE: i64 = 20_000;

/// Name, type and the key of a number, as the database says it.
type Kind = (&'static str, &'static str, fn(&str) -> String);

const SQLITE: [Kind; 4] = [
    ("8 bytes", "INTEGER", |n| n.into()),
    ("16 bytes", "BLOB", |n| format!("unhex(printf('%032x', {n}))")),
    ("16 bytes as text", "TEXT", |n| format!("printf('%08x-0000-7000-8000-%012x', {n}, {n})")),
    ("16 bytes, no order", "BLOB", |n| format!("unhex(printf('%08x%024x', ({n} * 2654435761) % 4294967296, {n}))")),
];
const POSTGRES: [Kind; 4] = [
    ("8 bytes", "bigint", |n| n.into()),
    ("16 bytes", "uuid", |n| format!("lpad(to_hex({n}), 32, '0')::uuid")),
    ("16 bytes as text", "text", |n| format!("lpad(to_hex({n}), 32, '0')::uuid::text")),
    ("16 bytes, no order", "uuid", |n| format!("md5(({n})::text)::uuid")),
];

/// CPU time of a process so far, in microseconds.
fn cpu_micros(process: &str) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let after_name = stat.rsplit(") ").next().unwrap_or_default();
    let ticks = after_name.split(' ').skip(11).take(2).filter_map(|word| word.parse::<u64>().ok());
    ticks.sum::<u64>() * 10_000
}

fn say(name: &str, rows: i64, began: Instant, cpu: u64, bytes: i64) {
    println!(
        "{name:<20} {:>6.2} us a row, {:>6.2} us CPU a row, {:>5} bytes of log a row",
        began.elapsed().as_secs_f64() * 1e6 / rows as f64,
        cpu as f64 / rows as f64,
        bytes / rows
    );
}

fn sqlite(path: &str, rows: i64) -> rusqlite::Result<()> {
    for (name, kind, key) in SQLITE {
        for file in [path.to_owned(), format!("{path}-wal"), format!("{path}-shm")] {
            _ = std::fs::remove_file(file);
        }
        let mut connection = rusqlite::Connection::open(path)?;
        connection.execute_batch(&format!(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -262144;
             CREATE TABLE item (id {kind} PRIMARY KEY, job {kind} NOT NULL, data TEXT NOT NULL) STRICT, WITHOUT ROWID;
             CREATE INDEX item_by_job ON item (job, id);"
        ))?;
        let number = "WITH RECURSIVE r(n) AS (SELECT ?1 UNION ALL SELECT n + 1 FROM r WHERE n + 1 < ?2)";
        let (key, job) = (key("n"), key("(n / 4)"));
        let add = format!("INSERT INTO item {number} SELECT {key}, {job}, printf('%060d', n) FROM r");
        let remove = format!("{number} DELETE FROM item WHERE id IN (SELECT {key} FROM r)");
        connection.execute(&add, [1, 1 + LIVE])?;
        let log = || std::fs::metadata(format!("{path}-wal")).map_or(0, |file| file.len());
        let (began, cpu, bytes) = (Instant::now(), cpu_micros("self"), log());
        for first in (1..rows).step_by(BATCH as usize) {
            let unit = connection.transaction()?;
            unit.prepare_cached(&add)?.execute([first + LIVE, first + LIVE + BATCH])?;
            unit.prepare_cached(&remove)?.execute([first, first + BATCH])?;
            unit.commit()?;
        }
        say(name, rows, began, cpu_micros("self") - cpu, (log() - bytes) as i64);
    }
    Ok(())
}

async fn postgres(url: &str, rows: i64) -> sqlx::Result<()> {
    for (name, kind, key) in POSTGRES {
        let mut connection = PgConnection::connect(url).await?;
        let (key, job) = (key("n"), key("(n / 4)"));
        let tables = format!(
            "DROP TABLE IF EXISTS item; CREATE TABLE item (id {kind} PRIMARY KEY, job {kind} NOT NULL, data text NOT NULL);
             CREATE INDEX item_by_job ON item (job, id);"
        );
        connection.execute(AssertSqlSafe(tables)).await?;
        let numbers = "generate_series($1::bigint, $2::bigint - 1) AS n";
        let add = format!("INSERT INTO item SELECT {key}, {job}, lpad(n::text, 60, '0') FROM {numbers}");
        let remove = format!("DELETE FROM item WHERE id IN (SELECT {key} FROM {numbers})");
        let run = async |on: &mut PgConnection, sql: &str, from: i64, to: i64| {
            sqlx::query(AssertSqlSafe(sql.to_owned())).bind(from).bind(to).execute(on).await
        };
        run(&mut connection, &add, 1, 1 + LIVE).await?;
        connection.execute("VACUUM ANALYZE item").await?;
        let position = "SELECT (pg_current_wal_lsn() - '0/0')::bigint, pg_backend_pid()::bigint";
        let (bytes, process): (i64, i64) = sqlx::query_as(position).fetch_one(&mut connection).await?;
        let (began, cpu) = (Instant::now(), cpu_micros(&process.to_string()));
        for first in (1..rows).step_by(BATCH as usize) {
            let mut unit = connection.begin().await?;
            run(&mut unit, &add, first + LIVE, first + LIVE + BATCH).await?;
            run(&mut unit, &remove, first, first + BATCH).await?;
            unit.commit().await?;
        }
        let cpu = cpu_micros(&process.to_string()) - cpu;
        let (end, _): (i64, i64) = sqlx::query_as(position).fetch_one(&mut connection).await?;
        say(name, rows, began, cpu, end - bytes);
    }
    Ok(())
}

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let place = arguments.next().unwrap_or_else(|| "keys.db".into());
    let rows = arguments.next().and_then(|count| count.parse().ok()).unwrap_or(200_000);
    if place.starts_with("postgres") {
        postgres(&place, rows).await.expect("the database answers");
    } else {
        sqlite(&place, rows).expect("the file can be written");
    }
}
