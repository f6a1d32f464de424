//! What a worker is made of.

use crate::{
    client::{Link, new_id},
    model::Function,
    worker::{
        Error,
        attempt::Surroundings,
        convert,
        dispatch::{Dispatcher, Setup},
        heartbeat::Heartbeats,
        rpc::Rpc,
        spool::Spool,
        usage::PeakMemory,
    },
};
use esteira_contract::v1;
use esteira_model::limits;
use std::{
    collections::{BTreeMap, HashMap},
    future::Future,
    path::PathBuf,
    sync::Arc,
    time::Duration,
};
use tokio::sync::mpsc;

/// Most functions of one worker.
const FUNCTIONS_MAX: usize = 500;

/// A worker that is set up and not yet running.
pub struct Worker {
    link: Link,
    setup: Setup,
    cancel_grace: Duration,
    spool: Option<Spool>,
}

/// Sets a [`Worker`] up.
pub struct WorkerBuilder {
    endpoint: String,
    token: Option<String>,
    functions: Vec<Arc<dyn Function>>,
    slots: usize,
    queues: Vec<String>,
    lease_ttl: Option<Duration>,
    drain_grace: Duration,
    cancel_grace: Duration,
    spool: Option<PathBuf>,
    info: v1::WorkerInfo,
}

impl Worker {
    /// Sets up a worker of the coordinator at `endpoint`, for example `http://127.0.0.1:7440`.
    pub fn builder(endpoint: impl Into<String>) -> WorkerBuilder {
        let info = v1::WorkerInfo {
            worker_id: new_id(),
            sdk: concat!("rust/", env!("CARGO_PKG_VERSION")).into(),
            host: std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default().trim().into(),
            pid: i32::try_from(std::process::id()).unwrap_or_default(),
            ..Default::default()
        };
        WorkerBuilder {
            endpoint: endpoint.into(),
            token: None,
            functions: Vec::new(),
            slots: std::thread::available_parallelism().map_or(1, usize::from),
            queues: Vec::new(),
            lease_ttl: None,
            drain_grace: Duration::from_secs(30),
            cancel_grace: Duration::from_secs(10),
            spool: None,
            info,
        }
    }

    /// The id under which the coordinator knows this worker.
    pub fn id(&self) -> &str {
        &self.setup.info.worker_id
    }

    /// Serves until `shutdown` completes or the coordinator drains the worker; then finishes what runs within the grace,
    /// gives back the rest, and returns. Must be called within a tokio runtime.
    pub async fn run(self, shutdown: impl Future<Output = ()>) -> Result<(), Error> {
        let rpc = Rpc::new(self.link);
        let mut shutdown = Box::pin(shutdown);
        if let Some(spool) = &self.spool {
            tokio::select! {
                sent = spool.send(&rpc) => sent.map_err(Error::Spool)?,
                () = &mut shutdown => return Ok(()),
            }
        }
        let (sender, directives) = mpsc::channel(1);
        let heartbeats = Heartbeats::start(&self.setup.info.worker_id, &rpc, sender)?;
        let around =
            Surroundings { rpc, heartbeats, peak_memory: PeakMemory::default(), cancel_grace: self.cancel_grace };
        Dispatcher::new(self.setup, self.spool, Arc::new(around), directives).run(shutdown).await
    }
}

impl WorkerBuilder {
    /// Adds a function. At least one is needed; no two may have the same name.
    pub fn function(self, function: impl Function) -> Self {
        self.functions([Arc::new(function) as Arc<dyn Function>])
    }

    /// Adds functions.
    pub fn functions(mut self, functions: impl IntoIterator<Item = Arc<dyn Function>>) -> Self {
        self.functions.extend(functions);
        self
    }

    /// How many functions may run at once; one for each processor by default.
    pub fn slots(mut self, slots: usize) -> Self {
        self.slots = slots;
        self
    }

    /// The id under which the coordinator knows this worker; a new one for each process by default.
    pub fn worker_id(mut self, worker_id: impl Into<String>) -> Self {
        self.info.worker_id = worker_id.into();
        self
    }

    /// A name for people.
    pub fn display_name(mut self, name: impl Into<String>) -> Self {
        self.info.display_name = name.into();
        self
    }

    /// What code it runs, such as a commit; recorded with every attempt.
    pub fn build_id(mut self, build_id: impl Into<String>) -> Self {
        self.info.build_id = build_id.into();
        self
    }

    /// Adds a free label.
    pub fn label(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.info.labels.insert(name.into(), value.into());
        self
    }

    /// Leases from these queues instead of those named like its functions.
    pub fn queues(mut self, queues: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.queues = queues.into_iter().map(Into::into).collect();
        self
    }

    /// How long to hold each lease between two heartbeats; as the step says by default.
    pub fn lease_ttl(mut self, ttl: Duration) -> Self {
        self.lease_ttl = Some(ttl);
        self
    }

    /// How long running functions may go on after a shutdown was asked for; 30 s by default.
    pub fn drain_grace(mut self, grace: Duration) -> Self {
        self.drain_grace = grace;
        self
    }

    /// How long a cancelled function may go on before it is dropped; 10 s by default.
    pub fn cancel_grace(mut self, grace: Duration) -> Self {
        self.cancel_grace = grace;
        self
    }

    /// A directory for results that cannot be delivered before the worker must stop, or before their lease is over: a worker that
    /// starts with the same directory sends them first. Without it such a task runs again elsewhere.
    pub fn spool(mut self, directory: impl Into<PathBuf>) -> Self {
        self.spool = Some(directory.into());
        self
    }

    /// Sends `authorization: Bearer <token>` with every call.
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// Checks everything; connects to nothing yet.
    pub fn build(mut self) -> Result<Worker, Error> {
        let link = Link::new(&self.endpoint, self.token.as_deref()).map_err(|error| Error::Setup(error.to_string()))?;
        self.check()?;
        let mut specs = BTreeMap::new();
        let mut functions: HashMap<String, Arc<dyn Function>> = HashMap::new();
        for function in self.functions {
            let spec = function.spec();
            if !is_function_name(&spec.name) {
                return Err(Error::Setup(format!("{:?} is not a function name: [a-z][a-z0-9_.-]{{0,62}}", spec.name)));
            }
            if functions.insert(spec.name.to_string(), function).is_some() {
                return Err(Error::Setup(format!("two functions are named {:?}", spec.name)));
            }
            specs.insert(spec.name.clone(), convert::function_out(&spec));
        }
        self.info.functions = specs.into_values().collect();
        self.info.max_concurrency = i32::try_from(self.slots).unwrap_or(i32::MAX);
        let setup = Setup {
            info: self.info,
            functions,
            slots: self.slots,
            queues: self.queues,
            lease_ttl: self.lease_ttl,
            drain_grace: self.drain_grace,
        };
        let spool = self.spool.map(|directory| Spool::open(directory, &self.endpoint)).transpose();
        let spool = spool.map_err(Error::Spool)?;
        Ok(Worker { link, setup, cancel_grace: self.cancel_grace, spool })
    }

    fn check(&self) -> Result<(), Error> {
        let fail = |text: String| Err(Error::Setup(text));
        if self.functions.is_empty() || self.functions.len() > FUNCTIONS_MAX {
            return fail(format!("a worker has 1 to {FUNCTIONS_MAX} functions, not {}", self.functions.len()));
        }
        if self.slots == 0 {
            return fail("a worker has at least one slot".into());
        }
        let id = &self.info.worker_id;
        if id.is_empty() || id.len() > limits::REQUEST_ID_BYTES_MAX || !id.bytes().all(|byte| byte.is_ascii_graphic()) {
            return fail(format!("a worker id has 1 to {} visible ASCII characters", limits::REQUEST_ID_BYTES_MAX));
        }
        if self.lease_ttl.is_some_and(|ttl| !(limits::LEASE_TTL_MIN..=limits::LEASE_TTL_MAX).contains(&ttl)) {
            return fail(format!("a lease lasts {:?} to {:?}", limits::LEASE_TTL_MIN, limits::LEASE_TTL_MAX));
        }
        Ok(())
    }
}

fn is_function_name(name: &str) -> bool {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '.' | '-');
    name.len() <= 63 && name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Output, OutputType, function};

    fn named(name: &str) -> impl Function + use<> {
        function(name, OutputType::None, |_, _| async { Ok(Output::None) })
    }

    fn check(builder: WorkerBuilder, problem: &str) {
        let error = builder.build().err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains(problem) && !problem.is_empty(), "{error:?} does not say {problem:?}");
    }

    #[test]
    fn what_cannot_work_is_said_before_anything_runs() {
        let builder = || Worker::builder("http://localhost:1");
        check(builder(), "1 to 500 functions");
        check(builder().function(named("A")), "not a function name");
        check(builder().function(named("a")).function(named("a")), "two functions");
        check(builder().function(named("a")).slots(0), "at least one slot");
        check(builder().function(named("a")).worker_id("two words"), "visible ASCII");
        check(builder().function(named("a")).lease_ttl(Duration::from_millis(1)), "a lease lasts");
        check(Worker::builder("not a uri").function(named("a")), "endpoint");
        assert!(builder().function(named("a")).build().is_ok());
    }
}
