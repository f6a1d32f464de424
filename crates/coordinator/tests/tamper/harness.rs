//! One honest store, copies of it that are edited, and what a verification says of them.

use crate::{
    edits::Act,
    world::{PATIENCE, World, completed, failed, report, single},
};
use esteira_coordinator::{
    Clock, Coordinator, Grant, Settings, SystemClock,
    audit::{Deed, OK},
    log::{AnchorFile, Signing},
    removal::EraseJob,
    reprocess::ReprocessJob,
    verify::Report,
    work::{Reported, ReportedOutput},
};
use esteira_ledger::{Schedule, SignerKey, checkpoint::Term};
use esteira_model::{AccountId, Decision, Failure, FailureKind, JobId, Payload, Point, Time};
use esteira_testkit::Postgres;
use std::{
    net::IpAddr,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tempfile::TempDir;

pub const ORIGIN: &str = "log.example/drill";
/// How many jobs begin while a sweep runs, about.
const JOBS_A_SWEEP: u32 = 12;

/// The jobs that edits name.
pub struct Jobs {
    pub line: JobId,
    pub fan: JobId,
    pub failed: JobId,
    pub parent: JobId,
    /// Goes on from `line`, with another input.
    pub again: JobId,
    /// One whose data was erased.
    pub erased: JobId,
}

/// Where the honest store is.
enum Store {
    Sqlite,
    Postgres(String),
}

/// An honest store, closed.
pub struct Template {
    store: Store,
    pub jobs: Jobs,
    /// The database, where it is a file; the anchors; a backup of the database from before the last jobs.
    pub directory: TempDir,
}

/// Who signs: `seed` makes the key.
pub fn signing(anchors: &Path, seed: u8) -> Arc<Signing> {
    let key = SignerKey::from_seed(ORIGIN, &[seed; 32]).expect("a key");
    let trusted = vec![key.verifier().clone()];
    let schedule = Schedule::new(vec![Term { key, from: Time(0), until: None }]);
    let anchors = AnchorFile::open(anchors).expect("a file of anchors");
    Arc::new(Signing::new(ORIGIN.into(), schedule, trusted, AccountId::new("default"), anchors))
}

/// What each function does: the name says it.
pub fn by_name(grant: &Grant) -> Reported {
    let name: &str = &grant.function;
    match name.split_once('.').unwrap_or((name, "")) {
        ("one", _) => {
            single(&format!("{{\"after\":\"{}\",\"of\":{}}}", grant.step_key, grant.input.as_json().unwrap_or("0")))
        }
        ("many", count) => {
            let items = 0..count.parse::<u32>().expect("a number of items");
            completed(ReportedOutput::Multiple(items.map(|i| Payload::json(i.to_string())).collect()))
        }
        ("hiccup", _) if grant.attempt == 1 => failed("HICCUP"),
        ("hiccup", _) => single("1"),
        _ => {
            let failure = Failure::engine(FailureKind::NonRetryable, "BROKEN", "it does not work");
            Reported::Failed(failure, None)
        }
    }
}

async fn publish_all(world: &World) {
    let line = r#"{"name":"line","policies":[{"name":"is","version":"7","condition":"has(value.after)","enforce":false}],"steps":[
        {"step_key":"a","function":"one","next":["b"],"output_policies":["is"]},
        {"step_key":"b","function":"hiccup","retry":{"max_attempts":2,"initial_backoff":"1ms"}}]}"#;
    world.publish_document("line", line).await;
    let fan = r#"{"step_key":"a","function":"many.200","output":"multiple","next":["b"]},
        {"step_key":"b","function":"one","next":["j"]},{"step_key":"j","function":"one","join":"all"}"#;
    world.publish("fan", fan).await;
    world.publish("failed", r#"{"step_key":"a","function":"fail"}"#).await;
    world.publish("child", r#"{"step_key":"x","function":"one"}"#).await;
    let parent = r#"{"step_key":"s","sub_plan":{"plan":"child"},"next":["y"]},{"step_key":"y","function":"one"}"#;
    world.publish("parent", parent).await;
}

/// Leases what waits and reports it in one call, so that the leaves of many share a page.
async fn work(world: &World) {
    const FUNCTIONS: &[&str] = &["one", "hiccup", "fail", "many.20", "many.200"];
    let poll = world.poll("w", FUNCTIONS, 50, Duration::from_millis(20));
    let leased = world.coordinator.lease_tasks(&world.principal, poll).await.expect("a poll");
    if !leased.grants.is_empty() {
        world.reports(leased.grants.iter().map(|grant| report(grant, by_name(grant))).collect()).await;
    }
}

/// Works until the job has ended.
async fn worked(world: &World, job: JobId) {
    let all = async {
        while !world.job(job).await.state.is_terminal() {
            work(world).await;
        }
    };
    tokio::time::timeout(PATIENCE, all).await.expect("the job ends");
}

async fn ran(world: &World, plan: &str) -> JobId {
    let job = world.start(plan, r#"{"a":1}"#).await;
    worked(world, job.id).await;
    job.id
}

/// A job that goes on from its second step, on other data.
async fn went_on(world: &World, source: JobId) -> JobId {
    let ask = ReprocessJob {
        request: None,
        job: source,
        point: Point::Steps(vec!["b".into()]),
        version: 0,
        input: Some(Payload::json("2".to_owned())),
        reason: "the price was wrong".into(),
        dry_run: false,
    };
    let again = world.coordinator.reprocess_job(&world.principal, ask).await.expect("it goes on");
    let again = again.started.expect("started").job.id;
    worked(world, again).await;
    again
}

/// What operators did, as the edge records it.
async fn acted(world: &World, job: JobId) {
    for (rpc, reason) in [("ControlJob", "too late"), ("GetJob", "")] {
        let deed = Deed::new(rpc, SystemClock.now(), Some(IpAddr::from([192, 0, 2, 7])));
        deed.by(&world.principal);
        deed.on(format!("jobs/{job}"));
        deed.because(reason);
        deed.asked([7; 32]);
        world.coordinator.record(&deed, Decision::Allowed, OK).await.expect("recorded");
    }
}

/// The whole store, in turns.
pub async fn verified(coordinator: &Coordinator) -> Report {
    let (mut all, mut cursor) = (Report::default(), None);
    loop {
        let turn = coordinator.check_store(cursor, Duration::from_millis(100)).await.expect("the store is read");
        all.append(turn.report);
        cursor = turn.next;
        if cursor.is_none() {
            return all;
        }
    }
}

async fn stopped(world: World) {
    let World { coordinator, running, .. } = world;
    drop(coordinator);
    running.drained().await;
}

fn settings(directory: &Path, seed: u8) -> Settings {
    Settings { signing: Some(signing(&directory.join("anchors"), seed)), ..Settings::default() }
}

fn sqlite_url(directory: &Path) -> String {
    format!("sqlite:{}", directory.join("store.db").display())
}

/// All of a SQLite database in its one file.
fn fold(file: &Path) {
    let connection = rusqlite::Connection::open(file).expect("opens");
    let busy: i64 = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0)).expect("folds");
    assert_eq!(busy, 0);
}

impl Template {
    pub async fn sqlite() -> Self {
        let directory = TempDir::new().expect("a folder");
        let url = sqlite_url(directory.path());
        let world = World::on(&url, settings(directory.path(), 7)).await;
        publish_all(&world).await;
        let line = ran(&world, "line").await;
        world.coordinator.stand().await.expect("signed");
        stopped(world).await;
        let file = directory.path().join("store.db");
        fold(&file);
        std::fs::copy(&file, directory.path().join("backup.db")).expect("a backup");
        let jobs = Self::rest(&url, directory.path(), line).await;
        fold(&file);
        Self { store: Store::Sqlite, jobs, directory }
    }

    pub async fn postgres() -> Self {
        let server = Postgres::shared();
        let name = server.fresh_name();
        server.run("postgres", &format!("CREATE DATABASE {name}"));
        let (url, directory) = (server.url(&name), TempDir::new().expect("a folder"));
        let world = World::on(&url, settings(directory.path(), 7)).await;
        publish_all(&world).await;
        let line = ran(&world, "line").await;
        stopped(world).await;
        let jobs = Self::rest(&url, directory.path(), line).await;
        Self { store: Store::Postgres(name), jobs, directory }
    }

    async fn rest(url: &str, directory: &Path, line: JobId) -> Jobs {
        let world = World::on(url, settings(directory, 7)).await;
        let mut erased = Vec::new();
        for _ in 0..2 {
            let job = ran(&world, "line").await;
            let ask = EraseJob { job, reason: "as asked".into() };
            world.coordinator.erase_job(&world.principal, ask).await.expect("erased");
            erased.push(job);
        }
        let jobs = Jobs {
            line,
            // Two of them: nodes are kept from 256 leaves on.
            fan: (ran(&world, "fan").await, ran(&world, "fan").await).0,
            failed: ran(&world, "failed").await,
            parent: ran(&world, "parent").await,
            again: went_on(&world, line).await,
            erased: erased[1],
        };
        acted(&world, line).await;
        world.coordinator.stand().await.expect("signed");
        stopped(world).await;
        jobs
    }

    /// A copy to edit.
    fn copy(&self) -> (String, TempDir, PathBuf) {
        let directory = TempDir::new().expect("a folder");
        for name in ["store.db", "backup.db", "anchors"] {
            let from = self.directory.path().join(name);
            if from.exists() {
                std::fs::copy(from, directory.path().join(name)).expect("copied");
            }
        }
        let file = directory.path().join("store.db");
        let url = match &self.store {
            Store::Sqlite => sqlite_url(directory.path()),
            Store::Postgres(template) => {
                let server = Postgres::shared();
                let name = server.fresh_name();
                server.run("postgres", &format!("CREATE DATABASE {name} TEMPLATE {template}"));
                server.url(&name)
            }
        };
        (url, directory, file)
    }

    /// SQL with the ids of jobs in the database's own form.
    fn sql(&self, text: &str) -> String {
        let literal = |job: JobId| {
            let hex: String = job.0.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
            match &self.store {
                Store::Sqlite => format!("x'{hex}'"),
                Store::Postgres(_) => format!("'\\x{hex}'::bytea"),
            }
        };
        let Jobs { line, fan, failed, parent, erased, again } = &self.jobs;
        [
            ("{line}", line),
            ("{fan}", fan),
            ("{failed}", failed),
            ("{parent}", parent),
            ("{erased}", erased),
            ("{again}", again),
        ]
        .into_iter()
        .fold(text.to_owned(), |text, (name, job)| text.replace(name, &literal(*job)))
    }

    fn apply(&self, act: &Act, url: &str, directory: &Path, file: &Path) {
        match act {
            Act::Nothing => {}
            Act::Sql(text) => match &self.store {
                Store::Sqlite => {
                    let connection = rusqlite::Connection::open(file).expect("opens");
                    connection.execute_batch(&self.sql(text)).unwrap_or_else(|error| panic!("{text}: {error}"));
                    fold(file);
                }
                Store::Postgres(_) => {
                    let name = url.split('?').next().and_then(|path| path.rsplit('/').next()).expect("a name");
                    Postgres::shared().run(name, &self.sql(text));
                }
            },
            Act::Database(edit) => {
                let mut connection = rusqlite::Connection::open(file).expect("opens");
                edit(&mut connection);
                drop(connection);
                fold(file);
            }
            Act::Files(edit) => edit(directory),
        }
    }
}

/// What the start, or a verification of everything, says of an edited copy.
pub async fn found(template: &Template, act: &Act) -> String {
    let (url, directory, file) = template.copy();
    template.apply(act, &url, directory.path(), &file);
    let anchors = match AnchorFile::open(directory.path().join("anchors")) {
        Ok(_) => settings(directory.path(), 7),
        Err(error) => return format!("REFUSED at the start: {}", cut(&error.to_string(), directory.path())),
    };
    let store = esteira_store_sql::open(&url, esteira_store_sql::Options::default()).await.expect("the store opens");
    let started = Coordinator::start(store.writer, store.reader, Arc::new(SystemClock), anchors).await;
    let (coordinator, running) = match started {
        Ok(started) => started,
        Err(error) => return format!("REFUSED at the start: {}", cut(&error.message, directory.path())),
    };
    let report = verified(&coordinator).await;
    drop(coordinator);
    running.drained().await;
    match report.first() {
        None => report.verdict().to_string(),
        Some(flaw) => format!("{}: {} ({})", flaw.verdict, flaw.failing, kind(&flaw.about)),
    }
}

/// Without what differs from run to run.
fn cut(message: &str, directory: &Path) -> String {
    let message = message.replace(&directory.display().to_string(), "..");
    message.split(": bring back").next().unwrap_or_default().to_owned()
}

/// `attempt ID 1` is an attempt.
fn kind(about: &str) -> &str {
    about.split(' ').next().unwrap_or_default()
}

/// Sweeps over a store on which jobs run: how many ended meanwhile, and how many leaves were looked at.
pub async fn swept(sweeps: usize) -> (u64, u64) {
    let directory = TempDir::new().expect("a folder");
    let world = World::on(&sqlite_url(directory.path()), settings(directory.path(), 7)).await;
    publish_all(&world).await;
    world.publish("short", r#"{"step_key":"a","function":"many.20","output":"multiple","next":["b"]},{"step_key":"b","function":"one","next":["j"]},{"step_key":"j","function":"hiccup","join":"all","retry":{"max_attempts":2,"initial_backoff":"1ms"}}"#).await;
    let (stop, (ended, mut more)) = (AtomicBool::new(false), tokio::sync::watch::channel(0_u64));
    // A sweep reads all there is: what a sweep takes paces the load, or each would have more to read than it can catch up with.
    let pace = tokio::sync::watch::Sender::new(Duration::ZERO);
    let load = async {
        while !stop.load(Ordering::Relaxed) {
            for plan in ["line", "failed", "parent", "short"] {
                let pause = *pace.borrow();
                tokio::time::sleep(pause).await;
                let job = world.start(plan, "1").await;
                // Several jobs are always on their way.
                work(&world).await;
                if job.id.0.as_bytes()[15] % 4 == 0 {
                    worked(&world, job.id).await;
                    ended.send_modify(|count| *count += 1);
                }
            }
        }
    };
    let sweep = async {
        let mut leaves = 0;
        for number in 0..sweeps {
            // Each begins when another job has ended, and runs while others do.
            more.changed().await.expect("the load goes on");
            let began = tokio::time::Instant::now();
            let report = verified(&world.coordinator).await;
            pace.send_replace(began.elapsed() / JOBS_A_SWEEP);
            assert_eq!(report.flaws, [], "sweep {number}");
            leaves += report.checked;
        }
        stop.store(true, Ordering::Relaxed);
        leaves
    };
    let ((), leaves) = tokio::join!(load, sweep);
    stopped(world).await;
    let ended = *ended.borrow();
    (ended, leaves)
}
