//! `esteira init function`: in every language, what it writes is installed, tested, served and used by the commands of its
//! own README, without a network. `docs/write-a-worker.md` shows the same commands and files, and a longer function with its
//! tests, which is put beside them and tested, too.
//!
//! Python's packages are those of `.tools/sdk-python`, Go's and Deno's lie in their caches, Rust's are the checkout's own.

#[path = "init/blocks.rs"]
mod blocks;
#[path = "init/page.rs"]
mod page;
#[path = "init/project.rs"]
mod project;

use esteira_e2e::{Cli, Server, binary, tools};
use project::Project;
use std::{fs, path::Path, process::Command};

/// The sections of the page, with the language that `--lang` takes and what shows that the longer function was tested.
const SECTIONS: [(&str, &str, &str); 4] = [
    ("Rust", "rust", "it_goes_on_where_it_was ... ok"),
    ("Python", "python", "Ran 4 tests"),
    ("Go", "go", "--- PASS: TestItGoesOnWhereItWas"),
    ("Deno", "deno", "it goes on where it was ... ok"),
];

async fn works(section: &str, sdk: &Path) {
    let (_, language, tested) = SECTIONS.into_iter().find(|(title, ..)| *title == section).expect("it is a section");
    let server = Server::dev().await;
    let project = Project::init(language, page::NAME, sdk).await;
    page::compare(section, &project);
    project.works(&server, tested).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_function_in_rust() {
    works("Rust", &tools::root().join("sdk")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_function_in_python() {
    // Its package is built where it lies, and the checkout stays as it is: from a copy.
    let copy = tempfile::tempdir().expect("a directory can be made");
    let copied = Command::new("cp").arg("-R").arg(tools::root().join("sdk/python")).arg(copy.path()).status();
    assert!(copied.is_ok_and(|status| status.success()), "sdk/python can be copied");
    works("Python", copy.path()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_function_in_go() {
    works("Go", &tools::root().join("sdk")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_function_in_deno() {
    works("Deno", &tools::root().join("sdk")).await;
}

#[test]
fn every_block_of_the_page_is_looked_at() {
    // What stands under C# is compiled and run by its SDK's own tests.
    let known: Vec<&str> = [page::COMMON].into_iter().chain(SECTIONS.map(|(title, ..)| title)).chain(["C#"]).collect();
    let blocks = page::blocks();
    let mut sections: Vec<&str> = blocks.iter().map(|block| block.section.as_str()).collect();
    sections.dedup();
    assert_eq!(sections, known);
}

/// Each refusal says which argument is wrong, and leaves nothing.
#[tokio::test]
async fn what_cannot_work_is_refused_before_anything_is_written() {
    let home = tempfile::tempdir().expect("a directory can be made");
    let at = |name: &str| home.path().join(name).display().to_string();
    fs::create_dir(at("full")).expect("a directory can be made");
    fs::write(at("full/mine"), "mine").expect("a file can be written");
    let (new, full, missing) = (at("new"), at("full"), at("missing/new"));
    // No coordinator is asked.
    let cli = Cli::new("http://127.0.0.1:1");
    for (language, name, directory, more, said) in [
        ("python", "Greet", &new, None, "invalid value 'Greet' for '<NAME>': not of the form [a-z][a-z0-9_.-]{0,62}"),
        ("go", "../greet", &new, None, "not of the form"),
        ("go", &"a".repeat(64), &new, None, "not of the form"),
        ("deno", "transform", &new, None, "'<NAME>': a function in the box"),
        ("cobol", "greet", &new, None, "invalid value 'cobol' for '--lang <LANG>'"),
        ("rust", "greet", &full, None, "full is not empty"),
        ("rust", "greet", &at("full/mine"), None, "mine is not a folder"),
        ("rust", "greet", &missing, None, "--directory: there is no folder"),
        ("rust", "greet", &new, Some(&full), "--sdk: there is no"),
    ] {
        let sdk = more.map_or(Vec::new(), |sdk| vec!["--sdk", sdk]);
        let command = ["init", "function", "--lang", language, name, "--directory", directory];
        cli.run(&[&command[..], &sdk].concat()).await.exits(64).warns(said);
    }
    cli.run(&["init", "function", "greet"]).await.exits(64).warns("--lang");
    assert_eq!(names(home.path()), ["full"]);
    assert_eq!(names(Path::new(&full)), ["mine"]);
}

/// Without `--directory` it is a new folder of that name; never the one that somebody stands in.
#[test]
fn the_folder_is_named_for_the_function() {
    let home = tempfile::tempdir().expect("a directory can be made");
    let run = |arguments: &[&str]| {
        let mut command = Command::new(binary::esteira());
        command.args(["init", "function", "--lang", "go", page::NAME]).args(arguments).current_dir(home.path());
        let output = command.output().expect("the binary starts");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (code, said) = run(&["--directory", "."]);
    assert!(code == Some(64) && said.contains(". is the folder that this runs in"), "{code:?} {said}");
    assert!(names(home.path()).is_empty());
    assert_eq!(run(&[]), (Some(0), String::new()));
    assert_eq!(names(home.path()), [page::NAME]);
    let manifest = fs::read_to_string(home.path().join(page::NAME).join("go.mod")).expect("it is written");
    assert!(manifest.starts_with("module shop-greet-worker\n") && !manifest.contains("replace"), "{manifest}");
    let (code, said) = run(&[]);
    assert!(code == Some(64) && said.contains("shop.greet is not empty"), "{code:?} {said}");
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("it is a folder").flatten();
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}
