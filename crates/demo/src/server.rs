//! The real `esteira dev`, as a child process that never outlives the demo.
//!
//! Dropping it kills it; [`Server::stop`] ends it as an operator would, and insists on a clean exit.

use crate::error::Error;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    time::timeout,
};

/// How the line begins that announces the address.
const ANNOUNCEMENT: &str = "esteira: serving on ";
/// Time from start to that line.
const READY_MAX: Duration = Duration::from_secs(20);
/// Time from SIGTERM to the end.
const STOP_MAX: Duration = Duration::from_secs(15);
/// What is shown of its standard error when it fails.
const STDERR_LINES_MAX: usize = 15;

/// A running coordinator.
#[derive(Debug)]
pub struct Server {
    child: Child,
    /// `http://127.0.0.1:PORT`.
    pub url: String,
    stderr: PathBuf,
}

impl Server {
    /// Starts the command and waits until it says where it serves. Its standard error goes to a file in `directory`.
    pub async fn start(mut command: Command, directory: &Path) -> Result<Self, Error> {
        let stderr = directory.join("esteira.stderr");
        let file = fs::File::create(&stderr).map_err(|source| Error::io("write the server's log", source))?;
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(file)
            .kill_on_drop(true)
            .spawn()
            .map_err(|source| Error::io("start esteira", source))?;
        let stdout = child.stdout.take().expect("it was asked for just above");
        let mut lines = BufReader::new(stdout).lines();
        let announced = timeout(READY_MAX, announcement(&mut lines)).await;
        let address = match announced {
            Ok(Some(address)) => address,
            Ok(None) => {
                let status = timeout(STOP_MAX, child.wait()).await.map_or_else(|_| "hangs".to_owned(), ended);
                return Err(Error::Server {
                    problem: format!("esteira {status} before it served"),
                    stderr: tail(&stderr),
                });
            }
            Err(_) => return Err(Error::TooSlow { what: "the start of esteira".into(), limit: READY_MAX }),
        };
        // Nobody reads on, but a full pipe would stop it.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Ok(Self { child, url: format!("http://{address}"), stderr })
    }

    /// Whether it has ended by itself, and with which words.
    pub fn ended(&mut self) -> Option<Error> {
        let status = self.child.try_wait().ok().flatten()?;
        Some(Error::Server { problem: format!("esteira {}", ended(Ok(status))), stderr: tail(&self.stderr) })
    }

    /// Sends SIGTERM and waits for exit code 0.
    pub async fn stop(mut self) -> Result<(), Error> {
        if let Some(error) = self.ended() {
            return Err(error);
        }
        if let Some(id) = self.child.id() {
            // The shell's own `kill`: the standard library has none but SIGKILL.
            let told = Command::new("sh").args(["-c", "kill -TERM \"$0\"", &id.to_string()]).status().await;
            told.map_err(|source| Error::io("send SIGTERM to esteira", source))?;
        }
        let Ok(status) = timeout(STOP_MAX, self.child.wait()).await else {
            return Err(Error::TooSlow { what: "the stop of esteira".into(), limit: STOP_MAX });
        };
        match status {
            Ok(status) if status.success() => Ok(()),
            other => Err(Error::Server {
                problem: format!("esteira {} on SIGTERM", ended(other)),
                stderr: tail(&self.stderr),
            }),
        }
    }
}

/// The address that it announces; none when it ends first.
async fn announcement(lines: &mut Lines<BufReader<ChildStdout>>) -> Option<String> {
    while let Ok(Some(line)) = lines.next_line().await {
        if let Some(address) = line.strip_prefix(ANNOUNCEMENT) {
            return Some(address.trim().to_owned());
        }
    }
    None
}

fn ended(status: std::io::Result<std::process::ExitStatus>) -> String {
    match status {
        Ok(status) => format!("ended with {status}"),
        Err(problem) => format!("cannot be waited for: {problem}"),
    }
}

fn tail(path: &Path) -> String {
    let text = fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(STDERR_LINES_MAX)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn start(script: &str) -> Result<(Server, tempfile::TempDir), Error> {
        let directory = tempfile::tempdir().expect("a directory");
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        Ok((Server::start(command, directory.path()).await?, directory))
    }

    /// Serves until SIGTERM, then exits with `$code`.
    fn serve(code: u8) -> String {
        format!(
            "trap 'exit {code}' TERM; echo hello; echo 'esteira: serving on 127.0.0.1:4242'; while :; do sleep 0.01; done"
        )
    }

    #[tokio::test]
    async fn it_is_ready_when_it_says_so_and_stops_cleanly() {
        let (mut server, _directory) = start(&serve(0)).await.expect("starts");
        assert_eq!(server.url, "http://127.0.0.1:4242");
        assert!(server.ended().is_none());
        server.stop().await.expect("exit code 0");
    }

    #[tokio::test]
    async fn an_unclean_exit_is_an_error() {
        let (server, _directory) = start(&serve(3)).await.expect("starts");
        let error = server.stop().await.expect_err("exit code 3").to_string();
        assert!(error.starts_with("esteira ended with exit status: 3 on SIGTERM"), "{error}");
    }

    #[tokio::test]
    async fn an_end_before_it_serves_shows_what_it_said() {
        let error = start("echo 'unknown flag --wings' >&2; exit 64").await.expect_err("it ended").to_string();
        assert_eq!(error, "esteira ended with exit status: 64 before it served; it said:\nunknown flag --wings");
    }

    #[tokio::test]
    async fn a_death_in_between_is_noticed() {
        let (mut server, _directory) =
            start("echo 'esteira: serving on 127.0.0.1:1'; echo gone >&2; kill -9 $$").await.expect("starts");
        timeout(Duration::from_secs(10), server.child.wait()).await.expect("in time").expect("it ended");
        let error = server.ended().expect("noticed").to_string();
        assert!(error.contains("signal: 9") && error.ends_with("it said:\ngone"), "{error}");
    }
}
