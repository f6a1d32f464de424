//! `make demo`, as a new user sees it: it ends by verifying its own job, and by going on from its last step.

use esteira_e2e::{binary, within};
use std::{process::Stdio, time::Duration};
use tokio::process::Command;

const DEMO_MAX: Duration = Duration::from_secs(180);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_demo_verifies_its_job_and_goes_on_from_its_last_step() {
    let mut command = Command::new(binary::demo());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let output =
        within(DEMO_MAX, "the demo", async { command.spawn()?.wait_with_output().await }).await.expect("it starts");
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}");
    let line =
        |text: &str| said.lines().find(|line| line.contains(text)).unwrap_or_else(|| panic!("{text:?} in {said}"));
    // `fetch`, `shape` and `write` of 1,201 destinations, `summary`, start and end.
    assert!(line("VALID: 2,406 leaves say").contains("by whom"), "{said}");
    assert!(line("each is in the log of").contains("is signed and anchored"), "{said}");
    assert!(line("took over 5,548 tasks, ran 1 in").contains("the same to the byte"), "{said}");
    line("VALID: its 4 leaves too; the first follows from the last of the old job");
    line("esteira job reprocess");
    line("leaves verified");
}
