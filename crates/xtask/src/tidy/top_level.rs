//! `top-level`: the root of the tree is a table of contents; a new entry is a decision.

use super::finding::Finding;
use super::tree::Tree;
use std::collections::BTreeSet;

const RULE: &str = "top-level";

const ALLOWED: &[&str] = &[
    ".cargo",
    ".ci",
    ".gitignore",
    "CHANGELOG.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "Makefile",
    "README.md",
    "buf.gen.yaml",
    "buf.yaml",
    "clippy.toml",
    "console",
    "crates",
    "deny.toml",
    "deploy",
    "docs",
    "migrations",
    "proto",
    "rust-toolchain.toml",
    "rustfmt.toml",
    "sdk",
    "tests",
    "workers",
];

/// The first part of every path.
pub fn check(tree: &Tree) -> Vec<Finding> {
    let names: BTreeSet<&str> = tree.files().iter().filter_map(|file| file.path.split('/').next()).collect();
    names
        .into_iter()
        .filter(|name| !ALLOWED.contains(name))
        .map(|name| Finding::failure(name, 1, RULE, "not a name of the root folder: put it where it belongs"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_names_pass_and_others_do_not() {
        let tree =
            Tree::of(&[("Cargo.toml", ""), ("crates/a/src/lib.rs", ""), ("notes.txt", ""), ("scripts/a.sh", "")]);
        let paths: Vec<String> = check(&tree).into_iter().map(|finding| finding.path).collect();
        assert_eq!(paths, ["notes.txt", "scripts"]);
    }
}
