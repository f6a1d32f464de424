//! `docs/trace.md` shows what is printed: its plan is run, and its block compared with the trace of that job.

use crate::{blocks, documents::write, start};
use esteira_e2e::{Server, tools};

/// A line without what differs from run to run: ids, times, spans of time, sizes of memory.
fn normal(line: &str) -> String {
    let words: Vec<&str> = line.split_whitespace().collect();
    let is_id = |word: &str| word.len() == 36 && word.matches('-').count() == 4;
    let is_time =
        |word: &str| (word.len() == 13 && word.ends_with('Z')) || (word.len() == 10 && word.starts_with("20"));
    let is_unit = |word: &&str| ["ms", "s", "MiB"].contains(&word.trim_end_matches(','));
    let normal = |(at, word): (usize, &&str)| match *word {
        word if is_id(word) => "ID".to_owned(),
        word if is_time(word) => "TIME".to_owned(),
        word if words.get(at + 1).is_some_and(is_unit) && word.parse::<f64>().is_ok() => "SO".to_owned(),
        word if is_unit(&word) => "MUCH".to_owned(),
        word => word.to_owned(),
    };
    words.iter().enumerate().map(normal).collect::<Vec<_>>().join(" ")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_shows_what_is_printed() {
    let page = std::fs::read_to_string(tools::root().join("docs/trace.md")).expect("the page");
    let blocks = blocks::of(&page);
    let block = |info: &str| {
        let found = blocks.iter().find(|block| block.section == "What it looks like" && block.info == info);
        found.unwrap_or_else(|| panic!("no block of {info}")).text.clone()
    };
    let input = block("sh").split('\'').nth(1).expect("an input between quotes").to_owned();
    let server = Server::dev().await;
    let cli = server.cli();
    cli.run(&["plan", "publish", &write(&server, "orders.yaml", &block("yaml"))]).await.exits(0);
    let job = start(&cli, &["--plan", "orders", "--input", &input]).await;
    cli.run(&["job", "await", &job]).await.exits(0);
    let printed = cli.run(&["trace", &job]).await.exits(0).stdout;
    let [shown, printed]: [Vec<String>; 2] = [&block("text"), &printed].map(|text| text.lines().map(normal).collect());
    assert_eq!(shown, printed);
    server.stop().await;
}
