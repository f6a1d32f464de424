//! `banned-token`: what may stand in a draft and never in the tree.

use super::finding::Finding;
use super::source::Language;
use super::tree::{File, Tree};

const RULE: &str = "banned-token";

/// Where a token is banned.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scope {
    /// Everywhere, comments included.
    Text,
    /// In code, tests included.
    Code,
    /// In code that ships.
    Product,
}

struct Ban {
    languages: &'static [Language],
    token: &'static str,
    scope: Scope,
    instead: &'static str,
}

const ALL: &[Language] = &[Language::Rust, Language::Python, Language::Go, Language::TypeScript, Language::CSharp];
const RUST: &[Language] = &[Language::Rust];
const NO_SKIPS: &str = "a test runs or does not exist: what it needs is installed by `.ci/setup`";

const BANS: &[Ban] = &[
    Ban { languages: ALL, token: concat!("FIX", "ME"), scope: Scope::Text, instead: "repair it, or file an issue" },
    Ban { languages: RUST, token: "dbg!", scope: Scope::Code, instead: "use `tracing`" },
    Ban { languages: RUST, token: "todo!", scope: Scope::Code, instead: "finish it" },
    Ban {
        languages: RUST,
        token: "unimplemented!",
        scope: Scope::Code,
        instead: "return an error that names what is missing",
    },
    Ban { languages: RUST, token: "#[ignore", scope: Scope::Code, instead: NO_SKIPS },
    Ban {
        languages: RUST,
        token: ".unwrap()",
        scope: Scope::Product,
        instead: "handle it, or `expect(\"why it cannot fail\")`",
    },
    Ban { languages: &[Language::Python], token: "pytest.mark.skip", scope: Scope::Code, instead: NO_SKIPS },
    Ban { languages: &[Language::Python], token: "unittest.skip", scope: Scope::Code, instead: NO_SKIPS },
    Ban { languages: &[Language::Go], token: "t.Skip", scope: Scope::Code, instead: NO_SKIPS },
    Ban { languages: &[Language::TypeScript], token: "test.ignore", scope: Scope::Code, instead: NO_SKIPS },
    Ban { languages: &[Language::CSharp], token: "[Ignore", scope: Scope::Code, instead: NO_SKIPS },
];

/// Every source file that nobody generated.
pub fn check(tree: &Tree) -> Vec<Finding> {
    tree.sources().flat_map(|file| BANS.iter().flat_map(move |ban| places(file, ban))).collect()
}

fn places(file: &File, ban: &Ban) -> Vec<Finding> {
    if !ban.languages.contains(&file.language) {
        return Vec::new();
    }
    let places: Vec<usize> = match ban.scope {
        Scope::Text => file.find_text(ban.token).collect(),
        Scope::Code => file.find_code(ban.token).collect(),
        Scope::Product => file.find_code(ban.token).filter(|&at| !file.in_test(at)).collect(),
    };
    let message = || format!("`{}`: {}", ban.token, ban.instead);
    places.into_iter().map(|at| Finding::failure(&file.path, file.line(at), RULE, message())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_lines(path: &str, text: &str, expected: &[usize]) {
        let lines: Vec<usize> = check(&Tree::of(&[(path, text)])).into_iter().map(|finding| finding.line).collect();
        assert_eq!(lines, expected, "{path}: {text:?}");
    }

    #[test]
    fn tokens_are_found_in_code() {
        check_lines("crates/a/src/lib.rs", "fn f() {\n    dbg!(1);\n}", &[2]);
        check_lines("crates/a/src/lib.rs", "fn f() { todo!() }", &[1]);
        check_lines("crates/a/src/lib.rs", "fn f() { unimplemented!(\"x\") }", &[1]);
        check_lines("crates/a/src/lib.rs", "#[test]\n#[ignore = \"slow\"]\nfn f() {}", &[2]);
        check_lines("sdk/python/test_a.py", "@pytest.mark.skipif(True)", &[1]);
        check_lines("sdk/go/a_test.go", "\tt.Skip(\"later\")", &[1]);
        check_lines("sdk/deno/a.test.ts", "Deno.test.ignore(\"x\", () => {})", &[1]);
        check_lines("sdk/csharp/ATests.cs", "[Ignore(\"later\")]", &[1]);
    }

    #[test]
    fn prose_may_speak_of_them() {
        check_lines("crates/a/src/lib.rs", "// todo!() is banned\nconst A: &str = \"dbg!\";", &[]);
    }

    #[test]
    fn the_marker_of_unfinished_work_is_found_in_comments_too() {
        let marker = concat!("FIX", "ME");
        check_lines("sdk/go/a.go", &format!("package a // {marker}: later"), &[1]);
        check_lines("docs/HACKING.md", marker, &[]);
    }

    #[test]
    fn unwrap_is_for_tests() {
        let text = "fn f() { g().unwrap(); }\n#[cfg(test)]\nmod tests { fn t() { g().unwrap(); } }";
        check_lines("crates/a/src/lib.rs", text, &[1]);
        check_lines("crates/a/tests/t.rs", text, &[]);
        check_lines("crates/a/src/lib.rs", "fn f() { g().unwrap_or(1); }", &[]);
    }
}
