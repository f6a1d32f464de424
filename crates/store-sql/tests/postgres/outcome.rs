//! A COMMIT whose answer is lost: the store finds out by itself what became of it.

use crate::{
    database, is_answered,
    proxy::{Fault, Proxy},
    put, round,
};
use esteira_store::{Kind, Result};
use esteira_store_sql::{Opened, Options, open};
use std::time::Duration;
use tokio::time::Instant;

/// Shorter than a test, longer than a busy machine takes to answer.
const SHORT: Duration = Duration::from_millis(1500);

/// A store behind a proxy, with short deadlines.
async fn behind_a_proxy(deadline: Duration) -> (Opened, Proxy) {
    let (server, name) = database();
    let proxy = Proxy::start(server.socket()).await;
    drop(open(&server.url(&name), Options::default()).await.expect("migrates"));
    let options = Options { deadline, resolve: deadline, ..Options::default() };
    (open(&proxy.url(&name), options).await.expect("opens"), proxy)
}

async fn write(opened: &mut Opened, request: &str) -> Result<()> {
    let mut unit = opened.writer.begin().await?;
    unit.write(&round(request)).await?;
    unit.commit().await
}

async fn is_there(opened: &mut Opened, request: &str) -> bool {
    is_answered(&mut *opened.writer.begin().await.expect("begins"), request).await
}

#[tokio::test]
async fn a_lost_answer_is_looked_up() {
    let (mut opened, proxy) = behind_a_proxy(Duration::from_secs(10)).await;
    proxy.next_commit(Fault::LoseAnswer);
    write(&mut opened, "r1").await.expect("it is committed");
    assert!(is_there(&mut opened, "r1").await);
    write(&mut opened, "r2").await.expect("the writer goes on");
}

#[tokio::test]
async fn an_answer_that_never_comes_is_looked_up() {
    let (mut opened, proxy) = behind_a_proxy(SHORT).await;
    proxy.next_commit(Fault::HoldAnswer);
    write(&mut opened, "r1").await.expect("it is committed");
    assert!(is_there(&mut opened, "r1").await);
}

#[tokio::test]
async fn a_lost_commit_is_a_conflict() {
    let (mut opened, proxy) = behind_a_proxy(Duration::from_secs(10)).await;
    proxy.next_commit(Fault::LoseCommit);
    assert_eq!(write(&mut opened, "r1").await.expect_err("undone").kind(), Kind::Conflict);
    assert!(!is_there(&mut opened, "r1").await);
    write(&mut opened, "r1").await.expect("again");
}

/// A unit without a round, such as one that extends leases, is looked up too.
#[tokio::test]
async fn every_unit_that_writes_is_looked_up() {
    let (mut opened, proxy) = behind_a_proxy(Duration::from_secs(10)).await;
    proxy.next_commit(Fault::LoseAnswer);
    put(&mut opened, b"1").await.expect("it is committed");
    assert_eq!(
        opened.writer.begin().await.expect("begins").setting("a").await.expect("reads").as_deref(),
        Some(&b"1"[..])
    );
    proxy.next_commit(Fault::LoseCommit);
    assert_eq!(put(&mut opened, b"2").await.expect_err("undone").kind(), Kind::Conflict);
}

/// The server still holds the transaction open: only the deadline ends the question.
#[tokio::test]
async fn what_is_still_open_stays_unknown() {
    let (mut opened, proxy) = behind_a_proxy(SHORT).await;
    let began = Instant::now();
    proxy.next_commit(Fault::KeepOpen);
    assert_eq!(write(&mut opened, "r1").await.expect_err("unknown").kind(), Kind::CommitUnknown);
    assert!(began.elapsed() < Duration::from_secs(20));
    write(&mut opened, "r2").await.expect("the writer goes on");
}

#[tokio::test]
async fn a_server_that_is_gone_leaves_it_unknown() {
    let (mut opened, proxy) = behind_a_proxy(SHORT).await;
    proxy.next_commit(Fault::LoseAnswer);
    proxy.close(true);
    assert_eq!(write(&mut opened, "r1").await.expect_err("unknown").kind(), Kind::CommitUnknown);
    assert_eq!(opened.writer.begin().await.err().expect("gone").kind(), Kind::Unavailable);
    proxy.close(false);
    assert!(is_there(&mut opened, "r1").await, "the caller finds out, by the command's id");
}

/// A server that says nothing does not hold the committer for ever, in whatever statement.
#[tokio::test]
async fn a_hung_server_is_given_up() {
    let (mut opened, proxy) = behind_a_proxy(SHORT).await;
    for at in ["begin", "read", "write"] {
        let mut unit = opened.writer.begin().await.expect("begins");
        if at != "begin" {
            assert!(!is_answered(&mut *unit, at).await);
        }
        proxy.freeze(true);
        let began = Instant::now();
        let kind = match at {
            "begin" => {
                drop(unit);
                opened.writer.begin().await.err().map(|e| e.kind())
            }
            "read" => {
                let kind = unit.lanes().await.err().map(|e| e.kind());
                drop(unit);
                kind
            }
            _ => {
                let kind = unit.write(&round(at)).await.err().map(|e| e.kind());
                drop(unit);
                kind
            }
        };
        assert_eq!(kind, Some(Kind::Unavailable), "{at}");
        assert!(began.elapsed() < Duration::from_secs(20), "{at}");
        proxy.freeze(false);
        write(&mut opened, at).await.expect("the writer goes on");
    }
    let page = esteira_store::Page { size: 1, after: None };
    proxy.freeze(true);
    let account = esteira_model::AccountId::new("acme");
    let found = opened.reader.list_jobs(&account, &Default::default(), &page).await;
    assert_eq!(found.expect_err("hangs").kind(), Kind::Unavailable);
    proxy.freeze(false);
    opened.reader.list_jobs(&account, &Default::default(), &page).await.expect("reads go on");
}

/// Nothing was written, so nothing is unknown.
#[tokio::test]
async fn a_unit_that_only_read_is_never_unknown() {
    let (mut opened, proxy) = behind_a_proxy(Duration::from_secs(10)).await;
    proxy.next_commit(Fault::LoseAnswer);
    let mut unit = opened.writer.begin().await.expect("begins");
    assert!(unit.lanes().await.expect("reads").is_empty());
    assert_eq!(unit.commit().await.expect_err("cut").kind(), Kind::Unavailable);
}
