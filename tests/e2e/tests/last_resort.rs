//! The last resort under real faults: the database stopped, killed, read-only; disks that are full; coordinators killed while
//! they write and while they ingest, and started anew while the database is gone. Each result and each job that was accepted is
//! found in the store, once, with the same digest, and each job ends.

#[path = "last_resort/accepted.rs"]
mod accepted;
#[path = "last_resort/stubs.rs"]
mod stubs;

use accepted::Accepted;
use esteira_contract::v1::Durability;
use esteira_e2e::{Server, binary, until, within};
use esteira_testkit::Postgres;
use std::{ffi::OsString, fs, io::Write, path::Path, time::Duration};

/// One test.
const TEST_MAX: Duration = Duration::from_secs(120);
/// How long anything may take after a fault.
const HEALED_MAX: Duration = Duration::from_secs(40);
/// Jobs whose tasks are leased when the fault comes, and jobs that are started under it.
const LEASED: usize = 6;
/// See [`LEASED`].
const STARTED: usize = 4;

fn database(postgres: &Postgres) -> String {
    let name = postgres.fresh_name();
    postgres.run("postgres", &format!("CREATE DATABASE {name}"));
    postgres.url(&name)
}

fn with_folder(folder: &Path) -> Vec<OsString> {
    vec!["--last-resort".into(), folder.into()]
}

/// Leases tasks, breaks the store, reports and starts under the fault, heals, and looks at all of it.
async fn survives(server: &Server, fault: &str, breaks: impl AsyncFnOnce(), heals: impl AsyncFnOnce()) {
    let mut accepted = Accepted::begin(server, fault, LEASED).await;
    breaks().await;
    accepted.report_all(Durability::LastResortDisk).await;
    accepted.start(STARTED, Durability::LastResortDisk).await;
    heals().await;
    accepted.all_ended().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgresql_that_is_stopped_killed_or_read_only() {
    let postgres = Postgres::start(&[]);
    let folder = tempfile::tempdir().expect("a directory");
    let server = Server::serve_by(binary::esteira(), database(&postgres), with_folder(folder.path())).await;
    within(TEST_MAX, "the whole test", async {
        stubs::publish(&server.client()).await;
        survives(&server, "stopped", async || postgres.stop("fast"), async || postgres.restart()).await;
        survives(&server, "crashed", async || postgres.stop("immediate"), async || postgres.restart()).await;
        survives(&server, "killed", async || postgres.kill9(), async || postgres.restart()).await;
        let read_only = |on: &str| {
            postgres.run("postgres", &format!("ALTER SYSTEM SET default_transaction_read_only = {on}"));
            postgres.run("postgres", "SELECT pg_reload_conf()");
        };
        let breaks = async || {
            read_only("on");
            stubs::until_store_is_away(&server).await;
        };
        survives(&server, "read-only", breaks, async || {
            postgres.run("postgres", "ALTER SYSTEM RESET default_transaction_read_only");
            postgres.run("postgres", "SELECT pg_reload_conf()");
        })
        .await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_coordinator_that_is_started_anew_while_the_database_is_gone() {
    let postgres = Postgres::start(&[]);
    let folder = tempfile::tempdir().expect("a directory");
    let mut server = Server::serve_by(binary::esteira(), database(&postgres), with_folder(folder.path())).await;
    within(TEST_MAX, "the whole test", async {
        stubs::publish(&server.client()).await;
        let mut accepted = Accepted::begin(&server, "anew", LEASED).await;
        postgres.stop("immediate");
        accepted.start(STARTED, Durability::LastResortDisk).await;
        server.kill9().await;
        server.restart().await;
        // It knows the leases by their capsules alone, and starts nothing.
        accepted.report_all(Durability::LastResortDisk).await;
        accepted.start_is_refused("STORE_UNAVAILABLE").await;
        server.kill9().await;
        server.restart().await;
        postgres.restart();
        accepted.all_ended().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_coordinator_that_is_killed_while_it_writes_and_while_it_ingests() {
    let postgres = Postgres::start(&[]);
    let folder = tempfile::tempdir().expect("a directory");
    let mut server = Server::serve_by(binary::esteira(), database(&postgres), with_folder(folder.path())).await;
    within(TEST_MAX, "the whole test", async {
        stubs::publish(&server.client()).await;
        let mut accepted = Accepted::begin(&server, "killed", 60).await;
        postgres.stop("immediate");
        // Each kill comes at another moment of the writing.
        for round in 0..4 {
            let reporting = accepted.report_some(15);
            tokio::pin!(reporting);
            let killed = tokio::select! {
                () = &mut reporting => false,
                () = tokio::time::sleep(Duration::from_millis(3 + 7 * round)) => true,
            };
            if killed {
                server.kill9().await;
                server.restart().await;
                reporting.await;
            }
        }
        postgres.restart();
        for round in 0..4 {
            tokio::time::sleep(Duration::from_millis(20 + 60 * round)).await;
            server.kill9().await;
            server.restart().await;
        }
        accepted.all_ended().await;
    })
    .await;
}

/// Starts the coordinator in a mount namespace of its own, over a small disk that ends with it.
async fn on_a_small_disk(mount: &str, folder: &Path) -> Server {
    let disk = folder.join("disk");
    fs::create_dir(&disk).expect("a folder");
    let (mount, binary) =
        (mount.replace("{disk}", &disk.display().to_string()), binary::esteira().display().to_string());
    let program = folder.join("esteira-on-a-small-disk");
    let script = format!(
        "#!/bin/sh\n[ \"$APART\" ] || APART=1 exec unshare --mount --propagation private \"$0\" \"$@\"\n{mount} || exit 70\nexec {binary} \"$@\"\n"
    );
    fs::write(&program, script).expect("a script");
    let mut permissions = fs::metadata(&program).expect("there").permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o755);
    fs::set_permissions(&program, permissions).expect("a program");
    let database = format!("sqlite:{}", disk.join("esteira.db").display());
    Server::serve_by(&program, database, Vec::new()).await
}

/// The database and the reserve are on the same disk, and the disk is full: the reserve was taken before.
async fn a_full_disk(mount: &str) {
    let folder = tempfile::tempdir().expect("a directory");
    let server = on_a_small_disk(mount, folder.path()).await;
    // Seen from here through the coordinator's own root.
    let root = Path::new("/proc").join(server.id().to_string()).join("root");
    let disk = folder.path().join("disk");
    let filler = root.join(disk.strip_prefix("/").expect("an absolute path")).join("filler");
    within(TEST_MAX, "the whole test", async {
        stubs::publish(&server.client()).await;
        let breaks = async || {
            let mut file = fs::File::create(&filler).expect("a file");
            for bytes in [1 << 16, 4096, 512, 1] {
                let ones = vec![1; bytes];
                while file.write_all(&ones).is_ok() {}
            }
            // What is freed meanwhile is taken too: the log of the database needs its next page.
            stubs::until_store_is_away(&server).await;
        };
        survives(&server, "full", breaks, async || fs::remove_file(&filler).expect("removed")).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_tmpfs_under_sqlite_and_the_reserve() {
    a_full_disk("mount -t tmpfs -o size=24m none {disk}").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_ext4_under_sqlite_and_the_reserve() {
    a_full_disk("truncate -s 48m {disk}.image && mkfs.ext4 -q {disk}.image && mount -o loop {disk}.image {disk}").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sqlite_file_that_is_out_of_reach() {
    let folder = tempfile::tempdir().expect("a directory");
    let data = folder.path().join("data");
    fs::create_dir(&data).expect("a folder");
    let database = format!("sqlite:{}", data.join("esteira.db").display());
    let resort = folder.path().join("last-resort");
    let mut server = Server::serve_by(binary::esteira(), database, with_folder(&resort)).await;
    within(TEST_MAX, "the whole test", async {
        stubs::publish(&server.client()).await;
        let mut accepted = Accepted::begin(&server, "out of reach", LEASED).await;
        server.kill9().await;
        let away = folder.path().join("away");
        fs::rename(&data, &away).expect("moved");
        server.restart().await;
        accepted.report_all(Durability::LastResortDisk).await;
        fs::rename(&away, &data).expect("moved");
        until(HEALED_MAX, "the store is back", async || server.log().contains("the store is back").then_some(())).await;
        accepted.all_ended().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_looks_at_a_coordinator_that_runs() {
    let postgres = Postgres::start(&[]);
    let folder = tempfile::tempdir().expect("a directory");
    let server = Server::serve_by(binary::esteira(), database(&postgres), with_folder(folder.path())).await;
    within(TEST_MAX, "the whole test", async {
        let cli = server.cli();
        stubs::publish(&server.client()).await;
        cli.run(&["lastresort", "list"]).await.exits(0).prints("none");
        let mut accepted = Accepted::begin(&server, "looked-at", LEASED).await;
        postgres.stop("fast");
        accepted.report_all(Durability::LastResortDisk).await;
        accepted.start(STARTED, Durability::LastResortDisk).await;
        let count = LEASED + STARTED;
        cli.run(&["lastresort", "status"]).await.exits(0).prints(&format!("{count} records"));
        let listed = cli.run(&["lastresort", "list", "-o", "id"]).await.exits(0);
        assert_eq!(listed.stdout.lines().count(), count, "{listed:#?}");
        let last = listed.stdout.lines().last().expect("a record").to_owned();
        cli.run(&["lastresort", "show", &last]).await.exits(0).prints("esteira.last-resort.v1");
        cli.run(&["lastresort", "show", "4711"]).await.exits(1).warns("LAST_RESORT_RECORD_NOT_FOUND");
        cli.run(&["lastresort", "ingest"]).await.exits(1).warns("STORE_UNAVAILABLE");
        let dir = folder.path().to_str().expect("UTF-8");
        cli.run(&["lastresort", "list", "--dir", dir]).await.exits(64).warns("is in use by another process");
        cli.run(&["lastresort", "ingest", "--dir", dir]).await.exits(64).warns("--database");
        postgres.restart();
        until(HEALED_MAX, "what waited is in the store", async || {
            (cli.run(&["lastresort", "ingest"]).await.code == 0).then_some(())
        })
        .await;
        cli.run(&["lastresort", "status"]).await.exits(0).prints("0 records").prints(&format!("{count}, and 0"));
        accepted.all_ended().await;
    })
    .await;
}
