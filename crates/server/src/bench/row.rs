//! One row of figures: the columns that every scenario reports, and a scenario's own.

use super::{meter::Latencies, stage::Stage, window::Spent};
use std::collections::BTreeMap;

/// One row. A step is one task that a worker ran; where a scenario counts something else, `unit` says so.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Row {
    /// Which scenario, as on the command line.
    pub scenario: &'static str,
    /// `sqlite` or `postgres`.
    pub database: &'static str,
    /// Which of the scenario's variants.
    pub variant: String,
    /// What is counted as a step.
    pub unit: &'static str,
    /// Coordinators at work.
    pub coordinators: usize,
    /// Steps of a job.
    pub steps: usize,
    /// Jobs in flight; absent in an open loop.
    pub in_flight: Option<usize>,
    /// `unary` or `batched`; absent where no worker takes part.
    pub reports: Option<&'static str>,
    /// How long was measured.
    pub seconds: f64,
    /// Jobs that ended in that time, a second.
    pub jobs_per_second: f64,
    /// The same in steps.
    pub steps_per_second: f64,
    /// What the latency is of.
    pub latency_of: &'static str,
    /// Half of the latencies were not longer.
    pub latency_p50_us: Option<u64>,
    /// 99 of 100 were not longer.
    pub latency_p99_us: Option<u64>,
    /// CPU of all coordinators.
    pub coordinator_cpu_us_per_step: f64,
    /// CPU of load and workers together.
    pub load_cpu_us_per_step: f64,
    /// CPU of the database's server; absent where it is part of the coordinator, or elsewhere.
    pub database_cpu_us_per_step: Option<f64>,
    /// PostgreSQL: bytes of its log. SQLite: bytes that the coordinator wrote to storage.
    pub wal_bytes_per_step: f64,
    /// PostgreSQL: syncs of its log. SQLite: commits. Absent in a build without the feature `ablation`.
    pub fsyncs_per_step: Option<f64>,
    /// Statements that the coordinators sent. Absent in a build without the feature `ablation`.
    pub statements_per_step: Option<f64>,
    /// Resident memory of all coordinators at the end.
    pub rss_mib: f64,
    /// The database at the end.
    pub database_mib: f64,
    /// What a commit survives.
    pub durability: &'static str,
    /// What only this scenario tells.
    pub figures: BTreeMap<&'static str, f64>,
    /// B8: the 99th percentile of each tenth of the drain, in microseconds. Empty elsewhere.
    pub series: Vec<f64>,
}

const MIB: f64 = 1024.0 * 1024.0;

/// What a row is about.
#[derive(Debug, Clone)]
pub struct About {
    /// Which scenario.
    pub scenario: &'static str,
    /// Which of its variants.
    pub variant: String,
    /// Steps of a job.
    pub steps: usize,
    /// Jobs in flight.
    pub in_flight: Option<usize>,
    /// How workers report.
    pub reports: Option<&'static str>,
    /// What the latency is of.
    pub latency_of: &'static str,
}

impl Row {
    /// From what was counted: so many jobs ended, each with all its steps.
    pub fn new(about: About, stage: &Stage, jobs: usize, latencies: &Latencies, spent: Spent) -> Self {
        let done = (jobs * about.steps).max(1) as f64;
        let seconds = spent.took.as_secs_f64();
        let micros = |time: std::time::Duration| time.as_secs_f64() * 1e6 / done;
        let percentile = |share| latencies.percentile(share).map(|latency| latency.as_micros() as u64);
        Self {
            scenario: about.scenario,
            database: stage.database.target.name(),
            variant: about.variant,
            unit: "step",
            coordinators: stage.coordinators.len(),
            steps: about.steps,
            in_flight: about.in_flight,
            reports: about.reports,
            seconds,
            jobs_per_second: jobs as f64 / seconds,
            steps_per_second: (jobs * about.steps) as f64 / seconds,
            latency_of: about.latency_of,
            latency_p50_us: percentile(0.5),
            latency_p99_us: percentile(0.99),
            coordinator_cpu_us_per_step: micros(spent.coordinator_cpu),
            load_cpu_us_per_step: micros(spent.load_cpu),
            database_cpu_us_per_step: spent.database_cpu.map(micros),
            wal_bytes_per_step: spent.wal_bytes as f64 / done,
            fsyncs_per_step: spent.syncs.map(|syncs| syncs as f64 / done),
            statements_per_step: spent.statements.map(|statements| statements as f64 / done),
            rss_mib: spent.rss_bytes as f64 / MIB,
            database_mib: spent.database_bytes as f64 / MIB,
            durability: stage.database.target.durability(),
            figures: BTreeMap::new(),
            series: Vec::new(),
        }
    }

    /// With another unit than a step.
    pub fn counting(mut self, unit: &'static str) -> Self {
        self.unit = unit;
        self
    }

    /// With a figure of its own.
    pub fn with(mut self, name: &'static str, figure: f64) -> Self {
        self.figures.insert(name, figure);
        self
    }
}
