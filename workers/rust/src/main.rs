//! `esteira-functions-worker`: hosts the functions in the box. Only wires.

use clap::Parser;
use esteira_functions::{Flags, all};
use esteira_sdk::worker::{Worker, terminated};
use std::{process::ExitCode, time::Duration};
use tracing_subscriber::EnvFilter;

/// Exit code for a command line or an environment that cannot work.
const EX_USAGE: u8 = 64;

/// Hosts the functions in the box for a coordinator.
#[derive(Debug, Parser)]
#[command(name = "esteira-functions-worker", version)]
struct Arguments {
    /// Address of the coordinator
    #[arg(long, env = "ESTEIRA_ENDPOINT", default_value = "http://127.0.0.1:7440")]
    endpoint: String,
    /// Tasks that run at the same time
    #[arg(long, default_value_t = 32)]
    slots: usize,
    /// Seconds that running tasks, and then background writes, get to finish after SIGTERM
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    drain_grace: u64,
    #[command(flatten)]
    flags: Flags,
}

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info")))
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
    match serve(arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(code) => ExitCode::from(code),
    }
}

async fn serve(arguments: Arguments) -> Result<(), u8> {
    let setup = |why: String| {
        eprintln!("esteira-functions-worker: {why}");
        EX_USAGE
    };
    let settings = arguments.flags.settings().map_err(setup)?;
    let connections = settings.connections.clone();
    let grace = Duration::from_secs(arguments.drain_grace);
    let mut worker = Worker::builder(arguments.endpoint)
        .functions(all(settings))
        .slots(arguments.slots)
        .drain_grace(grace)
        .display_name("functions in the box");
    // From the environment only: the command line of a process is for everyone to see.
    if let Ok(token) = std::env::var("ESTEIRA_TOKEN") {
        worker = worker.token(token);
    }
    let worker = worker.build().map_err(|error| setup(error.to_string()))?;
    tracing::info!(worker_id = worker.id(), "serving");
    let ended = worker.run(terminated()).await;
    if tokio::time::timeout(grace, connections.drain()).await.is_err() {
        tracing::error!(
            grace_seconds = grace.as_secs(),
            "background writes were still under way at the end of the grace; they are lost"
        );
        return Err(1);
    }
    ended.map_err(|error| {
        tracing::error!(%error, "the worker ended badly");
        1
    })
}
