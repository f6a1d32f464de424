//! Steering jobs: pause, resume, cancel, terminate, retry.

use crate::harness::*;
use esteira_contract::v1::{self, JobAction, JobState, WaitReason};
use tonic::Code;

const ONE: &str = r#"[{"step_key":"a","function":"kit.a","retry":{"max_attempts":1}}]"#;

fn control(job_id: &str, action: JobAction) -> v1::ControlJobRequest {
    v1::ControlJobRequest {
        job_id: job_id.into(),
        action: action as i32,
        reason: "because".into(),
        ..Default::default()
    }
}

#[tokio::test]
async fn pause_resume_cancel_terminate() {
    let server = Harness::start().await;
    server.publish("one", ONE).await;
    let job = server.start_job("one", "1").await;
    let act =
        async |request| server.jobs().control_job(request).await.map(|answer| answer.into_inner().job.expect("a job"));
    let paused = act(control(&job, JobAction::Pause)).await.expect("paused");
    assert_eq!((paused.state(), paused.wait_reason()), (JobState::Paused, WaitReason::Paused));
    assert_eq!(server.tasks(&job).await[0].wait_reason(), WaitReason::Paused);
    assert_eq!(act(control(&job, JobAction::Pause)).await.expect("reached already").state(), JobState::Paused);
    let stale = v1::ControlJobRequest { etag: "1".into(), ..control(&job, JobAction::Resume) };
    check_refused(act(stale).await, Code::Aborted, "ETAG_MISMATCH", "etag");
    let current = v1::ControlJobRequest { etag: paused.etag, ..control(&job, JobAction::Resume) };
    assert_eq!(act(current).await.expect("resumed").state(), JobState::Running);
    let cancelled = act(control(&job, JobAction::Cancel)).await.expect("cancelled");
    assert_eq!(cancelled.state(), JobState::Cancelled, "nothing ran");
    for action in [JobAction::Cancel, JobAction::Terminate] {
        assert_eq!(act(control(&job, action)).await.expect("reached already").state(), JobState::Cancelled);
    }
    check_refused(act(control(&job, JobAction::Pause)).await, Code::FailedPrecondition, "JOB_TERMINAL", "");
    let unknown = control("01932c07-209b-7e9a-8b2c-ffeeddccbbaa", JobAction::Pause);
    check_refused(act(unknown).await, Code::NotFound, "JOB_NOT_FOUND", "");

    let job = server.start_job("one", "1").await;
    let lease = server.lease_one("kit.a").await;
    assert_eq!(act(control(&job, JobAction::Resume)).await.expect("runs already").state(), JobState::Running);
    assert_eq!(act(control(&job, JobAction::Terminate)).await.expect("terminated").state(), JobState::Cancelled);
    assert_eq!(server.report(completed(&lease, "1")).await.error_reason, "LEASE_LOST");
    let ended = server.job(&job).await;
    assert_eq!(
        ended.failure.map(|failure| (failure.kind(), failure.code)),
        Some((v1::FailureKind::Cancelled, "TERMINATED".into()))
    );
    server.stop().await;
}

#[tokio::test]
async fn a_failed_task_is_tried_again_while_its_job_runs() {
    let server = Harness::start().await;
    // `b` keeps the job alive while `a` has failed.
    server
        .publish(
            "pair",
            r#"[{"step_key":"a","function":"kit.a","retry":{"max_attempts":1}},{"step_key":"b","function":"kit.b"}]"#,
        )
        .await;
    let job = server.start_job("pair", "1").await;
    let lease = server.lease_one("kit.a").await;
    let waiting = server.lease_one("kit.b").await;
    let outcome = server.report(failed(&lease, v1::FailureKind::NonRetryable, "E_BAD")).await;
    assert_eq!((outcome.error_reason.as_str(), outcome.will_retry), ("", false));
    let retry = |task_ids: &[&str], request_id: &str| v1::RetryTasksRequest {
        request_id: request_id.into(),
        job_id: job.clone(),
        task_ids: task_ids.iter().map(|id| id.to_string()).collect(),
        reason: "fixed".into(),
    };
    let send = async |request| server.jobs().retry_tasks(request).await.map(|answer| answer.into_inner().tasks);
    check_refused(
        send(retry(&[&lease.task_id, &lease.task_id], "")).await,
        Code::InvalidArgument,
        "FIELD_INVALID",
        "task_ids[1]",
    );
    check_refused(
        send(retry(&["01932c07-209b-7e9a-8b2c-ffeeddccbbaa"], "")).await,
        Code::NotFound,
        "TASK_NOT_FOUND",
        "task_ids[0]",
    );
    let tasks = send(retry(&[&lease.task_id], "r-1")).await.expect("tried again");
    let again = send(retry(&[&lease.task_id], "r-1")).await.expect("the same answer");
    assert_eq!(tasks[0].task_id, again[0].task_id);
    assert_eq!((tasks[0].parent_task_id.as_str(), tasks[0].state()), (lease.task_id.as_str(), v1::TaskState::Ready));
    let second = server.lease_one("kit.a").await;
    assert_eq!((second.task_id.as_str(), second.attempt), (tasks[0].task_id.as_str(), 1));
    check_refused(send(retry(&[&waiting.task_id], "")).await, Code::NotFound, "TASK_NOT_FOUND", "task_ids[0]");
    server.complete(&second, "1").await;
    server.complete(&waiting, "2").await;
    assert_eq!(server.await_job(&job).await.state(), JobState::Succeeded);
    check_refused(send(retry(&[&lease.task_id], "")).await, Code::FailedPrecondition, "JOB_TERMINAL", "job_id");
    server.stop().await;
}

#[tokio::test]
async fn a_job_fails_with_its_task() {
    let server = Harness::start().await;
    server.publish("one", ONE).await;
    let job = server.start_job("one", "1").await;
    let lease = server.lease_one("kit.a").await;
    server.report(failed(&lease, v1::FailureKind::NonRetryable, "E_BAD")).await;
    let ended = server.await_job(&job).await;
    assert_eq!((ended.state(), ended.failure.map(|failure| failure.code)), (JobState::Failed, Some("E_BAD".into())));
    assert_eq!(server.tasks(&job).await[0].failure.as_ref().map(|failure| failure.code.as_str()), Some("E_BAD"));
    server.stop().await;
}

#[tokio::test]
async fn waiting_for_a_job_has_an_end() {
    let server = Harness::start().await;
    server.publish("one", ONE).await;
    let job = server.start_job("one", "1").await;
    let request = v1::AwaitJobRequest { job_id: job, wait: seconds(0) };
    assert!(!server.jobs().await_job(request).await.expect("answered").into_inner().completed);
    let unknown = v1::AwaitJobRequest { job_id: "01932c07-209b-7e9a-8b2c-ffeeddccbbaa".into(), wait: None };
    check_refused(server.jobs().await_job(unknown).await, Code::NotFound, "JOB_NOT_FOUND", "");
    server.stop().await;
}
