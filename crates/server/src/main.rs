//! `esteira`: the coordinator, the development server and the command line. Only wires.
//!
//! Purpose: read the configuration, put the parts together, start and stop them in order.
//! Must not know: business rules; those are the coordinator's.
//! Read first: [`serve`], then [`cli`].

// The macros of the standard library panic when the reader has gone away.
#![deny(clippy::print_stdout, clippy::print_stderr)]

mod ablation;
mod bench;
mod cli;
mod dev;
mod init;
mod keep;
mod last_resort;
mod ledger;
mod life;
mod serve;
mod telemetry;

use clap::{CommandFactory, Parser, Subcommand};
use cli::output;
use std::process::ExitCode;

/// A step allocates some hundreds of times, for a moment: docs/performance.md says what this allocator is worth.
#[cfg(target_os = "linux")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Exit code for a command line or configuration that cannot work (sysexits' EX_USAGE).
pub const EX_USAGE: u8 = 64;

/// Durable execution plans: a coordinator, a development server and a command line.
#[derive(Debug, Parser)]
#[command(name = "esteira", version, max_term_width = 100)]
struct Arguments {
    #[command(flatten)]
    client: cli::ClientArguments,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a coordinator
    Serve(serve::Arguments),
    /// Run a coordinator with the functions in the box and a data directory: nothing else to install
    Dev(dev::Arguments),
    /// Measure a coordinator of this build on this machine
    Bench(bench::Arguments),
    /// Begin something of your own from a template
    #[command(subcommand)]
    Init(init::Command),
    /// The log of what happened
    #[command(subcommand)]
    Ledger(ledger::Command),
    #[command(flatten)]
    Client(cli::Command),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // What cannot be printed cannot be helped.
            let _ = error.print();
            return if error.use_stderr() { ExitCode::from(EX_USAGE) } else { ExitCode::SUCCESS };
        }
    };
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    if let (Command::Serve(serve), Ok(cores)) = (&arguments.command, std::thread::available_parallelism()) {
        runtime.worker_threads(serve.threads(cores.get()));
    }
    let runtime = match runtime.enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            output::note(format_args!("esteira: cannot start a runtime: {error}"));
            return ExitCode::FAILURE;
        }
    };
    match arguments.command {
        Command::Serve(serve) => runtime.block_on(serve::run(serve)),
        Command::Dev(dev) => runtime.block_on(dev::run(dev)),
        Command::Bench(bench) => runtime.block_on(bench::run(bench)),
        Command::Init(command) => init::run(command),
        Command::Ledger(command) => runtime.block_on(ledger::run(arguments.client, command)),
        Command::Client(command) => runtime.block_on(cli::run(arguments.client, command)),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), "esteira", &mut script);
            match output::put(String::from_utf8_lossy(&script).trim_end()) {
                Ok(()) => ExitCode::SUCCESS,
                Err(_) => ExitCode::FAILURE,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn the_committer_of_sqlite_takes_the_place_of_a_thread() {
        let threads = |database: &str, cores| match Arguments::parse_from(["esteira", "serve", "--database", database])
        {
            Arguments { command: Command::Serve(serve), .. } => serve.threads(cores),
            other => panic!("{other:?}"),
        };
        assert_eq!([1, 2, 8].map(|cores| threads("sqlite:a.db", cores)), [1, 1, 7]);
        assert_eq!([1, 2, 8].map(|cores| threads("postgres://a@b/c", cores)), [1, 2, 8]);
    }
}
