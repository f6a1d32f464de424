//! [`Jobs`] against a job service that answers from memory, over a real connection.

use super::*;
use esteira_contract::v1::{self, Failure, Payload, job_service_server as service};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use tonic::{Request, Response, Status};

type Answer<T> = Result<Response<T>, Status>;

/// Tasks a page, so that a few tasks make several.
const PAGE: usize = 2;

#[derive(Default)]
struct Fake {
    tasks: Vec<Task>,
    awaited: Arc<AtomicUsize>,
}

fn never<T>() -> Answer<T> {
    Err(Status::unimplemented("the demo does not call this"))
}

#[tonic::async_trait]
impl service::JobService for Fake {
    type WatchJobsStream = tonic::codegen::BoxStream<v1::WatchJobsResponse>;

    /// Ends the job with the third call.
    async fn await_job(&self, request: Request<AwaitJobRequest>) -> Answer<v1::AwaitJobResponse> {
        let request = request.into_inner();
        assert!(request.wait.is_some_and(|wait| wait.seconds == 0 && wait.nanos > 0), "it waits, and not for long");
        let completed = self.awaited.fetch_add(1, Ordering::SeqCst) == 2;
        let state = if completed { JobState::Succeeded } else { JobState::Running };
        let job = Job { job_id: request.job_id, state: state.into(), ..Job::default() };
        Ok(Response::new(v1::AwaitJobResponse { job: Some(job), completed }))
    }

    async fn get_task(&self, request: Request<GetTaskRequest>) -> Answer<v1::GetTaskResponse> {
        let id = request.into_inner().task_id;
        match self.tasks.iter().find(|task| task.task_id == id) {
            Some(task) => Ok(Response::new(v1::GetTaskResponse { task: Some(task.clone()) })),
            None => Err(Status::not_found("no such task")),
        }
    }

    async fn list_tasks(&self, request: Request<ListTasksRequest>) -> Answer<v1::ListTasksResponse> {
        let request = request.into_inner();
        let of_step = |task: &&Task| request.filter == format!("step_key = \"{}\"", task.step_key);
        let begin = request.page_token.parse().unwrap_or(0);
        let mut tasks: Vec<Task> = self.tasks.iter().filter(of_step).skip(begin).cloned().collect();
        let next_page_token = if tasks.len() > PAGE { (begin + PAGE).to_string() } else { String::new() };
        tasks.truncate(PAGE);
        // Payloads are omitted, as asked.
        tasks.iter_mut().for_each(|task| task.outputs.clear());
        Ok(Response::new(v1::ListTasksResponse { tasks, next_page_token }))
    }

    async fn start_job(&self, _: Request<v1::StartJobRequest>) -> Answer<v1::StartJobResponse> {
        never()
    }

    async fn get_job(&self, request: Request<v1::GetJobRequest>) -> Answer<v1::GetJobResponse> {
        let job = Job { job_id: request.into_inner().job_id, ..Job::default() };
        Ok(Response::new(v1::GetJobResponse { job: Some(job) }))
    }

    async fn list_jobs(&self, _: Request<v1::ListJobsRequest>) -> Answer<v1::ListJobsResponse> {
        never()
    }

    async fn control_job(&self, _: Request<v1::ControlJobRequest>) -> Answer<v1::ControlJobResponse> {
        never()
    }

    async fn retry_tasks(&self, _: Request<v1::RetryTasksRequest>) -> Answer<v1::RetryTasksResponse> {
        never()
    }

    async fn reprocess_job(&self, _: Request<v1::ReprocessJobRequest>) -> Answer<v1::ReprocessJobResponse> {
        never()
    }

    async fn reprocess_jobs(&self, _: Request<v1::ReprocessJobsRequest>) -> Answer<v1::ReprocessJobsResponse> {
        never()
    }

    async fn watch_jobs(&self, _: Request<v1::WatchJobsRequest>) -> Answer<Self::WatchJobsStream> {
        never()
    }
}

fn task(id: &str, step: &str, parent: &str, path: &[i64]) -> Task {
    Task {
        task_id: id.into(),
        job_id: "job".into(),
        step_key: step.into(),
        parent_task_id: parent.into(),
        item_path: path.to_vec(),
        outputs: vec![Payload { body: Some(Body::Json(format!("\"{id}\""))), ..Payload::default() }],
        ..Task::default()
    }
}

async fn connect(fake: Fake) -> Jobs {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let url = format!("http://{}", listener.local_addr().expect("bound"));
    let incoming = tonic::transport::server::TcpIncoming::from(listener);
    tokio::spawn(
        tonic::transport::Server::builder()
            .add_service(service::JobServiceServer::new(fake))
            .serve_with_incoming(incoming),
    );
    Jobs::connect(&url).await.expect("it listens")
}

#[tokio::test]
async fn the_end_is_awaited_and_progress_told() {
    let mut told = 0;
    let mut jobs = connect(Fake::default()).await;
    let progress = |job: &Job| {
        assert_eq!(job.state(), JobState::Running);
        told += 1;
    };
    let job = jobs.await_end("job", progress).await.expect("it ends");
    assert_eq!((job.job_id.as_str(), job.state(), told), ("job", JobState::Succeeded, 2));
}

#[tokio::test]
async fn a_task_is_found_on_any_page_and_followed_to_the_first_step() {
    let mut tasks = vec![task("f", "fetch", "", &[])];
    for item in 0..5 {
        tasks.push(task(&format!("d{item}"), "decide", "f", &[item]));
        tasks.push(task(&format!("w{item}"), "write", &format!("d{item}"), &[item]));
    }
    let mut jobs = connect(Fake { tasks, ..Fake::default() }).await;
    let write = jobs.task_at("job", "write", &[4]).await.expect("it is on the last page");
    assert_eq!(only_output(&write).expect("whole"), "\"w4\"");
    let lineage = jobs.lineage(write).await.expect("a chain");
    assert_eq!(lineage.iter().map(|task| task.task_id.as_str()).collect::<Vec<_>>(), ["f", "d4", "w4"]);
    let missing = jobs.task_at("job", "write", &[5]).await.expect_err("not there").to_string();
    assert_eq!(missing, "no task of step `write` has the item path [5]");
}

#[tokio::test]
async fn a_job_is_read_as_it_is_now() {
    let job = connect(Fake::default()).await.job("j").await.expect("it is there");
    assert_eq!(job.job_id, "j");
}

#[test]
fn only_a_task_with_one_output_has_the_digest_of_it() {
    let output = |sha256: Vec<u8>| Payload { sha256: sha256.into(), ..Payload::default() };
    let task = |outputs| Task { outputs, ..Task::default() };
    assert_eq!(only_digest(&task(vec![output(vec![7; 32])])).expect("one"), [7; 32]);
    for outputs in [vec![], vec![output(vec![7; 31])], vec![output(vec![7; 32]), output(vec![7; 32])]] {
        assert!(only_digest(&task(outputs)).is_err());
    }
}

#[tokio::test]
async fn errors_name_the_call() {
    let error = connect(Fake::default()).await.lineage(task("x", "write", "gone", &[])).await.expect_err("not there");
    assert_eq!(error.to_string(), "GetTask: no such task (NotFound)");
}

#[test]
fn counts_say_how_far_a_job_is() {
    let counts = [("READY", 5), ("SUCCEEDED", 7), ("SKIPPED", 1), ("LEASED", 2)];
    let job = Job { task_counts: counts.map(|(state, n)| (state.to_owned(), n)).into(), ..Job::default() };
    assert_eq!(progress(&job), (15, 8));
}

#[test]
fn a_failed_job_says_why() {
    let failure = Failure { code: "HTTP_503".into(), message: "again and again".into(), ..Failure::default() };
    let job = Job { job_id: "j".into(), state: JobState::Failed.into(), failure: Some(failure), ..Job::default() };
    let error = succeeded(&job).expect_err("it failed").to_string();
    assert_eq!(error, "job j ended as JOB_STATE_FAILED: HTTP_503 again and again");
    assert!(succeeded(&Job { state: JobState::Succeeded.into(), ..Job::default() }).is_ok());
}
