//! Servers that stop, crash, and come back.

use crate::{foreign, get, opened, put, round};
use esteira_model::{AccountId, JobId, Uuid};
use esteira_store::{Kind, Page};
use esteira_store_sql::{Options, open};
use esteira_testkit::Postgres;
use sqlx::Executor;
use std::time::Duration;

/// What was committed is there after a crash of the server, and the store goes on by itself.
#[tokio::test]
async fn a_crash_of_the_server_is_survived() {
    let server = Postgres::start(&[]);
    let mut opened = open(&server.url("postgres"), Options::default()).await.expect("opens");
    put(&mut opened, b"1").await.expect("stored");
    let (account, page) = (AccountId::new("acme"), Page { size: 1, after: None });
    opened.reader.list_jobs(&account, &Default::default(), &page).await.expect("reads");
    for mode in ["immediate", "fast"] {
        let mut unit = opened.writer.begin().await.expect("begins");
        unit.put_setting("a", b"lost").await.expect("stored");
        server.stop(mode);
        let kind = unit.put_setting("b", b"2").await.expect_err("gone").kind();
        assert_eq!(kind, Kind::Unavailable, "{mode}");
        drop(unit);
        assert_eq!(opened.writer.begin().await.err().expect("gone").kind(), Kind::Unavailable, "{mode}");
        server.restart();
        assert_eq!(get(&mut opened).await.as_deref(), Some(&b"1"[..]), "{mode}");
        opened.reader.list_jobs(&account, &Default::default(), &page).await.expect("idle readers are replaced");
    }
    // A restart that nobody notices: no unit was open.
    server.stop("fast");
    server.restart();
    put(&mut opened, b"2").await.expect("the first unit after it begins on a new connection");
}

/// A backend that an operator ends is `Unavailable`, and replaced.
#[tokio::test]
async fn a_terminated_backend_is_replaced() {
    let (mut opened, url) = opened(Options::default()).await;
    let mut unit = opened.writer.begin().await.expect("begins");
    unit.write(&round("r1")).await.expect("written");
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
    foreign(&url).await.execute(end).await.expect("ended");
    let error = unit.commit().await.expect_err("gone");
    assert_eq!(error.kind(), Kind::Conflict, "looked up: it was undone; {error}");
    put(&mut opened, b"1").await.expect("the writer goes on");
}

/// A lock of somebody else ends a unit after the time-out, and nothing of it is left.
#[tokio::test]
async fn a_lock_that_is_not_let_go_is_a_conflict() {
    let options = Options { busy_timeout: Duration::from_millis(50), ..Options::default() };
    let (mut opened, url) = opened(options).await;
    let mut other = foreign(&url).await;
    other.execute("BEGIN; LOCK TABLE request IN ACCESS EXCLUSIVE MODE").await.expect("locks");
    let mut unit = opened.writer.begin().await.expect("begins");
    unit.put_setting("a", b"1").await.expect("stored");
    assert_eq!(unit.write(&round("r1")).await.expect_err("locked").kind(), Kind::Conflict);
    drop(unit);
    other.execute("ROLLBACK").await.expect("unlocks");
    assert_eq!(get(&mut opened).await, None);
    let mut unit = opened.writer.begin().await.expect("begins");
    unit.write(&round("r1")).await.expect("written");
    unit.commit().await.expect("commits");
}

/// A coordinator that was stopped in the middle of a unit does not keep its locks.
#[tokio::test]
async fn an_idle_unit_is_ended_by_the_server() {
    let (opened, url) = opened(Options::default()).await;
    let mut stopped = opened;
    let mut unit = stopped.writer.begin().await.expect("begins");
    unit.take_aggregate("k", JobId(Uuid::default()), esteira_model::TaskId(Uuid::default())).await.expect("asks");
    let mut other = open(&url, Options::default()).await.expect("opens");
    let mut second = other.writer.begin().await.expect("begins");
    let task = esteira_model::TaskId(Uuid::from_bytes([1; 16]));
    let taken = second.take_aggregate("k", JobId(Uuid::default()), task).await.expect("the lock comes");
    assert_eq!(taken, Some(0), "the stopped unit left nothing");
    drop(second);
    assert_eq!(unit.lanes().await.expect_err("ended").kind(), Kind::Unavailable);
}
