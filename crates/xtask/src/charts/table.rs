//! All rows as a page.

use super::{
    figures::{Figures, Row},
    style,
};
use std::fmt::Write;

const COLUMNS: [(&str, &str); 11] = [
    ("jobs_per_second", "jobs/s"),
    ("steps_per_second", "steps/s"),
    ("latency_p50_us", "p50 us"),
    ("latency_p99_us", "p99 us"),
    ("coordinator_cpu_us_per_step", "coordinator CPU us/step"),
    ("load_cpu_us_per_step", "load CPU us/step"),
    ("database_cpu_us_per_step", "database CPU us/step"),
    ("wal_bytes_per_step", "WAL bytes/step"),
    ("fsyncs_per_step", "fsyncs/step"),
    ("statements_per_step", "statements/step"),
    ("rss_mib", "RSS MiB"),
];

/// The page.
pub fn write(figures: &Figures) -> String {
    let mut page = String::from(
        "# Figures of one run\n\nWritten by `make bench`; [`performance.md`](../performance.md) says what the columns are.\n\n",
    );
    for line in &figures.about {
        let _ = writeln!(page, "- {line}");
    }
    let mut scenario = "";
    for row in &figures.rows {
        if row.scenario != scenario {
            scenario = &row.scenario;
            let _ = write!(page, "\n## {}\n\nLatency: {}.", scenario.to_uppercase(), row.latency_of);
            if row.unit != "step" {
                let _ = write!(page, " A step is a {} here.", row.unit);
            }
            let names: Vec<&str> = COLUMNS.iter().map(|(_, name)| *name).collect();
            let _ = writeln!(page, "\n\n| database | variant | {} | of its own |", names.join(" | "));
            let _ = writeln!(page, "| --- | --- |{} --- |", " ---: |".repeat(COLUMNS.len()));
        }
        let _ = writeln!(page, "{}", line(row));
    }
    page
}

fn line(row: &Row) -> String {
    let cell = |(column, _): &(&str, &str)| row.number(column).map_or_else(|| "–".to_owned(), style::number);
    let cells: Vec<String> = COLUMNS.iter().map(cell).collect();
    let own: Vec<String> = row.own.iter().map(|(name, value)| format!("{name} {}", style::number(*value))).collect();
    format!("| {} | {} | {} | {} |", row.database, row.variant, cells.join(" | "), own.join(", "))
}
