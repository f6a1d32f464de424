//! `esteira-demo`: the client's own flow on real input, from an HTTP API to a database, with the real binary.
//!
//! It starts a local HTTP API over a data set (`data/README.md`) and the real `esteira dev` in a temporary directory,
//! publishes `plan.yaml`, runs a job through the command line as a new user would, and then does not believe it: the
//! database and the job's summary are compared with a count of the data file that knows nothing of plans, the job is
//! verified, and another goes on from its last step. Exit code 0 says that all agree. Read `demo.rs` first.

mod airports;
mod api;
mod command;
mod compare;
mod database;
mod demo;
mod destination;
mod error;
mod job;
mod plan;
mod reprocess;
mod results;
mod server;
mod text;
mod trace;
mod verify;

use clap::Parser;
use demo::{Demo, Outcome};
use error::Error;
use std::{path::Path, process::ExitCode};
use tokio::signal::unix::{SignalKind, signal};

/// Runs a plan on 3,145 real records and checks what comes of it.
#[derive(Debug, Parser)]
struct Arguments {
    /// Goes on serving after the checks, until Ctrl-C, so that you can look around.
    #[arg(long)]
    keep: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let directory = match tempfile::Builder::new().prefix("esteira-demo-").tempdir() {
        Ok(directory) => directory,
        Err(problem) => {
            eprintln!("demo: cannot make a temporary directory: {problem}");
            return ExitCode::FAILURE;
        }
    };
    match show(&arguments, directory.path()).await {
        Ok(outcome) => {
            let Outcome { items, written, tasks, leaves, time, .. } = outcome;
            let time = time.as_secs_f64();
            println!("demo: {items} items, {written} written, {tasks} tasks, {leaves} leaves verified, {time:.1} s");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("\ndemo: FAILED: {error}");
            if error.leaves_traces() {
                eprintln!("demo: its directory is kept: {}", directory.keep().display());
            }
            ExitCode::FAILURE
        }
    }
}

async fn show(arguments: &Arguments, directory: &Path) -> Result<Outcome, Error> {
    let mut demo = unless_interrupted(Demo::start(directory)).await?;
    let outcome = unless_interrupted(demo.run()).await?;
    next(&demo, &outcome, arguments.keep);
    if arguments.keep {
        interrupted().await?;
    }
    demo.stop().await?;
    Ok(outcome)
}

/// What a person could do now.
fn next(demo: &Demo, outcome: &Outcome, keep: bool) {
    println!("7  What to try next");
    if keep {
        let esteira = demo.binary().display();
        println!("     export ESTEIRA_SERVER={}", demo.url());
        println!("     {esteira} job show {}", outcome.job_id);
        println!("     {esteira} task list {} --filter 'step_key = \"write\"'", outcome.job_id);
        println!("     It goes on serving; Ctrl-C ends it.\n");
    } else {
        println!(
            "     cargo run -p esteira-demo -- --keep   the same, and it goes on serving: look around with `esteira job show`"
        );
        println!(
            "     crates/demo/plan.yaml                 change a condition, run it again: the check names what differs"
        );
        println!(
            "     docs/tutorial.md                      your own function in Rust and in Python, a plan, a job, its trace\n"
        );
    }
}

/// Runs it to its end, or drops it, and with it all that it started, when this process is told to end.
async fn unless_interrupted<T>(work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    tokio::select! {
        result = work => result,
        told = interrupted() => Err(told.err().unwrap_or(Error::Interrupted)),
    }
}

/// Ends when a person or a supervisor says so.
async fn interrupted() -> Result<(), Error> {
    let listen = |kind| signal(kind).map_err(|source| Error::io("listen for signals", source));
    let (mut interrupt, mut terminate, mut hangup) =
        (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?, listen(SignalKind::hangup())?);
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        _ = hangup.recv() => {}
    }
    Ok(())
}
