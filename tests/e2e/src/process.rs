//! A child process that never outlives its test.

use crate::wait::within;
use std::{
    ffi::OsString,
    fs::{self, OpenOptions},
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    sync::mpsc,
};

/// How long a process may take to say what is waited for.
const LINE_MAX: Duration = Duration::from_secs(20);
/// How long the operating system may take to end a killed process.
const KILLED_MAX: Duration = Duration::from_secs(10);
/// What is shown of its standard error when something is wrong.
const LOG_LINES_SHOWN: usize = 20;

/// A running child. Dropping it kills it.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    lines: mpsc::UnboundedReceiver<String>,
    log: PathBuf,
}

impl Process {
    /// Starts it, without the `ESTEIRA_` settings of whoever runs the tests; those of the command itself stay. Its standard
    /// error is added to the file `log`.
    pub fn start(name: &str, mut command: Command, log: &Path) -> Self {
        let stderr = OpenOptions::new().create(true).append(true).open(log).expect("a log file can be opened");
        let own: Vec<OsString> = command.as_std().get_envs().map(|(key, _)| key.to_owned()).collect();
        let foreign = std::env::vars_os().map(|(key, _)| key).filter(|key| !own.contains(key));
        for key in foreign.filter(|key| key.as_encoded_bytes().starts_with(b"ESTEIRA_")) {
            command.env_remove(key);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(stderr).kill_on_drop(true);
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{name} does not start: {error}: {command:?}"));
        let mut stdout = BufReader::new(child.stdout.take().expect("it was asked for just above")).lines();
        let (sender, lines) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok(Some(line)) = stdout.next_line().await {
                // Nobody may be listening any more, but a full pipe would stop the process.
                let _ = sender.send(line);
            }
        });
        Self { name: name.into(), child, lines, log: log.into() }
    }

    /// Waits for a line on its standard output that begins with `prefix`; the rest of it. None when it ends first.
    pub async fn next_line(&mut self, prefix: &str) -> Option<String> {
        let what = format!("{} says {prefix:?}", self.name);
        let lines = &mut self.lines;
        within(LINE_MAX, &what, async {
            loop {
                match lines.recv().await?.strip_prefix(prefix) {
                    Some(rest) => return Some(rest.trim().to_owned()),
                    None => continue,
                }
            }
        })
        .await
    }

    /// As [`Process::next_line`]; panics with what it said when it ends first.
    pub async fn line(&mut self, prefix: &str) -> String {
        match self.next_line(prefix).await {
            Some(line) => line,
            None => panic!("{} ended before it said {prefix:?}; its log ends with:\n{}", self.name, self.log_tail()),
        }
    }

    /// Its number among the processes of the machine; none once it has ended and was seen to.
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Whether it still runs.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("a child can be asked for").is_none()
    }

    /// Kills it as `kill -9` does, and waits until it is gone. Panics when it had ended before: then nothing was tested.
    pub async fn kill9(&mut self) {
        assert!(self.is_running(), "{} had ended by itself; its log ends with:\n{}", self.name, self.log_tail());
        self.child.start_kill().expect("a running child can be killed");
        let status = self.ended(KILLED_MAX).await;
        assert_eq!(status.signal(), Some(9), "{} ended by itself: {status}", self.name);
    }

    /// Sends SIGTERM.
    pub fn terminate(&self) {
        self.signal("TERM");
    }

    /// Stops it where it is, as SIGSTOP does.
    pub fn pause(&self) {
        self.signal("STOP");
    }

    /// Lets it go on, as SIGCONT does.
    pub fn resume(&self) {
        self.signal("CONT");
    }

    fn signal(&self, name: &str) {
        let Some(id) = self.child.id() else { panic!("{} has ended", self.name) };
        // The shell's own `kill`: the standard library has none but SIGKILL.
        let kill = format!("kill -{name} \"$0\"");
        let told = std::process::Command::new("sh").args(["-c", &kill, &id.to_string()]).status();
        assert!(told.is_ok_and(|status| status.success()), "SIG{name} cannot be sent to {}", self.name);
    }

    /// Waits until it has ended.
    pub async fn ended(&mut self, limit: Duration) -> ExitStatus {
        within(limit, &format!("{} ends", self.name), self.child.wait()).await.expect("a child can be waited for")
    }

    /// What it wrote to its standard error, and those before it that shared the file.
    pub fn log(&self) -> String {
        fs::read(&self.log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    }

    /// The last lines of its log.
    pub fn log_tail(&self) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(LOG_LINES_SHOWN)..].join("\n")
    }
}
