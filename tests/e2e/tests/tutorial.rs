//! The tutorial does what it says: its blocks are run in order, in one bash, from the checkout into an empty folder, and
//! what they print is compared with what the page shows.
//!
//! | block | what becomes of it |
//! | --- | --- |
//! | `LANGUAGE title=NAME` | is written to NAME, in the folder in which the shell is by then |
//! | `sh` | is sourced under `set -euo pipefail` |
//! | `text`, right below `sh` | is its standard output; `…` is anything within a line, the width of a gap does not count |
//!
//! Anything else fails the test, so no block is passed over.

#[path = "tutorial/page.rs"]
mod page;
#[path = "tutorial/session.rs"]
mod session;

use esteira_e2e::{tools, within};
use page::{Block, Kind};
use session::Session;
use std::{fs, time::Duration};

/// The whole page, with one build.
const PAGE_MAX: Duration = Duration::from_secs(780);

#[tokio::test]
async fn the_tutorial_does_what_it_says() {
    let path = tools::root().join("docs/tutorial.md");
    let blocks = page::blocks(&fs::read_to_string(path).expect("the tutorial is there")).expect("it can be run");
    assert!(blocks.iter().filter(|block| block.kind == Kind::Shell).count() > 5, "where are the commands?");
    within(PAGE_MAX, "the tutorial", async {
        let mut session = Session::start(&blocks);
        for (number, block) in blocks.iter().enumerate() {
            let took = session.ran(number, block).await;
            println!("tutorial: line {}, {}: {took:.1?}", block.line, block.title());
            if let Some(expected) = &block.prints {
                let printed = session.output(number);
                if let Err(difference) = page::compare(expected, &printed) {
                    panic!("the commands of line {} print something else: {difference}\n{printed}", block.line);
                }
            }
        }
        session.ended().await;
    })
    .await;
}

#[test]
fn a_page_is_cut_into_blocks() {
    let text = "a\n```sh\nls\n```\n```text\na\n…\n```\nb\n```rust title=src/a.rs\n// src/a.rs\n```\n";
    let shell = Block { line: 2, kind: Kind::Shell, text: "ls\n".into(), prints: Some("a\n…\n".into()) };
    let file = Block { line: 10, kind: Kind::File("src/a.rs".into()), text: "// src/a.rs\n".into(), prints: None };
    assert_eq!(page::blocks(text), Ok(vec![shell, file]));
}

#[test]
fn a_block_that_nobody_would_run_is_refused() {
    for (text, complaint) in [
        ("```\nls\n```\n", "neither"),
        ("```bash\nls\n```\n", "neither"),
        ("- a\n  ```sh\n  ls\n  ```\n", "indented"),
        ("~~~sh\nls\n~~~\n", "tildes"),
        ("```sh\nls\n", "without an end"),
        ("```text\na\n```\n", "right below"),
        ("```sh\nls\n```\nand\n```text\na\n```\n", "right below"),
        ("```yaml title=../a.yaml\n# ../a.yaml\n```\n", "leads out"),
        ("```yaml title=a.yaml\n# b.yaml\n```\n", "first line"),
    ] {
        let answer = page::blocks(text);
        assert!(answer.as_ref().is_err_and(|message| message.contains(complaint)), "{text:?}: {answer:?}");
    }
}

#[test]
fn the_output_is_compared() {
    for (expected, printed, same) in [
        ("a\n", "a\n", true),
        ("a  b\n", "a b\n", true),
        ("a …\n", "a \n", true),
        ("a (…) c\n", "a (b (x)) c\n", true),
        ("… a … b\n", "1  a  2   b\n", true),
        ("a\n", "a\nb\n", false),
        ("a\nb\n", "a\n", false),
        ("a b\n", "ab\n", false),
        ("a … b\n", "a x b c\n", false),
        ("a…a\n", "a\n", false),
        ("… b … a\n", "1 a 2 b\n", false),
    ] {
        assert_eq!(page::compare(expected, printed).is_ok(), same, "{expected:?} {printed:?}");
    }
}
