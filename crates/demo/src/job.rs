//! What the coordinator knows of the job, read through the public contract.

use crate::error::Error;
use esteira_contract::v1::{
    AwaitJobRequest, GetJobRequest, GetTaskRequest, Job, JobState, ListTasksRequest, Task,
    job_service_client::JobServiceClient, payload::Body,
};
use std::time::Duration;
use tokio::time::timeout;
use tonic::transport::{Channel, Endpoint};

/// Time that the whole job may take.
const JOB_MAX: Duration = Duration::from_secs(60);
/// Time for one call that does not wait.
const CALL_MAX: Duration = Duration::from_secs(10);
/// How long one call waits for the job's end: also how often progress is told.
const AWAIT: Duration = Duration::from_millis(500);
/// A page of tasks may be as large as a message, 4 MiB, and a little more with its frame.
const DECODED_BYTES_MAX: usize = 8 << 20;
/// Tasks a page.
const PAGE_SIZE: i32 = 500;

/// A connection to the coordinator's job service.
#[derive(Debug, Clone)]
pub struct Jobs {
    client: JobServiceClient<Channel>,
}

impl Jobs {
    /// Connects.
    pub async fn connect(url: &str) -> Result<Self, Error> {
        let endpoint = Endpoint::from_shared(url.to_owned())?.connect_timeout(CALL_MAX).timeout(CALL_MAX);
        let client = JobServiceClient::new(endpoint.connect().await?).max_decoding_message_size(DECODED_BYTES_MAX);
        Ok(Self { client })
    }

    /// Waits for the job's end, telling `progress` how it stands meanwhile.
    pub async fn await_end(&mut self, job_id: &str, mut progress: impl FnMut(&Job)) -> Result<Job, Error> {
        let wait = prost_types::Duration { seconds: 0, nanos: AWAIT.subsec_nanos().cast_signed() };
        let end = async {
            loop {
                let request = AwaitJobRequest { job_id: job_id.to_owned(), wait: Some(wait) };
                let answer = self.client.await_job(request).await.map_err(Error::rpc("AwaitJob"))?.into_inner();
                let job = answer.job.ok_or_else(|| Error::Unexpected("AwaitJob answered without a job".into()))?;
                if answer.completed {
                    return Ok(job);
                }
                progress(&job);
            }
        };
        timeout(JOB_MAX, end).await.unwrap_or(Err(Error::TooSlow { what: "the job".into(), limit: JOB_MAX }))
    }

    /// The job as it is now.
    pub async fn job(&mut self, job_id: &str) -> Result<Job, Error> {
        let request = GetJobRequest { job_id: job_id.to_owned(), omit_payloads: false };
        let answer = self.client.get_job(request).await.map_err(Error::rpc("GetJob"))?.into_inner();
        answer.job.ok_or_else(|| Error::Unexpected("GetJob answered without a job".into()))
    }

    /// The task of a step for one item, whole; `path` is empty outside the fan-out.
    pub async fn task_at(&mut self, job_id: &str, step_key: &str, path: &[i64]) -> Result<Task, Error> {
        let mut request = ListTasksRequest {
            job_id: job_id.to_owned(),
            page_size: PAGE_SIZE,
            filter: format!("step_key = \"{step_key}\""),
            omit_payloads: true,
            ..ListTasksRequest::default()
        };
        loop {
            let page = self.client.list_tasks(request.clone()).await.map_err(Error::rpc("ListTasks"))?.into_inner();
            if let Some(task) = page.tasks.iter().find(|task| task.item_path == path) {
                return self.task(job_id, &task.task_id).await;
            }
            if page.next_page_token.is_empty() {
                return Err(Error::Unexpected(format!("no task of step `{step_key}` has the item path {path:?}")));
            }
            request.page_token = page.next_page_token;
        }
    }

    /// That task and those above it, from the first step down to it.
    pub async fn lineage(&mut self, task: Task) -> Result<Vec<Task>, Error> {
        let mut tasks = vec![task];
        while let Some(above) = tasks.last().filter(|task| !task.parent_task_id.is_empty()) {
            let parent = self.task(&above.job_id, &above.parent_task_id).await?;
            tasks.push(parent);
        }
        tasks.reverse();
        Ok(tasks)
    }

    async fn task(&mut self, job_id: &str, task_id: &str) -> Result<Task, Error> {
        let request = GetTaskRequest { job_id: job_id.to_owned(), task_id: task_id.to_owned() };
        let answer = self.client.get_task(request).await.map_err(Error::rpc("GetTask"))?.into_inner();
        answer.task.ok_or_else(|| Error::Unexpected("GetTask answered without a task".into()))
    }
}

/// How many tasks there are, and how many of them are over.
pub fn progress(job: &Job) -> (i64, i64) {
    let over = ["SUCCEEDED", "FAILED", "CANCELLED", "SKIPPED"];
    let count =
        |keep: &dyn Fn(&str) -> bool| job.task_counts.iter().filter(|(state, _)| keep(state)).map(|(_, n)| n).sum();
    (count(&|_| true), count(&|state| over.contains(&state)))
}

/// Insists that the job succeeded; otherwise says how it ended.
pub fn succeeded(job: &Job) -> Result<(), Error> {
    if job.state() == JobState::Succeeded {
        return Ok(());
    }
    let why = job.failure.as_ref().map(|failure| format!(": {} {}", failure.code, failure.message)).unwrap_or_default();
    Err(Error::Unexpected(format!("job {} ended as {}{why}", job.job_id, job.state().as_str_name())))
}

/// The JSON text of a task's only output.
pub fn only_output(task: &Task) -> Result<&str, Error> {
    match task.outputs.as_slice() {
        [output] => match &output.body {
            Some(Body::Json(text)) => Ok(text),
            _ => Err(Error::Unexpected(format!("the output of `{}` is not JSON", task.step_key))),
        },
        outputs => Err(Error::Unexpected(format!("`{}` has {} outputs, not one", task.step_key, outputs.len()))),
    }
}

/// The digest that is recorded of a task's only output.
pub fn only_digest(task: &Task) -> Result<Vec<u8>, Error> {
    match task.outputs.as_slice() {
        [output] if output.sha256.len() == 32 => Ok(output.sha256.to_vec()),
        _ => Err(Error::Unexpected(format!("`{}` has not one output with its digest", task.step_key))),
    }
}

#[cfg(test)]
#[path = "job_tests.rs"]
mod tests;
