//! Clients that start jobs of two plans, and the functions that these plans run.

#![allow(dead_code)] // each test file uses its part

use esteira_e2e::{jobs, wait::within};
use esteira_sdk::{
    Outcome,
    client::{
        Client, Error,
        v1::{self, payload::Body, start_job_request::Plan},
    },
    json::PayloadJson,
    model::{Context, Function, OutputType, Payload, function},
};
use serde_json::{Value, json};
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};
use tokio::{task::JoinHandle, time::MissedTickBehavior};

/// How long a client waits for one answer. It asks once: what a kill cuts off has an unknown outcome.
const ANSWER_MAX: Duration = Duration::from_secs(3);
/// How long a client rests when it got no answer.
const REST: Duration = Duration::from_millis(10);
/// How long the same bytes are sent again after the last restart.
const HEALED_MAX: Duration = Duration::from_secs(10);
/// Items of the fan-out.
pub const ITEMS: i64 = 3;

/// What functions have seen: the task and the fence of each execution, in the order in which they began.
pub type Executions = Arc<Mutex<Vec<(String, i64)>>>;

/// Three steps in a row, of which [`crate::Reporter`] serves the last; and a fan-out with a join.
pub async fn publish(client: &Client) {
    let chain = json!({"name": "chain", "steps": [
        {"step_key": "first", "function": "load.add", "next": ["second"]},
        {"step_key": "second", "function": "load.add", "next": ["mark"]},
        {"step_key": "mark", "function": "load.mark"},
    ]});
    let fan = json!({"name": "fan", "steps": [
        {"step_key": "split", "function": "load.split", "output": "multiple", "next": ["each"]},
        {"step_key": "each", "function": "load.add", "next": ["sum"]},
        {"step_key": "sum", "function": "load.sum", "join": "all"},
    ]});
    jobs::publish(client, &chain).await;
    jobs::publish(client, &fan).await;
}

/// The functions of both plans but `load.mark`. Each puts the fence of its lease into what it makes.
pub fn functions(executions: &Executions) -> Vec<Arc<dyn Function>> {
    let seen = |executions: &Executions, cx: &Context| {
        executions.lock().expect("no panic").push((cx.invocation().task.to_string(), cx.fence()));
    };
    let number = |value: &Value| value["n"].as_i64().unwrap_or_default();
    let log = Arc::clone(executions);
    let add = function("load.add", OutputType::Single, move |cx, input| {
        seen(&log, &cx);
        async move { Outcome::json(&json!({"n": number(&input.decode()?) + 1, "fence": cx.fence()})) }
    });
    let log = Arc::clone(executions);
    let split = function("load.split", OutputType::Multiple, move |cx, input| {
        seen(&log, &cx);
        async move {
            let n = number(&input.decode()?);
            let items = (0..ITEMS).map(|i| Payload::encode(&json!({"n": n + i, "fence": cx.fence()})));
            Ok(Outcome::many(items.collect::<Result<_, _>>()?))
        }
    });
    let log = Arc::clone(executions);
    let sum = function("load.sum", OutputType::Single, move |cx, input| {
        seen(&log, &cx);
        async move {
            let items: Vec<Value> = input.decode()?;
            Outcome::json(&json!({"n": items.iter().map(number).sum::<i64>(), "fence": cx.fence()}))
        }
    });
    vec![Arc::new(add), Arc::new(split), Arc::new(sum)]
}

/// A job that was asked for, and the number `n` that it began with.
pub struct Job {
    pub n: i64,
    pub job_id: String,
    pub is_fan: bool,
}

/// All that came of the load.
pub struct Started {
    pub jobs: Vec<Job>,
    /// How many of them were asked for in vain at first, as far as the client knew.
    pub unknown: usize,
    pub attempts: usize,
    pub succeeded: usize,
}

#[derive(Default)]
struct Counters {
    next: AtomicUsize,
    attempts: AtomicUsize,
    succeeded: AtomicUsize,
    acknowledged: AtomicUsize,
    ended: AtomicUsize,
    in_flight: AtomicUsize,
    stopped: AtomicBool,
}

/// The clients.
pub struct Load {
    counters: Arc<Counters>,
    clients: Vec<JoinHandle<Asked>>,
}

/// What one client knows: the acknowledged jobs, and the requests whose outcome it does not know.
#[derive(Default)]
struct Asked {
    acknowledged: Vec<(v1::StartJobRequest, String)>,
    unknown: Vec<v1::StartJobRequest>,
}

impl Load {
    /// Each client asks for its next job as soon as it has awaited the one before.
    pub fn start(url: &str, clients: usize) -> Self {
        Self::paced(url, clients, Duration::ZERO)
    }

    /// Each client asks for a job in each stretch of this length, or less often when an answer takes longer.
    pub fn paced(url: &str, clients: usize, pace: Duration) -> Self {
        let counters = Arc::<Counters>::default();
        let one = |_| {
            let client = Client::builder(url)
                .patience(Duration::ZERO)
                .timeout(ANSWER_MAX)
                .build()
                .expect("a client can be built");
            tokio::spawn(ask(client, pace, Arc::clone(&counters)))
        };
        let clients = (0..clients).map(one).collect();
        Self { counters, clients }
    }

    /// How many jobs have been acknowledged.
    pub fn acknowledged(&self) -> usize {
        self.counters.acknowledged.load(SeqCst)
    }

    /// How many jobs have been awaited to their end.
    pub fn ended(&self) -> usize {
        self.counters.ended.load(SeqCst)
    }

    /// How many calls wait for their answer.
    pub fn in_flight(&self) -> usize {
        self.counters.in_flight.load(SeqCst)
    }

    /// Stops, and sends again what may or may not have arrived.
    pub async fn finish(self, client: &Client) -> Started {
        self.counters.stopped.store(true, SeqCst);
        let (mut jobs, mut unknown) = (Vec::new(), 0);
        for one in self.clients {
            let asked = within(HEALED_MAX, "a client ends", one).await.expect("no panic");
            unknown += asked.unknown.len();
            for request in asked.unknown {
                let answer = within(HEALED_MAX, "the same bytes again", client.jobs().start_job(request.clone())).await;
                let job = answer.expect("the coordinator is back").job.expect("a job was started");
                jobs.push(job_of(&request, job.job_id));
            }
            jobs.extend(asked.acknowledged.into_iter().map(|(request, job_id)| job_of(&request, job_id)));
        }
        let (attempts, succeeded) = (self.counters.attempts.load(SeqCst), self.counters.succeeded.load(SeqCst));
        Started { jobs, unknown, attempts, succeeded }
    }
}

async fn ask(client: Client, pace: Duration, counters: Arc<Counters>) -> Asked {
    let mut asked = Asked::default();
    let mut slots = tokio::time::interval(pace.max(Duration::from_nanos(1)));
    slots.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while !counters.stopped.load(SeqCst) {
        slots.tick().await;
        let n = counters.next.fetch_add(1, SeqCst);
        let request = request(n);
        let Some(answer) = counters.count(client.jobs().start_job(request.clone())).await else {
            asked.unknown.push(request);
            continue;
        };
        let job_id = answer.job.expect("a job was started").job_id;
        counters.acknowledged.fetch_add(1, SeqCst);
        asked.acknowledged.push((request, job_id.clone()));
        // Whatever comes of it: a client that awaits its job asks for the next one at the pace of the coordinator.
        let wait = Some(prost_types::Duration { seconds: 1, nanos: 0 });
        let awaited = counters.count(client.jobs().await_job(v1::AwaitJobRequest { job_id, wait })).await;
        counters.ended.fetch_add(usize::from(awaited.is_some_and(|answer| answer.completed)), SeqCst);
    }
    asked
}

impl Counters {
    /// Counts one operation. None when it did not get through; any refusal is a fault of the coordinator's.
    async fn count<T>(&self, operation: impl Future<Output = Result<T, Error>>) -> Option<T> {
        self.attempts.fetch_add(1, SeqCst);
        self.in_flight.fetch_add(1, SeqCst);
        let outcome = operation.await;
        self.in_flight.fetch_sub(1, SeqCst);
        match outcome {
            Ok(answer) => {
                self.succeeded.fetch_add(1, SeqCst);
                Some(answer)
            }
            Err(error) if ["", "STORE_UNAVAILABLE"].contains(&error.reason()) => {
                tokio::time::sleep(REST).await;
                None
            }
            Err(error) => panic!("the coordinator refused: {error}"),
        }
    }
}

fn request(n: usize) -> v1::StartJobRequest {
    let plan = if n.is_multiple_of(2) { "chain" } else { "fan" };
    let data = v1::Payload { body: Some(Body::Json(json!({"n": n}).to_string())), ..Default::default() };
    v1::StartJobRequest {
        request_id: format!("intent-{n}"),
        plan: Some(Plan::PlanName(plan.into())),
        packet: Some(v1::DataPacket { data: Some(data), ..Default::default() }),
        ..Default::default()
    }
}

fn job_of(request: &v1::StartJobRequest, job_id: String) -> Job {
    let n = request.request_id.trim_start_matches("intent-").parse().expect("a number was put there");
    Job { n, job_id, is_fan: request.plan == Some(Plan::PlanName("fan".into())) }
}
