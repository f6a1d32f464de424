//! Opening a PostgreSQL store: what is refused, and with which words.

use crate::{database, foreign, get, opened, put, refused};
use esteira_store::Kind;
use esteira_store_sql::{Options, open};
use esteira_testkit::Postgres;
use sqlx::Executor;

#[tokio::test]
async fn what_was_committed_is_there_after_a_restart() {
    let (mut opened, url) = opened(Options::default()).await;
    put(&mut opened, b"1").await.expect("stored");
    drop(opened);
    let mut opened = open(&url.replace("postgres://", "postgresql://"), Options::default()).await.expect("opens again");
    assert_eq!(get(&mut opened).await.as_deref(), Some(&b"1"[..]));
}

#[tokio::test]
async fn coordinators_that_start_at_once_migrate_once() {
    let (server, name) = database();
    let url = server.url(&name);
    let open = || open(&url, Options::default());
    let (a, b, c) = tokio::join!(open(), open(), open());
    for opened in [a, b, c] {
        put(&mut opened.expect("opens"), b"1").await.expect("stored");
    }
}

#[tokio::test]
async fn other_histories_are_refused() {
    let (opened, url) = opened(Options::default()).await;
    drop(opened);
    let mut connection = foreign(&url).await;
    connection.execute("UPDATE schema_migration SET sha256 = 'x' WHERE number = 1").await.expect("updated");
    let (kind, message) = refused(open(&url, Options::default()).await);
    assert_eq!(kind, Kind::Defect);
    assert!(message.contains("another text"), "{message}");
    connection.execute("INSERT INTO schema_migration VALUES (9999, '9999_later', 'x')").await.expect("inserted");
    connection.execute("DELETE FROM schema_migration WHERE number = 1").await.expect("deleted");
    let (kind, message) = refused(open(&url, Options::default()).await);
    assert_eq!(kind, Kind::Defect);
    assert!(message.contains("9999_later") && message.contains("newer version"), "{message}");
}

#[tokio::test]
async fn servers_that_lose_commits_are_refused() {
    let server = Postgres::start(&["fsync=off"]);
    let (kind, message) = refused(open(&server.url("postgres"), Options::default()).await);
    assert_eq!(kind, Kind::Defect);
    assert!(message.contains("fsync"), "{message}");

    let (server, name) = database();
    server.run(&name, &format!("ALTER DATABASE {name} SET synchronous_commit = off"));
    let (kind, message) = refused(open(&server.url(&name), Options::default()).await);
    assert_eq!(kind, Kind::Defect);
    assert!(message.contains("synchronous_commit"), "{message}");
}

#[tokio::test]
async fn databases_that_do_not_fit_are_refused() {
    let server = Postgres::shared();
    let name = server.fresh_name();
    server.run("postgres", &format!("CREATE DATABASE {name} ENCODING 'SQL_ASCII' TEMPLATE template0"));
    let (kind, message) = refused(open(&server.url(&name), Options::default()).await);
    assert_eq!((kind, message.contains("UTF8")), (Kind::Defect, true), "{message}");

    let (server, name) = database();
    let url = format!("{}&options=-c%20search_path%3Dnowhere", server.url(&name));
    let (kind, message) = refused(open(&url, Options::default()).await);
    assert_eq!((kind, message.contains("search_path")), (Kind::Defect, true), "{message}");

    let (kind, message) = refused(open(&server.url("no_such_database"), Options::default()).await);
    assert_eq!((kind, message.contains("no_such_database")), (Kind::Defect, true), "{message}");
}

/// A role that may only read and write rows runs a coordinator; it is told when somebody else must migrate first.
#[tokio::test]
async fn a_role_without_the_right_to_create_tables() {
    let (server, name) = database();
    let role = server.fresh_name();
    server.run(&name, &format!("CREATE ROLE {role} LOGIN"));
    let url = server.url(&name);
    let theirs = url.replace("tester", &role);
    let (kind, message) = refused(open(&theirs, Options::default()).await);
    assert_eq!(kind, Kind::Defect);
    assert!(message.contains("0001_tables") && message.contains("grant CREATE"), "{message}");
    drop(open(&url, Options::default()).await.expect("opens"));
    server.run(&name, &format!("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}"));
    let mut opened = open(&theirs, Options::default()).await.expect("opens");
    put(&mut opened, b"1").await.expect("stored");
}

#[tokio::test]
async fn passwords_stay_secret() {
    let urls = [
        // A port where nobody listens.
        ("postgres://ana:s3cret@127.0.0.1:1/esteira", Kind::Unavailable),
        ("postgres://ana:s3cret@127.0.0.1:1/esteira?password=s3cret", Kind::Unavailable),
        ("postgres://ana:s3cret@127.0.0.1:port/esteira", Kind::Defect),
        ("postgre://ana:s3cret@127.0.0.1:1/esteira", Kind::Defect),
        ("ana:s3cret@127.0.0.1", Kind::Defect),
    ];
    for (url, expected) in urls {
        let (kind, message) = refused(open(url, Options::default()).await);
        assert_eq!(kind, expected, "{url}: {message}");
        assert!(!message.contains("s3cret"), "{message}");
    }
}

#[tokio::test]
async fn connections_say_what_they_are() {
    let (_opened, url) = opened(Options::default()).await;
    let mut connection = foreign(&url).await;
    let names = "SELECT DISTINCT application_name FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
    let found: Vec<(String,)> = sqlx::query_as(names).fetch_all(&mut connection).await.expect("asks");
    assert_eq!(found, [("esteira".to_owned(),)]);
}
