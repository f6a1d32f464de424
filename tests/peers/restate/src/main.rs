//! The three-step workflow on Restate, with its callers in the same process, as `esteira bench` has them.
//!
//! It speaks the protocol of `tests/peers`: a line `ready`, a line to wait for, a line `measuring` and a line `measured`
//! around the measured time, and then the latencies of the jobs that ended in it.

use clap::{Parser, ValueEnum};
use restate_sdk::prelude::*;
use std::{
    env,
    error::Error,
    sync::{
        Arc, LazyLock, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{net::TcpListener, task::JoinSet};

/// What each step returns: the runner passes it in `PEER_RESULT`.
static RESULT: LazyLock<String> = LazyLock::new(|| env::var("PEER_RESULT").expect("PEER_RESULT is set by the runner"));
/// Streams of one connection; a server accepts about as many.
const CALLERS_PER_CONNECTION: usize = 64;
/// Jobs before the load begins: several for each of 24 partitions.
const SETTLING_JOBS: usize = 100;

#[derive(Parser)]
struct Arguments {
    /// URL of the server's ingress
    #[arg(long)]
    ingress: String,
    /// URL of the server's admin API
    #[arg(long)]
    admin: String,
    /// Which of Restate's durable handlers holds the steps
    #[arg(long, value_enum)]
    handler: Handler,
    /// Callers, each with one job at a time
    #[arg(long)]
    in_flight: usize,
    /// Seconds before the measured time
    #[arg(long)]
    warm_up_seconds: u64,
    /// Seconds that are measured
    #[arg(long)]
    seconds: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Handler {
    /// Runs once for a key; its result is kept for a day
    Workflow,
    /// Runs once for a call; nothing is kept under a key
    Service,
}

struct ThreeStepWorkflow;

#[restate_sdk::workflow]
impl ThreeStepWorkflow {
    #[handler]
    async fn run(&self, ctx: WorkflowContext<'_>, _input: String) -> Result<String, HandlerError> {
        ctx.run(step).name("s0").await?;
        ctx.run(step).name("s1").await?;
        Ok(ctx.run(step).name("s2").await?)
    }
}

struct ThreeStepService;

#[restate_sdk::service]
impl ThreeStepService {
    #[handler]
    async fn run(&self, ctx: Context<'_>, _input: String) -> Result<String, HandlerError> {
        ctx.run(step).name("s0").await?;
        ctx.run(step).name("s1").await?;
        Ok(ctx.run(step).name("s2").await?)
    }
}

async fn step() -> Result<String, HandlerError> {
    Ok(RESULT.clone())
}

/// What the callers share.
struct Load {
    ingress: String,
    handler: Handler,
    next_key: AtomicU64,
    open: AtomicBool,
    over: AtomicBool,
    latencies_us: Mutex<Vec<u64>>,
}

type Failure = Box<dyn Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let arguments = Arguments::parse();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let service = format!("http://{}", listener.local_addr()?);
    let endpoint = Endpoint::builder().bind(ThreeStepWorkflow).bind(ThreeStepService).build();
    tokio::spawn(HttpServer::new(endpoint).serve(listener));
    register(&arguments.admin, &service).await?;
    let load = Arc::new(Load {
        ingress: arguments.ingress,
        handler: arguments.handler,
        next_key: AtomicU64::new(0),
        open: AtomicBool::new(false),
        over: AtomicBool::new(false),
        latencies_us: Mutex::new(Vec::new()),
    });
    settle(&load).await?;
    println!("ready");
    std::io::stdin().read_line(&mut String::new())?;

    let mut callers = JoinSet::new();
    let mut client = client()?;
    for caller in 0..arguments.in_flight {
        if caller % CALLERS_PER_CONNECTION == CALLERS_PER_CONNECTION - 1 {
            client = self::client()?;
        }
        callers.spawn(call(client.clone(), load.clone()));
    }
    tokio::time::sleep(Duration::from_secs(arguments.warm_up_seconds)).await;
    println!("measuring");
    let begun = Instant::now();
    load.open.store(true, Ordering::Relaxed);
    tokio::time::sleep(Duration::from_secs(arguments.seconds)).await;
    load.open.store(false, Ordering::Relaxed);
    let took = begun.elapsed();
    println!("measured");
    load.over.store(true, Ordering::Relaxed);
    while let Some(ended) = callers.join_next().await {
        ended??;
    }
    let latencies = std::mem::take(&mut *load.latencies_us.lock().unwrap_or_else(PoisonError::into_inner));
    println!("{}", serde_json::json!({ "seconds": took.as_secs_f64(), "latencies_us": latencies }));
    Ok(())
}

/// HTTP/2 without TLS: Restate's ingress takes it, and one connection carries many calls.
fn client() -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder().http2_prior_knowledge().tcp_nodelay(true).no_proxy().build()
}

async fn register(admin: &str, service: &str) -> Result<(), Failure> {
    let request = reqwest::Client::builder().no_proxy().build()?.post(format!("{admin}/deployments"));
    let answer = request.json(&serde_json::json!({ "uri": service })).send().await?;
    let status = answer.status();
    if status.is_success() { Ok(()) } else { Err(format!("registration: {status}: {}", answer.text().await?).into()) }
}

/// Runs jobs until each partition has had some: a server that says it is healthy may still be choosing their leaders.
async fn settle(load: &Arc<Load>) -> Result<(), Failure> {
    let client = client()?;
    let mut jobs = JoinSet::new();
    for _ in 0..SETTLING_JOBS {
        let (client, load) = (client.clone(), load.clone());
        jobs.spawn(async move { job(&client, &load).await });
    }
    while let Some(ended) = jobs.join_next().await {
        ended??;
    }
    Ok(())
}

async fn call(client: reqwest::Client, load: Arc<Load>) -> Result<(), Failure> {
    while !load.over.load(Ordering::Relaxed) {
        let begun = Instant::now();
        job(&client, &load).await?;
        if load.open.load(Ordering::Relaxed) {
            let latency_us = u64::try_from(begun.elapsed().as_micros())?;
            load.latencies_us.lock().unwrap_or_else(PoisonError::into_inner).push(latency_us);
        }
    }
    Ok(())
}

async fn job(client: &reqwest::Client, load: &Load) -> Result<(), Failure> {
    let path = match load.handler {
        Handler::Workflow => format!("ThreeStepWorkflow/{}/run", load.next_key.fetch_add(1, Ordering::Relaxed)),
        Handler::Service => "ThreeStepService/run".to_owned(),
    };
    let request = client.post(format!("{}/{path}", load.ingress)).header("content-type", "application/json");
    let answer = request.body(serde_json::to_string(RESULT.as_str())?).send().await?;
    let status = answer.status();
    let text = answer.text().await?;
    if !status.is_success() || serde_json::from_str::<String>(&text)? != *RESULT {
        return Err(format!("a job answered {status}: {text}").into());
    }
    Ok(())
}
