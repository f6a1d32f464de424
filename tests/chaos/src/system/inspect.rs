//! What is in the system when it has come to rest, through public calls.

use crate::{
    call::{digest, hex},
    history::{EndAttempt, EndJob, EndTask, Message},
    load::plans::{TOPIC, text},
};
use esteira_contract::v1::{self, job_service_client::JobServiceClient, outbox_service_client::OutboxServiceClient};
use std::{sync::Arc, time::Duration};
use tokio::{sync::Semaphore, task::JoinSet};
use tonic::{
    Status,
    transport::{Channel, Endpoint},
};

const PAGE: i32 = 500;
/// States of a job that has not ended.
const OPEN: [&str; 4] = ["PENDING", "RUNNING", "PAUSED", "CANCELLING"];
/// Jobs that are read at the same time, and how long one answer may take.
const AT_ONCE: usize = 6;
const ANSWER_MAX: Duration = Duration::from_secs(30);

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub jobs: Vec<EndJob>,
    tasks: Vec<EndTask>,
    pub digests: usize,
    pub wrong_digests: Vec<String>,
}

impl Found {
    fn add(&mut self, other: Self) {
        self.jobs.extend(other.jobs);
        self.digests += other.digests;
        self.wrong_digests.extend(other.wrong_digests);
    }

    /// Compares a body with what is said of it.
    fn compare(&mut self, payload: Option<&v1::Payload>, what: impl Fn() -> String) {
        let Some(payload) = payload else { return };
        self.digests += 1;
        let (own, said) = (digest(text(Some(payload))), hex(&payload.sha256));
        if own != said {
            self.wrong_digests.push(format!("{}: the bytes are {own}, what is said of them is {said}", what()));
        }
    }
}

/// Looks at a coordinator, past all proxies.
#[derive(Clone)]
pub(crate) struct Inspector {
    channel: Channel,
}

impl Inspector {
    pub fn new(url: &str) -> Self {
        let endpoint = Endpoint::from_shared(url.to_owned()).expect("a coordinator has an address");
        Self { channel: endpoint.timeout(ANSWER_MAX).connect_lazy() }
    }

    fn jobs(&self) -> JobServiceClient<Channel> {
        JobServiceClient::new(self.channel.clone()).max_decoding_message_size(64 << 20)
    }

    async fn list(&self, filter: &str) -> Result<Vec<v1::Job>, Status> {
        let mut request = v1::ListJobsRequest { page_size: PAGE, filter: filter.into(), ..Default::default() };
        let mut jobs = Vec::new();
        loop {
            let page = self.jobs().list_jobs(request.clone()).await?.into_inner();
            jobs.extend(page.jobs);
            if page.next_page_token.is_empty() {
                return Ok(jobs);
            }
            request.page_token = page.next_page_token;
        }
    }

    /// Jobs that have not ended, and messages that wait though nobody parked their key.
    pub async fn restless(&self) -> Result<Vec<String>, Status> {
        let mut restless = Vec::new();
        for state in OPEN {
            for job in self.list(&format!("state = {state}")).await? {
                restless.push(format!(
                    "job {} of plan {} is {state}, waits for {}, tasks {:?}",
                    job.job_id,
                    job.plan_name,
                    job.wait_reason().as_str_name(),
                    job.task_counts
                ));
            }
        }
        let waiting = self.waiting().await?.into_iter().filter(|message| !message.parked);
        restless.extend(waiting.map(|message| format!("message {} of key {} waits", message.message, message.key)));
        Ok(restless)
    }

    /// Messages of this load that wait.
    pub async fn waiting(&self) -> Result<Vec<Message>, Status> {
        let mut client = OutboxServiceClient::new(self.channel.clone()).max_decoding_message_size(64 << 20);
        let mut request = v1::ListOutboxMessagesRequest {
            page_size: PAGE,
            filter: format!("topic = \"{TOPIC}\""),
            ..Default::default()
        };
        let mut waiting = Vec::new();
        loop {
            let page = client.list_outbox_messages(request.clone()).await?.into_inner();
            waiting.extend(page.messages.into_iter().map(|message| Message {
                key: format!("{}|{}", message.topic, message.key),
                message: message.message_id,
                parked: message.parked,
            }));
            if page.next_page_token.is_empty() {
                return Ok(waiting);
            }
            request.page_token = page.next_page_token;
        }
    }

    /// Every job with its tasks. Digests are computed from the bytes that come, not taken from the answer.
    pub async fn all(&self) -> Result<Found, Status> {
        let slots = Arc::new(Semaphore::new(AT_ONCE));
        let mut reads = JoinSet::new();
        for job in self.list("").await? {
            let (own, slots) = (self.clone(), slots.clone());
            reads.spawn(async move {
                let _slot = slots.acquire_owned().await.map_err(|error| Status::internal(error.to_string()))?;
                own.job(job).await
            });
        }
        let mut all = Found::default();
        for found in reads.join_all().await {
            all.add(found?);
        }
        Ok(all)
    }

    async fn job(&self, job: v1::Job) -> Result<Found, Status> {
        let request = v1::GetJobRequest { job_id: job.job_id.clone(), omit_payloads: false };
        let whole = self.jobs().get_job(request).await?.into_inner().job.unwrap_or_default();
        let input = whole.input.as_ref().and_then(|packet| packet.data.as_ref());
        let lineage = whole.lineage.clone().unwrap_or_default();
        // Jobs of sub-plans and those that go on from others have the labels of these, and no such request.
        let is_direct = lineage.kind() == v1::lineage::Kind::Direct;
        let request = whole.labels.get("request").filter(|_| is_direct);
        let mut found = self.tasks(&job.job_id).await?;
        found.compare(input, || format!("the input of job {}", job.job_id));
        found.jobs = vec![EndJob {
            request: request.cloned().unwrap_or_default(),
            source: lineage.source_job_id,
            state: whole.state().as_str_name().trim_start_matches("JOB_STATE_").into(),
            digest: digest(text(input)),
            tasks: std::mem::take(&mut found.tasks),
            job: job.job_id,
        }];
        Ok(found)
    }

    async fn tasks(&self, job: &str) -> Result<Found, Status> {
        let mut request = v1::ListTasksRequest { job_id: job.into(), page_size: PAGE, ..Default::default() };
        let mut found = Found::default();
        loop {
            let page = self.jobs().list_tasks(request.clone()).await?.into_inner();
            for task in page.tasks {
                for output in &task.outputs {
                    found.compare(Some(output), || format!("an output of task {}", task.task_id));
                }
                found.tasks.push(end_task(task));
            }
            if page.next_page_token.is_empty() {
                return Ok(found);
            }
            request.page_token = page.next_page_token;
        }
    }
}

fn end_task(task: v1::Task) -> EndTask {
    let attempt = |attempt: &v1::Attempt| EndAttempt {
        number: attempt.number,
        fence: attempt.fence,
        ended: attempt.end_time.is_some(),
        failed: attempt.failure.is_some(),
        expired: attempt.failure.as_ref().is_some_and(|failure| failure.code == "LEASE_EXPIRED"),
    };
    let output = |payload: &v1::Payload| digest(text(Some(payload)));
    EndTask {
        state: task.state().as_str_name().trim_start_matches("TASK_STATE_").into(),
        step: task.step_key.clone(),
        parent: task.parent_task_id.clone(),
        outputs: task.outputs.iter().map(output).collect(),
        attempts: task.attempts.iter().map(attempt).collect(),
        task: task.task_id,
    }
}
