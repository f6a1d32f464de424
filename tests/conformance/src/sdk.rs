//! What an `sdk.yaml` says of one SDK: how its conformance worker is built and started, and what it promises.

use serde::Deserialize;
use std::{
    env, fs,
    path::{Path, PathBuf},
};
use tokio::process::Command;

/// Where they lie, from the checkout.
const FILES: [&str; 5] =
    ["tests/kit/sdk.yaml", "sdk/python/sdk.yaml", "sdk/go/sdk.yaml", "sdk/deno/sdk.yaml", "sdk/csharp/sdk.yaml"];

/// One SDK.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sdk {
    /// Its language.
    pub name: String,
    /// The highest level whose scenarios it must pass.
    pub level: u8,
    /// A program that no registry gives and that building needs: where it is missing, the SDK is listed as not run.
    #[serde(default)]
    pub requires: Option<String>,
    /// What must have run before the worker is started; may be empty.
    #[serde(default)]
    pub build: Vec<String>,
    /// The worker, with `{server}`, `{slots}`, `{worker_id}` and, where it has one, `{spool}`.
    pub command: Vec<String>,
    /// `scenario` or `scenario/variant`: what it is known not to do yet. An entry that passes is an error.
    #[serde(default)]
    pub must_fail: Vec<String>,
}

/// What a worker is started with.
#[derive(Debug, Clone, Copy)]
pub struct Start<'a> {
    /// Where it leases.
    pub server: &'a str,
    /// How many tasks at once.
    pub slots: usize,
    /// Its id.
    pub worker_id: &'a str,
    /// Where it may leave results that it cannot deliver.
    pub spool: &'a Path,
}

/// An `sdk.yaml` that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It cannot be read.
    #[error("{0}: {1}")]
    Read(PathBuf, std::io::Error),
    /// It is not what this page says.
    #[error("{0}: {1}")]
    Parse(PathBuf, serde_yaml_ng::Error),
    /// Nobody asked for can be found.
    #[error("there is no SDK named {0:?}; there are {1:?}")]
    Unknown(String, Vec<String>),
    /// The worker cannot be built.
    #[error("{0}: {1}")]
    Build(String, String),
}

impl Sdk {
    /// All of them.
    pub fn all() -> Result<Vec<Self>, Error> {
        FILES.iter().map(|file| Self::read(&esteira_e2e::tools::root().join(file))).collect()
    }

    /// Those with these names; all when there are none.
    pub fn named(names: &[String]) -> Result<Vec<Self>, Error> {
        let all = Self::all()?;
        let known: Vec<String> = all.iter().map(|sdk| sdk.name.clone()).collect();
        if let Some(unknown) = names.iter().find(|name| !known.contains(name)) {
            return Err(Error::Unknown(unknown.clone(), known));
        }
        Ok(all.into_iter().filter(|sdk| names.is_empty() || names.contains(&sdk.name)).collect())
    }

    /// Those that can run here.
    pub fn here(all: Vec<Self>) -> Vec<Self> {
        all.into_iter().filter(|sdk| sdk.lacks().is_none()).collect()
    }

    /// The program that it requires and that is not here.
    pub fn lacks(&self) -> Option<&str> {
        let program = self.requires.as_deref()?;
        let path = env::var_os("PATH").unwrap_or_default();
        let found = env::split_paths(&path).any(|folder| folder.join(program).is_file());
        (!found).then_some(program)
    }

    /// Why it was not run, in a line; none when it was.
    pub fn not_run(&self) -> Option<String> {
        self.lacks().map(|program| format!("not run here: {}: there is no `{program}`", self.name))
    }

    fn read(file: &Path) -> Result<Self, Error> {
        let text = fs::read_to_string(file).map_err(|error| Error::Read(file.into(), error))?;
        serde_yaml_ng::from_str(&text).map_err(|error| Error::Parse(file.into(), error))
    }

    /// Builds the worker.
    pub async fn build(&self) -> Result<(), Error> {
        let Some((program, arguments)) = self.build.split_first() else { return Ok(()) };
        let failed = |what: String| Error::Build(self.build.join(" "), what);
        let mut command = Command::new(self.filled(program, None));
        command.args(arguments.iter().map(|argument| self.filled(argument, None))).kill_on_drop(true);
        fs::create_dir_all(built()).map_err(|error| Error::Read(built(), error))?;
        let output = command.output().await.map_err(|error| failed(error.to_string()))?;
        match output.status.success() {
            true => Ok(()),
            false => Err(failed(String::from_utf8_lossy(&output.stderr).into_owned())),
        }
    }

    /// The command that starts a worker.
    pub fn worker(&self, start: Start<'_>) -> Command {
        let mut words = self.command.iter().map(|word| self.filled(word, Some(start)));
        let mut command = Command::new(words.next().expect("a command has a program"));
        command.args(words);
        command
    }

    /// Whether this cell is one of those that must fail.
    pub fn must_fail(&self, scenario: &str, variant: &str) -> bool {
        self.must_fail.iter().any(|entry| match entry.split_once('/') {
            Some((name, of)) => name == scenario && of == variant,
            None => entry == scenario,
        })
    }

    fn filled(&self, word: &str, start: Option<Start<'_>>) -> String {
        let word = word
            .replace("{root}", &self.root().display().to_string())
            .replace("{target}", &target().display().to_string())
            .replace("{built}", &built().display().to_string());
        let Some(start) = start else { return word };
        word.replace("{server}", start.server)
            .replace("{slots}", &start.slots.to_string())
            .replace("{worker_id}", start.worker_id)
            .replace("{spool}", &start.spool.display().to_string())
    }

    /// The checkout; `CONFORMANCE_ROOT_GO` and the like name another one to take the SDK from.
    fn root(&self) -> PathBuf {
        let other = env::var_os(format!("CONFORMANCE_ROOT_{}", self.name.to_uppercase()));
        other.map_or_else(esteira_e2e::tools::root, PathBuf::from)
    }
}

/// Where Cargo puts binaries of the profile that runs.
fn target() -> PathBuf {
    let own = env::current_exe().expect("a program knows its own path");
    let folder = own.parent().expect("it lies in a folder");
    if folder.ends_with("deps") { folder.parent().expect("deps lies in one").into() } else { folder.into() }
}

/// Where workers are built that Cargo does not build.
fn built() -> PathBuf {
    target().join("conformance-workers")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sdk_is_described() {
        let all = Sdk::all().expect("they can be read");
        let names: Vec<&str> = all.iter().map(|sdk| sdk.name.as_str()).collect();
        assert_eq!(names, ["rust", "python", "go", "deno", "csharp"]);
        for sdk in &all {
            let words = sdk.command.concat();
            assert!(["{server}", "{slots}", "{worker_id}"].iter().all(|word| words.contains(word)), "{words}");
        }
    }

    #[test]
    fn an_sdk_whose_program_is_missing_is_listed_and_not_run() {
        let sdk = |requires: &str| -> Sdk {
            serde_yaml_ng::from_str(&format!("{{name: a, level: 3, command: [a], requires: {requires}}}")).unwrap()
        };
        let (present, absent) = (sdk("sh"), sdk("there-is-no-such-program"));
        assert_eq!(present.not_run(), None);
        assert_eq!(absent.not_run().as_deref(), Some("not run here: a: there is no `there-is-no-such-program`"));
        let names: Vec<_> = Sdk::here(vec![present, absent]).into_iter().map(|sdk| sdk.requires.unwrap()).collect();
        assert_eq!(names, ["sh"]);
    }

    #[test]
    fn a_field_that_is_not_known_is_refused() {
        assert!(serde_yaml_ng::from_str::<Sdk>("{name: a, level: 3, command: [a], skip: [b]}").is_err());
    }

    #[test]
    fn an_entry_names_a_scenario_or_one_variant_of_it() {
        let sdk: Sdk = serde_yaml_ng::from_str("{name: a, level: 3, command: [a], must_fail: [x, y/lossy]}").unwrap();
        let fails = [("x", "plain"), ("x", "lossy"), ("y", "lossy"), ("y", "plain")].map(|(s, v)| sdk.must_fail(s, v));
        assert_eq!(fails, [true, true, true, false]);
    }
}
