//! Why the demo did not end well.

use std::{path::PathBuf, time::Duration};

/// One cause, in words for a person.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A line of the shipped file is not a record.
    #[error("line {line} of the data is not a record: {source}")]
    Data {
        /// Counts from 1.
        line: usize,
        /// What the parser says.
        source: serde_json::Error,
    },
    /// The operating system said no.
    #[error("cannot {what}: {source}")]
    Io {
        /// What was tried.
        what: String,
        /// What it said.
        source: std::io::Error,
    },
    /// There is no `esteira` beside this program.
    #[error("there is no {}; build it first: cargo build -p esteira-server", .0.display())]
    NoBinary(PathBuf),
    /// Something took longer than it may.
    #[error("{what} took longer than {} s", .limit.as_secs())]
    TooSlow {
        /// What did.
        what: String,
        /// What it was given.
        limit: Duration,
    },
    /// The coordinator ended, or said something else than that it serves.
    #[error("{problem}{}", said(.stderr))]
    Server {
        /// What it did.
        problem: String,
        /// The end of what it wrote to standard error.
        stderr: String,
    },
    /// A command of the CLI failed.
    #[error("`{command}` {problem}{}", said(.stderr))]
    Command {
        /// As a person would type it.
        command: String,
        /// Its exit status, or what is wrong with its answer.
        problem: String,
        /// What it wrote to standard error.
        stderr: String,
    },
    /// A call to the coordinator failed.
    #[error("{call}: {} ({:?})", .status.message(), .status.code())]
    Rpc {
        /// The RPC.
        call: &'static str,
        /// What came back.
        status: Box<tonic::Status>,
    },
    /// No connection to the coordinator.
    #[error("cannot connect to the coordinator: {}", root(.0))]
    Connect(#[from] tonic::transport::Error),
    /// The client's database said no.
    #[error("the database: {0}")]
    Database(#[from] sqlx::Error),
    /// The answers of the coordinator do not fit together.
    #[error("{0}")]
    Unexpected(String),
    /// The results are not what the data says.
    #[error("{} of the results differ:\n{}", .0.len(), listed(.0))]
    Differs(Vec<String>),
    /// Ctrl-C, or a signal to end.
    #[error("interrupted")]
    Interrupted,
}

/// Most differences that are listed.
const LISTED_MAX: usize = 20;

impl Error {
    /// The operating system said no to that.
    pub fn io(what: impl Into<String>, source: std::io::Error) -> Self {
        Self::Io { what: what.into(), source }
    }

    /// Whether the demo's directory can help to find out more.
    pub fn leaves_traces(&self) -> bool {
        !matches!(self, Self::Interrupted | Self::NoBinary(_) | Self::Data { .. })
    }

    /// The coordinator's answer to a call was an error.
    pub fn rpc(call: &'static str) -> impl FnOnce(tonic::Status) -> Self {
        move |status| Self::Rpc { call, status: Box::new(status) }
    }
}

/// The cause at the bottom: what stands above it says only that there is one.
fn root(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), root)
}

fn said(stderr: &str) -> String {
    match stderr.trim() {
        "" => String::new(),
        text => format!("; it said:\n{text}"),
    }
}

fn listed(differences: &[String]) -> String {
    let mut lines: Vec<String> = differences.iter().take(LISTED_MAX).map(|line| format!("  - {line}")).collect();
    if differences.len() > LISTED_MAX {
        lines.push(format!("  ... and {} more", differences.len() - LISTED_MAX));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_listed_and_cut() {
        let text = Error::Differs((1..=22).map(|n| format!("row {n}")).collect()).to_string();
        assert!(text.starts_with("22 of the results differ:\n  - row 1\n"), "{text}");
        assert!(text.ends_with("  - row 20\n  ... and 2 more"), "{text}");
    }

    #[test]
    fn a_failed_command_shows_what_it_said() {
        let error = Error::Command {
            command: "esteira plan publish x.yaml".into(),
            problem: "ended with exit status: 1".into(),
            stderr: "no such file\n".into(),
        };
        assert_eq!(
            error.to_string(),
            "`esteira plan publish x.yaml` ended with exit status: 1; it said:\nno such file"
        );
    }
}
