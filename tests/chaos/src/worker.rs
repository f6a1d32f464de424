//! A worker on the generated stubs, as a process: it runs the functions of [`crate::load::plans`], writes down all that it says
//! and hears, and misbehaves as workers do: it forgets leases, reports late, twice, out of order, and what it must not.

use crate::{
    call::{Caller, Heard, Mood, STORE_UNAVAILABLE, digest, duration, is_held},
    clock,
    draws::Draws,
    history::{Answer, Grant, Log, Reported, Said},
    load::plans::{self, LEASE, Product},
};
use esteira_contract::v1::{self, task_report::Outcome, worker_service_client::WorkerServiceClient};
use serde_json::Value;
use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{sync::Semaphore, task::JoinSet, time::sleep};

const WAIT: Duration = Duration::from_millis(800);
/// Leases of one poll, polls at once, and tasks at once.
const LEASES_MAX: i32 = 3;
const LOOPS: usize = 2;
const SLOTS: usize = 12;
/// How often in a hundred it does what.
const POLLS_AGAIN_PERCENT: u64 = 5;
const FORGETS_PERCENT: u64 = 1;
const LATE_PERCENT: u64 = 2;
const RELEASES_PERCENT: u64 = 2;
const TWICE_PERCENT: u64 = 6;
const CONFLICTS_PERCENT: u64 = 3;
const LATER_PERCENT: u64 = 3;
const OLDER_PERCENT: u64 = 50;
const SLOW_PERCENT: u64 = 12;

/// The newest lease that the worker had of each task.
type Had = Arc<Mutex<HashMap<String, v1::TaskLease>>>;

/// What a worker is started with.
#[derive(Debug, Clone, clap::Args)]
pub struct Arguments {
    /// Where coordinators are.
    #[arg(long = "server", required = true)]
    pub servers: Vec<String>,
    /// The worker's id.
    #[arg(long)]
    pub id: String,
    /// Where its history goes, and where it is told to be calm and to stop.
    #[arg(long)]
    pub folder: PathBuf,
    /// What it draws from.
    #[arg(long)]
    pub seed: u64,
}

/// Serves until the file `stop` is there.
pub async fn run(arguments: Arguments) -> std::io::Result<()> {
    let mood = Mood::default();
    mood.follow(arguments.folder.clone());
    let slots = Arc::new(Semaphore::new(SLOTS));
    let (had, mut loops) = (Had::default(), JoinSet::new());
    for number in 0..LOOPS {
        let log = Log::create(&arguments.folder, &format!("{}-{number}", arguments.id))?;
        let caller = Caller::new(log, arguments.seed, mood.clone(), arguments.servers.clone());
        loops.spawn(serve(caller, slots.clone(), had.clone()));
    }
    println!("worker: ready");
    while loops.join_next().await.is_some() {}
    Ok(())
}

async fn serve(mut caller: Caller, slots: Arc<Semaphore>, had: Had) {
    let mut running = JoinSet::new();
    let mut number = 0_u64;
    while !caller.mood.is_over() {
        while running.try_join_next().is_some() {}
        let Ok(free) = slots.clone().acquire_many_owned(LEASES_MAX.unsigned_abs()).await else { return };
        number += 1;
        let request = v1::LeaseTasksRequest {
            worker_id: caller.log.client.clone(),
            request_id: format!("{}-{number}", caller.log.client),
            function_names: plans::FUNCTIONS.map(str::to_owned).into(),
            max_leases: LEASES_MAX,
            wait: duration(WAIT),
            lease_ttl: duration(LEASE),
            ..Default::default()
        };
        let mut leases = None;
        while leases.is_none() && !caller.mood.is_over() {
            leases = poll(&mut caller, &request).await;
        }
        let mut leases = leases.unwrap_or_default();
        if !leases.is_empty() && !caller.mood.is_calm() && caller.draws.percent(POLLS_AGAIN_PERCENT) {
            caller.log.own("duplicate call", &caller.log.client, clock::now(), clock::now());
            // Whatever is given then is the worker's.
            for lease in poll(&mut caller, &request).await.unwrap_or_default() {
                if !leases.iter().any(|own| own.lease_token == lease.lease_token) {
                    leases.push(lease);
                }
            }
        }
        let free = Arc::new(free);
        for lease in leases {
            let (own, free) = (caller.twin(), free.clone());
            let older = had.lock().expect("whole").insert(lease.task_id.clone(), lease.clone());
            running.spawn(async move {
                task(own, lease, older).await;
                drop(free);
            });
        }
    }
    running.abort_all();
}

async fn poll(caller: &mut Caller, request: &v1::LeaseTasksRequest) -> Option<Vec<v1::TaskLease>> {
    let sent = request.clone();
    let call = async move |channel| WorkerServiceClient::new(channel).lease_tasks(sent).await;
    let read = |answer: &v1::LeaseTasksResponse| Answer::Grants(answer.leases.iter().map(grant).collect());
    match caller.ask(Said::Poll { request: request.request_id.clone() }, WAIT, call, read).await {
        Heard::Answered(answer) => Some(answer.leases),
        Heard::Refused(_) | Heard::Unknown => None,
    }
}

fn input(lease: &v1::TaskLease) -> Value {
    let data = lease.packet.as_ref().and_then(|packet| packet.data.as_ref());
    serde_json::from_str(plans::text(data)).unwrap_or_default()
}

fn grant(lease: &v1::TaskLease) -> Grant {
    let aggregate = lease.packet.as_ref().and_then(|packet| packet.aggregate.as_ref());
    Grant {
        job: lease.job_id.clone(),
        task: lease.task_id.clone(),
        step: lease.step_key.clone(),
        fence: lease.fence,
        token: digest(&lease.lease_token),
        attempt: lease.attempt,
        exclusive: aggregate.map(|aggregate| format!("{}/{}", aggregate.r#type, aggregate.id)),
        made: plans::made(&input(lease)),
        joins: lease.function_name == "chaos.sum",
    }
}

/// Runs one task, well or badly. `older` is a lease of it that the worker had before.
async fn task(mut caller: Caller, lease: v1::TaskLease, older: Option<v1::TaskLease>) {
    let product = plans::run(&lease, &input(&lease));
    let report = plans::report(&lease, &product);
    let mischief = !caller.mood.is_calm();
    let begin = clock::now();
    if mischief && caller.draws.percent(FORGETS_PERCENT) {
        return caller.log.own("forgotten lease", &lease.task_id, begin, begin);
    }
    if mischief && caller.draws.percent(RELEASES_PERCENT) {
        let released = v1::TaskReport {
            outcome: Some(Outcome::Released(v1::Release { reason: "chaos".into() })),
            ..report.clone()
        };
        caller.log.own("released lease", &lease.task_id, begin, begin);
        return send(&mut caller, &lease, &released, Reported::Released).await;
    }
    if let Some(older) = older.filter(|older| older.fence < lease.fence)
        && mischief
        && caller.draws.percent(OLDER_PERCENT)
    {
        // While the newer lease is held: it must never stand.
        let older = v1::TaskLease { attempt: lease.attempt, ..older };
        let product = plans::run(&older, &input(&lease));
        caller.log.own("report under an older lease", &lease.task_id, begin, begin);
        send(&mut caller, &older, &plans::report(&older, &product), said(&older, &product)).await;
    }
    if mischief && caller.draws.percent(LATE_PERCENT) {
        let pause = LEASE + caller.draws.millis(100, 2_500);
        let end = begin + u64::try_from(pause.as_micros()).expect("seconds");
        caller.log.own("late report", &lease.task_id, begin, end);
        sleep(pause).await;
    } else if !work(&mut caller, &lease, mischief).await {
        return;
    }
    let said = said(&lease, &product);
    if mischief && caller.draws.percent(TWICE_PERCENT) {
        caller.log.own("duplicate call", &caller.log.client, clock::now(), clock::now());
        let mut twin = caller.twin();
        tokio::join!(send(&mut caller, &lease, &report, said.clone()), send(&mut twin, &lease, &report, said.clone()));
    } else {
        send(&mut caller, &lease, &report, said.clone()).await;
    }
    if mischief && caller.draws.percent(CONFLICTS_PERCENT) {
        let mut other = lease.clone();
        // Another output under the same token: it must never stand.
        other.fence = -lease.fence;
        let product = plans::run(&other, &input(&lease));
        let report = plans::report(&other, &product);
        caller.log.own("conflicting report", &caller.log.client, clock::now(), clock::now());
        send(&mut caller, &lease, &report, self::said(&other, &product)).await;
    }
    if mischief && caller.draws.percent(LATER_PERCENT) {
        let pause = caller.draws.millis(500, 4_000);
        sleep(pause).await;
        caller.log.own("re-ordered call", &caller.log.client, clock::now(), clock::now());
        send(&mut caller, &lease, &report, said).await;
    }
}

/// Works for a while, with heartbeats. False when the lease is lost and the worker does as it must.
async fn work(caller: &mut Caller, lease: &v1::TaskLease, mischief: bool) -> bool {
    if !(lease.function_name == "chaos.slow" && caller.draws.percent(SLOW_PERCENT)) {
        let pause = caller.draws.millis(0, 15);
        sleep(pause).await;
        return true;
    }
    for _ in 0..1 + caller.draws.below(4) {
        sleep(LEASE / 3).await;
        let request = v1::HeartbeatLeasesRequest {
            worker_id: caller.log.client.clone(),
            beats: vec![v1::LeaseBeat { lease_token: lease.lease_token.clone(), ..Default::default() }],
        };
        let call = async move |channel| WorkerServiceClient::new(channel).heartbeat_leases(request).await;
        let is_held = |answer: &v1::HeartbeatLeasesResponse| {
            answer.verdicts.iter().all(|verdict| verdict.status() != v1::LeaseStatus::Lost)
        };
        let said = Said::Beat { task: lease.task_id.clone(), fence: lease.fence };
        let heard = caller.ask(said, Duration::ZERO, call, |answer| Answer::Beaten(is_held(answer))).await;
        if let Heard::Answered(answer) = heard
            && !is_held(&answer)
        {
            // A worker that reports all the same must be refused.
            return mischief && caller.draws.percent(50);
        }
    }
    true
}

fn said(lease: &v1::TaskLease, product: &Product) -> Reported {
    let text = |value: &Value| digest(&value.to_string());
    match product {
        Product::One(value, emits) => Reported::Completed {
            outputs: vec![text(value)],
            emits: emits.iter().map(|(key, body)| (plans::key_of(lease, key), body.to_string())).collect(),
        },
        Product::Many(values) => Reported::Completed { outputs: values.iter().map(text).collect(), emits: Vec::new() },
        Product::Fails(_) => Reported::Failed,
    }
}

/// Sends a report until there is an answer.
async fn send(caller: &mut Caller, lease: &v1::TaskLease, report: &v1::TaskReport, reported: Reported) {
    let mut request = v1::ReportTasksRequest {
        worker_id: caller.log.client.clone(),
        reports: vec![report.clone()],
        ..Default::default()
    };
    while !caller.mood.is_over() {
        let sent = request.clone();
        let call = async move |channel| WorkerServiceClient::new(channel).report_tasks(sent).await;
        let read = |answer: &v1::ReportTasksResponse| match answer.outcomes.first() {
            Some(outcome) if outcome.error_reason.is_empty() => {
                Answer::Reported { again: outcome.already_applied, held: is_held(outcome.durability()) }
            }
            // The store was not there: whether the report stands, only the next one is told.
            Some(outcome) if outcome.error_reason == STORE_UNAVAILABLE => Answer::Unknown,
            Some(outcome) => Answer::Refused(outcome.error_reason.clone()),
            None => Answer::Unknown,
        };
        let said = Said::Report {
            job: lease.job_id.clone(),
            task: lease.task_id.clone(),
            fence: lease.fence,
            report: reported.clone(),
        };
        match caller.ask(said, Duration::ZERO, call, read).await {
            Heard::Unknown => {}
            Heard::Answered(answer) if is_nowhere(&answer) => {
                if answer.outcomes.first().is_some_and(|outcome| outcome.capsule_wanted) {
                    request.reports[0].capsule.clone_from(&lease.capsule);
                }
                caller.rest().await;
            }
            Heard::Answered(_) | Heard::Refused(_) => return,
        }
    }
}

/// Whether the report was kept nowhere, so that it is to be sent again.
fn is_nowhere(answer: &v1::ReportTasksResponse) -> bool {
    answer.outcomes.first().is_some_and(|outcome| outcome.error_reason == STORE_UNAVAILABLE)
}

/// Worker processes of one seed draw apart.
pub(crate) fn seed_of(seed: u64, id: &str) -> u64 {
    Draws::of(seed, id).next()
}
