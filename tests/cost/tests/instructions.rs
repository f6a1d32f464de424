//! Instructions of the processor a step, on SQLite, counted by callgrind: they do not depend on how busy the machine is.
//!
//! The budget is of the build that tests use. A change that makes a step dearer than the budget allows fails here; one that
//! makes it much cheaper lowers the budget in the same commit, or the next regression would hide in the gap.

use esteira_cost::STEPS;
use std::{fs, path::Path, process::Command};

/// Instructions a step: of caller, worker and coordinator, from the call to the bytes given to the file.
const BUDGET: f64 = 1_276_000.0;
/// Above this share of the budget a step is too dear.
const DEARER: f64 = 1.08;
/// Below this one the budget is out of date.
const CHEAPER: f64 = 0.90;

const FEW_JOBS: u64 = 20;
const MANY_JOBS: u64 = 120;

fn instructions(directory: &Path, jobs: u64) -> f64 {
    let counts = directory.join(format!("{jobs}.callgrind"));
    let output = Command::new("valgrind")
        .arg("--tool=callgrind")
        .arg(format!("--callgrind-out-file={}", counts.display()))
        .arg(env!("CARGO_BIN_EXE_cost-workload"))
        .arg(format!("sqlite:{}", directory.join(format!("{jobs}.db")).display()))
        .arg(jobs.to_string())
        .output()
        .expect("valgrind can be run: .ci/setup installs it");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let counts = fs::read_to_string(counts).expect("callgrind wrote its counts");
    let totals = counts.lines().find_map(|line| line.strip_prefix("totals: ")).expect("there is a total");
    totals.trim().parse().expect("the total is a number")
}

#[test]
fn a_step_costs_no_more_instructions_than_its_budget() {
    let directory = tempfile::tempdir().expect("a directory");
    // Two runs, so that starting, migrating and stopping cancel out.
    let (few, many) = (instructions(directory.path(), FEW_JOBS), instructions(directory.path(), MANY_JOBS));
    let step = (many - few) / ((MANY_JOBS - FEW_JOBS) as f64 * STEPS as f64);
    println!("{step:.0} instructions a step, {:.3} of the budget", step / BUDGET);
    assert!(step < BUDGET * DEARER, "a step costs {step:.0} instructions; its budget is {BUDGET}");
    assert!(step > BUDGET * CHEAPER, "a step costs only {step:.0} instructions: lower the budget of {BUDGET}");
}
