//! Commands of the real binary, as a person or a script gives them.

use crate::{binary, wait::within};
use serde_json::Value;
use std::{process::Stdio, time::Duration};
use tokio::process::Command;

/// How long a command may take.
const COMMAND_MAX: Duration = Duration::from_secs(60);

/// The command line against one server.
#[derive(Debug, Clone)]
pub struct Cli {
    url: String,
}

/// A command that has ended.
#[derive(Debug)]
pub struct Ran {
    /// What was asked.
    pub command: String,
    /// Its exit code.
    pub code: i32,
    /// What it printed.
    pub stdout: String,
    /// What it said beside that.
    pub stderr: String,
}

impl Cli {
    /// Commands for the server there.
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into() }
    }

    /// Runs `esteira ARGUMENTS`, with the server in its environment.
    pub async fn run(&self, arguments: &[&str]) -> Ran {
        self.ran(arguments, Stdio::piped()).await
    }

    async fn ran(&self, arguments: &[&str], stdout: Stdio) -> Ran {
        let mut command = Command::new(binary::esteira());
        command.args(arguments).env("ESTEIRA_SERVER", &self.url).stdin(Stdio::null()).kill_on_drop(true);
        command.stdout(stdout).stderr(Stdio::piped());
        let what = format!("esteira {}", arguments.join(" "));
        let output = within(COMMAND_MAX, &what, async { command.spawn()?.wait_with_output().await })
            .await
            .expect("the binary starts");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the command line prints UTF-8");
        let code = output.status.code().unwrap_or_else(|| panic!("{what}: {}", output.status));
        Ran { command: what, code, stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// Runs it for a reader that went away before the first line; what it says beside that.
    pub async fn unread(&self, arguments: &[&str]) -> Ran {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        self.ran(arguments, Stdio::from(writer)).await
    }

    /// Runs it with `--output json`, insists on exit code 0, and reads what it printed.
    pub async fn json(&self, arguments: &[&str]) -> Value {
        let ran = self.run(&[arguments, &["--output", "json"]].concat()).await.exits(0);
        serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("no JSON ({error}): {ran:#?}"))
    }
}

impl Ran {
    /// Insists on an exit code.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:#?}");
        self
    }

    /// Insists that it printed this text.
    #[track_caller]
    pub fn prints(self, text: &str) -> Self {
        assert!(self.stdout.contains(text), "{text:?} is not in the output of {self:#?}");
        self
    }

    /// Insists that it said this text beside its output.
    #[track_caller]
    pub fn warns(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "{text:?} is not in what {self:#?} says");
        self
    }
}
