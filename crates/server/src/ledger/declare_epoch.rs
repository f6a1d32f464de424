//! `esteira ledger declare-epoch`: admits, over a store on which no coordinator works, that the log lost something.

use super::Arguments as Ledger;
use crate::{EX_USAGE, cli::output, telemetry};
use clap::Args;
use esteira_coordinator::{
    SystemClock,
    log::{self, declare_epoch::Declaration},
};
use std::{process::ExitCode, sync::Arc};

/// What is admitted, and where.
#[derive(Debug, Clone, Args)]
pub struct Arguments {
    /// The store: sqlite:PATH or postgres://USER@HOST/DATABASE; no coordinator may work on it
    #[arg(long, env = "ESTEIRA_DATABASE")]
    database: String,
    /// What happened: it is kept, and the ledger commits to it
    #[arg(long)]
    reason: String,
    /// Who declares it
    #[arg(long, env = "ESTEIRA_OPERATOR", default_value = "local")]
    operator: String,
    #[command(flatten)]
    ledger: Ledger,
}

/// Declares, and says what was declared.
pub async fn run(arguments: Arguments) -> ExitCode {
    telemetry::init(telemetry::LogFormat::Text);
    match declare(&arguments).await {
        Ok(text) => match output::put(text) {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::FAILURE,
        },
        Err(message) => {
            output::note(format_args!("esteira: {message}"));
            ExitCode::from(EX_USAGE)
        }
    }
}

async fn declare(arguments: &Arguments) -> Result<String, String> {
    if arguments.reason.trim().is_empty() || arguments.reason.chars().count() > esteira_model::limits::REASON_CHARS_MAX
    {
        return Err("--reason: 1 to 1024 characters".into());
    }
    let store = esteira_store_sql::open(&arguments.database, esteira_store_sql::Options::default()).await;
    let mut store = store.map_err(|error| error.to_string())?;
    let signing = arguments.ledger.signing(store.file.as_deref())?.ok_or("--ledger-key: an epoch must be signed")?;
    let declaration = Declaration {
        reason: arguments.reason.clone(),
        user: arguments.operator.clone(),
        account: signing.account.to_string(),
    };
    let clock = Arc::new(SystemClock);
    let declared = log::declare_epoch(&mut *store.writer, &*store.reader, clock, &signing, &declaration).await;
    let declared = declared.map_err(|error| error.to_string())?;
    Ok(format!(
        "epoch {} of {}: the log goes on from {} leaves; its newest anchor had {}\n\n{}",
        declared.epoch,
        signing.origin,
        declared.size,
        declared.anchor_size,
        declared.note.trim_end()
    ))
}
