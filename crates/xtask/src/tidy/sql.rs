//! `sql`: SQL is written in one crate, so that one suite over both databases covers all of it.

use super::finding::Finding;
use super::tree::Tree;

const RULE: &str = "sql";

/// Where SQL may stand, each with its reason.
const ALLOWED: &[(&str, &str)] = &[
    ("crates/store-sql/", "the one SQL adapter"),
    ("crates/demo/", "shows the database's rows to the reader of the demo"),
    ("workers/rust/src/database_query", "the function `database.query`: running a plan author's SQL is what it does"),
];

/// Every source file that nobody generated, except tests.
pub fn check(tree: &Tree) -> Vec<Finding> {
    let files = tree.sources().filter(|file| !ALLOWED.iter().any(|(prefix, _)| file.path.starts_with(prefix)));
    files
        .flat_map(|file| {
            let statements = file.literals().filter(|(at, text)| is_statement(text) && !file.in_test(*at));
            statements.map(|(at, text)| {
                let word = text.split_whitespace().next().unwrap_or_default();
                let message = format!("a statement ({word} ..) outside crates/store-sql: make it a verb of the store");
                Finding::failure(&file.path, file.line(at), RULE, message)
            })
        })
        .collect()
}

/// Whether a string literal begins as a statement does. Keywords are written in capitals in this house, which keeps
/// sentences that begin with "Select" or "Update" apart.
fn is_statement(literal: &str) -> bool {
    let mut words = literal.split_whitespace();
    let first = words.next().unwrap_or_default();
    let second = words.next().unwrap_or_default();
    match first {
        "SELECT" | "PRAGMA" => !second.is_empty(),
        "UPDATE" => words.any(|word| word == "SET"),
        "WITH" => words.any(|word| word == "SELECT" || word.ends_with("(SELECT")),
        "INSERT" | "REPLACE" => matches!(second, "INTO" | "OR"),
        "DELETE" => second == "FROM",
        "BEGIN" => matches!(second, "IMMEDIATE" | "EXCLUSIVE" | "TRANSACTION"),
        "CREATE" | "DROP" | "ALTER" | "TRUNCATE" => matches!(second, "TABLE" | "INDEX" | "UNIQUE" | "VIEW" | "TRIGGER"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_and_sentences() {
        let statements = [
            "SELECT 1",
            "\n    SELECT a\n    FROM b",
            "INSERT INTO a VALUES ($1)",
            "INSERT OR IGNORE INTO a VALUES ($1)",
            "UPDATE a SET b = $1",
            "DELETE FROM a",
            "WITH a AS (SELECT 1) DELETE FROM b",
            "PRAGMA journal_mode",
            "BEGIN IMMEDIATE",
            "CREATE TABLE a (b TEXT)",
        ];
        for text in statements {
            assert!(is_statement(text), "{text:?}");
        }
        for text in
            ["Select a plan", "SELECT", "UPDATE", "DELETE", "BEGIN", "UPDATE failed", "INSERT", "WITH care", "CREATE"]
        {
            assert!(!is_statement(text), "{text:?}");
        }
    }

    fn check_lines(path: &str, text: &str, expected: &[usize]) {
        let lines: Vec<usize> = check(&Tree::of(&[(path, text)])).into_iter().map(|finding| finding.line).collect();
        assert_eq!(lines, expected, "{path}: {text:?}");
    }

    #[test]
    fn only_the_adapter_may_have_it() {
        let text = "fn f() {\n    query(\"SELECT a FROM b\");\n}";
        check_lines("crates/coordinator/src/lease_tasks.rs", text, &[2]);
        check_lines("crates/store/src/reader.rs", text, &[2]);
        check_lines("crates/store-sql/src/lease_tasks.rs", text, &[]);
        check_lines("workers/rust/src/database_query.rs", text, &[]);
        check_lines("workers/rust/src/http_request.rs", text, &[2]);
        check_lines("sdk/python/esteira/client.py", "x = '''SELECT a'''", &[1]);
        check_lines("sdk/go/client.go", "x := `DELETE FROM a`", &[1]);
    }

    #[test]
    fn tests_and_comments_may_have_it() {
        check_lines("crates/server/tests/dev.rs", "fn f() { q(\"SELECT 1\") }", &[]);
        check_lines("crates/server/src/dev.rs", "#[cfg(test)] mod t { const Q: &str = \"SELECT 1\"; }", &[]);
        check_lines("crates/server/src/dev.rs", "// \"SELECT 1\"", &[]);
    }
}
