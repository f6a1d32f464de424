//! Projects outside of the checkout that are built with Cargo: built like those of the checkout, in seconds.

use crate::tools;
use std::{fmt::Write as _, fs};

/// The costly ones among the packages that are built again, as fast as possible. Ours have another path from there; those of
/// others have fewer features without the rest of the workspace. A name too many or too few costs seconds, no more.
const BUILT_AGAIN: &[&str] = &[
    "esteira-contract",
    "esteira-engine",
    "esteira-model",
    "esteira-sdk",
    "async-trait",
    "axum",
    "axum-core",
    "futures-util",
    "h2",
    "hyper",
    "hyper-util",
    "libc",
    "prost-build",
    "protox-parse",
    "rustix",
    "serde",
    "serde_core",
    "serde_derive",
    "serde_json",
    "syn@3",
    "thiserror-impl",
    "tokio",
    "tokio-util",
    "tonic",
    "tonic-types",
    "tower",
];

/// The text of a `.cargo/config.toml` that has a project built like those of the checkout, so that what the checkout has
/// built is taken from there.
pub fn config() -> String {
    let test = std::env::current_exe().expect("a test knows its own path");
    let target = test.ancestors().nth(3).expect("tests lie in target/PROFILE/deps");
    let manifest = fs::read_to_string(tools::root().join("Cargo.toml")).expect("the checkout has one");
    let mut config = format!("[build]\nbuild-dir = {target:?}\n");
    for section in manifest.split("\n[").filter(|section| section.starts_with("profile.dev")) {
        writeln!(config, "[{section}").expect("text can be written to");
    }
    for package in BUILT_AGAIN {
        writeln!(config, "[profile.dev.package.\"{package}\"]\nopt-level = 0").expect("text can be written to");
    }
    config
}
