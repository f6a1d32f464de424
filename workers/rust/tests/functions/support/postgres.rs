//! A PostgreSQL cluster that is made for the tests and thrown away.

use std::{
    fs,
    os::unix::{fs::MetadataExt as _, process::CommandExt as _},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::{Arc, Mutex, PoisonError, Weak},
    thread,
    time::Duration,
};
use tempfile::TempDir;

/// The cluster that the tests of this process share, as long as one of them runs.
static SHARED: Mutex<Weak<Cluster>> = Mutex::new(Weak::new());

/// User and group `nobody`: PostgreSQL refuses to run as root.
const NOBODY: u32 = 65_534;

/// A running cluster; stopped and deleted when it is dropped.
pub(crate) struct Cluster {
    folder: TempDir,
    server: Child,
}

impl Cluster {
    /// The shared cluster. Fails the test, with a reason, where PostgreSQL is not installed.
    pub(crate) fn shared() -> Arc<Self> {
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        shared.upgrade().unwrap_or_else(|| {
            let cluster = Arc::new(Self::start());
            *shared = Arc::downgrade(&cluster);
            cluster
        })
    }

    /// The URL of the maintenance database, over the Unix socket.
    pub(crate) fn url(&self) -> String {
        format!("postgres://tester@localhost/postgres?host={}", self.folder.path().display())
    }

    fn start() -> Self {
        let folder = tempfile::Builder::new().prefix("esteira-pg").tempdir_in("/tmp").expect("a folder");
        if is_root() {
            std::os::unix::fs::chown(folder.path(), Some(NOBODY), Some(NOBODY)).expect("give the folder away");
        }
        let data = folder.path().join("data");
        let made = command("initdb", folder.path())
            .args(["--auth=trust", "--username=tester", "--encoding=UTF8", "--locale=C", "--no-sync", "-D"])
            .arg(&data)
            .output();
        check(&made.expect("initdb runs"), "initdb");
        let log = fs::File::create(folder.path().join("log")).expect("a log");
        let server = command("postgres", folder.path())
            .args(["-c", "listen_addresses=", "-c", "fsync=off", "-c", "timezone=America/Sao_Paulo", "-k"])
            .arg(folder.path())
            .arg("-D")
            .arg(&data)
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a log"))
            .stderr(log)
            .spawn()
            .expect("postgres starts");
        let mut cluster = Self { folder, server };
        cluster.wait_until_ready();
        cluster
    }

    fn wait_until_ready(&mut self) {
        for _ in 0..300 {
            let ready = command("pg_isready", self.folder.path()).arg("-q").arg("-h").arg(self.folder.path()).status();
            if ready.expect("pg_isready runs").success() {
                return;
            }
            assert!(self.server.try_wait().expect("a child").is_none(), "postgres ended: {}", self.log());
            thread::sleep(Duration::from_millis(100));
        }
        panic!("postgres is not ready after 30 s: {}", self.log());
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // Nothing of it is kept, so there is nothing to end in order.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn command(program: &str, folder: &Path) -> Command {
    let mut command = Command::new(programs().join(program));
    command.current_dir(folder);
    if is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    command
}

/// The newest installed version.
fn programs() -> PathBuf {
    let root = Path::new("/usr/lib/postgresql");
    let versions = fs::read_dir(root).into_iter().flatten().flatten();
    let newest = versions
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
        .filter(|version| root.join(version.to_string()).join("bin/initdb").exists())
        .max();
    match newest {
        Some(version) => root.join(version.to_string()).join("bin"),
        None => {
            panic!("PostgreSQL is not installed (no {}/*/bin/initdb): run `apt-get install postgresql`", root.display())
        }
    }
}

fn is_root() -> bool {
    fs::metadata("/proc/self").expect("a process").uid() == 0
}

fn check(output: &Output, what: &str) {
    assert!(output.status.success(), "{what}: {}", String::from_utf8_lossy(&output.stderr));
}
