//! The log's keys, name and anchors, as an installation gives them.

pub mod declare_epoch;
mod key_file;

use crate::cli;
use clap::{Args, Subcommand};
use esteira_coordinator::log::{AnchorFile, Signing};
use esteira_ledger::Schedule;
use esteira_model::AccountId;
use key_file::KeyFile;
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

/// Whose outbox tells of checkpoints while no login is configured.
const ACCOUNT: &str = "default";

/// Who signs for the log, and where it is anchored.
#[derive(Debug, Clone, Default, Args)]
#[group(skip)]
pub struct Arguments {
    /// File with the keys that sign the log; made when it is missing. Default: beside a SQLite database; nothing is signed on
    /// PostgreSQL
    #[arg(long = "ledger-key", env = "ESTEIRA_LEDGER_KEY", value_name = "FILE")]
    key: Option<PathBuf>,
    /// File to which checkpoints are anchored, best on another disk. Default: beside the key
    #[arg(long = "ledger-anchor", env = "ESTEIRA_LEDGER_ANCHOR", value_name = "FILE")]
    anchor: Option<PathBuf>,
    /// The log's name, unique in the world and for ever. Default: the name of its first key
    #[arg(long = "ledger-origin", env = "ESTEIRA_LEDGER_ORIGIN", value_name = "NAME")]
    origin: Option<String>,
}

/// What can be done about the log.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Admit that the log lost something, so that it may go on; no coordinator may be running
    DeclareEpoch(declare_epoch::Arguments),
    #[command(flatten)]
    Read(cli::ledger::Command),
}

/// Runs a command.
pub async fn run(client: cli::ClientArguments, command: Command) -> ExitCode {
    match command {
        Command::DeclareEpoch(arguments) => declare_epoch::run(arguments).await,
        Command::Read(command) => cli::run(client, cli::Command::Ledger(command)).await,
    }
}

impl Arguments {
    /// Who signs for the log of a store; `file` is its database where that is one file. None where no key is given.
    pub fn signing(&self, file: Option<&Path>) -> Result<Option<Arc<Signing>>, String> {
        let beside = |database: &Path, what: &str| {
            let mut name = database.as_os_str().to_owned();
            name.push(what);
            PathBuf::from(name)
        };
        let Some(key) = self.key.clone().or_else(|| file.map(|file| beside(file, ".ledger-key"))) else {
            if self.anchor.is_some() || self.origin.is_some() {
                return Err("--ledger-anchor and --ledger-origin need --ledger-key here".into());
            }
            return Ok(None);
        };
        let anchor = self.anchor.clone().unwrap_or_else(|| match (&self.key, file) {
            (None, Some(file)) => beside(file, ".ledger-anchors"),
            _ => beside(&key, ".anchors"),
        });
        let keys = KeyFile::open_or_create(&key, self.origin.as_deref())?;
        let origin = self.origin.clone().unwrap_or(keys.first_name);
        let anchors = AnchorFile::open(&anchor).map_err(|error| match error.kind() {
            std::io::ErrorKind::InvalidData => error.to_string(),
            _ => format!("cannot open the file of anchors {}: {error}", anchor.display()),
        })?;
        let schedule = Schedule::new(keys.terms);
        Ok(Some(Arc::new(Signing::new(origin, schedule, keys.trusted, AccountId::new(ACCOUNT), anchors))))
    }
}
