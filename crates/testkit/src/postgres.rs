//! A PostgreSQL server of a test process: as durable as in production, reachable over a Unix socket only.

use std::{
    env, fs, io,
    os::unix::{fs::MetadataExt, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    thread,
    time::Duration,
};
use tempfile::TempDir;

/// User and group `nobody`: PostgreSQL refuses to run as root.
const NOBODY: u32 = 65_534;
/// How often a starting server is asked whether it is ready, and how many times.
const ASK_AGAIN: Duration = Duration::from_millis(50);
const ASK_MAX: u32 = 1200;

/// Runs the server and waits for the end of its own input, which comes when the test process ends in whatever way. Nothing
/// of the server is kept then, so it need not end in order.
const KEEPER: &str = r#"folder=$1; shift
{ "$@" </dev/null; echo "the server ended"; } &
read -r _
pid=$(head -n 1 "$folder/data/postmaster.pid" 2>/dev/null) && kill -QUIT "$pid" 2>/dev/null
while kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
rm -rf "$folder""#;
/// What the keeper writes when the server ends by itself.
const ENDED: &str = "the server ended\n";

/// A running server. Its superuser is `tester`, without a password.
pub struct Postgres {
    folder: PathBuf,
    programs: PathBuf,
    keeper: Child,
    databases: AtomicU32,
}

impl Postgres {
    /// The server of this process, started with its first use. It ends with the process.
    ///
    /// # Panics
    /// With what is missing, when PostgreSQL is not installed or does not start: a test that needs it must fail.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Postgres> = OnceLock::new();
        SHARED.get_or_init(|| Self::start(&[]))
    }

    /// A server of its own with these settings (`name=value`) on top of the defaults, for a test that stops or breaks it.
    ///
    /// # Panics
    /// As [`Self::shared`].
    pub fn start(settings: &[&str]) -> Self {
        let programs = programs();
        let folder = tempfile::Builder::new().prefix("esteira-pg-").tempdir().expect("a temporary folder");
        if is_root() {
            std::os::unix::fs::chown(folder.path(), Some(NOBODY), Some(NOBODY)).expect("the folder is given away");
        }
        // From here on the keeper removes it.
        let folder = TempDir::keep(folder);
        initialise(&programs, &folder);
        let keeper = keep(&programs, &folder, settings).expect("the server is started");
        let server = Self { folder, programs, keeper, databases: AtomicU32::new(0) };
        server.wait_until_ready();
        server
    }

    /// The URL of a database of this server.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://tester@localhost/{database}?host={}", self.folder.display())
    }

    /// The path of the server's socket.
    pub fn socket(&self) -> PathBuf {
        self.folder.join(".s.PGSQL.5432")
    }

    /// A name that no other call returned: for a database or a schema of one test.
    pub fn fresh_name(&self) -> String {
        format!("t{}", self.databases.fetch_add(1, Ordering::Relaxed))
    }

    /// Runs SQL in a database as `tester`, for what a test must prepare.
    ///
    /// # Panics
    /// With the server's answer, when it refuses.
    pub fn run(&self, database: &str, sql: &str) {
        let mut psql = program(&self.programs, "psql", &self.folder);
        psql.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-U", "tester", "-h"]).arg(&self.folder);
        succeed(psql.args(["-d", database, "-c", sql]), "psql");
    }

    /// What a query answers: one line a row, columns between bars.
    ///
    /// # Panics
    /// With the server's answer, when it refuses.
    pub fn ask(&self, database: &str, sql: &str) -> String {
        let mut psql = program(&self.programs, "psql", &self.folder);
        psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", "tester", "-h"]).arg(&self.folder);
        succeed(psql.args(["-d", database, "-c", sql]), "psql")
    }

    /// Stops the server as a crash would, or orderly (`fast`), and waits for its end; its data stays.
    ///
    /// # Panics
    /// When it does not stop.
    pub fn stop(&self, mode: &str) {
        succeed(self.control().args(["stop", "-w", "-m", mode]), "pg_ctl stop");
    }

    /// Kills the server's first process with SIGKILL, and waits until the others have noticed; its data stays.
    ///
    /// # Panics
    /// When it does not run, or does not end.
    pub fn kill9(&self) {
        let file = self.folder.join("data/postmaster.pid");
        let text = fs::read_to_string(&file).expect("a server that runs has its number in a file");
        let id = text.lines().next().unwrap_or_default().to_owned();
        // Children are found by their parent's number while it lives.
        let children = Command::new("pgrep").args(["-P", &id]).output().expect("pgrep is installed");
        let children = String::from_utf8_lossy(&children.stdout).into_owned();
        succeed(Command::new("kill").args(["-9", &id]), "kill");
        for child in children.lines().chain([id.as_str()]) {
            let folder = Path::new("/proc").join(child);
            let ended = || fs::read_to_string(folder.join("stat")).map_or(true, |stat| stat.contains(") Z "));
            let mut asked = 0;
            while !ended() {
                assert!(asked < ASK_MAX, "process {child} of the server does not end");
                asked += 1;
                thread::sleep(ASK_AGAIN);
            }
        }
        // They name a process that some systems keep as a zombie, which the next server would take for a living one.
        fs::remove_file(file).expect("nobody holds the data any more");
        fs::remove_file(self.folder.join(".s.PGSQL.5432.lock")).expect("nor the socket");
    }

    /// Starts the server again after [`Self::stop`].
    ///
    /// # Panics
    /// When it does not start.
    pub fn restart(&self) {
        self.try_restart().unwrap_or_else(|why| panic!("{why}"));
    }

    /// The same, or why it does not start: one that was killed may have left processes behind that still hold its memory.
    pub fn try_restart(&self) -> Result<(), String> {
        let log = self.folder.join("log");
        let options = format!("-k {} -c listen_addresses=", self.folder.display());
        attempt(self.control().args(["start", "-w", "-o", &options, "-l"]).arg(log), "pg_ctl start").map(drop)
    }

    /// The process that all others of the server come from; none when it does not run.
    pub fn postmaster(&self) -> Option<u32> {
        let noted = fs::read_to_string(self.folder.join("data/postmaster.pid")).ok()?;
        noted.lines().next()?.parse().ok()
    }

    /// As [`Self::ask`], or why there is no answer.
    pub fn try_ask(&self, database: &str, sql: &str) -> Result<String, String> {
        let mut psql = program(&self.programs, "psql", &self.folder);
        psql.env("PGCONNECT_TIMEOUT", "3");
        psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", "tester", "-h"]).arg(&self.folder);
        attempt(psql.args(["-d", database, "-c", sql]), "psql")
    }

    fn control(&self) -> Command {
        let mut control = program(&self.programs, "pg_ctl", &self.folder);
        control.arg("-s").arg("-D").arg(self.folder.join("data"));
        control
    }

    fn wait_until_ready(&self) {
        for _ in 0..ASK_MAX {
            let mut ready = program(&self.programs, "pg_isready", &self.folder);
            if ready.arg("-q").arg("-h").arg(&self.folder).status().is_ok_and(|status| status.success()) {
                return;
            }
            assert!(!self.log().ends_with(ENDED), "PostgreSQL ended at its start: {}", self.log());
            thread::sleep(ASK_AGAIN);
        }
        panic!("PostgreSQL is not ready after a minute: {}", self.log());
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // A server that was stopped and started again is no child of the keeper.
        let _ = self.control().args(["stop", "-m", "immediate"]).stderr(Stdio::null()).status();
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}

fn initialise(programs: &Path, folder: &Path) {
    let mut initdb = program(programs, "initdb", folder);
    initdb.args(["--auth=trust", "--username=tester", "--encoding=UTF8", "--locale=C", "--no-sync", "-D"]);
    succeed(initdb.arg(folder.join("data")), "initdb");
}

/// Starts the keeper, and through it the server.
fn keep(programs: &Path, folder: &Path, settings: &[&str]) -> io::Result<Child> {
    let log = fs::File::create(folder.join("log"))?;
    if is_root() {
        std::os::unix::fs::chown(folder.join("log"), Some(NOBODY), Some(NOBODY))?;
    }
    let mut keeper = program(programs, "sh", folder);
    // A group of its own: an interrupt from the keyboard ends the test process, and then the keeper by itself.
    keeper.process_group(0).args(["-c", KEEPER, "keeper"]).arg(folder).arg(programs.join("postgres"));
    keeper.arg("-D").arg(folder.join("data")).arg("-k").arg(folder);
    // A time zone with an offset: nothing may depend on the server's.
    for setting in ["listen_addresses=", "timezone=America/Sao_Paulo"].iter().chain(settings) {
        keeper.args(["-c", setting]);
    }
    keeper.stdin(Stdio::piped()).stdout(log.try_clone()?).stderr(log).spawn()
}

/// A command in the folder, by a user that PostgreSQL accepts.
fn program(programs: &Path, name: &str, folder: &Path) -> Command {
    let path = programs.join(name);
    let mut command = if path.exists() { Command::new(path) } else { Command::new(name) };
    command.current_dir(folder);
    if is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    command
}

/// Runs a command that must succeed; what it printed.
fn succeed(command: &mut Command, what: &str) -> String {
    attempt(command, what).unwrap_or_else(|why| panic!("{why}"))
}

/// Runs a command; what it printed, or what is wrong.
fn attempt(command: &mut Command, what: &str) -> Result<String, String> {
    let output = command.stdin(Stdio::null()).output().map_err(|e| format!("{what} cannot be run: {e}"))?;
    if !output.status.success() {
        return Err(format!("{what}: {}", String::from_utf8_lossy(&output.stderr)));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The folder of the newest installed version: Debian's place first, then the path.
fn programs() -> PathBuf {
    let root = Path::new("/usr/lib/postgresql");
    let versions = fs::read_dir(root).into_iter().flatten().flatten();
    let newest = versions
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
        .filter(|version| root.join(version.to_string()).join("bin/initdb").exists())
        .max();
    if let Some(version) = newest {
        return root.join(version.to_string()).join("bin");
    }
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).find(|folder| folder.join("initdb").exists()).unwrap_or_else(|| {
        panic!("PostgreSQL is not installed (no initdb in {}/*/bin or in PATH): run .ci/setup", root.display())
    })
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}
