//! The worker's command line.

use std::process::{Command, Output};

fn worker(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_esteira-functions-worker")).args(arguments).output().expect("the worker runs")
}

#[test]
fn a_command_line_that_cannot_work_ends_with_64() {
    for (arguments, named) in [
        (&["--connection", "crm=mysql://u:canary@h/d"][..], "crm"),
        (&["--connection", "crm"], "alias=url"),
        (&["--allow", "http://x"], "--allow"),
        (&["--endpoint", "not a uri"], "endpoint"),
        (&["--slots", "0"], "slot"),
        (&["--no-such-flag"], "--no-such-flag"),
    ] {
        let output = worker(arguments);
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(64), "{arguments:?}: {text}");
        assert!(text.contains(named) && !text.contains("canary"), "{arguments:?}: {text}");
    }
}

#[test]
fn help_names_the_flags() {
    let output = worker(&["--help"]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success());
    for flag in ["--allow", "--connection", "--secret-env", "--rdstation-url", "--endpoint", "--slots"] {
        assert!(text.contains(flag), "{text}");
    }
}
