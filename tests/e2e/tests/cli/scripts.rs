//! What scripts rely on: exit codes, ids alone, a reader that has seen enough.

use super::{documents, write};
use esteira_e2e::{Cli, Ran, Server};
use tokio::task::JoinSet;

fn only_line(ran: Ran) -> String {
    let ran = ran.exits(0);
    assert_eq!(ran.stdout.lines().count(), 1, "{ran:#?}");
    ran.stdout.trim_end().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ids_alone_are_what_other_commands_take() {
    let server = Server::serve().await;
    let cli = server.cli();
    let file = write(&server, "three.yaml", documents::THREE);
    let version = only_line(cli.run(&["plan", "publish", &file, "-o", "id"]).await);
    cli.run(&["plan", "show", "three"]).await.exits(0).prints("PUBLISHED");
    assert_eq!(cli.json(&["plan", "show", "three", "--version", "1"]).await["plan_version_id"], version);
    assert_eq!(only_line(cli.run(&["plan", "list", "-o", "id"]).await), "three");

    assert!(cli.run(&["job", "list", "-o", "id"]).await.exits(0).stdout.is_empty(), "no job, no line");
    let start = ["job", "start", "--plan", "three", "--request-id", "once", "--output", "id"];
    let job = only_line(cli.run(&start).await);
    assert_eq!(only_line(cli.run(&start).await), job, "the same job, the same line");
    assert_eq!(only_line(cli.run(&["job", "show", &job, "-o", "id"]).await), job);
    assert_eq!(only_line(cli.run(&["job", "list", "-o", "id"]).await), job);
    assert_eq!(only_line(cli.run(&["queue", "list", "-o", "id"]).await), "cli.nobody");
    let tasks = cli.run(&["task", "list", &job, "-o", "id"]).await.exits(0).stdout;
    assert_eq!(tasks.lines().count(), 3, "{tasks}");
    for task in tasks.lines() {
        cli.run(&["task", "show", &job, task]).await.exits(0).prints("cli.nobody");
    }
    let cut = cli.run(&["task", "list", &job, "-o", "id", "--limit", "2"]).await.exits(0).warns("there are more");
    assert_eq!(cut.stdout.lines().count(), 2, "{cut:#?}");
    assert_eq!(only_line(cli.run(&["job", "cancel", &job, "--reason", "a test", "-o", "id"]).await), job);
    for none in
        [&["plan", "validate", &file][..], &["plan", "diff", "three", "1", "1"], &["outbox", "unpark", "t", "k"]]
    {
        cli.run(&[none, &["-o", "id"]].concat()).await.exits(64).warns("no id to print");
    }
    server.stop().await;
}

/// `esteira job list | head -1`, and a reader that is even faster.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_has_seen_enough_is_no_error() {
    let server = Server::serve().await;
    let cli = server.cli();
    let file = write(&server, "three.yaml", documents::THREE);
    cli.run(&["plan", "publish", &file]).await.exits(0);
    let job = only_line(cli.run(&["job", "start", "--plan", "three", "-o", "id"]).await);
    for (command, code) in [
        (&["plan", "list"][..], 0),
        (&["plan", "show", "three", "--version", "1"], 0),
        (&["job", "list", "--output", "json"], 0),
        (&["job", "show", &job], 0),
        (&["task", "list", &job, "-o", "id"], 0),
        (&["completions", "bash"], 0),
        (&["--help"], 0),
        // The job's end is the answer, read or not.
        (&["job", "terminate", &job, "--reason", "a test"], 0),
        (&["job", "await", &job], 1),
    ] {
        let ran = cli.unread(command).await.exits(code);
        assert_eq!(ran.stderr, "", "{ran:#?}");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scripts_can_trust_the_exit_codes() {
    let server = Server::serve().await;
    let cli = server.cli();
    let unknown = "0190f4d0-0000-7000-8000-000000000000";
    for command in ["show", "await", "watch", "pause", "cancel"] {
        let reason: &[&str] = if command == "cancel" { &["--reason", "a test"] } else { &[] };
        cli.run(&[&["job", command, unknown], reason].concat()).await.exits(1).warns("JOB_NOT_FOUND");
    }
    cli.run(&["job", "cancel", unknown]).await.exits(1).warns("FIELD_INVALID").warns("reason");
    cli.run(&["job", "show", "not-an-id"]).await.exits(1).warns("FIELD_INVALID");
    cli.run(&["job", "start", "--plan", "nothing"]).await.exits(1).warns("PLAN_NOT_FOUND");

    let not_json = write(&server, "broken.json", "{");
    let not_yaml = write(&server, "broken.yaml", "a: [");
    for usage in [
        vec!["job"],
        vec!["job", "dance"],
        vec!["job", "start"],
        vec!["job", "list", "--limit", "501"],
        vec!["audit", "records", "--limit", "0"],
        vec!["audit", "usage", "--last", "soon"],
        vec!["audit", "usage", "--from", "yesterday"],
        vec!["audit", "errors", "--data-class", "ALL"],
        vec!["audit", "performance", "--by", "moon"],
        vec!["audit", "performance", "-o", "id"],
        vec!["plan", "validate", "/nowhere.yaml"],
        vec!["plan", "publish", &not_json],
        vec!["plan", "publish", &not_yaml],
        vec!["job", "start", "--plan", "p", "--label", "no-value"],
        vec!["job", "start", "--plan", "p", "--aggregate", "no-id"],
        vec!["--server", "not a uri", "job", "list"],
        vec!["--output", "xml", "job", "list"],
        vec!["serve", "--listen", "0.0.0.0:0", "--database", "sqlite::memory:"],
        vec!["serve", "--database", "oracle:there"],
    ] {
        cli.run(&usage).await.exits(64);
    }
    cli.run(&["job", "list", "--server", &server.address()]).await.exits(0).prints("none");
    let inside = server.directory().join("none/esteira.db");
    let missing = format!("sqlite:{}", inside.display());
    let refused = cli.run(&["serve", "--listen", "127.0.0.1:0", "--database", &missing]).await.exits(64);
    refused.warns("esteira: cannot open the database /").warns("none/esteira.db: ").warns("its directory must exist");
    let busy = server.directory().to_str().expect("UTF-8");
    let refused = cli.run(&["dev", "--listen", "127.0.0.1:0", "--data-dir", busy]).await.exits(64);
    refused.warns("esteira.db is in use by another coordinator; stop that one");
    // All at once: each is patient for a while before it gives up.
    let mut unreachable = JoinSet::new();
    for command in [["plan", "list"], ["job", "list"], ["worker", "list"], ["queue", "list"], ["outbox", "list"]] {
        unreachable.spawn(async move { Cli::new("http://127.0.0.1:9").run(&command).await });
    }
    for ran in unreachable.join_all().await {
        ran.exits(2).warns("no coordinator answers at http://127.0.0.1:9").warns("esteira dev");
    }
    cli.run(&["--help"]).await.exits(0).prints("completions");
    cli.run(&["--version"]).await.exits(0).prints("esteira ");
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        cli.run(&["completions", shell]).await.exits(0).prints("esteira");
    }
    server.stop().await;
}
