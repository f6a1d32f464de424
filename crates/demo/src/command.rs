//! The commands that a person would type, run for real and shown as they run.

use crate::error::Error;
use serde_json::Value;
use std::{path::PathBuf, process::Stdio, time::Duration};
use tokio::{process::Command, time::timeout};

/// Time for one command.
const COMMAND_MAX: Duration = Duration::from_secs(20);

/// The CLI, pointed at a coordinator.
#[derive(Debug)]
pub struct Cli {
    /// The `esteira` binary.
    pub binary: PathBuf,
    /// The coordinator's URL.
    pub server: String,
}

impl Cli {
    /// Shows the command and runs it; gives back its answer, which is JSON.
    ///
    /// Not shown are `--server`, which says where the coordinator is, and `--output json`, for the answer is for a program.
    pub async fn run(&self, arguments: &[&str]) -> Result<Value, Error> {
        let command = typed(arguments);
        println!("  $ {command}");
        let child = Command::new(&self.binary)
            .args(["--server", &self.server, "--output", "json"])
            .args(arguments)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output();
        let output = match timeout(COMMAND_MAX, child).await {
            Ok(output) => output.map_err(|source| Error::io(format!("run `{command}`"), source))?,
            Err(_) => return Err(Error::TooSlow { what: format!("`{command}`"), limit: COMMAND_MAX }),
        };
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        if !output.status.success() {
            // A verdict that is none is told on standard output.
            let stderr = if stderr.is_empty() { String::from_utf8_lossy(&output.stdout).into_owned() } else { stderr };
            return Err(Error::Command { command, problem: format!("ended with {}", output.status), stderr });
        }
        serde_json::from_slice(&output.stdout).map_err(|problem| Error::Command {
            command,
            problem: format!("did not answer with JSON ({problem}): {}", String::from_utf8_lossy(&output.stdout)),
            stderr,
        })
    }
}

/// The command line as it would be typed in a shell.
fn typed(arguments: &[&str]) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@".contains(c);
    let quote = |argument: &&str| match argument.chars().all(plain) && !argument.is_empty() {
        true => (*argument).to_owned(),
        false => format!("'{}'", argument.replace('\'', r"'\''")),
    };
    format!("esteira {}", arguments.iter().map(quote).collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn failure(binary: &str) -> String {
        let cli = Cli { binary: binary.into(), server: "http://127.0.0.1:1".into() };
        cli.run(&["plan", "list"]).await.expect_err("fails").to_string()
    }

    #[test]
    fn commands_are_shown_as_typed() {
        assert_eq!(typed(&["plan", "publish", "a/b.yaml"]), "esteira plan publish a/b.yaml");
        assert_eq!(typed(&["job", "--input", r#"{"a": "it's"}"#, ""]), r#"esteira job --input '{"a": "it'\''s"}' ''"#);
    }

    #[tokio::test]
    async fn what_goes_wrong_with_a_command_is_told() {
        assert!(failure("/nonexistent/esteira").await.starts_with("cannot run `esteira plan list`"));
        assert_eq!(failure("false").await, "`esteira plan list` ended with exit status: 1");
        let words = failure("echo").await;
        assert!(
            words.contains("did not answer with JSON")
                && words.contains("--server http://127.0.0.1:1 --output json plan list"),
            "{words}"
        );
    }
}
