//! The command line of `esteira bench`.

use super::{
    database::Target,
    machine::Machine,
    report::Report,
    scenario::{Scenario, SdkWorker},
};
use crate::{EX_USAGE, cli::output};
use clap::{Args, ValueEnum};
use std::{path::PathBuf, process::ExitCode, time::Duration};

/// What to measure.
#[derive(Debug, Clone, Args)]
pub struct Arguments {
    /// Scenarios; all of them when none is named
    #[arg(value_enum, ignore_case = true)]
    pub scenarios: Vec<Scenario>,
    /// `sqlite`, or the postgres:// URL of a server on which databases may be made; several are measured in turn
    #[arg(long, value_delimiter = ',', default_value = "sqlite")]
    pub database: Vec<Target>,
    /// Seconds that each figure is measured, after a warm-up of one second
    #[arg(long, default_value_t = 5.0, value_parser = seconds)]
    pub seconds: f64,
    /// Jobs in flight, for b3 and b4
    #[arg(long, value_delimiter = ',', value_parser = clap::value_parser!(u32).range(1..=4096))]
    pub in_flight: Vec<u32>,
    /// Callers that share a connection, as those of one process do
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub callers_per_connection: u32,
    /// Tasks that one worker process runs at a time, over one connection
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub slots_per_worker: u32,
    /// The sizes of the design's targets instead of those of a short run
    #[arg(long)]
    pub full: bool,
    /// b5: items of the fan-out [default: 10000]
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub items: Option<u32>,
    /// b6: idle polls [default: 10000]
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub polls: Option<u32>,
    /// b7: finished jobs in the store [default: 100000; 10000000 with --full]
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    pub history: Option<u64>,
    /// b8: pending tasks [default: 100000; 1000000 with --full]
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    pub backlog: Option<u64>,
    /// b9: seconds for which a reader holds its snapshot [default: 20; 1800 with --full]
    #[arg(long, value_parser = seconds)]
    pub hold_seconds: Option<f64>,
    /// sdks: a worker that serves `kit.raw`, as NAME=COMMAND with {server} and {slots} in the command
    #[arg(long)]
    pub worker: Vec<SdkWorker>,
    /// Directory for SQLite's databases, on the disk to be measured
    #[arg(long)]
    pub directory: Option<PathBuf>,
    /// Also write the figures there, as JSON
    #[arg(long)]
    pub json: Option<PathBuf>,
}

fn seconds(text: &str) -> Result<f64, String> {
    let number: f64 = text.parse().map_err(|_| "not a number of seconds".to_owned())?;
    if (0.05..=86_400.0).contains(&number) { Ok(number) } else { Err("must be 0.05 to 86400".into()) }
}

impl Arguments {
    /// How long each figure is measured.
    pub fn measured(&self) -> Duration {
        Duration::from_secs_f64(self.seconds)
    }

    /// Not measured: connections open, statements are prepared, caches fill.
    pub fn warm_up(&self) -> Duration {
        self.measured().min(Duration::from_secs(1))
    }

    /// A size that was asked for, or that of a short or a full run.
    pub fn size<T>(&self, asked: Option<T>, short: T, full: T) -> T {
        asked.unwrap_or(if self.full { full } else { short })
    }

    fn scenarios(&self) -> &[Scenario] {
        if self.scenarios.is_empty() { Scenario::value_variants() } else { &self.scenarios }
    }
}

/// Runs the scenarios and prints a row for each figure.
pub async fn run(arguments: Arguments) -> ExitCode {
    match measure(&arguments).await {
        Ok(report) => match arguments.json.map(|file| std::fs::write(&file, report.json())) {
            Some(Err(error)) => {
                output::note(format_args!("esteira: --json: {error}"));
                ExitCode::from(EX_USAGE)
            }
            _ => ExitCode::SUCCESS,
        },
        Err(message) => {
            output::note(format_args!("esteira: bench: {message}"));
            ExitCode::FAILURE
        }
    }
}

async fn measure(arguments: &Arguments) -> Result<Report, String> {
    let mut databases = Vec::new();
    for target in &arguments.database {
        databases.push(target.describe().await?);
    }
    let mut report = Report::begin(Machine::look(arguments.directory.as_deref())?, databases)?;
    for &scenario in arguments.scenarios() {
        for target in &arguments.database {
            if scenario.fits(target) {
                scenario.run(arguments, target, &mut report).await.map_err(|error| format!("{scenario}: {error}"))?;
            } else {
                output::note(format_args!("{scenario}: {} is for one coordinator: not measured there", target.name()));
            }
        }
    }
    report.end();
    Ok(report)
}
