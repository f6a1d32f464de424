//! `esteira bench`: closed-loop load on a real coordinator process over a durable SQLite file.
//!
//! Load, workers, coordinator and database share the machine. Figures drift between runs: compare those of one run.

mod figures;
mod load;
mod process;

use crate::{EX_USAGE, cli::output};
use clap::Args;
use figures::Row;
use load::{Load, Reports};
use std::{fmt::Display, path::PathBuf, process::ExitCode, time::Duration};

/// What to measure.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Seconds that each scenario is measured, after one second of warm-up
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Jobs in flight
    #[arg(long, value_delimiter = ',', default_values_t = [1usize, 16, 256])]
    in_flight: Vec<usize>,
    /// Steps of a job
    #[arg(long, value_delimiter = ',', default_values_t = [1usize, 3])]
    steps: Vec<usize>,
    /// Directory for the database, on the disk to be measured
    #[arg(long)]
    directory: Option<PathBuf>,
    /// Also write the figures there, as JSON
    #[arg(long)]
    json: Option<PathBuf>,
}

/// Runs all scenarios and prints a row for each.
pub async fn run(arguments: Arguments) -> ExitCode {
    match measure(&arguments).await {
        Ok(rows) => match arguments.json.map(|file| std::fs::write(file, figures::json(&rows))) {
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

async fn measure(arguments: &Arguments) -> Result<Vec<Row>, String> {
    let put = |line: &dyn Display| output::put(line).map_err(|error| error.to_string());
    put(&figures::machine(arguments.directory.as_deref())?)?;
    put(&Row::heading())?;
    let mut rows = Vec::new();
    for &steps in &arguments.steps {
        for &in_flight in &arguments.in_flight {
            for reports in [Reports::Unary, Reports::Batched] {
                // A batch needs more than one task to be one.
                if reports == Reports::Batched && in_flight < 16 {
                    continue;
                }
                let server = process::Server::start(arguments.directory.as_deref()).await?;
                let load = Load { steps, in_flight, reports, measured: Duration::from_secs(arguments.seconds) };
                let row = load.run(&server).await?;
                put(&row)?;
                rows.push(row);
                server.stop().await?;
            }
        }
    }
    Ok(rows)
}
