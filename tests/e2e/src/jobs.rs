//! What tests say to a coordinator all the time.

use crate::wait::within;
use esteira_sdk::{
    client::{
        Client,
        v1::{self, payload::Body},
    },
    model::Payload,
};
use serde_json::Value;
use std::time::Duration;

/// How long a job may take when a test does not say.
const JOB_MAX: Duration = Duration::from_secs(30);

/// Publishes a plan document under the name that it gives itself.
pub async fn publish(client: &Client, document: &Value) {
    let name = document["name"].as_str().expect("a plan has a name");
    client.plans().publish(name, document.to_string()).await.expect("the plan is published");
}

/// Starts a job; its id.
pub async fn start(client: &Client, plan: &str, input: &Value) -> String {
    client.jobs().start(plan, Payload::json(input.to_string())).await.expect("the job starts").job_id
}

/// Waits until a job has ended, whatever its end.
pub async fn ended(client: &Client, job_id: &str) -> v1::Job {
    within(JOB_MAX, &format!("job {job_id} ends"), client.jobs().wait(job_id)).await.expect("the job can be awaited")
}

/// Waits until a job has succeeded.
pub async fn succeeded(client: &Client, job_id: &str) -> v1::Job {
    let job = ended(client, job_id).await;
    assert_eq!(job.state(), v1::JobState::Succeeded, "{:?}", job.failure);
    job
}

/// All tasks of a job, with their payloads, the oldest first.
pub async fn tasks(client: &Client, job_id: &str) -> Vec<v1::Task> {
    let mut request = v1::ListTasksRequest { job_id: job_id.into(), page_size: 500, ..Default::default() };
    let mut tasks = Vec::new();
    loop {
        let page = client.jobs().list_tasks(request.clone()).await.expect("the tasks are listed");
        tasks.extend(page.tasks);
        if page.next_page_token.is_empty() {
            return tasks;
        }
        request.page_token = page.next_page_token;
    }
}

/// The JSON value of a payload.
pub fn value(payload: &v1::Payload) -> Value {
    match &payload.body {
        Some(Body::Json(text)) => serde_json::from_str(text).expect("the coordinator checked that it is JSON"),
        other => panic!("no JSON: {other:?}"),
    }
}

/// The results of a job that has succeeded, in item order.
pub fn results(job: &v1::Job) -> Vec<Value> {
    job.results.iter().map(value).collect()
}
