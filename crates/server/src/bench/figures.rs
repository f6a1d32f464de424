//! Figures of a scenario, and what the machine can do at best.

use super::{load::Reports, process::Used};
use std::{fmt, io::Write, path::Path, time::Duration};

/// One scenario's figures.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Row {
    /// Steps of a job.
    pub steps: usize,
    /// Jobs in flight.
    pub in_flight: usize,
    /// `unary` or `batched` reports.
    pub reports: &'static str,
    /// Jobs that ended in the measured time, a second.
    pub jobs_per_second: f64,
    /// The same in steps.
    pub steps_per_second: f64,
    /// Time from the start's call to the await's answer.
    pub latency_p50_us: u128,
    /// See `latency_p50_us`.
    pub latency_p99_us: u128,
    /// CPU of the coordinator.
    pub server_cpu_us_per_step: f64,
    /// CPU of load and workers together.
    pub client_cpu_us_per_step: f64,
    /// Written by the coordinator.
    pub written_bytes_per_step: f64,
    /// Of the coordinator, at the end.
    pub rss_mib: f64,
    /// Database and log at the end.
    pub database_mib: f64,
}

/// What was counted while a scenario was measured.
pub struct Counted {
    pub jobs: usize,
    pub took: Duration,
    pub latencies: Vec<Duration>,
    pub server: (Used, Used),
    pub client: (Used, Used),
    pub database_bytes: u64,
}

const MIB: f64 = 1024.0 * 1024.0;

impl Row {
    /// From what was counted.
    pub fn new(steps: usize, in_flight: usize, reports: Reports, mut counted: Counted) -> Self {
        counted.latencies.sort_unstable();
        let percentile = |share: f64| {
            let last = counted.latencies.len().saturating_sub(1);
            counted.latencies.get((last as f64 * share) as usize).map_or(0, Duration::as_micros)
        };
        let seconds = counted.took.as_secs_f64();
        let done = (counted.jobs * steps).max(1) as f64;
        let cpu = |used: (Used, Used)| (used.1.cpu.saturating_sub(used.0.cpu)).as_micros() as f64 / done;
        Self {
            steps,
            in_flight,
            reports: if reports == Reports::Unary { "unary" } else { "batched" },
            jobs_per_second: counted.jobs as f64 / seconds,
            steps_per_second: (counted.jobs * steps) as f64 / seconds,
            latency_p50_us: percentile(0.5),
            latency_p99_us: percentile(0.99),
            server_cpu_us_per_step: cpu(counted.server),
            client_cpu_us_per_step: cpu(counted.client),
            written_bytes_per_step: (counted.server.1.written_bytes - counted.server.0.written_bytes) as f64 / done,
            rss_mib: counted.server.1.rss_bytes as f64 / MIB,
            database_mib: counted.database_bytes as f64 / MIB,
        }
    }

    /// The heading of the table.
    pub fn heading() -> &'static str {
        "steps  flight  reports    jobs/s  steps/s   p50 us   p99 us  server us/step  client us/step  bytes/step  rss MiB  db MiB"
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:5}  {:6}  {:8}  {:7.0}  {:7.0}  {:7}  {:7}  {:14.1}  {:14.1}  {:10.0}  {:7.1}  {:6.1}",
            self.steps,
            self.in_flight,
            self.reports,
            self.jobs_per_second,
            self.steps_per_second,
            self.latency_p50_us,
            self.latency_p99_us,
            self.server_cpu_us_per_step,
            self.client_cpu_us_per_step,
            self.written_bytes_per_step,
            self.rss_mib,
            self.database_mib
        )
    }
}

/// All rows as one JSON document.
pub fn json(rows: &[Row]) -> String {
    serde_json::to_string_pretty(rows).expect("plain numbers have a JSON form")
}

/// What the disk does at best, measured now: the limit that durable figures stand beside.
#[allow(clippy::disallowed_methods)] // a measurement
pub fn machine(directory: Option<&Path>) -> Result<String, String> {
    const SYNCS: u32 = 500;
    let place = directory.map_or_else(std::env::temp_dir, Path::to_path_buf);
    let mut file = tempfile::tempfile_in(&place).map_err(|error| format!("{}: {error}", place.display()))?;
    let begun = std::time::Instant::now();
    for _ in 0..SYNCS {
        file.write_all(&[7; 4096]).and_then(|()| file.sync_data()).map_err(|error| error.to_string())?;
    }
    let each = begun.elapsed() / SYNCS;
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    Ok(format!(
        "{cores} cores; a 4 KiB write + fdatasync takes {} us here; SQLite, WAL, synchronous=FULL\n",
        each.as_micros()
    ))
}
