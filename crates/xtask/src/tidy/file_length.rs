//! `file-length`: a source file is one concept; past 500 lines it is worth a look, past 800 it is two.

use super::finding::Finding;
use super::tree::Tree;

const RULE: &str = "file-length";
const LINES_WARN: usize = 500;
const LINES_MAX: usize = 800;

/// Every source file that nobody generated.
pub fn check(tree: &Tree) -> Vec<Finding> {
    tree.sources()
        .filter_map(|file| {
            let lines = file.text.lines().count();
            if lines > LINES_MAX {
                let message = format!("{lines} lines, {LINES_MAX} at most: split it by what it does");
                return Some(Finding::failure(&file.path, 1, RULE, message));
            }
            let message = || format!("{lines} lines: past {LINES_WARN}, think of a split");
            (lines > LINES_WARN).then(|| Finding::warning(&file.path, 1, RULE, message()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::finding::Severity;

    fn check_lines(path: &str, lines: usize, expected: Option<Severity>) {
        let text = "x\n".repeat(lines);
        let found = check(&Tree::of(&[(path, &text)]));
        assert_eq!(found.first().map(|finding| finding.severity), expected, "{path} with {lines} lines");
    }

    #[test]
    fn limits() {
        check_lines("crates/a/src/lib.rs", 500, None);
        check_lines("crates/a/src/lib.rs", 501, Some(Severity::Warning));
        check_lines("sdk/python/esteira/model.py", 800, Some(Severity::Warning));
        check_lines("sdk/go/model.go", 801, Some(Severity::Failure));
        check_lines("sdk/deno/model.ts", 801, Some(Severity::Failure));
        check_lines("sdk/csharp/Model.cs", 801, Some(Severity::Failure));
    }

    #[test]
    fn generated_files_and_prose_have_none() {
        check_lines("sdk/go/gen/esteira/v1/job.pb.go", 9_000, None);
        check_lines("docs/storage.md", 9_000, None);
    }
}
