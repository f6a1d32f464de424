//! The command line: every command is one or two calls of the public API.
//!
//! Exit codes: 0 done; 1 the call was refused, or the job did not succeed; 2 the coordinator cannot be reached; 64 usage.

mod job;
mod outbox;
mod output;
mod plan;
mod queue;
mod task;
mod watch;
mod worker;

use clap::{Args, Subcommand, ValueEnum};
use esteira_sdk::client::{Client, Error};
use std::process::ExitCode;

/// Exit code when the coordinator cannot be reached.
const EX_UNREACHABLE: u8 = 2;

/// What every command of the client takes.
#[derive(Debug, Args)]
pub struct ClientArguments {
    /// Address of the coordinator
    #[arg(long, global = true, env = "ESTEIRA_SERVER", default_value = "http://127.0.0.1:7440")]
    server: String,
    /// How answers are printed
    #[arg(long, short, global = true, default_value = "table")]
    output: OutputFormat,
}

/// How answers are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
    /// For people.
    Table,
    /// The message of the contract as JSON, for scripts.
    Json,
}

/// Commands that call a coordinator.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Plans and their versions
    #[command(subcommand)]
    Plan(plan::Command),
    /// Jobs
    #[command(subcommand)]
    Job(job::Command),
    /// Tasks of a job
    #[command(subcommand)]
    Task(task::Command),
    /// Workers seen lately
    #[command(subcommand)]
    Worker(worker::Command),
    /// Queues and what waits in them
    #[command(subcommand)]
    Queue(queue::Command),
    /// Messages that wait to be delivered
    #[command(subcommand)]
    Outbox(outbox::Command),
}

/// What went wrong with a command.
pub enum Failure {
    /// The call was refused or did not arrive.
    Call(Error),
    /// The command line or a file that it names cannot work.
    Usage(String),
    /// The call went well and its outcome is a failure: already told.
    Outcome,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Call(error)
    }
}

/// The result of a command.
pub type Outcome = Result<(), Failure>;

/// What a command works with.
pub struct Session {
    /// The coordinator.
    pub client: Client,
    /// How to print.
    pub format: OutputFormat,
}

/// Runs a command.
pub async fn run(arguments: ClientArguments, command: Command) -> ExitCode {
    let client = match Client::builder(&arguments.server).patience(std::time::Duration::from_secs(3)).build() {
        Ok(client) => client,
        Err(error) => {
            eprintln!("esteira: --server: {error}");
            return ExitCode::from(crate::EX_USAGE);
        }
    };
    let session = Session { client, format: arguments.output };
    let outcome = match command {
        Command::Plan(command) => plan::run(&session, command).await,
        Command::Job(command) => job::run(&session, command).await,
        Command::Task(command) => task::run(&session, command).await,
        Command::Worker(command) => worker::run(&session, command).await,
        Command::Queue(command) => queue::run(&session, command).await,
        Command::Outbox(command) => outbox::run(&session, command).await,
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Outcome) => ExitCode::FAILURE,
        Err(Failure::Usage(message)) => {
            eprintln!("esteira: {message}");
            ExitCode::from(crate::EX_USAGE)
        }
        Err(Failure::Call(error)) => tell(&arguments.server, &error),
    }
}

fn tell(server: &str, error: &Error) -> ExitCode {
    match error {
        Error::Refused(refusal) if refusal.reason.is_empty() => {
            eprintln!("esteira: no coordinator answers at {server} ({error})");
            eprintln!("  start one with `esteira dev`, or name another with --server");
            ExitCode::from(EX_UNREACHABLE)
        }
        Error::Refused(refusal) => {
            eprintln!("esteira: {error}");
            for issue in &refusal.plan_issues {
                eprintln!("  {} {}: {}", if issue.warning { "warning" } else { "error" }, issue.path, issue.message);
            }
            ExitCode::FAILURE
        }
        other => {
            eprintln!("esteira: {other}");
            ExitCode::FAILURE
        }
    }
}
