//! Start, lease, report, await: the way of a task.

use crate::harness::*;
use esteira_contract::v1::{self, JobState, TaskState};
use esteira_coordinator::{Clock, SystemClock};
use tonic::Code;

#[tokio::test]
async fn a_job_of_two_steps() {
    let server = Harness::start().await;
    server
        .publish("two", r#"[{"step_key":"a","function":"kit.a","config":{ "x" : 1.0 },"next":["b"]},{"step_key":"b","function":"kit.b"}]"#)
        .await;
    let mut start = start_of("two", r#"{"n":9007199254740993}"#);
    start.labels.insert("team".into(), "blue".into());
    if let Some(packet) = &mut start.packet {
        packet.headers.insert("traceparent".into(), "00-1".into());
        packet.aggregate = Some(v1::AggregateRef { r#type: "order".into(), id: "42".into(), version: 1 });
    }
    let started = server.jobs().start_job(start).await.expect("started").into_inner();
    let job = started.job.expect("a job");
    assert!(!started.deduplicated);
    assert_eq!((job.plan_name.as_str(), job.plan_version, job.data_class()), ("two", 1, v1::DataClass::Devtest));
    let input = job.input.expect("an input");
    assert_eq!(input.actor.expect("an actor").user_id, "ana");
    let digest = input.data.expect("data");
    assert_eq!((digest.body, digest.sha256.len()), (None, 32));

    let lease = server.lease_one("kit.a").await;
    assert_eq!((lease.step_key.as_str(), lease.attempt, lease.config_json.as_str()), ("a", 1, r#"{ "x" : 1.0 }"#));
    let packet = lease.packet.clone().expect("a packet");
    assert_eq!(text_of(&packet.data.expect("data")), r#"{"n":9007199254740993}"#);
    assert_eq!(packet.headers.get("traceparent").map(String::as_str), Some("00-1"));
    assert_eq!(packet.aggregate.expect("an aggregate").id, "42");
    server.complete(&lease, r#"{"b":1.50}"#).await;

    let lease = server.lease_one("kit.b").await;
    assert_eq!(text_of(&lease.packet.clone().expect("a packet").data.expect("data")), r#"{"b":1.50}"#);
    server.complete(&lease, "\"done\"").await;

    let ended = server.await_job(&job.job_id).await;
    assert_eq!((ended.state(), ended.result_count), (JobState::Succeeded, 1));
    assert_eq!(text_of(&ended.results[0]), "\"done\"");
    assert_eq!(ended.task_counts, [("SUCCEEDED".to_owned(), 2)].into());
    assert_eq!(ended.labels.get("team").map(String::as_str), Some("blue"));
    assert!(ended.end_time.is_some() && ended.start_time.is_some());
    assert_eq!(ended.wait_reason(), v1::WaitReason::Unspecified);

    let tasks = server.tasks(&job.job_id).await;
    let shown: Vec<_> = tasks.iter().map(|task| (task.step_key.as_str(), task.state(), task.attempts.len())).collect();
    assert_eq!(shown, [("a", TaskState::Succeeded, 1), ("b", TaskState::Succeeded, 1)]);
    assert_eq!((tasks[1].parent_task_id.as_str(), tasks[0].queue.as_str()), (tasks[0].task_id.as_str(), "kit.a"));
    assert_eq!(text_of(&tasks[0].outputs[0]), r#"{"b":1.50}"#);
    let attempt = &tasks[1].attempts[0];
    assert_eq!((attempt.number, attempt.worker_id.as_str()), (1, "w"));
    assert!(attempt.end_time.is_some());
    server.stop().await;
}

#[tokio::test]
async fn inv_replay_a_start_can_be_sent_again() {
    let server = Harness::start().await;
    server.publish("one", r#"[{"step_key":"a","function":"kit.a"}]"#).await;
    let mut request = v1::StartJobRequest { request_id: "r-1".into(), ..start_of("one", "1") };
    request.labels.extend((0..10).map(|index| (format!("l{index}"), "v".to_owned())));
    let first = server.jobs().start_job(request.clone()).await.expect("started").into_inner();
    let again = server.jobs().start_job(request.clone()).await.expect("again").into_inner();
    assert_eq!((first.deduplicated, again.deduplicated), (false, true));
    assert_eq!(first.job.map(|job| job.job_id), again.job.map(|job| job.job_id));
    let other = v1::StartJobRequest { priority: 1, ..request };
    check_refused(server.jobs().start_job(other).await, Code::FailedPrecondition, "REQUEST_ID_REUSED", "request_id");

    let millis = format!("{:012x}", SystemClock.now().0 / 1_000);
    let job_id = &*format!("{}-{}-7e9a-8b2c-ffeeddccbbaa", &millis[..8], &millis[8..]);
    let chosen = v1::StartJobRequest { job_id: job_id.into(), ..start_of("one", "1") };
    let started = server.jobs().start_job(chosen.clone()).await.expect("started").into_inner();
    assert_eq!(started.job.map(|job| job.job_id), Some(job_id.to_owned()));
    check_refused(server.jobs().start_job(chosen).await, Code::AlreadyExists, "NAME_TAKEN", "job_id");
    server.stop().await;
}

#[tokio::test]
async fn a_fan_out_and_its_join() {
    let server = Harness::start().await;
    server
        .publish(
            "fan",
            r#"[{"step_key":"split","function":"kit.split","output":"multiple","next":["each"]},
                {"step_key":"each","function":"kit.each","next":["all"]},
                {"step_key":"all","function":"kit.all","join":"all"}]"#,
        )
        .await;
    let job = server.start_job("fan", "null").await;
    let lease = server.lease_one("kit.split").await;
    assert_eq!(lease.output_type(), v1::OutputType::Multiple);
    // Two chunks ahead of the report; each may be sent again.
    let chunk = |chunk_index, items: &[&str]| v1::AppendOutputsRequest {
        lease_token: lease.lease_token.clone(),
        chunk_index,
        items: items.iter().map(|item| json(item)).collect(),
    };
    let total =
        async |request| server.workers().append_outputs(request).await.map(|answer| answer.into_inner().total_items);
    assert_eq!(total(chunk(0, &["1", "2"])).await.expect("stored"), 2);
    assert_eq!(total(chunk(0, &["1", "2"])).await.expect("again"), 2);
    check_refused(total(chunk(2, &["4"])).await, Code::FailedPrecondition, "CHUNK_GAP", "chunk_index");
    assert_eq!(total(chunk(1, &["3"])).await.expect("stored"), 3);
    let appended =
        |count| v1::Completion { output: Some(v1::completion::Output::AppendedItems(count)), ..Default::default() };
    let outcome = server.report(completed_with(&lease, appended(4))).await;
    assert_eq!(outcome.error_reason, "CHUNK_GAP");
    assert_eq!(server.report(completed_with(&lease, appended(3))).await.error_reason, "");

    let leases = server.lease("kit.each", 10).await;
    for lease in &leases {
        let item = text_of(lease.packet.as_ref().and_then(|packet| packet.data.as_ref()).expect("data")).to_owned();
        server.complete(lease, &format!("{item}0")).await;
    }
    let lease = server.lease_one("kit.all").await;
    assert_eq!(text_of(lease.packet.as_ref().and_then(|packet| packet.data.as_ref()).expect("data")), "[10,20,30]");
    check_refused(
        total(v1::AppendOutputsRequest {
            lease_token: lease.lease_token.clone(),
            chunk_index: 0,
            items: vec![json("1")],
        })
        .await,
        Code::InvalidArgument,
        "OUTPUT_TYPE_MISMATCH",
        "",
    );
    server.complete(&lease, "60").await;
    let ended = server.await_job(&job).await;
    assert_eq!((ended.state(), text_of(&ended.results[0])), (JobState::Succeeded, "60"));
    let paths: Vec<Vec<i64>> = server
        .tasks(&job)
        .await
        .into_iter()
        .filter(|task| task.step_key == "each")
        .map(|task| task.item_path)
        .collect();
    assert_eq!(paths, [vec![0], vec![1], vec![2]]);
    server.stop().await;
}

#[tokio::test]
async fn a_report_can_lease_the_next() {
    let server = Harness::start().await;
    server
        .publish("two", r#"[{"step_key":"a","function":"kit.a","next":["b"]},{"step_key":"b","function":"kit.b"}]"#)
        .await;
    let job = server.start_job("two", "1").await;
    let lease = server.lease_one("kit.a").await;
    let next = v1::LeaseTasksRequest { worker_id: String::new(), wait: None, ..poll_of("", "kit.b") };
    let request =
        v1::ReportTasksRequest { worker_id: "w".into(), reports: vec![completed(&lease, "2")], lease: Some(next) };
    let answer = server.workers().report_tasks(request).await.expect("answered").into_inner();
    let lease = answer.lease.expect("the leasing part").leases.pop().expect("the next task");
    assert_eq!(lease.step_key, "b");
    server.complete(&lease, "3").await;
    assert_eq!(server.await_job(&job).await.state(), JobState::Succeeded);
    server.stop().await;
}

#[tokio::test]
async fn a_sub_plan_is_a_child_job() {
    let server = Harness::start().await;
    server.publish("child", r#"[{"step_key":"c","function":"kit.c"}]"#).await;
    server.publish("parent", r#"[{"step_key":"p","sub_plan":{"plan":"child"}}]"#).await;
    let parent = server.start_job("parent", "1").await;
    let lease = server.lease_one("kit.c").await;
    let task = server.tasks(&parent).await.remove(0);
    assert_eq!((task.child_job_id.as_str(), task.wait_reason()), (lease.job_id.as_str(), v1::WaitReason::SubPlan));
    let child = server.job(&lease.job_id).await;
    let lineage = child.lineage.expect("a lineage");
    assert_eq!((lineage.kind(), lineage.parent_job_id.as_str()), (v1::lineage::Kind::SubPlan, parent.as_str()));
    assert_eq!((lineage.root_job_id.as_str(), lineage.parent_task_id), (parent.as_str(), task.task_id));
    server.complete(&lease, "\"from the child\"").await;
    assert_eq!(text_of(&server.await_job(&parent).await.results[0]), "\"from the child\"");
    server.stop().await;
}
