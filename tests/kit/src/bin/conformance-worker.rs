//! Serves the functions of the kit until SIGTERM: what the conformance tests start for Rust.
//!
//! `conformance-worker --server http://127.0.0.1:7440 --slots 4 --worker-id rust-1`

use clap::Parser;
use esteira_sdk::worker::{Worker, terminated};
use std::{path::PathBuf, process::ExitCode, time::Duration};
use tracing_subscriber::EnvFilter;

/// Exit code for a command line that cannot work.
const EX_USAGE: u8 = 64;

/// Serves the functions of the kit.
#[derive(Debug, Parser)]
#[command(name = "conformance-worker")]
struct Arguments {
    /// Address of the coordinator
    #[arg(long, value_name = "URL")]
    server: String,
    /// Tasks that run at the same time
    #[arg(long, default_value_t = 1)]
    slots: usize,
    /// The id under which the coordinator knows it; a new one for each process by default
    #[arg(long, value_name = "ID")]
    worker_id: Option<String>,
    /// Seconds that running tasks get to finish after SIGTERM
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    drain_grace: u64,
    /// Directory for results that cannot be delivered
    #[arg(long, value_name = "DIRECTORY")]
    spool: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn")))
        .with_writer(std::io::stderr)
        .init();
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // What cannot be printed cannot be helped.
            let _ = error.print();
            return if error.use_stderr() { ExitCode::from(EX_USAGE) } else { ExitCode::SUCCESS };
        }
    };
    let mut worker = Worker::builder(arguments.server)
        .functions(esteira_kit::functions())
        .slots(arguments.slots)
        .drain_grace(Duration::from_secs(arguments.drain_grace));
    if let Some(worker_id) = arguments.worker_id {
        worker = worker.worker_id(worker_id);
    }
    if let Some(spool) = arguments.spool {
        worker = worker.spool(spool);
    }
    let worker = match worker.build() {
        Ok(worker) => worker,
        Err(error) => {
            eprintln!("conformance-worker: {error}");
            return ExitCode::from(EX_USAGE);
        }
    };
    match worker.run(terminated()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("conformance-worker: {error}");
            ExitCode::FAILURE
        }
    }
}
