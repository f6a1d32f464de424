//! The command line: every command is one or two calls of the public API.
//!
//! Exit codes: 0 done; 1 the call was refused, or the job did not succeed; 2 the coordinator cannot be reached; 64 usage.

mod audit;
mod diff;
mod job;
mod last_resort;
pub mod ledger;
mod outbox;
pub mod output;
mod plan;
mod queue;
mod removal;
mod reprocess;
mod retention;
mod target;
mod task;
mod trace;
mod tree;
mod verify;
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
    /// Only the ids, one a line, for scripts: of plans and queues the names, as other commands take them.
    Id,
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
    /// Where a job or data come from and what became of them, as a tree
    Trace(trace::Arguments),
    /// Verify that what is recorded is what happened
    #[command(subcommand)]
    Verify(verify::Command),
    /// The log as a running coordinator sees it
    #[command(skip)]
    Ledger(ledger::Command),
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
    /// How long jobs are kept after their end
    #[command(subcommand)]
    Retention(retention::Command),
    /// What was accepted while the database took nothing: of a coordinator that runs, or of one that is gone
    #[command(subcommand, name = "lastresort")]
    LastResort(last_resort::Command),
    /// Who did what, what failed, and how long it took
    #[command(subcommand)]
    Audit(audit::Command),
}

impl Command {
    /// Whether what it prints has an id. Asked before anything is done.
    fn has_ids(&self) -> bool {
        !matches!(
            self,
            Self::Plan(plan::Command::Validate { .. } | plan::Command::Diff { .. })
                | Self::Outbox(outbox::Command::Unpark { .. })
                | Self::Retention(_)
                | Self::LastResort(last_resort::Command::Ingest { .. } | last_resort::Command::Status)
                | Self::Audit(
                    audit::Command::Usage(_) | audit::Command::Errors { .. } | audit::Command::Performance { .. }
                )
                | Self::Verify(_)
                | Self::Ledger(_)
        )
    }
}

/// What went wrong with a command.
pub enum Failure {
    /// The call was refused or did not arrive.
    Call(Error),
    /// What it has to say cannot be printed.
    Print(std::io::Error),
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

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::Print(error)
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
    if arguments.output == OutputFormat::Id && !command.has_ids() {
        output::note("esteira: --output: this command has no id to print; take table or json");
        return ExitCode::from(crate::EX_USAGE);
    }
    // `esteira: serving on` names no scheme, so it can be left out.
    let server = match arguments.server.contains("://") {
        true => arguments.server,
        false => format!("http://{}", arguments.server),
    };
    let client = match Client::builder(&server).patience(std::time::Duration::from_secs(3)).build() {
        Ok(client) => client,
        Err(error) => {
            output::note(format_args!("esteira: --server: {error}"));
            return ExitCode::from(crate::EX_USAGE);
        }
    };
    let session = Session { client, format: arguments.output };
    let outcome = match command {
        Command::Plan(command) => plan::run(&session, command).await,
        Command::Job(command) => job::run(&session, command).await,
        Command::Trace(arguments) => trace::run(&session, arguments).await,
        Command::Verify(command) => verify::run(&session, command).await,
        Command::Ledger(command) => ledger::run(&session, command).await,
        Command::Task(command) => task::run(&session, command).await,
        Command::Worker(command) => worker::run(&session, command).await,
        Command::Queue(command) => queue::run(&session, command).await,
        Command::Outbox(command) => outbox::run(&session, command).await,
        Command::Retention(command) => retention::run(&session, command).await,
        Command::LastResort(command) => last_resort::run(&session, command).await,
        Command::Audit(command) => audit::run(&session, command).await,
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Outcome) => ExitCode::FAILURE,
        Err(Failure::Print(error)) => {
            output::note(format_args!("esteira: cannot print the answer: {error}"));
            ExitCode::FAILURE
        }
        Err(Failure::Usage(message)) => {
            output::note(format_args!("esteira: {message}"));
            ExitCode::from(crate::EX_USAGE)
        }
        Err(Failure::Call(error)) => tell(&server, &error),
    }
}

fn tell(server: &str, error: &Error) -> ExitCode {
    match error {
        Error::Refused(refusal) if refusal.reason.is_empty() => {
            output::note(format_args!("esteira: no coordinator answers at {server} ({error})"));
            output::note("  start one with `esteira dev`, or name another with --server");
            ExitCode::from(EX_UNREACHABLE)
        }
        Error::Refused(refusal) if !refusal.plan_issues.is_empty() => {
            // The refusal's own message repeats the first of them.
            output::note(format_args!("esteira: {}: the plan is not valid", refusal.reason));
            refusal.plan_issues.iter().for_each(|issue| output::note(format_args!("  {}", plan::issue(issue))));
            ExitCode::FAILURE
        }
        other => {
            output::note(format_args!("esteira: {other}"));
            ExitCode::FAILURE
        }
    }
}
