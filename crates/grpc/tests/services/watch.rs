//! WatchJobs.

use crate::harness::*;
use esteira_contract::v1::{self, JobState, TaskState, watch_jobs_response::Item};
use tokio_stream::StreamExt;
use tonic::Code;

#[tokio::test]
async fn a_snapshot_then_each_change_until_all_have_ended() {
    let server = Harness::start().await;
    server
        .publish("two", r#"[{"step_key":"a","function":"kit.a","next":["b"]},{"step_key":"b","function":"kit.b"}]"#)
        .await;
    let job = server.start_job("two", "1").await;
    let request = v1::WatchJobsRequest { job_ids: vec![job.clone(), job.clone()] };
    let mut stream = server.jobs().watch_jobs(request).await.expect("watched").into_inner();
    let Some(Ok(v1::WatchJobsResponse { item: Some(Item::Job(first)) })) = stream.next().await else {
        panic!("no snapshot")
    };
    assert_eq!((first.job_id.as_str(), first.state()), (job.as_str(), JobState::Running));
    for step in ["kit.a", "kit.b"] {
        let lease = server.lease_one(step).await;
        server.complete(&lease, "1").await;
    }
    let rest: Vec<Item> =
        tokio::time::timeout(SOON, stream.map(|item| item.expect("no error").item.expect("an item")).collect())
            .await
            .expect("the stream ends with the job");
    let ended = |step: &str| {
        rest.iter().any(
            |item| matches!(item, Item::Task(task) if task.step_key == step && task.state() == TaskState::Succeeded),
        )
    };
    assert!(ended("a") && ended("b"), "{rest:?}");
    assert!(matches!(rest.last(), Some(Item::Job(last)) if last.state() == JobState::Succeeded), "{rest:?}");
    server.stop().await;
}

#[tokio::test]
async fn jobs_that_have_ended_and_jobs_that_are_none() {
    let server = Harness::start().await;
    server.publish("one", r#"[{"step_key":"a","function":"kit.a"}]"#).await;
    let job = server.start_job("one", "1").await;
    let lease = server.lease_one("kit.a").await;
    server.complete(&lease, "1").await;
    server.await_job(&job).await;
    let watch = async |job_ids: &[&str]| {
        let request = v1::WatchJobsRequest { job_ids: job_ids.iter().map(|id| id.to_string()).collect() };
        server.jobs().watch_jobs(request).await
    };
    let items: Vec<_> = watch(&[&job]).await.expect("watched").into_inner().collect().await;
    assert_eq!(items.len(), 1);
    let unknown = "01932c07-209b-7e9a-8b2c-ffeeddccbbaa";
    check_refused(watch(&[&job, unknown]).await, Code::NotFound, "JOB_NOT_FOUND", "");
    check_refused(watch(&[]).await, Code::InvalidArgument, "FIELD_INVALID", "job_ids");
    check_refused(watch(&[&job, "x"]).await, Code::InvalidArgument, "FIELD_INVALID", "job_ids[1]");
    server.stop().await;
}

#[tokio::test]
async fn a_server_that_stops_ends_its_streams() {
    let server = Harness::start().await;
    server.publish("one", r#"[{"step_key":"a","function":"kit.a"}]"#).await;
    let job = server.start_job("one", "1").await;
    let mut stream =
        server.jobs().watch_jobs(v1::WatchJobsRequest { job_ids: vec![job] }).await.expect("watched").into_inner();
    assert!(stream.next().await.is_some_and(|item| item.is_ok()));
    server.drain();
    let last = tokio::time::timeout(SOON, stream.next()).await.expect("at once").expect("an error");
    check_refused(last, Code::Unavailable, "STORE_UNAVAILABLE", "");
    server.stop().await;
}
