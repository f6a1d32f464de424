//! Results that cannot be delivered.

use crate::{
    fake::{applied, lease, refused},
    start_with,
};
use esteira_sdk::{
    Function, Output,
    client::v1::{self, OutputType::Single},
    function,
    model::{OutputType, Payload},
    worker::{Error, Worker},
};
use prost::Message as _;
use std::{fs, path::Path, time::Duration};
use tonic::Status;

fn echo() -> impl Function {
    function("echo", OutputType::Single, |_, input: Payload| async move { Ok(Output::One(input)) })
}

/// The names in a spool, in order.
fn files(spool: &Path) -> Vec<String> {
    let names = fs::read_dir(spool).expect("there").map(|entry| entry.expect("read").file_name());
    let mut names: Vec<String> = names.map(|name| name.into_string().expect("ASCII")).collect();
    names.sort();
    names
}

/// A worker that gets these leases, runs them, and has to stop while its report is not answered.
async fn undelivered(spool: &Path, leases: Vec<v1::TaskLease>) -> Result<(), Error> {
    let grace = Duration::from_millis(50);
    let mut started =
        start_with(4, echo(), |builder| builder.spool(spool).drain_grace(grace).cancel_grace(grace)).await;
    let poll = started.fake.polls.next().await;
    poll.answer(v1::LeaseTasksResponse { leases, ..Default::default() });
    let held = started.fake.reports.next().await;
    started.stop.send(()).expect("runs");
    let ended = tokio::time::timeout(Duration::from_secs(60), started.ended).await.expect("ends");
    drop(held);
    ended.expect("no panic")
}

/// The leases whose reports a new worker on the same spool sends before it registers.
async fn next_worker(
    spool: &Path,
    files: usize,
    answer: impl Fn(&str) -> Result<v1::ReportOutcome, Status>,
) -> Vec<String> {
    let mut fake = crate::fake::Fake::start();
    let worker = Worker::builder(&fake.endpoint).worker_id("w2").function(echo()).spool(spool).build().expect("valid");
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let ended = tokio::spawn(worker.run(async {
        let _ = stopped.await;
    }));
    let mut sent = Vec::new();
    for _ in 0..files {
        let call = fake.reports.next().await;
        assert_eq!((call.request.reports.len(), &call.request.lease), (1, &None));
        let token = call.request.reports[0].lease_token.clone();
        match answer(&token) {
            Ok(outcome) => drop(call.answer(v1::ReportTasksResponse { outcomes: vec![outcome], lease: None })),
            Err(status) => drop(call.refuse(status)),
        }
        sent.push(token);
    }
    fake.register().await;
    fake.reports.assert_none();
    ended.abort();
    drop(stop);
    sent
}

#[tokio::test]
async fn an_undelivered_result_is_on_the_disk_when_the_worker_ends() {
    let spool = tempfile::tempdir().expect("a directory");
    undelivered(spool.path(), vec![lease("a", "echo", Single, r#"{"n":1}"#)]).await.expect("kept, so a clean end");
    let names = files(spool.path());
    assert!(names.len() == 1 && names[0].ends_with(".report"), "{names:?}");
    let file = fs::read(spool.path().join(&names[0])).expect("read");
    let end = file.iter().position(|byte| *byte == b'\n').expect("a line");
    let header: serde_json::Value = serde_json::from_slice(&file[..end]).expect("JSON");
    assert_eq!(
        (header["format"].as_str(), header["bytes"].as_u64()),
        (Some("esteira.spool.v1"), Some((file.len() - end - 1) as u64))
    );
    let request = v1::ReportTasksRequest::decode(&file[end + 1..]).expect("a request");
    assert_eq!((request.worker_id.as_str(), request.reports[0].lease_token.as_str()), ("w1", "a"));

    assert_eq!(next_worker(spool.path(), 1, |token| Ok(applied(token))).await, ["a"]);
    assert!(files(spool.path()).is_empty());
}

#[tokio::test]
async fn a_final_verdict_ends_a_file_and_anything_else_keeps_it() {
    let spool = tempfile::tempdir().expect("a directory");
    let leases = ["a", "b", "c", "d"].map(|token| lease(token, "echo", Single, "1"));
    undelivered(spool.path(), leases.into()).await.expect("kept");
    assert_eq!(files(spool.path()).len(), 4);
    let answer = |token: &str| match token {
        "a" => Ok(refused("a", "LEASE_LOST")),
        "b" => Ok(refused("b", "STORE_UNAVAILABLE")),
        "c" => Err(Status::invalid_argument("no")),
        _ => Ok(applied(token)),
    };
    let mut sent = next_worker(spool.path(), 4, answer).await;
    sent.sort();
    assert_eq!(sent, ["a", "b", "c", "d"]);
    assert_eq!(files(spool.path()).len(), 1);
    assert_eq!(next_worker(spool.path(), 1, |token| Ok(applied(token))).await, ["b"]);
    assert!(files(spool.path()).is_empty());
}

#[tokio::test]
async fn a_file_that_is_not_whole_is_set_aside() {
    let spool = tempfile::tempdir().expect("a directory");
    undelivered(spool.path(), vec![lease("a", "echo", Single, "1")]).await.expect("kept");
    let name = files(spool.path()).remove(0);
    let path = spool.path().join(&name);
    let mut bytes = fs::read(&path).expect("read");
    *bytes.last_mut().expect("not empty") ^= 1;
    fs::write(&path, bytes).expect("written");
    assert!(next_worker(spool.path(), 0, |token| Ok(applied(token))).await.is_empty());
    assert_eq!(files(spool.path()), [format!("{name}.corrupt")]);
}

#[tokio::test]
async fn without_a_spool_the_worker_says_what_is_lost() {
    let grace = Duration::from_millis(50);
    let mut started = start_with(1, echo(), |builder| builder.drain_grace(grace).cancel_grace(grace)).await;
    started.fake.lease(vec![lease("a", "echo", Single, "1")]).await;
    let held = started.fake.reports.next().await;
    started.stop.send(()).expect("runs");
    let ended = started.ended.await.expect("no panic");
    drop(held);
    assert!(matches!(ended, Err(Error::Undelivered(1))), "{ended:?}");
}

#[tokio::test]
async fn a_drain_with_only_reports_left_does_not_wait_for_the_grace_of_functions() {
    let spool = tempfile::tempdir().expect("a directory");
    let grace = Duration::from_secs(600);
    let mut started = start_with(4, echo(), |builder| builder.spool(spool.path()).drain_grace(grace)).await;
    let poll = started.fake.polls.next().await;
    let leases = vec![lease("a", "echo", Single, "1")];
    poll.answer(v1::LeaseTasksResponse { leases, ..Default::default() });
    let held = started.fake.reports.next().await;
    started.stop.send(()).expect("runs");
    let ended =
        tokio::time::timeout(Duration::from_secs(60), started.ended).await.expect("long before the grace is over");
    drop(held);
    ended.expect("no panic").expect("kept, so a clean end");
    assert_eq!(files(spool.path()).len(), 1);
}

#[tokio::test]
async fn a_capsule_that_is_wanted_is_sent_and_only_then() {
    let mut started = start_with(4, echo(), |builder| builder).await;
    let poll = started.fake.polls.next().await;
    let capsule = bytes::Bytes::from_static(b"sealed");
    let leases = vec![v1::TaskLease { capsule: capsule.clone(), ..lease("a", "echo", Single, "1") }];
    poll.answer(v1::LeaseTasksResponse { leases, ..Default::default() });
    let first = started.fake.reports.next().await;
    assert!(first.request.reports[0].capsule.is_empty());
    let wanted = v1::ReportOutcome { capsule_wanted: true, ..refused("a", "STORE_UNAVAILABLE") };
    let plain = first.request.reports[0].clone();
    first.answer(v1::ReportTasksResponse { outcomes: vec![wanted], ..Default::default() });
    let second = started.fake.reports.next().await;
    assert_eq!(second.request.reports, [v1::TaskReport { capsule, ..plain }]);
    let held = v1::ReportOutcome { durability: v1::Durability::LastResortDisk.into(), ..applied("a") };
    second.answer(v1::ReportTasksResponse { outcomes: vec![held], ..Default::default() });
    started.stop.send(()).expect("runs");
    tokio::time::timeout(Duration::from_secs(60), started.ended)
        .await
        .expect("ends")
        .expect("no panic")
        .expect("all is delivered");
}
