//! Opening a SQLite store: what is refused, and what survives.

use esteira_model::{AccountId, JobId, Provenance, TaskId, Uuid};
use esteira_store::{Kind, Result};
use esteira_store_sql::{Opened, Options, open};
use sha2::{Digest, Sha256};
use sqlx::{AssertSqlSafe, ConnectOptions, Executor, SqliteConnection, sqlite::SqliteConnectOptions};
use std::{path::Path, time::Duration};

async fn open_file(path: &Path) -> Result<Opened> {
    open(&format!("sqlite:{}", path.display()), Options::default()).await
}

fn refused(opened: Result<Opened>) -> (Kind, String) {
    let error = opened.err().expect("refused");
    (error.kind(), error.to_string())
}

async fn put(opened: &mut Opened, value: &[u8]) {
    let mut unit = opened.writer.begin().await.expect("begins");
    unit.put_setting("a", value).await.expect("stored");
    unit.commit().await.expect("commits");
}

async fn get(opened: &mut Opened) -> Option<Vec<u8>> {
    opened.writer.begin().await.expect("begins").setting("a").await.expect("reads")
}

/// A connection of somebody else to the file.
async fn foreign(path: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(path).connect().await.expect("connects")
}

#[tokio::test]
async fn what_was_committed_is_there_after_a_restart() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("a.db");
    let mut opened = open_file(&path).await.expect("opens");
    put(&mut opened, b"1").await;
    drop(opened);
    let mut opened = open_file(&path).await.expect("opens again");
    assert_eq!(get(&mut opened).await.as_deref(), Some(&b"1"[..]));
}

#[tokio::test]
async fn a_second_coordinator_is_refused() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("a.db");
    let opened = open_file(&path).await.expect("opens");
    let link = directory.path().join("link.db");
    std::os::unix::fs::symlink(&path, &link).expect("a link");
    for name in [&path, &link, &directory.path().join("./a.db")] {
        let (kind, message) = refused(open_file(name).await);
        assert_eq!(kind, Kind::Unavailable);
        assert!(message.contains("in use by another coordinator"), "{message}");
    }
    // The reader alone keeps the place: it still reads the file.
    let reader = opened.reader.clone();
    drop(opened);
    assert!(open_file(&path).await.is_err());
    drop(reader);
    open_file(&path).await.expect("opens when everyone has gone");
}

#[tokio::test]
async fn temporary_stores_are_apart_and_leave_nothing() {
    let mut a = open("sqlite::memory:", Options::default()).await.expect("opens");
    let mut b = open("sqlite::memory:", Options::default()).await.expect("opens");
    put(&mut a, b"a").await;
    assert_eq!(get(&mut b).await, None);
    assert_eq!(get(&mut a).await.as_deref(), Some(&b"a"[..]));
}

/// The scripts before the ledger, as an older version ran them.
async fn before_the_ledger(connection: &mut SqliteConnection) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations/sqlite");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    connection
        .execute("CREATE TABLE schema_migration (number BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL)")
        .await
        .expect("created");
    for (i, path) in files.iter().enumerate() {
        let name = path.file_stem().and_then(|name| name.to_str()).expect("a name");
        if name.ends_with("_ledger") {
            return;
        }
        let text = std::fs::read_to_string(path).expect("a script");
        let digest: String = Sha256::digest(&text).iter().map(|byte| format!("{byte:02x}")).collect();
        connection.execute(AssertSqlSafe(text)).await.expect("migrated");
        sqlx::query("INSERT INTO schema_migration VALUES ($1, $2, $3)")
            .bind(i as i64 + 1)
            .bind(name)
            .bind(digest)
            .execute(&mut *connection)
            .await
            .expect("recorded");
    }
    panic!("there is no migration of the ledger");
}

#[tokio::test]
async fn rows_from_before_the_ledger_have_no_leaves() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("a.db");
    let mut old =
        SqliteConnectOptions::new().filename(&path).create_if_missing(true).connect().await.expect("connects");
    before_the_ledger(&mut old).await;
    old.execute(
        "INSERT INTO job (job_id, account, plan_version_id, data_class, actor, headers, labels, input, priority, lineage_kind, root_job_id, \
         depth, create_time, state, flow, note, revision) VALUES (x'70707070707070707070707070707070', 'acme', x'01010101010101010101010101010101', 'QA', \
         '[\"ana\",\"acme\",\"\"]', '{}', '{}', 1, 0, 'DIRECT', x'70707070707070707070707070707070', 0, 1, 'RUNNING', '1 0', '', 1)",
    )
    .await
    .expect("a job");
    old.execute(
        "INSERT INTO attempt (job_id, task_id, number, fence, worker_id, function_version, start_time, end_time, cpu_micros, wall_micros, \
         peak_rss_bytes, bytes_read, bytes_written, report_digest) VALUES (x'70707070707070707070707070707070', x'70707070707070707070707070707070', \
         1, 1, 'w', '', 1, 1, 0, 0, 0, 0, 0, zeroblob(16))",
    )
    .await
    .expect("an attempt");
    drop(old);
    let opened = open_file(&path).await.expect("migrates");
    let id = Uuid::from_bytes([0x70; 16]);
    let attempts = opened.reader.attempts(JobId(id), TaskId(id)).await.expect("reads");
    assert_eq!(attempts.iter().map(|attempt| attempt.leaf_at).collect::<Vec<_>>(), [None]);
    let job = opened.reader.job(&AccountId::new("acme"), JobId(id)).await.expect("reads").expect("the job");
    assert_eq!((job.provenance, job.end_leaf_at), (Provenance::default(), None));
    assert!(opened.reader.waiting_pages(None, 9).await.expect("reads").is_empty());
}

#[tokio::test]
async fn a_newer_schema_is_refused() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("a.db");
    drop(open_file(&path).await.expect("opens"));
    let mut connection = foreign(&path).await;
    connection.execute("INSERT INTO schema_migration VALUES (9999, '9999_later', 'x')").await.expect("inserted");
    drop(connection);
    let (kind, message) = refused(open_file(&path).await);
    assert_eq!(kind, Kind::Defect);
    assert!(message.contains("9999_later") && message.contains("newer version"), "{message}");
}

#[tokio::test]
async fn a_changed_migration_is_refused() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("a.db");
    drop(open_file(&path).await.expect("opens"));
    let mut connection = foreign(&path).await;
    connection.execute("UPDATE schema_migration SET sha256 = 'x' WHERE number = 1").await.expect("updated");
    drop(connection);
    let (kind, message) = refused(open_file(&path).await);
    assert_eq!(kind, Kind::Defect);
    assert!(message.contains("another text"), "{message}");
}

#[tokio::test]
async fn other_urls_are_refused() {
    let directory = tempfile::tempdir().expect("a directory");
    for (url, expected) in [
        ("", Kind::Defect),
        ("mysql://user:secret@x", Kind::Defect),
        ("sqlite:", Kind::Defect),
        ("sqlite:a.db?mode=ro", Kind::Defect),
        ("sqlite:/no/such/directory/a.db", Kind::Unavailable),
        (&format!("sqlite:{}", directory.path().display()), Kind::Unavailable),
    ] {
        let (kind, message) = refused(open(url, Options::default()).await);
        assert_eq!(kind, expected, "{url}: {message}");
        // A path is repeated; another URL is not, as it may hold a password.
        let says = url.strip_prefix("sqlite:").unwrap_or("must be sqlite:<path>");
        assert!(message.contains(says) && !message.contains(&format!("{kind:?}")), "{url}: {message}");
        assert!(!message.contains("secret"), "{message}");
    }
    let text = directory.path().join("text");
    std::fs::write(&text, "this is a text and no database, and it is long enough to be looked at by anyone".repeat(20))
        .expect("written");
    let (kind, message) = refused(open_file(&text).await);
    assert_eq!(kind, Kind::Defect);
    let name = text.display();
    let expected =
        format!("cannot open the database {name}: file is not a database; choose another file, or move this one away");
    assert_eq!(message, expected);
}

#[tokio::test]
async fn the_database_is_set_up_for_durability() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("a.db");
    let _opened = open_file(&path).await.expect("opens");
    let mut connection = foreign(&path).await;
    let (mode,): (String,) = sqlx::query_as("PRAGMA journal_mode").fetch_one(&mut connection).await.expect("reads");
    assert_eq!(mode, "wal");
    let (ok,): (String,) = sqlx::query_as("PRAGMA integrity_check").fetch_one(&mut connection).await.expect("reads");
    assert_eq!(ok, "ok");
}

/// A lock of another process makes a unit `Unavailable`, never half written; when it is gone the writer goes on by itself.
#[tokio::test]
async fn a_lock_of_another_process_passes() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("a.db");
    let options = Options { busy_timeout: Duration::from_millis(1), ..Options::default() };
    let mut opened = open(&format!("sqlite:{}", path.display()), options).await.expect("opens");
    put(&mut opened, b"1").await;
    let mut other = foreign(&path).await;
    other.execute("BEGIN IMMEDIATE").await.expect("locks");
    for _ in 0..2 {
        assert_eq!(opened.writer.begin().await.err().expect("busy").kind(), Kind::Unavailable);
    }
    let account = esteira_model::AccountId::new("acme");
    let page = esteira_store::Page { size: 1, after: None };
    opened.reader.list_jobs(&account, &Default::default(), &page).await.expect("reads go on");
    other.execute("ROLLBACK").await.expect("unlocks");
    assert_eq!(get(&mut opened).await.as_deref(), Some(&b"1"[..]));
    put(&mut opened, b"2").await;
}

#[tokio::test]
async fn purged_bytes_are_left_out() {
    use esteira_model::{Artifact, ArtifactId, DataClass, JobId, Payload, Uuid};
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("a.db");
    let mut opened = open_file(&path).await.expect("opens");
    let artifact = |id| Artifact {
        id: ArtifactId(id),
        job: JobId(Uuid::default()),
        data_class: DataClass::Qa,
        payload: Payload::json("1"),
    };
    let artifacts = vec![(artifact(1), [1; 32]), (artifact(2), [2; 32])];
    let mut unit = opened.writer.begin().await.expect("begins");
    unit.write(&esteira_store::Batch { artifacts, ..Default::default() }).await.expect("written");
    unit.commit().await.expect("commits");
    // What a purge will do: the body goes, the row and its digest stay (INV-APPEND).
    foreign(&path)
        .await
        .execute("UPDATE artifact SET place = 'PURGED', body = NULL WHERE artifact_id = 1")
        .await
        .expect("purged");
    let ids = [ArtifactId(1), ArtifactId(2)];
    let found = opened.reader.artifacts(&ids).await.expect("reads");
    assert_eq!(found.iter().map(|(id, ..)| id.0).collect::<Vec<_>>(), [2]);
    assert_eq!(opened.writer.begin().await.expect("begins").artifacts(&ids).await.expect("reads").len(), 1);
}
