//! `esteira init`: a small project that works at once, to be made one's own.
//!
//! Calls no coordinator. Read in this order: [`name`], [`language`] (the templates), [`project`] (how they become a folder).

mod language;
mod name;
mod project;

use crate::{EX_USAGE, cli::output};
use clap::{Args, Subcommand};
use language::Language;
use name::FunctionName;
use std::{path::PathBuf, process::ExitCode};

/// What can be begun.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write a function with its test, a worker that serves it, and a plan that uses it
    Function(Function),
}

/// The project of a function.
#[derive(Debug, Args)]
pub struct Function {
    /// Name of the function, as plans call it
    name: FunctionName,
    /// Its language
    #[arg(long)]
    lang: Language,
    /// Folder to write, which must be empty or not there [default: ./NAME]
    #[arg(long)]
    directory: Option<PathBuf>,
    /// Take the SDK from the folder `sdk` of a checkout, not the published one
    #[arg(long, value_name = "PATH")]
    sdk: Option<PathBuf>,
}

/// Runs the command.
pub fn run(command: Command) -> ExitCode {
    let Command::Function(Function { name, lang, directory, sdk }) = command;
    let directory = directory.unwrap_or_else(|| name.as_str().into());
    let written = language::Sdk::locate(lang, sdk.as_deref())
        .and_then(|sdk| project::write(&directory, &language::files(lang, &name, &sdk)));
    let said = written.map(|()| {
        output::put(format_args!(
            "{}: a function in {lang}; README.md there says how to test and run it",
            directory.display()
        ))
    });
    match said {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(error)) => {
            output::note(format_args!("esteira: cannot print the answer: {error}"));
            ExitCode::FAILURE
        }
        Err(error) => {
            output::note(format_args!("esteira: {error}"));
            ExitCode::from(if matches!(error, Error::Write { .. }) { 1 } else { EX_USAGE })
        }
    }
}

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The path of the SDKs leads to none of this language.
    #[error("--sdk: there is no {0}: it takes the folder `sdk` of a checkout")]
    NoSdk(PathBuf),
    /// The SDK's path cannot be written into the project's files.
    #[error("--sdk: {0} is not UTF-8")]
    NotText(PathBuf),
    /// There is something in the folder already.
    #[error("--directory: {0} is not empty")]
    NotEmpty(PathBuf),
    /// There is something else of that name.
    #[error("--directory: {0} is not a folder")]
    NotAFolder(PathBuf),
    /// The folder would be replaced below the feet of whoever stands in it.
    #[error("--directory: {0} is the folder that this runs in: name a new one")]
    Current(PathBuf),
    /// The folder around it is missing.
    #[error("--directory: there is no folder {0} to write it in")]
    NoParent(PathBuf),
    /// The file system refused.
    #[error("cannot write {path}: {source}")]
    Write {
        /// What could not be written.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}
