//! `vectors write` fills the vectors from their sources; `vectors check` fails when they are not what it would write.

use clap::Parser;
use esteira_vectors::files;
use std::process::ExitCode;

/// Exit code for a command line that cannot work.
const EX_USAGE: u8 = 64;

/// The shared vectors.
#[derive(Debug, Parser)]
#[command(name = "vectors")]
enum Arguments {
    /// Fill the vectors from their sources
    Write,
    /// Fail when the vectors are not what their sources give
    Check,
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
    let done = match arguments {
        Arguments::Write => files::write().map(|count| (format!("wrote {count} files"), true)),
        Arguments::Check => files::stale().map(|wrong| (wrong.join("\n"), wrong.is_empty())),
    };
    match done {
        Ok((said, well)) => {
            if !said.is_empty() {
                println!("{said}");
            }
            if well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            eprintln!("vectors: {error}");
            ExitCode::FAILURE
        }
    }
}
