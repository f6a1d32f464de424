//! `clock`: time comes through the clock port, so that a test can move it and a replay sees the same.
//!
//! `tokio::time::Instant` is left alone: it is the runtime's own clock, tests pause it, it measures waits inside one
//! process, and nothing turns it into a time that is stored.

use super::finding::Finding;
use super::source::Language;
use super::tree::{File, Tree};

const RULE: &str = "clock";

/// A file of this name is a clock adapter: the port's implementation, or a stopwatch for a measurement.
const ADAPTER: &str = "/clock.rs";

/// Who may ask any clock without being an adapter, each with its reason.
const ALLOWED: &[(&str, &str)] = &[
    ("crates/coordinator/src/timer.rs", "compares the wall clock with the monotonic one to see it jump"),
    ("crates/demo/", "a client that shows how long things took"),
    ("crates/server/src/bench/", "measures"),
    ("crates/xtask/", "no part of the product"),
];

/// Who may measure durations, but not ask for the time of day, each with its reason.
const MONOTONIC_ALLOWED: &[(&str, &str)] = &[
    ("sdk/rust/", "a worker counts a lease from when it sent the call, on threads that no runtime serves"),
    ("workers/rust/", "a deadline of a call to the outside is a real duration"),
];

/// Every Rust file that nobody generated, except tests and clock adapters.
pub fn check(tree: &Tree) -> Vec<Finding> {
    tree.sources()
        .filter(|file| file.language == Language::Rust && !is_adapter(&file.path))
        .flat_map(|file| {
            let wall = file.find_code("SystemTime::now");
            let measures = starts_with_any(&file.path, MONOTONIC_ALLOWED);
            let monotonic = file.find_code("Instant::now").filter(move |&at| !measures && !is_tokio(file, at));
            let places = wall.chain(monotonic).filter(|&at| !file.in_test(at));
            let message = "a raw clock: take the time from the clock port, or make this a clock.rs";
            places.map(|at| Finding::failure(&file.path, file.line(at), RULE, message)).collect::<Vec<_>>()
        })
        .collect()
}

fn is_adapter(path: &str) -> bool {
    path.ends_with(ADAPTER) || starts_with_any(path, ALLOWED)
}

fn starts_with_any(path: &str, rows: &[(&str, &str)]) -> bool {
    rows.iter().any(|(prefix, _)| path.starts_with(prefix))
}

/// Whether the `Instant` at this place is tokio's: by its path, or by an import of the file.
fn is_tokio(file: &File, at: usize) -> bool {
    let code = file.code();
    let before = &code[..at];
    if before.ends_with("::") {
        return before.ends_with("tokio::time::")
            || (before.ends_with("time::") && !before.ends_with("std::time::") && code.contains("use tokio::time;"));
    }
    code.match_indices("use tokio::time::").any(|(start, _)| {
        let import = code[start..].split(';').next().unwrap_or_default();
        import.contains("Instant")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_lines(path: &str, text: &str, expected: &[usize]) {
        let lines: Vec<usize> = check(&Tree::of(&[(path, text)])).into_iter().map(|finding| finding.line).collect();
        assert_eq!(lines, expected, "{path}: {text:?}");
    }

    #[test]
    fn raw_clocks_are_found() {
        let path = "crates/coordinator/src/committer.rs";
        check_lines(path, "fn f() {\n    std::time::SystemTime::now();\n}", &[2]);
        check_lines(path, "use std::time::Instant;\nfn f() { Instant::now(); }", &[2]);
        check_lines(path, "use std::time::Instant;\nuse tokio::time::sleep;\nfn f() { Instant::now(); }", &[3]);
        check_lines(path, "fn f() { std::time::Instant::now(); }", &[1]);
        check_lines("sdk/rust/src/worker.rs", "fn f() { SystemTime::now(); }", &[1]);
    }

    #[test]
    fn tokios_clock_adapters_and_tests_are_not() {
        let path = "crates/coordinator/src/dispatcher.rs";
        check_lines(path, "use tokio::time::{sleep, Instant};\nfn f() { Instant::now(); }", &[]);
        check_lines(path, "fn f() { tokio::time::Instant::now(); }", &[]);
        check_lines(path, "// Instant::now() is banned", &[]);
        check_lines(path, "#[cfg(test)] mod t { fn f() { Instant::now(); } }", &[]);
        check_lines("crates/server/src/clock.rs", "fn f() { SystemTime::now(); }", &[]);
        check_lines("crates/server/src/bench/clock.rs", "fn f() { Instant::now(); }", &[]);
        check_lines("sdk/rust/src/worker/heartbeat.rs", "fn f() { Instant::now(); }", &[]);
        check_lines("crates/testkit/src/lib.rs", "fn f() { Instant::now(); }", &[]);
    }
}
