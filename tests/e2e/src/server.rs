//! A coordinator: the real binary over a data directory of its own.

use crate::{Cli, Process, binary};
use esteira_sdk::client::Client;
use std::{
    ffi::OsString,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::ExitStatus,
    time::Duration,
};
use tempfile::TempDir;
use tokio::{
    process::Command,
    time::{Instant, sleep},
};

/// How the line begins that announces the address.
const ANNOUNCEMENT: &str = "esteira: serving on ";
/// How long the port may be taken by someone else when the server comes back.
const PORT_TAKEN_MAX: Duration = Duration::from_secs(5);
/// How long a server may take to drain.
const DRAINED_MAX: Duration = Duration::from_secs(15);

/// Which server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Serve,
    Dev,
}

/// A coordinator that runs, or has been ended and can be started again.
#[derive(Debug)]
pub struct Server {
    program: PathBuf,
    kind: Kind,
    database: Option<String>,
    extra: Vec<OsString>,
    directory: TempDir,
    address: SocketAddr,
    process: Process,
}

impl Server {
    /// `esteira serve` on SQLite, on a free port.
    pub async fn serve() -> Self {
        Self::start(binary::esteira(), Kind::Serve, None, Vec::new()).await
    }

    /// `esteira serve` on this database with these arguments more. The program may be one that becomes the binary, which comes
    /// behind it as an argument.
    pub async fn serve_by(program: &Path, database: String, extra: Vec<OsString>) -> Self {
        Self::start(program, Kind::Serve, Some(database), extra).await
    }

    /// `esteira serve` on this database, which others may use too, on a free port.
    pub async fn serve_on(database: String) -> Self {
        Self::start(binary::esteira(), Kind::Serve, Some(database), Vec::new()).await
    }

    /// The same with another binary; whatever lies there when it is started again is what is started.
    pub async fn serve_with(program: &Path, database: String) -> Self {
        Self::start(program, Kind::Serve, Some(database), Vec::new()).await
    }

    /// `esteira dev`, with the functions in the box, on a free port.
    pub async fn dev() -> Self {
        Self::start(binary::esteira(), Kind::Dev, None, Vec::new()).await
    }

    async fn start(program: &Path, kind: Kind, database: Option<String>, extra: Vec<OsString>) -> Self {
        let directory = tempfile::tempdir().expect("a directory can be made");
        let mut process = spawn(program, kind, database.as_deref(), &extra, directory.path(), "127.0.0.1:0");
        let address = process.line(ANNOUNCEMENT).await.parse().expect("an address is announced");
        Self { program: program.into(), kind, database, extra, directory, address, process }
    }

    /// Starts it again on the same data and the same port, after it has ended.
    pub async fn restart(&mut self) {
        assert!(!self.process.is_running(), "it still runs");
        let end = Instant::now() + PORT_TAKEN_MAX;
        loop {
            let (database, listen) = (self.database.as_deref(), self.address.to_string());
            self.process = spawn(&self.program, self.kind, database, &self.extra, self.directory.path(), &listen);
            if self.process.next_line(ANNOUNCEMENT).await.is_some() {
                return;
            }
            // While nobody listened, the port may have been given to a client's connection for a moment.
            let tail = self.process.log_tail();
            let taken = tail.lines().last().is_some_and(|line| line.contains("cannot listen"));
            assert!(taken && Instant::now() < end, "the server does not come back; its log ends with:\n{tail}");
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// `127.0.0.1:PORT`.
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// A client that is as patient as clients are.
    pub fn client(&self) -> Client {
        Client::connect(self.url()).expect("the address is an endpoint")
    }

    /// The command line against this server.
    pub fn cli(&self) -> Cli {
        Cli::new(self.url())
    }

    /// Its data and its log.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.process.id().unwrap_or_else(|| panic!("the coordinator has ended"))
    }

    /// Kills it as `kill -9` does.
    pub async fn kill9(&mut self) {
        self.process.kill9().await;
    }

    /// Stops it where it is, as SIGSTOP does.
    pub fn pause(&self) {
        self.process.pause();
    }

    /// Lets it go on, as SIGCONT does.
    pub fn resume(&self) {
        self.process.resume();
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        self.process.log()
    }

    /// Sends SIGTERM.
    pub fn terminate(&self) {
        self.process.terminate();
    }

    /// Waits until it has ended.
    pub async fn ended(&mut self) -> ExitStatus {
        self.process.ended(DRAINED_MAX).await
    }

    /// Ends it as an operator would, and insists on a clean end and on a log without errors.
    pub async fn stop(self) {
        self.stop_with(None).await;
    }

    /// The same after a test that caused an error itself: lines that contain this text are none.
    pub async fn stop_with(mut self, caused: Option<&str>) {
        self.terminate();
        let status = self.ended().await;
        assert!(status.success(), "the server ended with {status}; its log ends with:\n{}", self.process.log_tail());
        let log = self.process.log();
        let is_error = |line: &&str| line.contains("ERROR") || line.contains("panicked");
        let is_caused = |line: &&str| caused.is_some_and(|caused| line.contains(caused));
        let errors: Vec<&str> = log.lines().filter(|line| is_error(line) && !is_caused(line)).collect();
        assert!(errors.is_empty(), "the server's log has errors:\n{}", errors.join("\n"));
    }
}

fn spawn(
    program: &Path,
    kind: Kind,
    database: Option<&str>,
    extra: &[OsString],
    directory: &Path,
    listen: &str,
) -> Process {
    let mut command = Command::new(program);
    // Enough for a test, and made at once.
    command.env("ESTEIRA_LAST_RESORT_RESERVE", "8MiB");
    match kind {
        Kind::Serve => {
            let file = || format!("sqlite:{}", directory.join("esteira.db").display());
            let database = database.map_or_else(file, str::to_owned);
            command.args(["serve", "--listen", listen, "--database", &database]);
        }
        Kind::Dev => {
            command.args(["dev", "--listen", listen, "--data-dir"]).arg(directory);
        }
    }
    command.args(extra);
    Process::start("esteira", command, &directory.join("esteira.log"))
}
