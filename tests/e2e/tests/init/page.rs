//! `docs/write-a-worker.md`, and that it shows what there is.

use crate::{
    blocks::{self, Block},
    project::Project,
};
use esteira_e2e::tools;
use std::fs;

/// The function of the page: with a dot, which few languages have in a name.
pub const NAME: &str = "shop.greet";

/// The section that holds for every language.
pub const COMMON: &str = "The same in every language";

/// All blocks of the page.
pub fn blocks() -> Vec<Block> {
    let page = fs::read_to_string(tools::root().join("docs/write-a-worker.md")).expect("the page is there");
    blocks::of(&page)
}

/// Insists that the commands of a language's section are those that its project is run by, that its code is the project's, and
/// adds the files that the page adds.
pub fn compare(section: &str, project: &Project) {
    let (mut commands, mut common, mut added) = (Vec::new(), Vec::new(), 0);
    for block in blocks() {
        let Block { section: at, info, text } = block;
        match (at.as_str(), info.as_str(), info.split_once(" title=")) {
            (COMMON, "sh", _) => common.push(text),
            (COMMON, "yaml", _) => project.contains("yaml", &text),
            (at, ..) if at != section => {}
            (_, "sh", _) => commands.push(text),
            (_, _, Some((_, name))) => {
                added += 1;
                project.add(name, &text);
            }
            (_, "", None) => panic!("a block of no language in {section}"),
            (_, language, None) => project.contains(extension(language), &text),
        }
    }
    let init = format!("esteira init function --lang {} {NAME}\ncd {NAME}\n", project.language());
    let shown: Vec<String> = [init].into_iter().chain(project.readme().map(|block| block.text)).collect();
    assert_eq!([commands, common].concat(), shown, "{section}");
    assert_eq!(added, 1, "{section}: a longer function");
}

/// The extension of a language's files.
fn extension(language: &str) -> &str {
    match language {
        "rust" => "rs",
        "python" => "py",
        same => same,
    }
}
