//! `esteira bench`: every scenario, as small as it can be, on both databases, down to what it writes.

use esteira_e2e::{binary, within};
use esteira_testkit::Postgres;
use serde_json::Value;
use std::{collections::BTreeSet, time::Duration};
use tokio::process::Command;

/// How long all scenarios may take on one database; a machine may be busy.
const RUN_MAX: Duration = Duration::from_secs(600);

/// Sizes that only show that it works.
const SMALL: [&str; 14] = [
    "--seconds",
    "0.2",
    "--in-flight",
    "1,16",
    "--items",
    "50",
    "--polls",
    "40",
    "--history",
    "200",
    "--backlog",
    "200",
    "--hold-seconds",
    "0.3",
];

/// Columns that every row has, whatever it measured.
const COLUMNS: [&str; 25] = [
    "scenario",
    "database",
    "variant",
    "unit",
    "coordinators",
    "steps",
    "in_flight",
    "reports",
    "seconds",
    "jobs_per_second",
    "steps_per_second",
    "latency_of",
    "latency_p50_us",
    "latency_p99_us",
    "coordinator_cpu_us_per_step",
    "load_cpu_us_per_step",
    "database_cpu_us_per_step",
    "wal_bytes_per_step",
    "fsyncs_per_step",
    "statements_per_step",
    "rss_mib",
    "database_mib",
    "durability",
    "figures",
    "series",
];

async fn measure(database: &str) -> Value {
    let folder = tempfile::tempdir().expect("a directory can be made");
    let json = folder.path().join("figures.json");
    let mut command = Command::new(binary::esteira());
    command.args(["bench", "--database", database, "--directory"]).arg(folder.path());
    command.args(SMALL).arg("--json").arg(&json).kill_on_drop(true);
    let output = within(RUN_MAX, "all scenarios are measured", command.output()).await.expect("it runs");
    let (table, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}\n{table}\n{errors}", output.status);
    let text = std::fs::read_to_string(json).expect("figures were written");
    serde_json::from_str(&text).expect("figures are JSON")
}

fn check(figures: &Value, database: &str, scenarios: &[&str]) {
    assert_eq!(figures["esteira"], env!("CARGO_PKG_VERSION"));
    assert_eq!(figures["databases"].as_array().map(Vec::len), Some(1), "a line on the database");
    assert!(figures["machine"]["cores"].as_u64().is_some_and(|cores| cores > 0));
    let rows = figures["rows"].as_array().expect("rows");
    let found: BTreeSet<&str> = rows.iter().filter_map(|row| row["scenario"].as_str()).collect();
    assert_eq!(found, scenarios.iter().copied().collect::<BTreeSet<_>>());
    for row in rows {
        let columns: BTreeSet<&str> = row.as_object().expect("a row").keys().map(String::as_str).collect();
        assert_eq!(columns, BTreeSet::from(COLUMNS), "{row}");
        assert_eq!(row["database"], database, "{row}");
        let steps = row["steps_per_second"].as_f64().expect("a number");
        assert!(steps > 0.0, "something was done: {row}");
        assert!(row["latency_p99_us"].as_u64() >= row["latency_p50_us"].as_u64(), "{row}");
        assert!(row["latency_p50_us"].as_u64().is_some_and(|us| us > 0), "{row}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_scenario_runs_on_sqlite() {
    let figures = measure("sqlite").await;
    check(&figures, "sqlite", &["b1", "b3", "b4", "b5", "b6", "b7", "b8", "b9", "b14", "b16"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_scenario_runs_on_postgresql() {
    let figures = measure(&Postgres::shared().url("postgres")).await;
    check(&figures, "postgres", &["b1", "b3", "b4", "b5", "b6", "b7", "b8", "b9", "b12", "b14", "b16"]);
    for row in figures["rows"].as_array().expect("rows") {
        assert!(row["wal_bytes_per_step"].as_f64().is_some_and(|bytes| bytes > 0.0), "{row}");
        assert!(row["database_cpu_us_per_step"].is_number(), "the server's processes are seen: {row}");
        assert!(row["fsyncs_per_step"].is_number(), "{row}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_scenario_is_refused_with_those_that_there_are() {
    for arguments in
        [&["bench", "b2"][..], &["bench", "b4", "--database", "mysql://a@b/c"], &["bench", "--seconds", "0"]]
    {
        let output = Command::new(binary::esteira()).args(arguments).output().await.expect("it runs");
        assert_eq!(output.status.code(), Some(64), "{arguments:?}");
    }
    let output = Command::new(binary::esteira()).args(["bench", "b2"]).output().await.expect("it runs");
    let told = String::from_utf8_lossy(&output.stderr);
    for scenario in ["b1", "b3", "b16"] {
        assert!(told.contains(scenario), "{told}");
    }
}
