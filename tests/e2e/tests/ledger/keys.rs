//! Keys change while the log grows: in the overlap both sign, afterwards the old one is still believed.

use crate::store::{Store, independent, trust, worked};
use esteira_e2e::Server;
use std::{fs, os::unix::fs::PermissionsExt, path::Path};

const PAST: &str = "2020-01-01T00:00:00Z";
const FUTURE: &str = "2999-01-01T00:00:00Z";

/// The line of a key file that signs.
fn secret(path: &Path) -> String {
    let text = fs::read_to_string(path).expect("a key file");
    text.lines().find(|line| line.starts_with("PRIVATE+KEY+")).expect("a key").to_owned()
}

fn write(path: &Path, lines: &[String]) {
    fs::write(path, lines.join("\n") + "\n").expect("written");
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).expect("set");
}

async fn restarted(server: &mut Server) {
    server.terminate();
    assert!(server.ended().await.success(), "{}", server.log());
    server.restart().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_change_on_a_log_that_goes_on() {
    for store in Store::both() {
        let mut server = store.serve(&["--ledger-origin", "log.example/rotated"]).await;
        let cli = server.cli();
        let first_job = worked(&server).await;
        cli.run(&["verify", "all"]).await.exits(0);
        let (old_verifier, origin) = trust(&cli).await;
        let evidence = cli.run(&["ledger", "evidence", &first_job, "--input"]).await.exits(0).stdout;
        let before = store.file("before.json", evidence.as_bytes());
        assert_eq!(independent(&before, &origin, &old_verifier).0, "VALID\n");

        // Another key, as another installation makes it.
        let other = Store::sqlite();
        let made = other.serve(&[]).await;
        let new_verifier = trust(&made.cli()).await.0;
        made.stop().await;
        let (old, new) = (secret(&store.key()), secret(&other.key()));

        write(&store.key(), &[format!("{old} until={FUTURE}"), format!("{new} from={PAST}")]);
        restarted(&mut server).await;
        let both = worked(&server).await;
        cli.run(&["verify", "all"]).await.exits(0).prints("VALID");
        let note = cli.run(&["ledger", "checkpoint"]).await.exits(0).stdout;
        assert_eq!(note.matches("\u{2014} ").count(), 2, "both sign: {note}");
        let evidence = cli.run(&["ledger", "evidence", &both, "--input"]).await.exits(0).stdout;
        let file = store.file("both.json", evidence.as_bytes());
        for key in [&old_verifier, &new_verifier] {
            assert_eq!(independent(&file, &origin, key).0, "VALID\n", "whoever trusts either");
        }

        // The old key signs no more, and what it signed is still believed.
        write(&store.key(), &[new, old_verifier.clone()]);
        restarted(&mut server).await;
        let last = worked(&server).await;
        cli.run(&["verify", "all"]).await.exits(0).prints("VALID");
        for job in [&first_job, &both, &last] {
            cli.run(&["verify", "job", job]).await.exits(0).prints("VALID");
        }
        let note = cli.run(&["ledger", "checkpoint"]).await.exits(0).stdout;
        assert_eq!(note.matches("\u{2014} ").count(), 1, "{note}");
        let evidence = cli.run(&["ledger", "evidence", &last, "--input"]).await.exits(0).stdout;
        let file = store.file("last.json", evidence.as_bytes());
        assert_eq!(independent(&file, &origin, &new_verifier).0, "VALID\n");
        assert_eq!(independent(&file, &origin, &old_verifier).0, "NOT_INCLUDED: checkpoint\n");
        assert_eq!(independent(&before, &origin, &old_verifier).0, "VALID\n", "what was exported stays what it is");
        server.stop().await;
    }
}
