//! `error-page`: every reason that the coordinator can answer has a page, and every page a reason.

use super::finding::Finding;
use super::tree::{File, Tree};
use std::collections::BTreeMap;

const RULE: &str = "error-page";
/// Where the reasons are declared, as string constants.
const REASONS: &str = "crates/grpc/src/reason.rs";
const PAGES: &str = "docs/errors/";
/// The list of the pages; not a reason.
const INDEX: &str = "README";

/// Compares the two, both ways, and each page's title with its name.
pub fn check(tree: &Tree) -> Vec<Finding> {
    let Some(declared) = tree.file(REASONS) else {
        return vec![Finding::failure(REASONS, 1, RULE, "is missing: the reasons of errors are declared there")];
    };
    let reasons = reasons(declared);
    let mut found = Vec::new();
    if reasons.is_empty() {
        found.push(Finding::failure(REASONS, 1, RULE, "declares no reason (a string of capitals and underscores)"));
    }
    for (reason, line) in &reasons {
        if tree.file(&format!("{PAGES}{reason}.md")).is_none() {
            found.push(Finding::failure(
                REASONS,
                *line,
                RULE,
                format!("{reason} has no page: write {PAGES}{reason}.md"),
            ));
        }
    }
    let index = tree.file(&format!("{PAGES}{INDEX}.md"));
    for file in tree.files() {
        let Some(name) = file.path.strip_prefix(PAGES).and_then(|name| name.strip_suffix(".md")) else { continue };
        if name == INDEX {
            continue;
        }
        if !reasons.contains_key(name) {
            found.push(Finding::failure(&file.path, 1, RULE, format!("no such reason in {REASONS}")));
        }
        if index.is_some_and(|index| !index.text.contains(&format!("({name}.md)"))) {
            found.push(Finding::failure(&file.path, 1, RULE, format!("is not in the list of {PAGES}{INDEX}.md")));
        }
        if file.text.lines().next() != Some(&format!("# {name}")) {
            found.push(Finding::failure(&file.path, 1, RULE, format!("does not begin with `# {name}`")));
        }
    }
    found
}

/// The reasons with the line of their first mention.
fn reasons(file: &File) -> BTreeMap<&str, usize> {
    let mut found = BTreeMap::new();
    for (at, text) in file.literals().filter(|(at, text)| is_reason(text) && !file.in_test(*at)) {
        found.entry(text).or_insert_with(|| file.line(at));
    }
    found
}

fn is_reason(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_uppercase())
        && text.len() > 1
        && text.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    const DECLARED: (&str, &str) =
        (REASONS, "//! `\"DOC\"`\nconst DOMAIN: &str = \"esteira.v1\";\nLeaseLost => \"LEASE_LOST\",\n");

    fn check_messages(files: &[(&str, &str)], expected: &[&str]) {
        let found = check(&Tree::of(files));
        let messages: Vec<&str> = found.iter().map(|finding| finding.message.as_str()).collect();
        assert_eq!(messages.len(), expected.len(), "{messages:?}");
        for (message, expected) in messages.iter().zip(expected) {
            assert!(message.contains(expected), "{message:?} should speak of {expected:?}");
        }
    }

    #[test]
    fn a_reason_with_its_page() {
        check_messages(
            &[
                DECLARED,
                ("docs/errors/LEASE_LOST.md", "# LEASE_LOST\n"),
                ("docs/errors/README.md", "[LEASE_LOST](LEASE_LOST.md)"),
            ],
            &[],
        );
    }

    #[test]
    fn every_way_to_differ() {
        check_messages(&[("docs/errors/LEASE_LOST.md", "# LEASE_LOST")], &["is missing"]);
        check_messages(&[(REASONS, "")], &["declares no reason"]);
        check_messages(&[DECLARED], &["LEASE_LOST has no page"]);
        check_messages(
            &[DECLARED, ("docs/errors/LEASE_LOST.md", "# LEASE_LOST"), ("docs/errors/README.md", "# Errors")],
            &["is not in the list"],
        );
        check_messages(
            &[DECLARED, ("docs/errors/GONE.md", "# GONE"), ("docs/errors/LEASE_LOST.md", "# Lease lost")],
            &["no such reason", "does not begin with `# LEASE_LOST`"],
        );
    }
}
