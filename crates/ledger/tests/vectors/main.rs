//! The vectors of `tests/vectors/ledger`: what this code says, in files that the independent verifier reads too.
//!
//! A vector that changed is a change of the format. When it is meant, write them again:
//! `UPDATE_VECTORS=1 cargo test -p esteira-ledger --test vectors`.

mod case;
mod envelopes;
mod evidence;
mod job;
mod leaves;
mod log;
mod notes;
mod published;

use serde_json::Value;
use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    process::Command,
};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors/ledger")
}

fn read(name: &str) -> Value {
    let path = folder().join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn check_file(name: &str, built: &Value) {
    if std::env::var_os("UPDATE_VECTORS").is_some() {
        let text = serde_json::to_string_pretty(built).expect("a value has a text") + "\n";
        std::fs::write(folder().join(name), text).expect("the folder can be written");
    }
    assert_eq!(&read(name), built, "{name}: the format changed");
}

#[test]
fn leaves() {
    check_file("leaves.json", &leaves::build());
}

#[test]
fn log() {
    check_file("log.json", &log::build());
}

#[test]
fn notes() {
    check_file("notes.json", &notes::build());
}

#[test]
fn evidence() {
    check_file("evidence.json", &evidence::build());
}

#[test]
fn envelopes() {
    check_file("envelopes.json", &envelopes::build());
}

#[test]
fn published() {
    published::check(&read("published.json"));
}

/// Another implementation, in another language, made from the documents, agrees on every file.
#[test]
fn the_independent_verifier_agrees() {
    let (said, code) = python("check_vectors.py", &[folder().as_os_str()]);
    // It says how many it looked at, so that it cannot agree by looking at none.
    assert_eq!((said.as_str(), code), ("agreed on 611 vectors\n", Some(0)));
}

/// As an auditor uses it: one file of evidence, and trust from elsewhere.
#[test]
fn the_independent_verifier_answers_on_the_command_line() {
    let evidence = read("evidence.json");
    let cases = evidence["cases"].as_array().expect("cases");
    for (number, verdict, exit) in [(0, "VALID\n", 0), (13, "MISMATCH_CONTENT: content\n", 1)] {
        let file = std::env::temp_dir().join(format!("esteira-evidence-{}-{number}.json", std::process::id()));
        std::fs::write(&file, cases[number]["bundle"].to_string()).expect("a folder that can be written");
        let arguments = ["--origin", "ledger.example/acme", "--key", evidence["keys"][0].as_str().expect("a key")];
        let arguments: Vec<&OsStr> = std::iter::once(file.as_os_str()).chain(arguments.map(OsStr::new)).collect();
        let answer = python("verify.py", &arguments);
        std::fs::remove_file(&file).expect("it was written");
        assert_eq!(answer, (verdict.to_owned(), Some(exit)));
    }
}

fn python(program: &str, arguments: &[&OsStr]) -> (String, Option<i32>) {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("verifier").join(program);
    let output = Command::new("python3").arg("-B").arg(program).args(arguments).output().expect("python3 runs");
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    (said, output.status.code())
}
