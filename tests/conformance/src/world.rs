//! A coordinator of one scenario's own, and the workers of one SDK that serve it.

use crate::{
    proxy::{Disguise, Proxy},
    sdk::{Sdk, Start},
    store::Store,
    variant::Variant,
    worker::{SOON, Worker},
};
use esteira_e2e::{Process, Server, binary, jobs, until, within};
use esteira_sdk::{
    client::{Client, v1},
    model::Payload,
};
use esteira_vectors::distributed;
use serde_json::{Value, json};
use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
};
use tempfile::TempDir;
use tokio::{sync::Mutex, task::JoinHandle, time::timeout};

/// Where `lossy` loses answers.
const LOST_EVERY: u64 = 4;
/// After how many answered calls of the first worker the coordinator is killed.
const KILLED_AFTER: [usize; 2] = [3, 9];

/// Where the coordinator keeps its data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Database {
    /// A file of its own.
    Sqlite,
    /// A database of its own on the shared server.
    Postgresql,
}

impl Database {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Sqlite, Self::Postgresql];

    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgresql => "postgresql",
        }
    }
}

/// What one cell of the table runs with.
#[derive(Clone)]
pub struct Cell {
    /// Whose workers.
    pub sdk: Arc<Sdk>,
    /// Under which circumstances.
    pub variant: Variant,
    /// On which database.
    pub database: Database,
    /// What its workers are disguised as.
    pub disguise: Option<fn() -> Disguise>,
}

/// A coordinator, and what its workers are.
pub struct World {
    /// A client that talks to the coordinator itself.
    pub client: Client,
    cell: Cell,
    server: Arc<Mutex<Server>>,
    store: Store,
    /// An error that the scenario causes, as the coordinator logs it.
    caused: std::sync::Mutex<Option<&'static str>>,
    url: String,
    folder: TempDir,
    workers: AtomicUsize,
    killer: std::sync::Mutex<Option<Killer>>,
    losses: std::sync::Mutex<Vec<Counter>>,
}

/// Counts what happened to one worker.
type Counter = Box<dyn Fn() -> usize + Send>;

struct Killer {
    stop: Arc<AtomicBool>,
    running: JoinHandle<usize>,
}

impl World {
    /// Starts a coordinator.
    pub async fn start(cell: Cell) -> Self {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let store = Store::create(cell.database, folder.path());
        let server = Server::serve_by(binary::esteira(), store.url.clone(), store.arguments.clone()).await;
        let (client, url) = (server.client(), server.url());
        let server = Arc::new(Mutex::new(server));
        Self {
            client,
            cell,
            server,
            store,
            caused: Default::default(),
            url,
            folder,
            workers: AtomicUsize::new(0),
            killer: Default::default(),
            losses: Default::default(),
        }
    }

    /// Ends the coordinator, and insists that it ends well and that the variant did what it says.
    pub async fn end(self) {
        let killer = self.killer.lock().expect("no panic while it was held").take();
        if let Some(killer) = killer {
            killer.stop.store(true, SeqCst);
            let kills = within(SOON, "the kills end", killer.running).await.expect("the kills do not panic");
            assert!(kills > 0, "the coordinator was never killed: nothing was tested");
        }
        if self.cell.variant == Variant::Lossy {
            let losses: usize =
                self.losses.lock().expect("no panic while it was held").iter().map(|count| count()).sum();
            assert!(losses > 0, "no answer was lost: nothing was tested");
        }
        let server = Arc::into_inner(self.server).expect("nobody else has it any more").into_inner();
        let caused = *self.caused.lock().expect("no panic while it was held");
        server.stop_with(caused).await;
    }

    /// Kills the coordinator and starts it again where its store is gone.
    pub async fn take_store(&self) {
        *self.caused.lock().expect("no panic while it was held") = Some("the store is gone");
        let mut server = self.server.lock().await;
        server.kill9().await;
        self.store.take_away();
        server.restart().await;
    }

    /// Gives the coordinator its store again, and waits until it has seen it.
    pub async fn give_store_back(&self) {
        self.store.give_back();
        let server = self.server.lock().await;
        until(SOON, "the store is back", async || server.log().contains("the store is back").then_some(())).await;
    }

    /// The variant that runs.
    pub fn variant(&self) -> Variant {
        self.cell.variant
    }

    /// The coordinator.
    pub async fn server(&self) -> tokio::sync::MutexGuard<'_, Server> {
        self.server.lock().await
    }

    /// Starts a worker with so many slots, unless the variant gives it one, and waits until the coordinator knows it.
    pub async fn worker(&self, slots: usize) -> Worker {
        let number = self.workers.fetch_add(1, SeqCst) + 1;
        let disguise = self.cell.disguise.map(|disguise| disguise());
        let worker = self.worker_named(&format!("{}-{number}", self.cell.sdk.name), slots, disguise).await;
        if self.cell.variant == Variant::CoordinatorKill9 && number == 1 {
            self.kill_now_and_then(&worker).await;
        }
        worker
    }

    /// Starts a worker of this id in this disguise. One that is started again finds what it left in its spool.
    pub async fn worker_named(&self, id: &str, slots: usize, disguise: Option<Disguise>) -> Worker {
        self.worker_of(&self.cell.sdk, id, slots, disguise).await
    }

    /// The same of another SDK.
    pub async fn worker_of(&self, sdk: &Sdk, id: &str, slots: usize, disguise: Option<Disguise>) -> Worker {
        let proxy = Proxy::start(&self.url, disguise).await;
        if self.cell.variant == Variant::Lossy {
            proxy.lose_every(LOST_EVERY);
            self.losses.lock().expect("no panic while it was held").push(Box::new(proxy.loss_counter()));
        }
        let slots = if self.cell.variant == Variant::OneSlot { 1 } else { slots };
        let spool = self.folder.path().join(format!("{id}.spool"));
        let (server, log) = (proxy.url(), self.folder.path().join(format!("{id}.log")));
        let command = sdk.worker(Start { server: &server, slots, worker_id: id, spool: &spool });
        let mut worker = Worker { id: id.into(), process: Process::start(id, command, &log), proxy };
        until(SOON, &format!("{id} asks for work"), async || {
            let running = worker.process.is_running();
            assert!(running, "{id} ended; its log ends with:\n{}", worker.process.log_tail());
            let known = self.client.admin().list_workers(v1::ListWorkersRequest::default()).await.expect("workers");
            let is_it = |it: &v1::Worker| it.info.as_ref().is_some_and(|info| info.worker_id == id);
            known.workers.iter().any(is_it).then_some(())
        })
        .await;
        worker
    }

    /// Publishes a plan of these steps, as the variant wants them.
    pub async fn publish(&self, name: &str, steps: Value) {
        let mut steps = steps;
        for step in steps.as_array_mut().expect("steps are a list") {
            let native = ["condition", "wait"].iter().any(|native| step["function"] == *native);
            if self.cell.variant == Variant::TinyLease && !native && step.get("function").is_some() {
                step["lease_ttl"] = json!("1s");
            }
        }
        let mut plan = json!({"name": name, "steps": steps});
        if plan["steps"][0]["exclusive_aggregate"] == true {
            plan["aggregate_type"] = json!("counter");
        }
        jobs::publish(&self.client, &plan).await;
    }

    /// Publishes a plan of one step, which runs this function with this configuration.
    pub async fn publish_one(&self, name: &str, function: &str, config: Value) {
        self.publish(name, json!([{"step_key": "only", "function": function, "config": config}])).await;
    }

    /// Starts a job; its id.
    pub async fn begin(&self, plan: &str, input: Payload) -> String {
        self.client.jobs().start(plan, input).await.expect("the job starts").job_id
    }

    /// Waits until a job has ended, whatever its end, for as long as it goes on: a thousand tasks one after the other take their time
    /// on a busy machine.
    pub async fn ended(&self, job: &str) -> v1::Job {
        let mut before = 0;
        loop {
            if let Ok(ended) = timeout(SOON, self.client.jobs().wait(job)).await {
                return ended.expect("the job can be awaited");
            }
            let tasks = jobs::tasks(&self.client, job).await;
            let ended = tasks.iter().filter(|task| task.end_time.is_some()).count();
            let open = distributed::open_tasks(&self.client, job).await;
            assert!(ended > before, "job {job} stands still with {ended} tasks done: {open:?}");
            before = ended;
        }
    }

    /// Waits until a job has succeeded.
    pub async fn succeeded(&self, job: &str) -> v1::Job {
        let ended = self.ended(job).await;
        assert_eq!(ended.state(), v1::JobState::Succeeded, "{:?}", ended.failure);
        ended
    }

    /// Starts a job and waits until it has succeeded.
    pub async fn run(&self, plan: &str, input: Payload) -> v1::Job {
        let job = self.begin(plan, input).await;
        self.succeeded(&job).await
    }

    /// The only task of a job.
    pub async fn task(&self, job: &str) -> v1::Task {
        let mut tasks = jobs::tasks(&self.client, job).await;
        assert_eq!(tasks.len(), 1, "{tasks:?}");
        tasks.remove(0)
    }

    /// Waits until the only task of a job is leased.
    pub async fn leased(&self, job: &str) -> v1::Task {
        until(SOON, "the task is leased", async || {
            Some(self.task(job).await).filter(|task| task.state() == v1::TaskState::Leased)
        })
        .await
    }

    async fn kill_now_and_then(&self, worker: &Worker) {
        let (stop, server, calls) = (Arc::<AtomicBool>::default(), Arc::clone(&self.server), worker.proxy.counter());
        let stopped = Arc::clone(&stop);
        let running = tokio::spawn(async move {
            let mut kills = 0;
            for after in KILLED_AFTER {
                while calls() < after {
                    if stopped.load(SeqCst) {
                        return kills;
                    }
                    // The only way to be told of calls is to look.
                    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
                }
                let mut server = server.lock().await;
                server.kill9().await;
                server.restart().await;
                kills += 1;
            }
            kills
        });
        *self.killer.lock().expect("no panic while it was held") = Some(Killer { stop, running });
    }
}
