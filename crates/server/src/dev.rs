//! `esteira dev`: a coordinator and the functions in the box in one process, over a data directory.

use crate::{EX_USAGE, cli::output, keep, last_resort, ledger, serve, telemetry};
use clap::Args;
use esteira_model::DataClass;
use esteira_sdk::worker::Worker;
use std::{net::SocketAddr, path::PathBuf, process::ExitCode};
use tokio::sync::oneshot;

/// What is kept ready for the last resort: enough to see it work.
const RESERVE: last_resort::Bytes = last_resort::Bytes(16 << 20);

/// How the development server is run.
#[derive(Debug, Clone, Args)]
pub struct Arguments {
    /// Address to listen on; port 0 takes a free one
    #[arg(long, env = "ESTEIRA_LISTEN", default_value = "127.0.0.1:7440")]
    listen: SocketAddr,
    /// Directory that holds the store; made when it is missing
    #[arg(long, env = "ESTEIRA_DATA_DIR", default_value = "esteira-data")]
    data_dir: PathBuf,
    /// Who is recorded as the operator
    #[arg(long, env = "ESTEIRA_OPERATOR", default_value = "dev")]
    operator: String,
    /// Data class of that operator's jobs: PRODUCTION, QA or DEVTEST
    #[arg(long, env = "ESTEIRA_DATA_CLASS", default_value = "DEVTEST")]
    data_class: DataClass,
    /// Tasks that the functions in the box run at the same time
    #[arg(long, default_value_t = 32)]
    slots: usize,
    /// How log lines look
    #[arg(long, env = "ESTEIRA_LOG_FORMAT", default_value = "text")]
    log_format: telemetry::LogFormat,
    #[command(flatten)]
    keep: keep::Arguments,
    #[command(flatten)]
    ledger: ledger::Arguments,
    #[command(flatten)]
    last_resort: last_resort::Arguments,
    #[command(flatten)]
    functions: esteira_functions::Flags,
}

/// Runs until SIGTERM or SIGINT.
pub async fn run(arguments: Arguments) -> ExitCode {
    telemetry::init(arguments.log_format);
    let refuse = |message: String| {
        output::note(format_args!("esteira: {message}"));
        ExitCode::from(EX_USAGE)
    };
    let settings = match arguments.functions.settings() {
        Ok(settings) => settings,
        Err(message) => return refuse(message),
    };
    if let Err(error) = std::fs::create_dir_all(&arguments.data_dir) {
        return refuse(format!("cannot make {}: {error}", arguments.data_dir.display()));
    }
    let served = serve::start(&serve::Arguments {
        listen: arguments.listen,
        database: format!("sqlite:{}", arguments.data_dir.join("esteira.db").display()),
        operator: arguments.operator,
        data_class: arguments.data_class,
        connection_age: serve::CONNECTION_AGE,
        keep: arguments.keep,
        ledger: arguments.ledger,
        last_resort: arguments.last_resort,
        reserve: RESERVE,
        data_audit: None,
        log_format: arguments.log_format,
    })
    .await;
    let served = match served {
        Ok(served) => served,
        Err(code) => return code,
    };
    let connections = settings.connections.clone();
    let worker = Worker::builder(format!("http://{}", served.address))
        .functions(esteira_functions::all(settings))
        .slots(arguments.slots)
        .display_name("functions in the box")
        .build();
    let worker = match worker {
        Ok(worker) => worker,
        Err(error) => return refuse(error.to_string()),
    };
    served.announce();
    // The worker goes first: while it drains, the coordinator still takes its reports.
    let (stop, stopped) = oneshot::channel::<()>();
    let worker = tokio::spawn(worker.run(async {
        let _ = stopped.await;
    }));
    let drained = async {
        serve::terminated().await;
        let _ = stop.send(());
        match worker.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "the functions in the box ended badly"),
            Err(error) => tracing::error!(%error, "the functions in the box panicked"),
        }
        connections.drain().await;
    };
    served.until(drained).await
}
