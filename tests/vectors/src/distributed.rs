//! A case as a job of the coordinator, and its trace as public RPCs show it.

use crate::{
    case::{Failure, Issue, Message, Payload, Task, Trace, TraceCase, Verdict},
    difference,
    payload::is_uuid,
    run::trace,
};
use esteira_e2e::jobs;
use esteira_model::limits;
use esteira_sdk::client::{Client, v1, wire};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};
use tokio::time::{Instant, timeout_at};

/// How long the relay waits for more messages before it takes them for all.
const NO_WAIT: prost_types::Duration = prost_types::Duration { seconds: 0, nanos: 0 };

/// A case whose plans are published under names of their own.
pub struct Published {
    /// What stands before each name.
    prefix: String,
    plan: String,
    /// Rules of its plans.
    rules: BTreeSet<String>,
}

/// Messages by the job that emitted them.
pub type Messages = BTreeMap<String, Vec<Message>>;

/// What came of all cases together.
#[derive(Debug)]
pub struct Found {
    /// What differs, a line each.
    pub wrong: Vec<String>,
    /// How many tasks were compared.
    pub tasks: usize,
    /// How many messages were compared.
    pub messages: usize,
}

/// Starts all jobs, waits for all of them together no longer than `limit`, then looks at each.
pub async fn run_all(client: &Client, cases: &[TraceCase], limit: Duration) -> Found {
    let mut started = Vec::new();
    for (number, case) in cases.iter().enumerate() {
        let published = Published::publish(client, case, number).await;
        let job = published.start(client, case).await;
        started.push((published, job));
    }
    let (mut ended, until) = (Vec::new(), Instant::now() + limit);
    for ((_, job), case) in started.iter().zip(cases) {
        let waited = timeout_at(until, client.jobs().wait(job)).await;
        match waited {
            Ok(job) => ended.push(job.expect("the job can be awaited")),
            Err(_) => {
                let why = format!("{} has not ended: {:?}", case.name, open_tasks(client, job).await);
                return Found { wrong: vec![why], tasks: 0, messages: 0 };
            }
        }
    }
    let messages = messages_of(client).await;
    let mut found = Found { wrong: Vec::new(), tasks: 0, messages: messages.values().map(Vec::len).sum() };
    for ((case, (published, _)), job) in cases.iter().zip(&started).zip(ended) {
        let expected = as_shown(case.expected.clone().expect("it is filled in"));
        let trace = shown(client, published, job, &messages).await;
        found.tasks += trace.tasks.len();
        found.wrong.extend(difference(&expected, &trace).map(|it| format!("{}: {it}", case.name)));
    }
    found
}

/// Tasks that have not ended: step, state, why it waits, attempts.
pub async fn open_tasks(client: &Client, job: &str) -> Vec<String> {
    let tasks = jobs::tasks(client, job).await.into_iter().filter(|task| task.end_time.is_none());
    tasks
        .map(|task| format!("{} {:?} {:?} {}", task.step_key, task.state(), task.wait_reason(), task.attempts.len()))
        .collect()
}

impl Published {
    /// Publishes the plan, after the sub-plans that it names.
    pub async fn publish(client: &Client, case: &TraceCase, number: usize) -> Self {
        let prepared = trace::prepare(case).expect(&case.name);
        let prefix = format!("v{number}.");
        let names: Vec<&str> = case.plans.keys().map(String::as_str).collect();
        // A plan can only name what was published before it.
        let mut open: Vec<&str> = names.clone();
        while !open.is_empty() {
            let text = |name: &str| &case.plans[name].0;
            let waits = |name: &str| open.iter().any(|other| *other != name && names_plan(text(name), other));
            let next = open.iter().position(|name| !waits(name)).expect("sub-plans have an order");
            let name = open.remove(next);
            publish(client, &renamed(text(name), name, &names, &prefix)).await;
        }
        let root = esteira_definition::parse(&case.plan.0).expect(&case.name).name;
        let plan = publish(client, &renamed(&case.plan.0, &root, &names, &prefix)).await;
        let plans = prepared.plans.values().chain([&prepared.plan]);
        let rules = plans.flat_map(|plan| plan.policies.iter().map(|policy| policy.name.to_string())).collect();
        Self { prefix, plan, rules }
    }

    /// Starts the job; its id.
    pub async fn start(&self, client: &Client, case: &TraceCase) -> String {
        let start = trace::start(&case.start).expect(&case.name);
        let actor = v1::Actor {
            user_id: case.start.operator.clone(),
            account_id: case.start.account.clone(),
            ..Default::default()
        };
        let aggregate = start.packet.aggregate.map(|it| v1::AggregateRef {
            r#type: it.kind.to_string(),
            id: it.id.to_string(),
            version: it.version,
        });
        let packet = v1::DataPacket {
            actor: Some(actor),
            aggregate,
            data: Some(wire::payload_out(&start.packet.data)),
            headers: start.packet.headers.into_iter().collect(),
        };
        let request = v1::StartJobRequest {
            plan: Some(v1::start_job_request::Plan::PlanName(self.plan.clone())),
            packet: Some(packet),
            labels: start.labels.into_iter().collect(),
            ..Default::default()
        };
        let answer = client.jobs().start_job(request).await.unwrap_or_else(|error| panic!("{}: {error}", case.name));
        answer.job.expect("a job").job_id
    }
}

async fn publish(client: &Client, document: &str) -> String {
    let name = esteira_definition::parse(document).expect(document).name;
    client.plans().publish(&name, document).await.unwrap_or_else(|error| panic!("{document}: {error}"));
    name
}

fn names_plan(document: &str, name: &str) -> bool {
    document.contains(&format!("\"plan\":\"{name}\""))
}

/// The document with its own name and those of its sub-plans behind a prefix; nothing else of its text changes.
fn renamed(document: &str, name: &str, sub_plans: &[&str], prefix: &str) -> String {
    let own = format!("\"name\":\"{name}\"");
    assert_eq!(document.matches(&own).count(), 1, "{document}");
    let mut text = document.replace(&own, &format!("\"name\":\"{prefix}{name}\""));
    for sub_plan in sub_plans {
        text = text.replace(&format!("\"plan\":\"{sub_plan}\""), &format!("\"plan\":\"{prefix}{sub_plan}\""));
    }
    text
}

/// The trace of a job that has ended, without the order in which its tasks ended.
pub async fn shown(client: &Client, published: &Published, job: v1::Job, messages: &Messages) -> Trace {
    let mut tasks = Vec::new();
    let mut said = Vec::new();
    let mut open = vec![(job.job_id.clone(), String::new())];
    while let Some((job_id, plan)) = open.pop() {
        said.extend(messages.get(&job_id).into_iter().flatten().cloned());
        for task in jobs::tasks(client, &job_id).await {
            if !task.child_job_id.is_empty() {
                let child = job_of(client, &task.child_job_id).await;
                let name = child.plan_name.strip_prefix(&published.prefix).unwrap_or(&child.plan_name).to_owned();
                open.push((child.job_id, name));
            }
            tasks.push(task_of(task, &plan, &published.rules));
        }
    }
    as_shown(Trace {
        state: plain(job.state().as_str_name(), "JOB_STATE_"),
        failure: job.failure.as_ref().map(failure),
        tasks,
        results: payloads(job.results),
        messages: said,
    })
}

async fn job_of(client: &Client, job_id: &str) -> v1::Job {
    let request = v1::GetJobRequest { job_id: job_id.into(), ..Default::default() };
    client.jobs().get_job(request).await.expect("a child job can be read").job.expect("a job")
}

/// What public RPCs show of a trace: no order among tasks or messages, and the first hundred of each list of payloads.
pub fn as_shown(mut trace: Trace) -> Trace {
    let place = |task: &Task| {
        let path: Vec<u32> = task.item.split('/').filter_map(|index| index.parse().ok()).collect();
        let text = serde_json::to_string(task).expect("a task is JSON");
        (task.plan.clone(), path, task.step.clone(), text)
    };
    trace.tasks.sort_by_cached_key(place);
    trace.messages.sort_by_cached_key(|message| serde_json::to_string(message).expect("a message is JSON"));
    trace.results.truncate(limits::RESULTS_MAX);
    trace.tasks.iter_mut().for_each(|task| task.outputs.truncate(limits::RESULTS_MAX));
    // Where several branches fail, any of them may be the first.
    let failed: BTreeSet<(String, String)> = trace
        .tasks
        .iter()
        .filter(|task| task.state == "FAILED" && task.plan.is_empty())
        .filter_map(|task| task.failure.as_ref().map(|failure| (failure.kind.clone(), failure.code.clone())))
        .collect();
    let several = trace.tasks.iter().filter(|task| task.state == "FAILED").count() > 1;
    if let Some(failure) = trace.failure.as_mut().filter(|_| several) {
        failure.message = None;
        if failed.contains(&(failure.kind.clone(), failure.code.clone())) {
            (failure.kind, failure.code) = failed.first().cloned().expect("it has this one");
        }
    }
    trace
}

fn task_of(task: v1::Task, plan: &str, rules: &BTreeSet<String>) -> Task {
    let state = plain(task.state().as_str_name(), "TASK_STATE_");
    assert_eq!(task.outputs.len(), usize::try_from(task.output_count).unwrap_or(0).min(limits::RESULTS_MAX));
    Task {
        plan: plan.to_owned(),
        step: task.step_key,
        item: task.item_path.iter().map(i64::to_string).collect::<Vec<_>>().join("/"),
        attempts: u32::try_from(task.attempts.len()).expect("few attempts"),
        state,
        input: task.input.and_then(|packet| packet.data).map(payload),
        outputs: payloads(task.outputs),
        verdicts: task.verdicts.into_iter().map(|it| verdict(it, rules)).collect(),
        failure: task.failure.as_ref().map(failure),
    }
}

fn verdict(verdict: v1::PolicyVerdict, rules: &BTreeSet<String>) -> Verdict {
    let v1::PolicyVerdict { policy, version, passed, detail } = verdict;
    let detail = match detail.split_once(':') {
        Some((what, _)) if rules.contains(&policy) => what.to_owned(),
        _ => detail,
    };
    Verdict { policy, version, passed, detail }
}

fn failure(failure: &v1::Failure) -> Failure {
    Failure {
        kind: plain(failure.kind().as_str_name(), "FAILURE_KIND_"),
        code: failure.code.clone(),
        message: Some(failure.message.clone()),
    }
}

fn plain(name: &str, prefix: &str) -> String {
    name.trim_start_matches(prefix).to_owned()
}

fn payload(payload: v1::Payload) -> Payload {
    Payload::of_model(&wire::payload_in(payload))
}

fn payloads(list: Vec<v1::Payload>) -> Vec<Payload> {
    list.into_iter().map(payload).collect()
}

/// Takes all messages out of the outbox, as a relay does: lists show no bodies.
pub async fn messages_of(client: &Client) -> Messages {
    let mut topics = BTreeSet::new();
    let mut list = v1::ListOutboxMessagesRequest { page_size: 500, ..Default::default() };
    loop {
        let page = client.outbox().list_outbox_messages(list.clone()).await.expect("the outbox is listed");
        topics.extend(page.messages.into_iter().map(|message| message.topic));
        if page.next_page_token.is_empty() {
            break;
        }
        list.page_token = page.next_page_token;
    }
    if topics.is_empty() {
        return Messages::new();
    }
    let request = v1::LeaseOutboxRequest {
        worker_id: "vectors".into(),
        topics: topics.into_iter().collect(),
        max_messages: 100,
        wait: Some(NO_WAIT),
        ..Default::default()
    };
    let mut messages = Messages::new();
    loop {
        let answer = client.outbox().lease_outbox(request.clone()).await.expect("messages are leased");
        if answer.leases.is_empty() {
            return messages;
        }
        for lease in answer.leases {
            let through = lease.messages.last().expect("a lease has messages").commit_sequence;
            for message in lease.messages {
                let key = if is_uuid(&message.key) { "<job>".into() } else { message.key };
                let body = payload(message.payload.unwrap_or_default());
                messages.entry(message.job_id).or_default().push(Message { topic: message.topic, key, payload: body });
            }
            let ack = v1::AckOutboxRequest { lease_token: lease.lease_token, through_sequence: through };
            client.outbox().ack_outbox(ack).await.expect("what was read is acknowledged");
        }
    }
}

/// What is wrong with a plan, as vectors say it.
pub fn issues(answer: v1::ValidatePlanResponse) -> Vec<Issue> {
    let errors = answer.issues.into_iter().filter(|issue| !issue.warning);
    let mut issues: Vec<Issue> = errors.map(|issue| Issue { path: issue.path, code: issue.code }).collect();
    issues.sort();
    issues
}
