//! What a check reports: one line a finding.

use std::fmt;

/// Whether a finding breaks the build.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Failure,
    Warning,
}

/// One place where a rule is broken. The order of the fields is the order of the output.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// From the root, with `/`.
    pub path: String,
    /// From 1; 1 also where the whole file is meant.
    pub line: usize,
    pub rule: &'static str,
    pub severity: Severity,
    pub message: String,
}

impl Finding {
    /// A finding that breaks the build.
    pub fn failure(path: impl Into<String>, line: usize, rule: &'static str, message: impl Into<String>) -> Self {
        Self { path: path.into(), line, rule, severity: Severity::Failure, message: message.into() }
    }

    /// A finding that is only shown.
    pub fn warning(path: impl Into<String>, line: usize, rule: &'static str, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::failure(path, line, rule, message) }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, line, rule, severity, message } = self;
        let mark = if *severity == Severity::Warning { " (warning)" } else { "" };
        write!(f, "{path}:{line}: {rule}{mark}: {message}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_with_path_line_rule_and_message() {
        let failure = Finding::failure("a/b.rs", 7, "sql", "move it");
        assert_eq!(failure.to_string(), "a/b.rs:7: sql: move it");
        let warning = Finding::warning("a/b.rs", 1, "file-length", "512 lines");
        assert_eq!(warning.to_string(), "a/b.rs:1: file-length (warning): 512 lines");
    }
}
