//! House chores, run as `cargo xtask`: `tidy` checks the house rules, `gen` regenerates what is generated, `charts` draws what
//! `esteira bench --json` measured.
//!
//! Knows no crate of the product: it reads the tree as text and `cargo metadata` as data, so that it runs while
//! nothing else compiles. Read `tidy/mod.rs` first.

mod charts;
mod generate;
mod tidy;

use std::path::PathBuf;
use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask COMMAND

  tidy                     check the house rules: one line a finding, exit 1 when a rule is broken
  gen                      regenerate the code that is made from proto/
  gen --check              exit 1 when the generated code is not what proto/ says
  charts FIGURES FOLDER    draw what `esteira bench --json FIGURES` measured, and its table, into FOLDER";

/// Exit code of a wrong command line, as in `sysexits.h`.
const EXIT_USAGE: u8 = 64;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match arguments.as_slice() {
        ["tidy"] => workspace_root().and_then(|root| tidy::run(&root)),
        ["gen"] => workspace_root().and_then(|root| generate::run(&root, false)),
        ["gen", "--check"] => workspace_root().and_then(|root| generate::run(&root, true)),
        ["charts", figures, folder] => charts::run(figures.as_ref(), folder.as_ref()).map(|()| true),
        ["help" | "-h" | "--help"] => {
            println!("{USAGE}");
            Ok(true)
        }
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(EXIT_USAGE);
        }
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("xtask: {message}");
            ExitCode::FAILURE
        }
    }
}

/// The nearest folder, from here upward, that holds the workspace's lock file.
fn workspace_root() -> Result<PathBuf, String> {
    let here = std::env::current_dir().map_err(|error| format!("the current folder cannot be read: {error}"))?;
    here.ancestors()
        .find(|folder| folder.join("Cargo.lock").is_file())
        .map(PathBuf::from)
        .ok_or_else(|| format!("{} is not inside the workspace", here.display()))
}
