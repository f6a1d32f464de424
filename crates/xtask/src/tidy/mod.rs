//! The house rules as a test: each check is a file, reads the [`Tree`] and returns [`Finding`]s.
//!
//! Rules that clippy knows too (`.unwrap()`, raw clocks) stand in both: clippy resolves names but sees one build at a
//! time; this reads every file there is, whatever its features or its language.
//!
//! To add a rule: a file with `check(&Tree) -> Vec<Finding>` and tests that show it can fail, and a row in [`run`].

mod banned_tokens;
mod clocks;
mod contract_types;
mod crate_graph;
mod error_pages;
mod file_length;
mod finding;
mod invariants;
mod leaks;
mod migrations;
mod source;
mod sql;
mod test_code;
mod top_level;
mod tree;

use finding::{Finding, Severity};
use std::path::Path;
use tree::Tree;

/// Runs every check, prints the findings and a summary. `false` when a rule is broken.
pub fn run(root: &Path) -> Result<bool, String> {
    let tree = Tree::load(root)?;
    let graph = crate_graph::Graph::load(root)?;
    let checks = [
        crate_graph::check(&graph, &tree),
        file_length::check(&tree),
        banned_tokens::check(&tree),
        sql::check(&tree),
        contract_types::check(&tree),
        clocks::check(&tree),
        invariants::check(&tree),
        error_pages::check(&tree),
        migrations::check(&tree),
        top_level::check(&tree),
        leaks::check(&tree, root),
    ];
    let count = checks.len();
    let mut findings: Vec<Finding> = checks.into_iter().flatten().collect();
    findings.sort();
    for finding in &findings {
        println!("{finding}");
    }
    let failures = findings.iter().filter(|finding| finding.severity == Severity::Failure).count();
    let warnings = findings.len() - failures;
    println!("tidy: {count} checks over {} files: {failures} failures, {warnings} warnings", tree.files().len());
    Ok(failures == 0)
}
