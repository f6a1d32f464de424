//! A coordinator over a real SQLite file, and a worker's moves by hand.

#![allow(dead_code)] // each test file uses its part

use esteira_coordinator::{
    Clock, Coordinator, Grant, Settings, SystemClock,
    catalog::PlanKey,
    coordinator::Running,
    lease_tasks::LeaseTasks,
    plans::{PublishPlanVersion, RetirePlanVersion},
    start_job::StartJob,
    work::{Principal, Report, ReportResult, Reported, ReportedOutput, RequestKey, Started},
};
use esteira_model::{
    AccountId, Actor, AggregateRef, DataClass, Failure, FailureKind, Job, JobId, Packet, Payload, PlanVersionId, Time,
    Usage,
};
use esteira_store::{Reader, Writer};
use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};
use tempfile::TempDir;

/// Longest that anything in a test may take.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// The machine's clock, and what a test lets pass on it.
#[derive(Default)]
pub struct Passing(AtomicI64);

impl Clock for Passing {
    fn now(&self) -> Time {
        Time(SystemClock.now().0 + self.0.load(Ordering::Relaxed))
    }
}

pub struct World {
    pub clock: Arc<Passing>,
    pub coordinator: Coordinator,
    pub running: Running,
    pub principal: Principal,
    pub directory: TempDir,
}

impl World {
    pub async fn new() -> Self {
        Self::open(TempDir::new().expect("a directory")).await
    }

    /// With a purge so often.
    pub async fn with_purge_period(purge_period: Duration) -> Self {
        let settings = Settings { purge_period, ..Settings::default() };
        Self::open_with(TempDir::new().expect("a directory"), settings).await
    }

    pub async fn open(directory: TempDir) -> Self {
        Self::open_with(directory, Settings::default()).await
    }

    async fn open_with(directory: TempDir, settings: Settings) -> Self {
        let url = format!("sqlite:{}", directory.path().join("store.db").display());
        Self::over(&url, directory, settings).await
    }

    /// One more coordinator over a database that others may use.
    pub async fn on(url: &str, settings: Settings) -> Self {
        Self::over(url, TempDir::new().expect("a directory"), settings).await
    }

    async fn over(url: &str, directory: TempDir, settings: Settings) -> Self {
        let store = esteira_store_sql::open(url, esteira_store_sql::Options::default()).await.expect("the store opens");
        Self::of(store.writer, store.reader, directory, settings).await
    }

    /// Over these ends of a store.
    pub async fn of(writer: Box<dyn Writer>, reader: Arc<dyn Reader>, directory: TempDir, settings: Settings) -> Self {
        let clock = Arc::new(Passing::default());
        let (coordinator, running) =
            Coordinator::start(writer, reader, clock.clone(), settings).await.expect("it starts");
        Self { clock, coordinator, running, principal: tester(), directory }
    }

    /// Stops the coordinator as an orderly stop does.
    pub async fn stop(self) -> TempDir {
        let Self { coordinator, running, directory, .. } = self;
        drop(coordinator);
        running.drained().await;
        directory
    }

    /// Lets time pass at once.
    pub fn pass(&self, time: Duration) {
        self.clock.0.fetch_add(esteira_model::time::micros(time), Ordering::Relaxed);
    }

    /// Stops the coordinator as an orderly stop does and starts another on the same file.
    pub async fn restart(self) -> Self {
        Self::open(self.stop().await).await
    }

    pub async fn publish(&self, name: &str, steps: &str) {
        self.publish_document(name, &format!(r#"{{"name":"{name}","aggregate_type":"thing","steps":[{steps}]}}"#))
            .await;
    }

    pub async fn publish_document(&self, name: &str, document: &str) {
        let ask = PublishPlanVersion {
            request: None,
            plan: PlanKey::Name(name.into()),
            project: None,
            definition_json: document.into(),
            expected_latest_version: None,
            make_default: true,
        };
        let published = self.coordinator.publish_plan_version(&self.principal, ask).await;
        published.unwrap_or_else(|error| panic!("{error} {:?}", error.issues));
    }

    pub async fn retire(&self, version: PlanVersionId) {
        let ask = RetirePlanVersion { request: None, version, reason: "wrong".into() };
        self.coordinator.retire_plan_version(&self.principal, ask).await.expect("retired");
    }

    pub async fn start(&self, plan: &str, input: &str) -> Job {
        self.try_start(plan, input, None).await.expect("it starts").job
    }

    pub async fn start_with_timeout(&self, plan: &str, timeout: Duration) -> Job {
        let ask = StartJob { job_timeout: Some(timeout), ..self.ask(plan, "1", None) };
        self.coordinator.start_job(&self.principal, ask).await.expect("it starts").job
    }

    pub async fn try_start(
        &self,
        plan: &str,
        input: &str,
        request_id: Option<&str>,
    ) -> esteira_coordinator::error::Result<Started> {
        self.coordinator.start_job(&self.principal, self.ask(plan, input, request_id)).await
    }

    fn ask(&self, plan: &str, input: &str, request_id: Option<&str>) -> StartJob {
        let request = request_id.map(|id| RequestKey {
            account: self.principal.account.clone(),
            id: id.into(),
            digest: digest(input),
        });
        let packet = Packet {
            actor: Actor::default(),
            aggregate: Some(thing("1")),
            data: Payload::json(input),
            headers: BTreeMap::new(),
        };
        StartJob {
            request,
            request_digest: digest(input),
            job_id: None,
            plan: PlanKey::Name(plan.into()),
            version: 0,
            packet,
            labels: BTreeMap::new(),
            priority: 0,
            job_timeout: None,
            start_after: None,
            data_class: None,
        }
    }

    pub fn poll(&self, worker: &str, functions: &[&str], max: usize, wait: Duration) -> LeaseTasks {
        LeaseTasks {
            worker_id: worker.into(),
            request_id: String::new(),
            functions: functions.iter().map(|name| (*name).to_owned()).collect(),
            queues: Vec::new(),
            max_leases: max,
            wait,
            ttl: None,
        }
    }

    /// Leases until something comes.
    pub async fn lease(&self, functions: &[&str], max: usize) -> Vec<Grant> {
        let leased = self
            .coordinator
            .lease_tasks(&self.principal, self.poll("w", functions, max, PATIENCE))
            .await
            .expect("a poll");
        assert!(!leased.grants.is_empty(), "no task came");
        leased.grants
    }

    pub async fn report(&self, grant: &Grant, outcome: Reported) -> ReportResult {
        self.reports(vec![report(grant, outcome)]).await.remove(0)
    }

    pub async fn reports(&self, reports: Vec<Report>) -> Vec<ReportResult> {
        self.coordinator.report_tasks(&self.principal, reports, None).await.expect("reports are answered").0
    }

    pub async fn complete(&self, grant: &Grant, output: &str) {
        let result = self.report(grant, single(output)).await;
        assert_eq!(result, ReportResult::default(), "applied");
    }

    /// The job when it has ended.
    pub async fn ended(&self, id: JobId) -> Job {
        let wait = async {
            let mut changes = self.coordinator.hub().listen(id);
            loop {
                let job = self.job(id).await;
                if job.state.is_terminal() {
                    return job;
                }
                let _ = changes.recv().await;
            }
        };
        tokio::time::timeout(PATIENCE, wait).await.expect("the job ends")
    }

    /// Looks until it is so: these are states of memory that a background loop changes.
    pub async fn eventually(&self, mut is_so: impl FnMut() -> bool) {
        self.until(async || is_so()).await;
    }

    /// Looks until it is so.
    pub async fn until(&self, mut is_so: impl AsyncFnMut() -> bool) {
        let mut looks = tokio::time::interval(Duration::from_millis(10));
        let look = async {
            while !is_so().await {
                looks.tick().await;
            }
        };
        tokio::time::timeout(PATIENCE, look).await.expect("in time");
    }

    /// How many leases the workers hold.
    pub async fn leases(&self) -> usize {
        self.coordinator.lease_counts(&self.principal.account).await.expect("a read").values().sum()
    }

    pub async fn job(&self, id: JobId) -> Job {
        self.coordinator.reader().job(&self.principal.account, id).await.expect("a read").expect("the job is there")
    }

    pub async fn results(&self, id: JobId) -> Vec<String> {
        let (results, _) = self.coordinator.reader().job_results(id, 100).await.expect("results");
        results.into_iter().map(|(_, payload, _)| payload.as_json().unwrap_or("-").to_owned()).collect()
    }
}

pub fn tester() -> Principal {
    Principal {
        account: AccountId::new("default"),
        user_id: "tester".into(),
        credential_id: "test".into(),
        data_class: DataClass::Devtest,
    }
}

pub fn thing(id: &str) -> AggregateRef {
    AggregateRef { kind: "thing".into(), id: id.into(), version: 0 }
}

pub fn single(output: &str) -> Reported {
    completed(ReportedOutput::Single(Payload::json(output)))
}

pub fn multiple(items: &[&str]) -> Reported {
    completed(ReportedOutput::Multiple(items.iter().map(|item| Payload::json(*item)).collect()))
}

pub fn completed(output: ReportedOutput) -> Reported {
    Reported::Completed { output, aggregate_after: None, emits: Vec::new(), verdicts: Vec::new() }
}

pub fn failed(code: &str) -> Reported {
    Reported::Failed(
        Failure { source: "f".into(), ..Failure::engine(FailureKind::Retryable, code, "it did not work") },
        None,
    )
}

pub fn report(grant: &Grant, outcome: Reported) -> Report {
    let digest = digest(&format!("{outcome:?}"));
    let mut short = [0; 16];
    short.copy_from_slice(&digest[..16]);
    Report {
        token: grant.lease,
        outcome,
        usage: Usage::default(),
        worker_start_time: None,
        worker_end_time: None,
        digest: short,
        capsule: Vec::new(),
    }
}

fn digest(text: &str) -> [u8; 32] {
    use sha2::Digest;
    sha2::Sha256::digest(text.as_bytes()).into()
}
