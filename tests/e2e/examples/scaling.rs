//! How throughput changes with the number of coordinators over one PostgreSQL: `cargo run -p esteira-e2e --example scaling`.
//!
//! Callers, workers, coordinators and the database share the machine, so more coordinators cannot do more than one when one
//! already fills it: what is looked for is that they do not do less, and what a step costs. Compare the rows of one run; processor
//! time means something on a busy machine too.

use esteira_contract::v1::{
    self, completion::Output, job_service_client::JobServiceClient, payload::Body, start_job_request::Plan,
    task_report::Outcome, worker_service_client::WorkerServiceClient,
};
use esteira_e2e::{Server, jobs};
use esteira_testkit::Postgres;
use serde_json::json;
use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::{task::JoinSet, time::sleep};
use tonic::transport::{Channel, Endpoint};

const COORDINATORS: [usize; 6] = [1, 2, 4, 4, 2, 1];
/// In all, spread over the coordinators.
const CALLERS: usize = 256;
const WORKERS: usize = 128;
const WARM_UP: Duration = Duration::from_secs(2);
const MEASURED: Duration = Duration::from_secs(5);

#[derive(Default)]
struct Counted {
    ended: AtomicUsize,
    over: AtomicBool,
}

#[tokio::main]
async fn main() {
    println!("postgres: {}", Postgres::shared().url("postgres"));
    println!("| coordinators | jobs/s | steps/s | coordinators, us a step | database, us a step |");
    println!("| ---: | ---: | ---: | ---: | ---: |");
    for count in COORDINATORS {
        let (ended, used) = measure(count).await;
        let (rate, steps) = (ended as f64 / MEASURED.as_secs_f64(), ended as f64 * 3.0);
        let [coordinators, database] = used.map(|time| time.as_micros() as f64 / steps);
        println!("| {count} | {rate:.0} | {:.0} | {coordinators:.0} | {database:.0} |", 3.0 * rate);
    }
}

/// Processor time that coordinators and the database's processes have used so far, as Linux tells it.
fn used() -> [Duration; 2] {
    let socket = Postgres::shared().socket();
    let folder = socket.parent().expect("it is in a folder").display().to_string();
    let mut used = [Duration::ZERO; 2];
    for process in fs::read_dir("/proc").into_iter().flatten().flatten().map(|entry| entry.path()) {
        let stat = fs::read_to_string(process.join("stat")).unwrap_or_default();
        // The 12th and 13th field behind the name, in 1/100 s.
        let behind = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
        let ticks = behind.split(' ').skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum::<u64>();
        let time = Duration::from_millis(10 * ticks);
        let is_database = fs::read_link(process.join("cwd")).is_ok_and(|cwd| cwd.starts_with(&folder));
        let line = fs::read_to_string(process.join("cmdline")).unwrap_or_default();
        if is_database {
            used[1] += time;
        } else if line.contains(&folder) && line.contains("serve") {
            used[0] += time;
        }
    }
    used
}

/// Jobs that end while they are counted, and the processor time that it took.
async fn measure(count: usize) -> (usize, [Duration; 2]) {
    let postgres = Postgres::shared();
    let database = postgres.fresh_name();
    postgres.run("postgres", &format!("CREATE DATABASE {database}"));
    let mut servers = Vec::new();
    for _ in 0..count {
        servers.push(Server::serve_on(postgres.url(&database)).await);
    }
    let step = |key: &str, next: &[&str]| json!({"step_key": key, "function": "scaling.pass", "next": next});
    let steps = [step("a", &["b"]), step("b", &["c"]), step("c", &[])];
    jobs::publish(&servers[0].client(), &json!({"name": "three", "steps": steps})).await;
    let counted = Arc::new(Counted::default());
    let mut tasks = JoinSet::new();
    let channel = |n: usize| Endpoint::from_shared(servers[n % count].url()).expect("an endpoint").connect_lazy();
    for n in 0..WORKERS {
        tasks.spawn(work(channel(n), n, counted.clone()));
    }
    for n in 0..CALLERS {
        tasks.spawn(call(channel(n), counted.clone()));
    }
    sleep(WARM_UP).await;
    let (before, used_before) = (counted.ended.load(Relaxed), used());
    sleep(MEASURED).await;
    let (ended, used_after) = (counted.ended.load(Relaxed) - before, used());
    counted.over.store(true, Relaxed);
    while let Some(done) = tasks.join_next().await {
        done.expect("no panic");
    }
    for server in servers {
        let log = server.log();
        for said in ["overtaken", "trying its halves"] {
            let times = log.matches(said).count();
            if times > 0 {
                println!("  {} said {times} times: {said}", server.url());
            }
        }
        server.stop().await;
    }
    (ended, [0, 1].map(|part| used_after[part].saturating_sub(used_before[part])))
}

async fn call(channel: Channel, counted: Arc<Counted>) {
    let mut jobs = JobServiceClient::new(channel);
    while !counted.over.load(Relaxed) {
        let data = v1::Payload { body: Some(Body::Json("{\"n\":1}".into())), ..Default::default() };
        let start = v1::StartJobRequest {
            plan: Some(Plan::PlanName("three".into())),
            packet: Some(v1::DataPacket { data: Some(data), ..Default::default() }),
            ..Default::default()
        };
        let job_id = jobs.start_job(start).await.expect("started").into_inner().job.expect("a job").job_id;
        let request = v1::AwaitJobRequest { job_id, wait: None };
        while !jobs.await_job(request.clone()).await.expect("awaited").into_inner().completed {}
        counted.ended.fetch_add(1, Relaxed);
    }
}

async fn work(channel: Channel, n: usize, counted: Arc<Counted>) {
    let mut workers = WorkerServiceClient::new(channel);
    let worker_id = format!("scaling-{n}");
    let poll = |seconds| v1::LeaseTasksRequest {
        worker_id: worker_id.clone(),
        function_names: vec!["scaling.pass".into()],
        max_leases: 1,
        wait: Some(prost_types::Duration { seconds, nanos: 0 }),
        ..Default::default()
    };
    let mut leases = Vec::new();
    loop {
        if leases.is_empty() {
            leases = workers.lease_tasks(poll(2)).await.expect("a poll").into_inner().leases;
            if leases.is_empty() && counted.over.load(Relaxed) {
                return;
            }
            continue;
        }
        let reports = leases.drain(..).map(|lease| report(lease.lease_token)).collect();
        let request = v1::ReportTasksRequest { worker_id: worker_id.clone(), reports, lease: Some(poll(0)) };
        leases = workers.report_tasks(request).await.expect("reported").into_inner().lease.unwrap_or_default().leases;
    }
}

fn report(lease_token: String) -> v1::TaskReport {
    let output = v1::Payload { body: Some(Body::Json("{\"n\":2}".into())), ..Default::default() };
    let completion = v1::Completion { output: Some(Output::Single(output)), ..Default::default() };
    v1::TaskReport { lease_token, outcome: Some(Outcome::Completed(completion)), ..Default::default() }
}
