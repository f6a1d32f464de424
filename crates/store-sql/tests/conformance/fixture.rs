//! A store to test, and rows to put into it. Time is a value that the test passes; nothing here waits.

use esteira_model::{
    AccountId, Actor, Artifact, ArtifactId, Attempt, DataClass, Emit, EndedTask, ItemPath, Job, JobId, JobState,
    Lineage, LineageKind, OutboxMessage, Payload, PlanId, PlanVersionId, Task, TaskId, TaskState, Time, Usage, Uuid,
    WaitReason,
};
use esteira_store::{
    Batch, Filter, Hot, Kind, Leased, Op, Page, Parked, PlanRecord, PlanVersionRecord, Queued, Reader, Result, Taken,
    Term, Unit, Writer, page::Value,
};
use esteira_store_sql::{Options, open};
use esteira_testkit::Postgres;
use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::sync::OnceCell;

/// The lane of tasks whose lane does not matter.
pub const LANE: &str = "acme/work";

/// An open store with a source of ids.
pub struct Store {
    pub writer: Box<dyn Writer>,
    pub reader: Arc<dyn Reader>,
    pub ids: Ids,
    _directory: Option<tempfile::TempDir>,
}

/// Opens a store that must open.
pub async fn store(url: &str, directory: Option<tempfile::TempDir>) -> Store {
    let opened = open(url, Options::default()).await.expect("a new store opens");
    Store { writer: opened.writer, reader: opened.reader, ids: Ids::default(), _directory: directory }
}

/// A durable SQLite database in a new directory.
pub async fn sqlite_file() -> Store {
    let directory = tempfile::tempdir().expect("a temporary directory");
    store(&format!("sqlite:{}", directory.path().join("test.db").display()), Some(directory)).await
}

/// A private SQLite database that goes away with the store.
pub async fn sqlite_memory() -> Store {
    store("sqlite::memory:", None).await
}

/// A PostgreSQL database of its own on the server of this test process.
pub async fn postgres() -> Store {
    store(&postgres_url().await, None).await
}

/// The URL of a migrated PostgreSQL database with nothing in it.
pub async fn postgres_url() -> String {
    let (server, name) = postgres_database().await;
    server.url(&name)
}

/// A migrated PostgreSQL database with nothing in it. A copy of a migrated one costs an eighth of the migrations.
pub async fn postgres_database() -> (&'static Postgres, String) {
    static TEMPLATE: OnceCell<String> = OnceCell::const_new();
    let server = Postgres::shared();
    let template = TEMPLATE.get_or_init(async || {
        let name = server.fresh_name();
        server.run("postgres", &format!("CREATE DATABASE {name}"));
        drop(open(&server.url(&name), Options::default()).await.expect("a new store opens"));
        server.run("postgres", &format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false"));
        name
    });
    let (template, name) = (template.await, server.fresh_name());
    server.run("postgres", &format!("CREATE DATABASE {name} TEMPLATE {template}"));
    (server, name)
}

impl Store {
    /// Begins a unit that must begin.
    pub async fn unit(&mut self) -> Box<dyn Unit + '_> {
        self.writer.begin().await.expect("a unit begins")
    }

    /// Writes a round and commits it.
    pub async fn try_write(&mut self, batch: Batch) -> Result<()> {
        let mut unit = self.writer.begin().await?;
        unit.write(&batch).await?;
        unit.commit().await
    }

    /// Writes a round that must succeed.
    pub async fn write(&mut self, batch: Batch) {
        self.try_write(batch).await.expect("the round is written");
    }

    /// A new job of `acme`, running, not stored.
    pub fn job(&mut self) -> Job {
        let id = JobId(self.ids.uuid());
        Job {
            id,
            account: acme(),
            plan_version: PlanVersionId(self.ids.uuid()),
            data_class: DataClass::Qa,
            actor: Arc::new(Actor { user_id: "ana".into(), account_id: "acme".into(), on_behalf_of: String::new() }),
            headers: Arc::default(),
            labels: Arc::default(),
            aggregate: None,
            input: ArtifactId(self.ids.int()),
            priority: 0,
            lineage: Lineage { kind: LineageKind::Direct, root: id, parent: None, depth: 0, source: None },
            create_time: Time(self.ids.int()),
            start_after: None,
            deadline: None,
            provenance: Default::default(),
            state: JobState::Running,
            flow: Default::default(),
            start_time: None,
            end_time: None,
            cancel_time: None,
            failure: None,
            note: String::new(),
            end_leaf_at: None,
            revision: 1,
        }
    }

    /// A new task of a job, not stored.
    pub fn task(&mut self, job: JobId) -> Task {
        Task {
            id: TaskId(self.ids.uuid()),
            job,
            step: 0,
            item_path: ItemPath::default(),
            parent: None,
            input: Some(ArtifactId(self.ids.int())),
            aggregate: None,
            attempts: 0,
            failures: 0,
            expiries: 0,
            fence: 0,
            checkpoint: None,
            create_time: Time(self.ids.int()),
            start_time: None,
        }
    }

    /// A new task of a new job id, not stored.
    pub fn any_task(&mut self) -> Task {
        let job = JobId(self.ids.uuid());
        self.task(job)
    }

    /// A new artifact, not stored.
    pub fn artifact(&mut self, payload: Payload) -> (Artifact, [u8; 32]) {
        let sha256 = Sha256::digest(payload.bytes()).into();
        let job = JobId(self.ids.uuid());
        (Artifact { id: ArtifactId(self.ids.int()), job, data_class: DataClass::Qa, payload }, sha256)
    }

    /// A new message of `acme`, not stored.
    pub fn message(&mut self, topic: &str, key: &str, commit_time: i64) -> OutboxMessage {
        let sequence = self.ids.int();
        OutboxMessage {
            sequence,
            account: acme(),
            emit: Emit {
                topic: topic.into(),
                key: key.into(),
                payload: Payload::json(format!("{{\"n\":{sequence}}}")),
                headers: BTreeMap::from([("trace".into(), "1".into())]),
            },
            job: JobId(self.ids.uuid()),
            task: TaskId(self.ids.uuid()),
            commit_time: Time(commit_time),
        }
    }

    /// A new plan of `acme`, not stored.
    pub fn plan(&mut self, name: &str) -> PlanRecord {
        PlanRecord {
            id: PlanId(self.ids.uuid()),
            account: acme(),
            name: name.into(),
            project: "sales".into(),
            display_name: format!("The {name}"),
            aggregate_type: "order".into(),
            labels: BTreeMap::from([("team".into(), "sales".into())]),
            default_version: 0,
            latest_version: 0,
            create_time: Time(self.ids.int()),
            update_time: Time(self.ids.int()),
            revision: 1,
        }
    }

    /// A new version of a plan, not stored.
    pub fn version(&mut self, plan: &PlanRecord, version: i32) -> PlanVersionRecord {
        PlanVersionRecord {
            id: PlanVersionId(self.ids.uuid()),
            plan: plan.id,
            account: plan.account.clone(),
            plan_name: plan.name.clone(),
            version,
            definition_json: format!("{{ \"version\" : {version} }}"),
            definition_sha256: [version as u8; 32],
            sub_plans: vec![PlanVersionId(self.ids.uuid()), PlanVersionId(self.ids.uuid())],
            published_by: Actor { user_id: "ana".into(), account_id: "acme".into(), on_behalf_of: "bo".into() },
            publish_time: Time(self.ids.int()),
            retire_time: None,
            retire_reason: String::new(),
        }
    }
}

/// The tenant of most rows.
pub fn acme() -> AccountId {
    AccountId::new("acme")
}

/// Ids that rise, as version 7 and the artifact ids do.
#[derive(Default)]
pub struct Ids(u64);

impl Ids {
    pub fn uuid(&mut self) -> Uuid {
        self.0 += 1;
        let mut bytes = [0x70; 16];
        bytes[..8].copy_from_slice(&self.0.to_be_bytes());
        Uuid::from_bytes(bytes)
    }

    pub fn int(&mut self) -> i64 {
        self.0 += 1;
        self.0 as i64
    }
}

pub fn queued(task: &Task, lane: &str, rank: i32) -> Queued {
    Queued { task: task.clone(), lane: lane.into(), rank }
}

pub fn parked(task: &Task, reason: WaitReason, due: Option<i64>) -> Parked {
    Parked { task: task.clone(), reason, due: due.map(Time), behind: None }
}

/// The task behind an aggregate's key.
pub fn behind(task: &Task, key: &str) -> Parked {
    Parked { task: task.clone(), reason: WaitReason::AggregateBusy, due: None, behind: Some(key.into()) }
}

/// The task under a lease with this fence until this time.
pub fn leased(task: &Task, fence: i64, expire_time: i64) -> Leased {
    Leased {
        task: Task { fence, attempts: task.attempts + 1, start_time: Some(Time(1)), ..task.clone() },
        lane: LANE.into(),
        rank: -3,
        worker_id: "w1".into(),
        request_id: "poll-1".into(),
        function_version: "1.0".into(),
        ttl: Duration::from_micros(30_000_001),
        grant_time: Time(1),
        expire_time: Time(expire_time),
        timeout_time: None,
    }
}

pub fn taken(task: &Task, from: Hot) -> Taken {
    Taken { job: task.job, task: task.id, fence: task.fence, from }
}

pub fn attempt(task: &Task, number: u32, fence: i64) -> Attempt {
    Attempt {
        job: task.job,
        task: task.id,
        number,
        fence,
        worker_id: "w1".into(),
        function_version: "1.0".into(),
        start_time: Time(10),
        end_time: Time(20),
        worker_start_time: Some(Time(11)),
        worker_end_time: None,
        failure: None,
        usage: Usage {
            cpu_time: Duration::from_micros(3),
            wall_time: Duration::from_micros(4),
            peak_rss_bytes: 5,
            bytes_read: 6,
            bytes_written: 7,
        },
        report_digest: [fence as u8; 16],
        leaf_at: None,
    }
}

pub fn ended(task: &Task, state: TaskState, outputs: &[i64], leaf: bool) -> EndedTask {
    EndedTask {
        task: task.clone(),
        state,
        end_time: Time(50),
        outputs: outputs.iter().map(|id| ArtifactId(*id)).collect(),
        leaf,
        verdicts: Vec::new(),
        failure: None,
    }
}

/// The kind of an error that must be one.
pub fn kind<T>(result: Result<T>) -> Kind {
    result.err().expect("an error").kind()
}

pub fn page(size: usize) -> Page {
    Page { size, after: None }
}

pub fn after(size: usize, cursor: Option<Vec<u8>>) -> Page {
    Page { size, after: Some(cursor.expect("there is a next page")) }
}

pub fn all() -> Filter {
    Filter::default()
}

pub fn text(field: &str, op: Op, value: &str) -> Filter {
    Filter(vec![Term { field: field.into(), op, value: Value::Text(value.into()) }])
}

pub fn int(field: &str, op: Op, value: i64) -> Filter {
    Filter(vec![Term { field: field.into(), op, value: Value::Int(value) }])
}
