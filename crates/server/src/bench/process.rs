//! A coordinator process under measurement.

use std::{path::Path, process::Stdio, time::Duration};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

/// How long a start or stop may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running coordinator with a database of its own.
pub struct Server {
    child: Child,
    /// Where it listens.
    pub endpoint: String,
    /// Its process id.
    pub pid: u32,
    directory: TempDir,
}

impl Server {
    /// Starts this very binary.
    pub async fn start(parent: Option<&Path>) -> Result<Self, String> {
        let directory = match parent {
            Some(parent) => TempDir::new_in(parent),
            None => TempDir::new(),
        };
        let directory = directory.map_err(|error| format!("no directory for the database: {error}"))?;
        let binary = std::env::current_exe().map_err(|error| error.to_string())?;
        let database = format!("sqlite:{}", directory.path().join("bench.db").display());
        let mut child = Command::new(binary)
            .args(["serve", "--listen", "127.0.0.1:0", "--database", &database])
            .env("ESTEIRA_LOG", "warn")
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| format!("cannot start a coordinator: {error}"))?;
        let stdout = child.stdout.take().ok_or("no standard output")?;
        let mut lines = BufReader::new(stdout).lines();
        let line =
            tokio::time::timeout(PATIENCE, lines.next_line()).await.map_err(|_| "the coordinator did not start")?;
        let line = line.map_err(|error| error.to_string())?.ok_or("the coordinator ended at once")?;
        let address = line.strip_prefix("esteira: serving on ").ok_or_else(|| format!("unexpected: {line}"))?;
        let pid = child.id().ok_or("the coordinator ended at once")?;
        Ok(Self { endpoint: format!("http://{address}"), child, pid, directory })
    }

    /// Bytes of the database file and its log.
    pub fn database_bytes(&self) -> u64 {
        let files = std::fs::read_dir(self.directory.path()).into_iter().flatten().flatten();
        files.filter_map(|file| file.metadata().ok()).map(|meta| meta.len()).sum()
    }

    /// Stops it; a coordinator that cannot stop is an error.
    pub async fn stop(mut self) -> Result<(), String> {
        let status = std::process::Command::new("kill").args(["-TERM", &self.pid.to_string()]).status();
        status.map_err(|error| format!("kill: {error}"))?;
        let ended =
            tokio::time::timeout(PATIENCE, self.child.wait()).await.map_err(|_| "the coordinator did not stop")?;
        let ended = ended.map_err(|error| error.to_string())?;
        if ended.success() { Ok(()) } else { Err(format!("the coordinator ended with {ended}")) }
    }
}

/// What a process has used so far.
#[derive(Debug, Clone, Copy, Default)]
pub struct Used {
    /// CPU time, user and system.
    pub cpu: Duration,
    /// Resident set, in bytes.
    pub rss_bytes: u64,
    /// Bytes that it had the kernel write to storage.
    pub written_bytes: u64,
}

/// Reads it from the kernel; zero where it does not tell.
pub fn used(pid: u32) -> Used {
    let read = |file: &str| std::fs::read_to_string(format!("/proc/{pid}/{file}")).unwrap_or_default();
    let stat = read("stat");
    // Fields are counted after the name, which may hold anything: utime and stime are the 12th and 13th, in 1/100 s.
    let after_name = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
    let ticks: u64 = after_name.split(' ').skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    let field = |text: &str, name: &str| -> u64 {
        let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
        line.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or(0)
    };
    Used {
        cpu: Duration::from_millis(ticks * 10),
        rss_bytes: field(&read("status"), "VmRSS:") * 1024,
        written_bytes: field(&read("io"), "write_bytes:"),
    }
}
