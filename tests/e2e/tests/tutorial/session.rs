//! One bash that runs the blocks, and ends with everything that it has started.

use crate::page::{Block, Kind};
use esteira_e2e::{binary, cargo_project, tools, within};
use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
    time::Instant,
};

/// How long a block may take.
const BLOCK_MAX: Duration = Duration::from_secs(60);
/// How long one may take that builds: it waits for whoever builds something else in the same directory.
const BUILD_MAX: Duration = Duration::from_secs(600);
/// How long the shell may take to end after its last block.
const ENDED_MAX: Duration = Duration::from_secs(10);
/// What is shown of each log when something is wrong.
const LOG_LINES_SHOWN: usize = 20;

/// Starts the shell in a process group with a guard, which ends the group when the test ends in whatever way: then nothing
/// holds the other end of descriptor 3 any more.
const GUARDED: &str = r#"exec 3<&0 </dev/null; { read -r _ <&3 || kill -KILL 0; } >/dev/null & exec bash "$0" 3<&-"#;

/// A shell that works through a page.
#[derive(Debug)]
pub struct Session {
    shell: Child,
    progress: Lines<BufReader<ChildStdout>>,
    /// Holds the guard back. Not left to the child, which drops it when it is waited for.
    _guard: ChildStdin,
    directory: TempDir,
}

impl Session {
    /// Starts to run the blocks.
    pub fn start(blocks: &[Block]) -> Self {
        let directory = tempfile::tempdir().expect("a directory can be made");
        // Canonical: a workspace that Cargo finds through a link is another one to it.
        let home = directory.path().canonicalize().expect("it is there");
        fs::create_dir(home.join(".cargo")).expect("a directory can be made");
        fs::write(home.join(".cargo/config.toml"), cargo_project::config()).expect("a file can be written");
        fs::write(home.join("all.sh"), script(blocks, &home)).expect("a file can be written");
        let mut command = Command::new("bash");
        for (key, _) in std::env::vars_os().filter(|(key, _)| key.as_encoded_bytes().starts_with(b"ESTEIRA_")) {
            command.env_remove(key);
        }
        let (address, tools_path) = (own_address(), binary::esteira().parent().expect("it lies in a folder"));
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = [tools_path.into()].into_iter().chain(std::env::split_paths(&path));
        command
            .args(["-c", GUARDED])
            .arg(home.join("all.sh"))
            .current_dir(tools::root())
            .env("PATH", std::env::join_paths(path).expect("it was a path before"))
            .env("TMPDIR", &home)
            .env_remove("CARGO_TARGET_DIR")
            .env("CARGO_NET_OFFLINE", "true")
            .env("ESTEIRA_LISTEN", &address)
            .env("ESTEIRA_SERVER", format!("http://{address}"))
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        let mut shell = command.spawn().expect("bash starts");
        let progress = BufReader::new(shell.stdout.take().expect("it was asked for just above")).lines();
        let guard = shell.stdin.take().expect("it was asked for just above");
        Self { shell, progress, _guard: guard, directory }
    }

    /// Waits until a block has been run; how long it took. Panics with all that was said when it failed.
    pub async fn ran(&mut self, number: usize, block: &Block) -> Duration {
        let begun = Instant::now();
        let limit = if block.text.contains("cargo build") { BUILD_MAX } else { BLOCK_MAX };
        let next = tokio::time::timeout(limit, self.progress.next_line()).await;
        let expected = format!("ran {number}");
        match next {
            Ok(Ok(Some(line))) if line == expected => begun.elapsed(),
            Ok(_) => panic!("line {} failed:\n{}\n{}", block.line, block.text, self.said(number)),
            Err(_) => panic!("line {}: not within {limit:?}:\n{}\n{}", block.line, block.text, self.said(number)),
        }
    }

    /// What a block of commands printed.
    pub fn output(&self, number: usize) -> String {
        fs::read_to_string(self.directory.path().join(format!("{number}.out"))).expect("the block was run")
    }

    /// Insists on a shell that ends well and leaves nothing behind.
    pub async fn ended(mut self) {
        let last = within(ENDED_MAX, "the shell says what still runs", self.progress.next_line()).await;
        assert_eq!(last.expect("it can be read").as_deref(), Some("still running:"), "the page ends what it starts");
        let status = within(ENDED_MAX, "the shell ends", self.shell.wait()).await.expect("it can be waited for");
        assert!(status.success(), "{status}");
    }

    /// What the block and everything in the background said.
    fn said(&self, number: usize) -> String {
        let home = self.directory.path();
        let mut files = vec![home.join(format!("{number}.out")), home.join(format!("{number}.err"))];
        let folders = fs::read_dir(home).into_iter().flatten().flatten().map(|entry| entry.path());
        let inside = folders.flat_map(|folder| fs::read_dir(folder).into_iter().flatten().flatten());
        files.extend(inside.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|it| it == "log")));
        files.iter().fold(String::new(), |all, path| all + &tail(path))
    }
}

fn tail(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    let shown = lines[lines.len().saturating_sub(LOG_LINES_SHOWN)..].join("\n");
    let name = path.file_name().unwrap_or_default().display();
    format!("--- {name}\n{shown}\n")
}

/// An address on which nobody else listens: the usual port, on a loopback address of this process.
fn own_address() -> String {
    let [_, a, b, c] = std::process::id().to_be_bytes();
    format!("127.{}.{b}.{c}:7440", 100 + a)
}

/// A script that runs the blocks and reports each.
fn script(blocks: &[Block], home: &Path) -> String {
    let mut script = String::from("set -euo pipefail\n");
    for (number, block) in blocks.iter().enumerate() {
        let file: PathBuf = home.join(format!("{number}.block"));
        fs::write(&file, &block.text).expect("a file can be written");
        let at = |ending: &str| home.join(format!("{number}.{ending}")).display().to_string();
        let run = match &block.kind {
            Kind::File(name) => format!("mkdir -p \"$(dirname '{name}')\"\ncp '{}' '{name}'", at("block")),
            Kind::Shell => format!("source '{}' >'{}' 2>'{}' </dev/null", at("block"), at("out"), at("err")),
        };
        writeln!(script, "{run}\necho 'ran {number}'").expect("text can be written to");
    }
    script + "echo \"still running:\" $(jobs -pr)\n"
}
