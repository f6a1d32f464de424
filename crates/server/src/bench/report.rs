//! What a run says: a table while it goes on, one JSON document at its end.

use super::{
    machine::{self, Machine},
    row::Row,
};
use crate::cli::output;

/// All that a run measured.
#[derive(Debug, serde::Serialize)]
pub struct Report {
    /// The version of this binary.
    pub esteira: &'static str,
    /// Whether the binary is an optimised build.
    pub optimised: bool,
    /// Where.
    pub machine: Machine,
    /// Versions and settings of the databases.
    pub databases: Vec<String>,
    /// The figures.
    pub rows: Vec<Row>,
}

const COLUMNS: [(&str, usize); 14] = [
    ("scenario", 8),
    ("database", 8),
    ("variant", 36),
    ("jobs/s", 8),
    ("steps/s", 8),
    ("p50 us", 9),
    ("p99 us", 9),
    ("coord us/step", 13),
    ("load us/step", 12),
    ("db us/step", 10),
    ("WAL B/step", 10),
    ("fsyncs/step", 11),
    ("RSS MiB", 7),
    ("of its own", 10),
];

fn line(cells: impl Iterator<Item = String>) -> String {
    let cells: Vec<String> = cells
        .zip(COLUMNS)
        .map(|(cell, (name, width))| match name {
            "scenario" | "database" | "variant" | "of its own" => format!("{cell:<width$}"),
            _ => format!("{cell:>width$}"),
        })
        .collect();
    format!("| {} |", cells.join(" | "))
}

fn optional(figure: Option<f64>, digits: usize) -> String {
    figure.map_or_else(|| "-".into(), |figure| format!("{figure:.digits$}"))
}

fn show(row: &Row) -> String {
    let own: Vec<String> = row.figures.iter().map(|(name, figure)| format!("{name}={figure:.3}")).collect();
    line(
        [
            row.scenario.to_owned(),
            row.database.to_owned(),
            row.variant.clone(),
            format!("{:.0}", row.jobs_per_second),
            format!("{:.0}", row.steps_per_second),
            optional(row.latency_p50_us.map(|us| us as f64), 0),
            optional(row.latency_p99_us.map(|us| us as f64), 0),
            format!("{:.1}", row.coordinator_cpu_us_per_step),
            format!("{:.1}", row.load_cpu_us_per_step),
            optional(row.database_cpu_us_per_step, 1),
            format!("{:.0}", row.wal_bytes_per_step),
            optional(row.fsyncs_per_step, 3),
            format!("{:.1}", row.rss_mib),
            own.join(", "),
        ]
        .into_iter(),
    )
}

impl Report {
    /// Begins a run: says where it is.
    pub fn begin(machine: Machine, databases: Vec<String>) -> Result<Self, String> {
        let report = Self {
            esteira: env!("CARGO_PKG_VERSION"),
            optimised: !cfg!(debug_assertions),
            machine,
            databases,
            rows: Vec::new(),
        };
        let Machine { cores, processor, kernel, sync_us, load_before, .. } = &report.machine;
        put(&format!(
            "esteira {}{}; {cores} cores, {processor}, Linux {kernel}; a 4 KiB write + fdatasync takes {sync_us} us here; \
             load average {load_before}",
            report.esteira,
            if report.optimised { "" } else { ", not optimised" },
        ))?;
        for database in &report.databases {
            put(database)?;
        }
        put("")?;
        put(&line(COLUMNS.iter().map(|(name, _)| (*name).to_owned())))?;
        put(&line(COLUMNS.iter().map(|(_, width)| "-".repeat(*width))))?;
        Ok(report)
    }

    /// Adds a row.
    pub fn add(&mut self, row: Row) -> Result<(), String> {
        put(&show(&row))?;
        self.rows.push(row);
        Ok(())
    }

    /// Ends the run.
    pub fn end(&mut self) {
        self.machine.load_after = machine::load();
    }

    /// As one document.
    pub fn json(&self) -> String {
        serde_json::to_string_pretty(self).expect("plain numbers have a JSON form")
    }
}

fn put(line: &str) -> Result<(), String> {
    output::put(line).map_err(|error| error.to_string())
}
