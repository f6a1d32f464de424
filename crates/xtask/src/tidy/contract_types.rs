//! `contract-type`: generated types stop at the edge; inside, the model speaks.

use super::finding::Finding;
use super::source::Language;
use super::tree::Tree;

const RULE: &str = "contract-type";
/// The crate of generated code, as Rust names it.
const CRATE: &str = "esteira_contract";

/// Who may name a generated type, each with its reason.
const ALLOWED: &[(&str, &str)] = &[
    ("crates/contract/", "is the generated code"),
    ("crates/grpc/", "turns it into the model and back"),
    ("crates/server/", "the command line is a client"),
    ("crates/testkit/", "tests speak to the public surface"),
    ("crates/demo/", "is a client"),
    ("sdk/rust/", "its client layer"),
    ("tests/", "tests speak to the public surface"),
];

/// Every Rust file that nobody generated, tests included.
pub fn check(tree: &Tree) -> Vec<Finding> {
    tree.sources()
        .filter(|file| file.language == Language::Rust)
        .filter(|file| !ALLOWED.iter().any(|(prefix, _)| file.path.starts_with(prefix)))
        .flat_map(|file| {
            let message = "generated types belong to crates/grpc and to clients: take a type of crates/model";
            file.find_code(CRATE).map(move |at| Finding::failure(&file.path, file.line(at), RULE, message))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_edge_may_name_them() {
        let text = "//! Not `esteira_contract`.\nuse esteira_contract::v1::Job;";
        let allowed =
            ["crates/grpc/src/job.rs", "sdk/rust/src/client.rs", "crates/server/src/cli.rs", "tests/e2e/src/a.rs"];
        for path in allowed {
            assert_eq!(check(&Tree::of(&[(path, text)])), [], "{path}");
        }
        for path in ["crates/coordinator/src/start_job.rs", "crates/store/src/record.rs", "workers/rust/src/lib.rs"] {
            let lines: Vec<usize> = check(&Tree::of(&[(path, text)])).iter().map(|finding| finding.line).collect();
            assert_eq!(lines, [2], "{path}");
        }
    }
}
