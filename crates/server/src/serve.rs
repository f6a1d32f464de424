//! `esteira serve`: a coordinator over a store, until it is told to stop.

use crate::{
    EX_USAGE, ablation,
    cli::output,
    keep, last_resort, ledger,
    life::{self, Base, Life},
    telemetry,
};
use clap::Args;
use esteira_coordinator::Settings;
use esteira_definition::parse_duration;
use esteira_grpc::{LocalOperator, Options};
use esteira_model::DataClass;
use std::{net::SocketAddr, process::ExitCode, sync::Arc, time::Duration};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// How a coordinator is run.
#[derive(Debug, Clone, Args)]
pub struct Arguments {
    /// Address to listen on; port 0 takes a free one
    #[arg(long, env = "ESTEIRA_LISTEN", default_value = "127.0.0.1:7440")]
    pub listen: SocketAddr,
    /// The store: sqlite:PATH, for one coordinator, or postgres://USER@HOST/DATABASE, for any number
    #[arg(long, env = "ESTEIRA_DATABASE")]
    pub database: String,
    /// Who is recorded as the operator while no login is configured
    #[arg(long, env = "ESTEIRA_OPERATOR", default_value = "local")]
    pub operator: String,
    /// Data class of that operator's jobs: PRODUCTION, QA or DEVTEST
    #[arg(long, env = "ESTEIRA_DATA_CLASS", default_value = "PRODUCTION")]
    pub data_class: DataClass,
    /// Age at which a connection takes no new calls, so that clients spread over coordinators: 30m, 1h30m; at least 1s
    #[arg(long, env = "ESTEIRA_CONNECTION_AGE", default_value = "30m", value_parser = connection_age)]
    pub connection_age: Duration,
    #[command(flatten)]
    pub keep: keep::Arguments,
    #[command(flatten)]
    pub ledger: ledger::Arguments,
    #[command(flatten)]
    pub last_resort: last_resort::Arguments,
    /// What is kept ready where nothing else was said.
    #[arg(skip = RESERVE)]
    pub reserve: last_resort::Bytes,
    /// Verify the whole store in the background, beginning again after this time: 24h, 7d; at 2 % of a core. Off unless it is given
    #[arg(long, env = "ESTEIRA_DATA_AUDIT", value_name = "PERIOD", value_parser = audit_period)]
    pub data_audit: Option<Duration>,
    /// How log lines look
    #[arg(long, env = "ESTEIRA_LOG_FORMAT", default_value = "text")]
    pub log_format: telemetry::LogFormat,
}

impl Arguments {
    /// Threads of the runtime on a machine of so many cores. Over SQLite the committer writes in a thread of its own and takes
    /// the place of one; over PostgreSQL it is a task like others (docs/performance.md says what that is worth).
    pub fn threads(&self, cores: usize) -> usize {
        let committer = usize::from(self.database.starts_with("sqlite:"));
        cores.saturating_sub(committer).max(1)
    }
}

/// What a coordinator keeps ready in each folder of its last resort.
const RESERVE: last_resort::Bytes = last_resort::Bytes(64 << 20);
/// The default age of a connection.
pub const CONNECTION_AGE: Duration = Duration::from_secs(30 * 60);
/// The least age of a connection: below it clients do little else than connect.
const CONNECTION_AGE_MIN: Duration = Duration::from_secs(1);

fn connection_age(text: &str) -> Result<Duration, String> {
    match parse_duration(text) {
        Some(age) if age >= CONNECTION_AGE_MIN => Ok(age),
        Some(_) => Err("at least 1s".into()),
        None => Err("a time such as 30m or 1h30m".into()),
    }
}

/// The least time between two beginnings of the data audit.
const AUDIT_PERIOD_MIN: Duration = Duration::from_secs(60);

fn audit_period(text: &str) -> Result<Duration, String> {
    match parse_duration(text) {
        Some(period) if period >= AUDIT_PERIOD_MIN => Ok(period),
        Some(_) => Err("at least 1m".into()),
        None => Err("a time such as 24h or 7d".into()),
    }
}

/// A configuration that cannot work: one clear line.
fn refuse(message: impl std::fmt::Display) -> ExitCode {
    output::note(format_args!("esteira: {message}"));
    ExitCode::from(EX_USAGE)
}

/// Runs until SIGTERM or SIGINT.
pub async fn run(arguments: Arguments) -> ExitCode {
    telemetry::init(arguments.log_format);
    let served = match start(&arguments).await {
        Ok(served) => served,
        Err(code) => return code,
    };
    served.announce();
    served.until(terminated()).await
}

/// A coordinator that serves.
pub struct Served {
    /// Where.
    pub address: SocketAddr,
    stop: CancellationToken,
    life: tokio::task::JoinHandle<Result<(), life::Failure>>,
}

impl Served {
    /// Says where, on one line that scripts wait for.
    pub fn announce(&self) {
        if let Err(error) = output::put(format_args!("esteira: serving on {}", self.address)) {
            tracing::warn!(%error, "standard output does not take the address");
        }
    }

    /// Serves until then, drains, and says how it went.
    pub async fn until(self, told: impl Future<Output = ()>) -> ExitCode {
        let mut life = self.life;
        let ended = tokio::select! {
            () = told => {
                tracing::info!("draining");
                self.stop.cancel();
                (&mut life).await
            }
            // It only ends by itself when it failed.
            ended = &mut life => ended,
        };
        match ended {
            Ok(Ok(())) => ExitCode::SUCCESS,
            Ok(Err(error)) => {
                tracing::error!(%error, "the server failed");
                ExitCode::FAILURE
            }
            Err(error) => {
                tracing::error!(%error, "the server panicked");
                ExitCode::FAILURE
            }
        }
    }
}

/// Starts a coordinator: binds, opens the store, brings its schema up to date, then serves.
pub async fn start(arguments: &Arguments) -> Result<Served, ExitCode> {
    if !arguments.listen.ip().is_loopback() {
        return Err(refuse(format!(
            "no login is configured: {} would be open to everyone; listen on a loopback address",
            arguments.listen
        )));
    }
    let mut settings = Settings::default();
    ablation::apply(&mut settings).map_err(refuse)?;
    let listener = TcpListener::bind(arguments.listen).await.map_err(|error| {
        refuse(format!("cannot listen on {}: {error}; take another address with --listen", arguments.listen))
    })?;
    let address = listener.local_addr().map_err(refuse)?;
    settings.address = address.to_string();
    settings.keep = arguments.keep.keep();
    settings.audit_period = arguments.data_audit;
    let operator = LocalOperator {
        account: "default".into(),
        user_id: arguments.operator.clone(),
        data_class: arguments.data_class,
    };
    let options = Options { connection_age_max: arguments.connection_age, ..Options::new(Arc::new(operator)) };
    let folders = arguments.last_resort.folders(&arguments.database, arguments.reserve);
    let stop = CancellationToken::new();
    let base = Base::new(arguments.database.clone(), arguments.ledger.clone(), settings);
    let life = Life::new(base, listener, folders, options, stop.clone());
    let life = life.begin().await.map_err(refuse)?;
    tracing::info!(%address, operator = arguments.operator, "no login is configured: every caller on this machine is this operator");
    Ok(Served { address, stop, life })
}

/// Completes on SIGTERM or SIGINT.
pub async fn terminated() {
    use tokio::signal::unix::{SignalKind, signal};
    match (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) {
        (Ok(mut term), Ok(mut interrupt)) => {
            tokio::select! {
                _ = term.recv() => {}
                _ = interrupt.recv() => {}
            }
        }
        // Without signal handlers the default action ends the process: nothing to wait for.
        _ => std::future::pending().await,
    }
}
