//! A coordinator process under measurement.

use super::database::Database;
use std::{
    fs::File,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
};

/// How long a start, an answer or a stop may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// Lines of a log that are shown when a coordinator fails.
const LOG_LINES: usize = 5;

/// A setting of a build with the feature `ablation`: name and value.
pub type Setting = (&'static str, &'static str);

/// A running coordinator.
pub struct Coordinator {
    child: Child,
    /// Where it listens.
    pub endpoint: String,
    /// Its process id.
    pub pid: u32,
    questions: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
    log: PathBuf,
}

/// What a coordinator has sent to its database so far.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sent {
    /// Statements.
    pub statements: u64,
    /// Commits of transactions that may write.
    pub commits: u64,
}

impl Coordinator {
    /// Starts this very binary over a database.
    pub async fn start(database: &Database, number: usize, settings: &[Setting]) -> Result<Self, String> {
        let binary = std::env::current_exe().map_err(|error| error.to_string())?;
        let log = database.directory().join(format!("coordinator-{number}.log"));
        let stderr = File::options().create(true).append(true).open(&log).map_err(|error| error.to_string())?;
        let mut command = Command::new(binary);
        for (key, _) in std::env::vars_os().filter(|(key, _)| key.as_encoded_bytes().starts_with(b"ESTEIRA_")) {
            command.env_remove(key);
        }
        let mut child = command
            .args(["serve", "--listen", "127.0.0.1:0", "--database", &database.url])
            .env("ESTEIRA_LOG", "error")
            .envs(settings.iter().copied())
            .envs(crate::ablation::IN_BUILD.then_some((crate::ablation::COUNTS, "on")))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(stderr)
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| format!("cannot start a coordinator: {error}"))?;
        let pid = child.id().ok_or("the coordinator ended at once")?;
        let questions = child.stdin.take().ok_or("no standard input")?;
        let lines = BufReader::new(child.stdout.take().ok_or("no standard output")?).lines();
        let mut started = Self { child, endpoint: String::new(), pid, questions, lines, log };
        let line = started.line().await?;
        let address = line.strip_prefix("esteira: serving on ").ok_or_else(|| format!("unexpected: {line}"))?;
        started.endpoint = format!("http://{address}");
        Ok(started)
    }

    async fn line(&mut self) -> Result<String, String> {
        let line = tokio::time::timeout(PATIENCE, self.lines.next_line()).await;
        let line = line.map_err(|_| format!("the coordinator says nothing; {}", tail(&self.log)))?;
        line.map_err(|error| error.to_string())?.ok_or_else(|| format!("the coordinator ended; {}", tail(&self.log)))
    }

    /// Asks what it has sent to its database; none where the build does not tell.
    pub async fn sent(&mut self) -> Result<Option<Sent>, String> {
        if !crate::ablation::IN_BUILD {
            return Ok(None);
        }
        self.questions.write_all(b"counts\n").await.map_err(|error| error.to_string())?;
        let line = self.line().await?;
        let mut numbers = line.split(' ').filter_map(|word| word.parse().ok());
        match (numbers.next(), numbers.next()) {
            (Some(statements), Some(commits)) => Ok(Some(Sent { statements, commits })),
            _ => Err(format!("unexpected: {line}")),
        }
    }

    /// Stops it; a coordinator that cannot stop is an error.
    pub async fn stop(self) -> Result<(), String> {
        let Self { mut child, questions, log, .. } = self;
        let status = std::process::Command::new("kill").args(["-TERM", &self.pid.to_string()]).status();
        status.map_err(|error| format!("kill: {error}"))?;
        // It reads questions to their end.
        drop(questions);
        let ended = tokio::time::timeout(PATIENCE, child.wait()).await;
        let ended = ended.map_err(|_| format!("the coordinator did not stop; {}", tail(&log)))?;
        let ended = ended.map_err(|error| error.to_string())?;
        if ended.success() { Ok(()) } else { Err(format!("the coordinator ended with {ended}; {}", tail(&log))) }
    }
}

fn tail(log: &Path) -> String {
    let log = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = log.lines().collect();
    format!("its log ends with: {}", lines[lines.len().saturating_sub(LOG_LINES)..].join(" / "))
}
