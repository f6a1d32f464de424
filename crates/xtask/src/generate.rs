//! `gen`: hands over to `.ci/gen`, which knows the generators and their versions.

use std::path::Path;
use std::process::Command;

/// Where the generators are called, from the root of the workspace.
const SCRIPT: &str = ".ci/gen";

/// Regenerates, or with `check` only compares. `false` when the script says no.
pub fn run(root: &Path, check: bool) -> Result<bool, String> {
    if !root.join(SCRIPT).is_file() {
        return Err(format!("{SCRIPT} is missing: generated code cannot be checked"));
    }
    let mut command = Command::new("bash");
    command.arg(SCRIPT).current_dir(root);
    if check {
        command.arg("--check");
    }
    let status = command.status().map_err(|error| format!("bash {SCRIPT} did not start: {error}"))?;
    Ok(status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(script: Option<&str>, check: bool) -> Result<bool, String> {
        let name = format!("esteira-xtask-gen-{}-{check}-{}", std::process::id(), script.map_or(0, str::len));
        let root = std::env::temp_dir().join(name);
        std::fs::create_dir_all(root.join(".ci")).expect("a folder under the temporary one can be made");
        if let Some(script) = script {
            std::fs::write(root.join(SCRIPT), script).expect("a file in it can be written");
        }
        let outcome = run(&root, check);
        std::fs::remove_dir_all(&root).expect("and removed");
        outcome
    }

    #[test]
    fn a_missing_script_is_an_error_not_a_pass() {
        assert!(check(None, true).is_err());
    }

    #[test]
    fn the_scripts_exit_code_is_the_verdict() {
        assert_eq!(check(Some("exit 0"), false), Ok(true));
        assert_eq!(check(Some("exit 3"), false), Ok(false));
    }

    #[test]
    fn check_is_passed_on() {
        let script = "test \"${1:-}\" = --check";
        assert_eq!(check(Some(script), true), Ok(true));
        assert_eq!(check(Some(script), false), Ok(false));
    }
}
