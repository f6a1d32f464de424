//! Rows and log bytes a step, on PostgreSQL, counted by the server itself.

use esteira_cost::{COMMITS, STEPS};
use esteira_testkit::Postgres;
use std::collections::BTreeMap;

/// Rows written a job: inserted, updated and deleted. Each stands for about 5 us of a core, so one more is a decision.
/// Of the ledger two for each of the four commits, whatever the number of leaves: at load many steps share a commit.
const ROWS_A_JOB: &[(&str, i64)] = &[
    ("artifact", 4),
    ("attempt", 3),
    ("job", 2),
    ("ledger_page", COMMITS as i64),
    ("ledger_waiting", COMMITS as i64),
    ("lease", 6),
    ("task", 3),
];
/// Bytes of the write-ahead log a step, with what the sequencer and the index of digests write meanwhile; 2,000 before there
/// were leaves.
const LOG_BYTES_A_STEP: f64 = 3_195.0;
/// Above this share of the budget a step writes too much; the log's pages make the figure uneven by a few percent.
const MORE: f64 = 1.10;
/// Below this one the budget is out of date.
const LESS: f64 = 0.85;

const JOBS: i64 = 200;

fn rows(server: &Postgres, database: &str) -> BTreeMap<String, i64> {
    // A partition counts for its table. What coordinators write of themselves comes by the clock, and so does what follows
    // the log: the place of a page, with which it waits no longer, and the index of digests.
    let counts = server.ask(
        database,
        "SELECT coalesce(parent.relname, one.relname), sum(n_tup_ins + CASE one.relname WHEN 'ledger_waiting' THEN 0 ELSE n_tup_upd + n_tup_del END)
         FROM pg_stat_user_tables one
         LEFT JOIN pg_inherits ON inhrelid = one.relid LEFT JOIN pg_class parent ON parent.oid = inhparent
         WHERE one.relname NOT IN ('member', 'leader', 'setting', 'ledger_place', 'ledger_node', 'ledger_head', 'digest_block') GROUP BY 1 ORDER BY 1",
    );
    let row = |line: &str| {
        let (table, count) = line.split_once('|').expect("two columns");
        (table.to_owned(), count.parse().expect("a number"))
    };
    counts.lines().map(row).collect()
}

/// Bytes that the log has grown to.
fn log(server: &Postgres) -> f64 {
    let place = server.ask("postgres", "SELECT pg_current_wal_insert_lsn() - '0/0'");
    place.parse().expect("a number")
}

#[tokio::test]
async fn a_step_writes_no_more_rows_and_bytes_than_its_budget() {
    // Nothing but the workload may write.
    let server = Postgres::start(&["autovacuum=off", "checkpoint_timeout=1h", "max_wal_size=4GB"]);
    let database = server.fresh_name();
    server.run("postgres", &format!("CREATE DATABASE {database}"));
    let url = server.url(&database);
    // Once beforehand: migrations, the plan, the first touch of each page.
    esteira_cost::run(&url, 20).await.expect("runs");
    let (rows_before, log_before) = (rows(&server, &database), log(&server));
    esteira_cost::run(&url, JOBS as usize).await.expect("runs");
    let (rows_after, log_after) = (rows(&server, &database), log(&server));

    // The plan is published once a run, whatever the number of jobs.
    let a_job = |(table, after): (&String, &i64)| {
        let written = after - rows_before.get(table).unwrap_or(&0);
        (written >= JOBS).then(|| (table.clone(), written / JOBS))
    };
    let written: BTreeMap<String, i64> = rows_after.iter().filter_map(a_job).collect();
    let budget: BTreeMap<String, i64> = ROWS_A_JOB.iter().map(|(table, rows)| ((*table).to_owned(), *rows)).collect();
    let bytes = (log_after - log_before) / (JOBS * STEPS as i64) as f64;
    println!("rows a job: {written:?}; {bytes:.0} bytes of log a step, {:.3} of the budget", bytes / LOG_BYTES_A_STEP);
    assert_eq!(written, budget, "rows written a job of {STEPS} steps");
    assert!(bytes < LOG_BYTES_A_STEP * MORE, "a step writes {bytes:.0} bytes of log; its budget is {LOG_BYTES_A_STEP}");
    assert!(bytes > LOG_BYTES_A_STEP * LESS, "a step writes only {bytes:.0} bytes of log: lower the budget");
}
