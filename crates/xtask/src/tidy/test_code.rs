//! Tells test code from product code: by path, by attribute, and by the module that declares a file.

use std::collections::BTreeSet;
use std::ops::Range;

/// Folders whose files do not ship: Cargo's and the tree's own, and the conformance suite that every store must pass.
const TEST_FOLDERS: [&str; 4] = ["tests", "benches", "examples", "conformance"];

/// Attributes in front of an item that only tests build.
const TEST_ATTRIBUTES: [&str; 5] = ["#[cfg(test)]", "#[cfg(any(test", "#[cfg(all(test", "#[test]", "#[tokio::test"];

/// Whether a whole file is test code by its path.
pub fn is_test_path(path: &str) -> bool {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    if folder.split('/').any(|part| TEST_FOLDERS.contains(&part)) || path.starts_with("crates/testkit/") {
        return true;
    }
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    match extension {
        "rs" => stem == "tests" || stem == "conformance" || stem.ends_with("_tests"),
        "py" => stem == "conftest" || stem.starts_with("test_") || stem.ends_with("_test"),
        "go" => stem.ends_with("_test"),
        "ts" => stem.ends_with(".test") || stem.ends_with("_test"),
        "cs" => stem.ends_with("Test") || stem.ends_with("Tests"),
        _ => false,
    }
}

/// The stretches of a Rust file that only tests build; `code` has no comments and no literals.
pub fn regions(code: &str) -> Vec<Range<usize>> {
    if code.contains("#![cfg(test)]") {
        return std::iter::once(0..code.len() + 1).collect();
    }
    let mut found: Vec<Range<usize>> = Vec::new();
    for attribute in TEST_ATTRIBUTES {
        found.extend(code.match_indices(attribute).map(|(start, _)| start..item_end(code, start)));
    }
    found
}

/// The files of the modules that `regions` declare (`#[cfg(test)] mod name;`), as both of Rust's layouts name them.
pub fn modules(path: &str, code: &str, regions: &[Range<usize>]) -> BTreeSet<String> {
    let (folder, name) = path.rsplit_once('/').unwrap_or((".", path));
    let folder = match name {
        "lib.rs" | "main.rs" | "mod.rs" => folder.to_owned(),
        _ => format!("{folder}/{}", name.trim_end_matches(".rs")),
    };
    regions
        .iter()
        .filter_map(|region| code.get(region.clone())?.trim_end().strip_suffix(';')?.rsplit_once("mod "))
        .map(|(_, module)| module.trim())
        .flat_map(|module| [format!("{folder}/{module}.rs"), format!("{folder}/{module}/mod.rs")])
        .collect()
}

/// The end of the item that begins at `start` with an attribute: its closing brace, or its semicolon.
fn item_end(code: &str, start: usize) -> usize {
    let mut nesting = 0usize;
    let mut braces = 0usize;
    for (offset, byte) in code.bytes().enumerate().skip(start) {
        match byte {
            b'(' | b'[' => nesting += 1,
            b')' | b']' => nesting = nesting.saturating_sub(1),
            b'{' => braces += 1,
            b'}' => {
                braces = braces.saturating_sub(1);
                if braces == 0 && nesting == 0 {
                    return offset + 1;
                }
            }
            b';' if braces == 0 && nesting == 0 => return offset + 1,
            _ => {}
        }
    }
    code.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        let tests = [
            "tests/e2e/src/main.rs",
            "crates/store/src/conformance/jobs.rs",
            "crates/store/src/conformance.rs",
            "crates/testkit/src/lib.rs",
            "crates/engine/src/report_tests.rs",
            "sdk/python/tests/vectors.py",
            "sdk/python/test_model.py",
            "sdk/go/model_test.go",
            "sdk/deno/model.test.ts",
            "sdk/csharp/ModelTests.cs",
        ];
        for path in tests {
            assert!(is_test_path(path), "{path}");
        }
        for path in
            ["crates/a/src/lib.rs", "sdk/python/esteira/testing.py", "sdk/go/contest.go", "crates/a/src/latest.rs"]
        {
            assert!(!is_test_path(path), "{path}");
        }
    }

    fn check(code: &str, expected: &[&str]) {
        let found: Vec<&str> = regions(code).into_iter().map(|region| &code[region]).collect();
        assert_eq!(found, expected, "{code:?}");
    }

    #[test]
    fn an_item_ends_with_its_brace_or_semicolon() {
        check("#[cfg(test)] mod a { fn f() { g(); } } fn p() {}", &["#[cfg(test)] mod a { fn f() { g(); } }"]);
        check("#[cfg(test)] use a::{b, c}; fn p() {}", &["#[cfg(test)] use a::{b, c}"]);
        check("#[cfg(test)] mod a; fn p() {}", &["#[cfg(test)] mod a;"]);
        check("#[test] fn f(a: [u8; 2]) -> X { y } fn p() {}", &["#[test] fn f(a: [u8; 2]) -> X { y }"]);
        check("fn p() {} #[cfg(not(test))] fn q() {}", &[]);
        check("#[cfg(test)] #[allow(x)] impl A { fn f() {} }", &["#[cfg(test)] #[allow(x)] impl A { fn f() {} }"]);
    }

    #[test]
    fn modules_of_both_layouts() {
        let code = "#[cfg(test)]\npub mod cases;";
        let found = modules("a/src/report.rs", code, &regions(code));
        assert_eq!(found.into_iter().collect::<Vec<_>>(), ["a/src/report/cases.rs", "a/src/report/cases/mod.rs"]);
        let found = modules("a/src/lib.rs", code, &regions(code));
        assert!(found.contains("a/src/cases.rs"));
    }
}
