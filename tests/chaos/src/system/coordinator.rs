//! A coordinator: the real binary, with a log of its own.

use super::signal::{self, Signal};
use esteira_e2e::Process;
use std::{
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::{
    process::Command,
    time::{Instant, sleep},
};

const ANNOUNCEMENT: &str = "esteira: serving on ";
/// How long one may take to come back, and how long it rests between two attempts.
const BACK_MAX: Duration = Duration::from_secs(60);
const AGAIN_AFTER: Duration = Duration::from_millis(200);

/// A coordinator that runs, or can be started again on its address.
pub(crate) struct Coordinator {
    pub name: String,
    program: PathBuf,
    bug: Option<String>,
    url: String,
    log: PathBuf,
    /// The folder of its last resort, as this process sees it.
    resort: PathBuf,
    /// The process in whose mount namespace its data lies.
    holder: Option<u32>,
    address: String,
    process: Option<Process>,
    id: u32,
}

impl Coordinator {
    pub fn new(name: &str, program: &Path, bug: Option<&str>, url: String, folder: &Path, holder: Option<u32>) -> Self {
        let own = folder.join(format!("{name}.last-resort"));
        // Beside its file it makes one by itself.
        let file = url.strip_prefix("sqlite:").map(|file| format!("{file}.last-resort"));
        let resort = match (holder, file) {
            (Some(holder), Some(file)) => PathBuf::from(format!("/proc/{holder}/root{file}")),
            _ => own,
        };
        Self {
            name: name.into(),
            program: program.into(),
            bug: bug.map(str::to_owned),
            url,
            log: folder.join(format!("{name}.log")),
            resort,
            holder,
            address: "127.0.0.1:0".into(),
            process: None,
            id: 0,
        }
    }

    fn command(&self) -> Command {
        let mut command = match self.holder {
            Some(holder) => {
                let mut command = Command::new("nsenter");
                command.args(super::disk::enter(holder)).arg(&self.program);
                command
            }
            None => Command::new(&self.program),
        };
        command.args(["serve", "--listen", &self.address, "--database", &self.url]);
        // The disk of a round is small.
        command.args(["--last-resort-reserve", "8MiB"]);
        if self.holder.is_none() {
            // Beside a file they are made by themselves.
            let beside = |name: &str| self.log.with_file_name(name);
            command.arg("--ledger-key").arg(beside("ledger-key"));
            command.arg("--ledger-anchor").arg(beside(&format!("{}.anchors", self.name)));
            command.arg("--last-resort").arg(&self.resort);
        }
        if let Some(bug) = &self.bug {
            command.env(crate::mutant::VARIABLE, bug);
        }
        command
    }

    /// Starts it, again and again while its address or its database is not free yet.
    pub async fn start(&mut self) -> Result<(), String> {
        let end = Instant::now() + BACK_MAX;
        loop {
            let mut process = Process::start(&self.name, self.command(), &self.log);
            let id = process.id();
            if let Some(address) = process.next_line(ANNOUNCEMENT).await {
                self.address = address;
                self.id = id.expect("it has just spoken");
                self.process = Some(process);
                return Ok(());
            }
            if Instant::now() > end {
                return Err(process.log_tail());
            }
            sleep(AGAIN_AFTER).await;
        }
    }

    pub fn resort(&self) -> &Path {
        &self.resort
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn id(&self) -> u32 {
        self.id
    }

    pub fn is_running(&mut self) -> bool {
        self.process.as_mut().is_some_and(Process::is_running)
    }

    /// kill -9, and whether it ran until then.
    pub async fn kill9(&mut self) -> bool {
        let ran = signal::send(self.id, Signal::Kill);
        if let Some(process) = &mut self.process {
            return process.ended(Duration::from_secs(30)).await.code().is_none() && ran;
        }
        false
    }

    pub fn log(&self) -> String {
        std::fs::read(&self.log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    }

    pub fn log_tail(&self) -> String {
        self.process.as_ref().map(Process::log_tail).unwrap_or_default()
    }
}
