//! The binary that is tested: of the tests' own profile, and not older than its sources.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
    time::SystemTime,
};

/// Names another binary to test, as it is.
const OVERRIDE: &str = "ESTEIRA_BIN";

/// The binary `esteira`.
///
/// Tests of another package get no binary from Cargo. After `cargo build --workspace` it is there and nothing is built;
/// when it is missing, or a source that it was built from has changed since, it is built here.
pub fn esteira() -> &'static Path {
    static FOUND: OnceLock<PathBuf> = OnceLock::new();
    FOUND.get_or_init(|| match std::env::var_os(OVERRIDE) {
        Some(path) => path.into(),
        None => built("esteira"),
    })
}

/// The binary `esteira-demo`, with the `esteira` that it starts beside it.
pub fn demo() -> PathBuf {
    built("esteira");
    built("esteira-demo")
}

fn built(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a test knows its own path");
    let profile = test.parent().and_then(Path::parent).expect("tests lie in target/PROFILE/deps");
    let binary = profile.join(name);
    if is_current(&binary) {
        return binary;
    }
    let release = profile.ends_with("release").then_some("--release");
    let mut build = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // The whole workspace with a test among the targets: so Cargo selects the features that `cargo test --workspace` has
    // selected, and builds no dependency twice.
    build.args(["build", "--quiet", "--workspace", "--bin", name, "--test", "kill9"]).args(release);
    let status = build.status().expect("cargo starts");
    assert!(status.success(), "{} is missing or out of date, and `{build:?}` failed", binary.display());
    binary
}

/// Whether the binary is there and none of the files that Cargo noted as its sources is newer.
fn is_current(binary: &Path) -> bool {
    let Some(built) = modified(binary) else { return false };
    let Ok(noted) = fs::read_to_string(binary.with_extension("d")) else { return false };
    let Some((_, sources)) = noted.split_once(": ") else { return false };
    // A space inside a name is written with a backslash.
    let sources = sources.replace("\\ ", "\0");
    sources.split_whitespace().all(|source| {
        let source = source.replace('\0', " ");
        modified(Path::new(&source)).is_some_and(|changed| changed <= built)
    })
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).ok()?.modified().ok()
}
