//! `invariant`: the rules that never bend are a page, cited where they are upheld and where they are tested.
//!
//! A section of the page is a heading with the id, and two lines that name files:
//! ```text
//! ## INV-EXAMPLE
//! - Upheld in: `crates/engine/src/report.rs`
//! - Tested in: `crates/engine/src/report.rs`
//! ```

use super::finding::Finding;
use super::source::Language;
use super::tree::{File, Tree};
use std::collections::BTreeMap;

const RULE: &str = "invariant";
const PAGE: &str = "docs/invariants.md";
const PREFIX: &str = concat!("INV", "-");
const UPHELD: &str = "- Upheld in:";
const TESTED: &str = "- Tested in:";
/// Speaks about invariants, upholds none.
const EXEMPT: &str = "crates/xtask/";

/// One section of the page.
#[derive(Default)]
struct Section {
    line: usize,
    upheld: Vec<(usize, String)>,
    tested: Vec<(usize, String)>,
}

/// One mention of an id.
struct Citation<'a> {
    id: &'a str,
    file: &'a File,
    at: usize,
}

/// The page against the tree, both ways.
pub fn check(tree: &Tree) -> Vec<Finding> {
    let Some(page) = tree.file(PAGE) else {
        return vec![Finding::failure(PAGE, 1, RULE, "is missing: the rules that never bend stand there")];
    };
    let sections = sections(page);
    let citations: Vec<Citation<'_>> = tree
        .files()
        .iter()
        .filter(|file| file.path != PAGE && !file.path.starts_with(EXEMPT))
        .flat_map(citations)
        .collect();
    let mut found = Vec::new();
    if sections.is_empty() {
        found.push(Finding::failure(PAGE, 1, RULE, format!("has no section `## {PREFIX}..`")));
    }
    for citation in citations.iter().filter(|citation| !sections.contains_key(citation.id)) {
        let line = citation.file.line(citation.at);
        found.push(Finding::failure(&citation.file.path, line, RULE, format!("{} is not in {PAGE}", citation.id)));
    }
    for (id, section) in &sections {
        let cited = |test: bool, path: Option<&str>| {
            citations.iter().any(|citation| {
                let here = path.is_none_or(|path| citation.file.path == path);
                citation.id == *id && here && is_code(citation.file) && citation.file.in_test(citation.at) == test
            })
        };
        for (test, name, named) in [(false, UPHELD, &section.upheld), (true, TESTED, &section.tested)] {
            let kind = if test { "test" } else { "product code" };
            if !cited(test, None) {
                found.push(Finding::failure(PAGE, section.line, RULE, format!("{id} is cited in no {kind}")));
            }
            if named.is_empty() {
                found.push(Finding::failure(PAGE, section.line, RULE, format!("{id} has no file after `{name}`")));
            }
            for (line, path) in named {
                if tree.file(path).is_none() {
                    found.push(Finding::failure(PAGE, *line, RULE, format!("{path} does not exist")));
                } else if !cited(test, Some(path)) {
                    found.push(Finding::failure(PAGE, *line, RULE, format!("{path} does not cite {id} in its {kind}")));
                }
            }
        }
    }
    found
}

fn sections(page: &File) -> BTreeMap<&str, Section> {
    let mut found: BTreeMap<&str, Section> = BTreeMap::new();
    let mut current = None;
    for (number, line) in (1..).zip(page.text.lines()) {
        if let Some(title) = line.strip_prefix("## ") {
            current = title.split([' ', ':']).next().filter(|id| id.starts_with(PREFIX));
            if let Some(id) = current {
                found.entry(id).or_default().line = number;
            }
        }
        let Some(section) = current.and_then(|id| found.get_mut(id)) else { continue };
        // Every second part of a line that is cut at its backticks stands between two of them.
        let paths =
            |rest: &str| rest.split('`').skip(1).step_by(2).map(|path| (number, path.to_owned())).collect::<Vec<_>>();
        if let Some(rest) = line.strip_prefix(UPHELD) {
            section.upheld.extend(paths(rest));
        } else if let Some(rest) = line.strip_prefix(TESTED) {
            section.tested.extend(paths(rest));
        }
    }
    found
}

fn citations(file: &File) -> Vec<Citation<'_>> {
    let id = |at: usize| {
        let rest = &file.text[at..];
        let end =
            rest.find(|c: char| !(c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-')).unwrap_or(rest.len());
        rest[..end].trim_end_matches('-')
    };
    file.find_text(PREFIX)
        .map(|at| Citation { id: id(at), file, at })
        .filter(|citation| citation.id.len() > PREFIX.len())
        .collect()
}

/// Whether a mention in this file upholds or tests something, rather than only speaking of it.
fn is_code(file: &File) -> bool {
    file.language != Language::Other || file.path.ends_with(".sql")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECTION: &str = "## INV-ONE: title\n- Upheld in: `crates/a/src/lib.rs`\n- Tested in: `crates/a/tests/t.rs`\n";
    const PRODUCT: (&str, &str) = ("crates/a/src/lib.rs", "// INV-ONE: why");
    const TEST: (&str, &str) = ("crates/a/tests/t.rs", "// INV-ONE.");

    fn check_messages(files: &[(&str, &str)], expected: &[&str]) {
        let found = check(&Tree::of(files));
        let messages: Vec<&str> = found.iter().map(|finding| finding.message.as_str()).collect();
        assert_eq!(messages, expected);
    }

    #[test]
    fn a_rule_that_is_upheld_and_tested() {
        check_messages(&[(PAGE, SECTION), PRODUCT, TEST], &[]);
        let both = ("crates/a/src/lib.rs", "// INV-ONE\n#[cfg(test)] mod tests {\n    // INV-ONE\n}");
        let page = SECTION.replace("crates/a/tests/t.rs", "crates/a/src/lib.rs");
        check_messages(&[(PAGE, &page), both], &[]);
    }

    #[test]
    fn the_page_and_its_sections_must_be_there() {
        check_messages(&[PRODUCT], &["is missing: the rules that never bend stand there"]);
        check_messages(&[(PAGE, "# Rules\n")], &["has no section `## INV-..`"]);
    }

    #[test]
    fn an_unknown_id_is_found_in_code_and_in_prose() {
        let prose = ("docs/a.md", "all of INV-* and INV-TWO\nINV-ONE");
        check_messages(&[(PAGE, SECTION), PRODUCT, TEST, prose], &["INV-TWO is not in docs/invariants.md"]);
    }

    #[test]
    fn a_rule_that_nobody_upholds_or_tests() {
        let page = "## INV-ONE\n- Upheld in:\n- Tested in: `crates/a/tests/gone.rs`\n";
        check_messages(
            &[(PAGE, page), ("docs/a.md", "INV-ONE")],
            &[
                "INV-ONE is cited in no product code",
                "INV-ONE has no file after `- Upheld in:`",
                "INV-ONE is cited in no test",
                "crates/a/tests/gone.rs does not exist",
            ],
        );
    }

    #[test]
    fn a_named_file_must_cite_the_rule() {
        let silent = ("crates/a/tests/t.rs", "");
        let other = ("crates/b/tests/t.rs", "// INV-ONE");
        check_messages(
            &[(PAGE, SECTION), PRODUCT, silent, other],
            &["crates/a/tests/t.rs does not cite INV-ONE in its test"],
        );
    }
}
