//! A project that `esteira init` has written, and its README at work.

use crate::blocks::{self, Block};
use esteira_e2e::{Cli, Process, Server, binary, cargo_project, tools, within};
use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};
use tempfile::TempDir;
use tokio::process::Command;

/// Installing and testing it: a build from almost nothing, and others may build beside it.
const PREPARED_MAX: Duration = Duration::from_secs(600);
/// The worker may be built and linked first.
const JOB_MAX: Duration = Duration::from_secs(240);
/// A worker without work ends within this time after SIGTERM.
const STOPPED_MAX: Duration = Duration::from_secs(10);

/// A project in a folder of its own.
pub struct Project {
    language: String,
    home: TempDir,
    folder: PathBuf,
}

impl Project {
    /// Has it written.
    pub async fn init(language: &str, name: &str, sdk: &Path) -> Self {
        let home = tempfile::tempdir().expect("a directory can be made");
        // Canonical: a workspace that Cargo finds through a link is another one to it.
        let folder = home.path().canonicalize().expect("it is there").join(name);
        let (at, sdk) = (folder.display().to_string(), sdk.display().to_string());
        let command = ["init", "function", "--lang", language, name, "--directory", &at, "--sdk", &sdk];
        Cli::new("http://127.0.0.1:1").run(&command).await.exits(0).prints(&at);
        Self { language: language.into(), home, folder }
    }

    /// What `--lang` takes.
    pub fn language(&self) -> &str {
        &self.language
    }

    /// The blocks of its README: how to prepare and test it, how to serve the function, how to run a job.
    pub fn readme(&self) -> [Block; 3] {
        let readme = fs::read_to_string(self.folder.join("README.md")).expect("there is a README");
        let blocks = blocks::of(&readme);
        assert!(blocks.iter().all(|block| block.info == "sh"), "{blocks:#?}");
        blocks.try_into().unwrap_or_else(|_| panic!("not three blocks:\n{readme}"))
    }

    /// Insists that one of its files with this extension has these lines in it.
    pub fn contains(&self, extension: &str, lines: &str) {
        let folders = [self.folder.clone(), self.folder.join("src")];
        let files = folders.iter().flat_map(|folder| fs::read_dir(folder).into_iter().flatten().flatten());
        let files = files.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|it| it == extension));
        let texts = files.map(|path| format!("\n{}", fs::read_to_string(path).expect("it is text")));
        assert!(texts.into_iter().any(|text| text.contains(&format!("\n{lines}"))), "in no .{extension}:\n{lines}");
    }

    /// Puts a file into it, whose first line says its name: readers of a page see no more.
    pub fn add(&self, name: &str, text: &str) {
        assert!(text.lines().next().is_some_and(|first| first.ends_with(&format!(" {name}"))), "{name}: {text}");
        let path = self.folder.join(name);
        assert!(path.starts_with(&self.folder) && !name.contains("..") && !path.exists(), "{name} is not a new file");
        fs::create_dir_all(path.parent().expect("it lies in the project")).expect("a directory can be made");
        fs::write(path, text).expect("a file can be written");
    }

    /// Follows its README: the tests pass, `tested` among what they say; the worker runs the job of its plan, and SIGTERM ends
    /// it well.
    pub async fn works(&self, server: &Server, tested: &str) {
        let [prepare, serve, run] = self.readme();
        if self.language == "rust" {
            self.like_the_checkout();
        }
        let said = self.shell(server, &prepare.text, PREPARED_MAX).await;
        assert!(said.contains(tested), "{tested:?} is not in:\n{said}");

        let serve = self.command(server, &format!("exec {}", serve.text));
        let mut worker = Process::start(&self.language, serve, &self.home.path().join("worker.log"));
        let said = self.shell(server, &run.text, JOB_MAX).await;
        for expected in ["SUCCEEDED", "\"hello, world\""] {
            assert!(said.contains(expected), "{said}\n{}", worker.log_tail());
        }
        worker.terminate();
        let status = worker.ended(STOPPED_MAX).await;
        assert!(status.success(), "the worker ended with {status}; its log ends with:\n{}", worker.log_tail());
    }

    /// Cargo takes the versions that the checkout is tested with, and what it has built.
    fn like_the_checkout(&self) {
        let settings = self.folder.with_file_name(".cargo");
        fs::create_dir(&settings).expect("a directory can be made");
        fs::write(settings.join("config.toml"), cargo_project::config()).expect("a file can be written");
        fs::copy(tools::root().join("Cargo.lock"), self.folder.join("Cargo.lock")).expect("a file can be copied");
    }

    /// Runs commands in the project, and insists that each goes well; what they said.
    async fn shell(&self, server: &Server, commands: &str, limit: Duration) -> String {
        let mut command = self.command(server, &format!("set -e\n{commands}"));
        let output = within(limit, commands, command.output()).await.expect("bash starts");
        let [printed, said] = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
        assert!(output.status.success(), "{}: {commands}{printed}{said}", output.status);
        printed + &said
    }

    fn command(&self, server: &Server, commands: &str) -> Command {
        let mut command = Command::new("bash");
        command.args(["-c", commands]).current_dir(&self.folder).kill_on_drop(true);
        command.env("PATH", path()).env("ESTEIRA_SERVER", server.url());
        // Nothing is fetched: what is missing fails.
        command.envs([("CARGO_NET_OFFLINE", "true"), ("GOPROXY", "off"), ("GOSUMDB", "off"), ("GOTOOLCHAIN", "local")]);
        command.envs([("GOFLAGS", "-buildvcs=false -v"), ("HTTPS_PROXY", "http://127.0.0.1:1"), ("NO_COLOR", "1")]);
        command.envs([("PIP_NO_INDEX", "1"), ("PIP_NO_DEPS", "1"), ("PIP_NO_BUILD_ISOLATION", "false")]);
        command.env("PIP_DISABLE_PIP_VERSION_CHECK", "1").env_remove("CARGO_TARGET_DIR");
        if self.language == "python" {
            command.env("PYTHONPATH", python_packages());
        }
        command
    }
}

/// The binary that is tested first, then the tools of the checkout.
fn path() -> OsString {
    let before = std::env::var_os("PATH").unwrap_or_default();
    let own = [binary::esteira().parent().expect("it lies in a folder").into(), tools::root().join(".tools/bin")];
    std::env::join_paths(own.into_iter().chain(std::env::split_paths(&before))).expect("it was a path before")
}

/// What `.ci/setup` has installed for the SDK; the SDK itself is only referred to from there, which a path does not follow.
fn python_packages() -> PathBuf {
    let versions = tools::root().join(".tools/sdk-python/lib");
    let found = fs::read_dir(&versions).into_iter().flatten().flatten().map(|entry| entry.path().join("site-packages"));
    found.into_iter().find(|folder| folder.is_dir()).unwrap_or_else(|| panic!("{versions:?} is empty: run .ci/setup"))
}
