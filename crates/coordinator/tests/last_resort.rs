//! What becomes of results and starts while the store is gone, and when it is back (INV-RESORT). The store is a real one
//! behind a door that a test shuts.

mod world;

use async_trait::async_trait;
use esteira_coordinator::{
    Coordinator, Grant, Reason, Settings, SystemClock,
    last_resort::{Folder, LastResort, Level},
    work::{Report, ReportResult},
};
use esteira_lastresort::{Disk, Medium, read_set_aside};
use esteira_model::{Job, JobId, JobState, Time};
use esteira_store::{Error, Kind, Reader, Unit, Writer};
use std::{
    fs::File,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
};
use tempfile::TempDir;
use world::{World, report, single, tester};

const STEPS: &str = r#"{"step_key":"a","function":"f"}"#;
const RESERVE_BYTES: u64 = 16 << 20;

/// Shut or open, for all writers of a store.
#[derive(Clone, Default)]
struct Door(Arc<AtomicBool>);

impl Door {
    fn shut(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    fn open(&self) {
        self.0.store(false, Ordering::SeqCst);
    }
}

struct Behind {
    door: Door,
    writer: Box<dyn Writer>,
}

#[async_trait]
impl Writer for Behind {
    async fn begin(&mut self) -> esteira_store::Result<Box<dyn Unit + '_>> {
        if self.door.0.load(Ordering::SeqCst) {
            return Err(Error::new(Kind::Unavailable, "the door is shut"));
        }
        self.writer.begin().await
    }
}

fn last_resort(directory: &Path) -> Arc<LastResort> {
    let folder = Folder { path: directory.join("last-resort"), in_memory: false, reserve_bytes: RESERVE_BYTES };
    Arc::new(LastResort::open(vec![folder], Time(1)).expect("a reserve"))
}

fn settings(directory: &Path) -> Settings {
    Settings { last_resort: Some(last_resort(directory)), ..Settings::default() }
}

async fn ends(directory: &Path) -> (Box<dyn Writer>, Arc<dyn Reader>) {
    let url = format!("sqlite:{}", directory.join("store.db").display());
    let store = esteira_store_sql::open(&url, esteira_store_sql::Options::default()).await.expect("the store opens");
    (store.writer, store.reader)
}

async fn open(directory: TempDir, door: &Door) -> World {
    let (writer, reader) = ends(directory.path()).await;
    let writer = Box::new(Behind { door: door.clone(), writer });
    let settings = settings(directory.path());
    World::of(writer, reader, directory, settings).await
}

async fn new(door: &Door) -> World {
    let world = open(TempDir::new().expect("a directory"), door).await;
    world.publish("p", STEPS).await;
    world
}

fn held(level: Level) -> ReportResult {
    ReportResult { held: Some(level), ..ReportResult::default() }
}

fn reason(result: &ReportResult) -> Option<Reason> {
    result.refused.as_ref().map(|(reason, _)| *reason)
}

/// Runs a job of the plan to its end.
async fn run(world: &World, job: JobId, output: &str) -> Job {
    let grant = world.lease(&["f"], 1).await.remove(0);
    assert_eq!(grant.lease.job, job);
    world.complete(&grant, output).await;
    world.ended(job).await
}

#[tokio::test]
async fn inv_resort_results_and_starts_are_held_and_come_back_once() {
    let door = Door::default();
    let world = new(&door).await;
    let first = world.start("p", "1").await;
    let grant = world.lease(&["f"], 1).await.remove(0);
    door.shut();
    assert_eq!(world.report(&grant, single("\"one\"")).await, held(Level::Disk));
    let again = world.report(&grant, single("\"one\"")).await;
    assert_eq!(again, ReportResult { already_applied: true, ..held(Level::Disk) });
    assert_eq!(reason(&world.report(&grant, single("\"other\"")).await), Some(Reason::ResultConflict));

    let started = world.try_start("p", "2", Some("r")).await.expect("held");
    assert_eq!((started.held, started.deduplicated), (Some(Level::Disk), false));
    let repeated = world.try_start("p", "2", Some("r")).await.expect("held");
    assert_eq!((repeated.held, repeated.deduplicated, repeated.job.id), (Some(Level::Disk), true, started.job.id));
    let reused = world.try_start("p", "3", Some("r")).await.expect_err("another request");
    assert_eq!(reused.reason, Reason::RequestIdReused);
    assert_eq!(world.coordinator.last_resort().expect("on").waiting(), 2, "a repetition is no record");

    door.open();
    assert_eq!(world.ended(first.id).await.state, JobState::Succeeded);
    assert_eq!(world.results(first.id).await, ["\"one\""]);
    let job = run(&world, started.job.id, "\"two\"").await;
    assert_eq!((job.state, job.create_time), (JobState::Succeeded, started.job.create_time));
    let again = world.try_start("p", "2", Some("r")).await.expect("known");
    assert_eq!((again.held, again.deduplicated, again.job.id), (None, true, started.job.id));
    assert!(world.report(&grant, single("\"one\"")).await.already_applied);
    let resort = world.coordinator.last_resort().expect("on").clone();
    assert_eq!(resort.waiting(), 0);
    assert_eq!(resort.status().expect("a status")[0].fresh_segments, 2, "the reserve is whole again");
}

#[tokio::test]
async fn what_a_process_left_is_ingested_by_the_next_one_and_twice_is_once() {
    let door = Door::default();
    let world = new(&door).await;
    let first = world.start("p", "1").await;
    let grant = world.lease(&["f"], 1).await.remove(0);
    door.shut();
    assert_eq!(world.report(&grant, single("1")).await, held(Level::Disk));
    let second = world.try_start("p", "2", None).await.expect("held").job;
    let directory = world.stop().await;
    let copy = TempDir::new().expect("a directory");
    let folder = directory.path().join("last-resort");
    for entry in std::fs::read_dir(&folder).expect("a folder").flatten() {
        std::fs::copy(entry.path(), copy.path().join(entry.file_name())).expect("copied");
    }

    door.open();
    let world = open(directory, &door).await;
    assert_eq!(world.ended(first.id).await.state, JobState::Succeeded);
    run(&world, second.id, "2").await;
    assert_eq!(world.coordinator.last_resort().expect("on").waiting(), 0);
    let jobs = [world.job(first.id).await, world.job(second.id).await];
    let directory = world.stop().await;

    // A backup of the folder comes back.
    for entry in std::fs::read_dir(copy.path()).expect("a folder").flatten() {
        std::fs::copy(entry.path(), folder.join(entry.file_name())).expect("copied");
    }
    let world = open(directory, &door).await;
    let third = world.start("p", "3").await;
    run(&world, third.id, "3").await;
    assert_eq!(world.coordinator.last_resort().expect("on").waiting(), 0);
    assert_eq!([world.job(first.id).await, world.job(second.id).await], jobs, "nothing changed");
    assert_eq!(read_set_aside(&folder).expect("readable"), []);
}

#[tokio::test]
async fn a_newer_grant_wins_and_the_older_result_is_set_aside() {
    let door = Door::default();
    let world = new(&door).await;
    let job = world.start("p", "1").await;
    let grant = world.lease(&["f"], 1).await.remove(0);
    door.shut();
    assert_eq!(world.report(&grant, single("\"old\"")).await, held(Level::Disk));
    let directory = world.stop().await;

    // Another coordinator grants the task again before this one is back.
    door.open();
    let folder = directory.path().join("last-resort");
    let away = directory.path().join("away");
    std::fs::rename(&folder, &away).expect("moved");
    let world = open(directory, &door).await;
    world.pass(std::time::Duration::from_secs(60));
    let newer = world.lease(&["f"], 1).await.remove(0);
    assert!(newer.lease.fence > grant.lease.fence);
    world.complete(&newer, "\"new\"").await;
    let directory = world.stop().await;
    std::fs::remove_dir_all(&folder).expect("removed");
    std::fs::rename(&away, &folder).expect("moved");

    let world = open(directory, &door).await;
    let other = world.start("p", "2").await;
    run(&world, other.id, "2").await;
    assert_eq!(world.results(job.id).await, ["\"new\""]);
    let aside = read_set_aside(&folder).expect("readable");
    assert_eq!(aside.len(), 1);
    assert!(aside[0].reason.starts_with("LeaseLost: "), "{}", aside[0].reason);
}

/// Fails so many writes.
#[derive(Clone, Default)]
struct Failing(Arc<AtomicU32>);

impl Medium for Failing {
    fn write_at(&mut self, file: &File, bytes: &[u8], position: u64) -> std::io::Result<()> {
        let fails = self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
        if fails { Err(std::io::Error::from_raw_os_error(EIO)) } else { Disk.write_at(file, bytes, position) }
    }

    fn sync(&mut self, file: &File) -> std::io::Result<()> {
        Disk.sync(file)
    }
}

/// As the kernel numbers it.
const EIO: i32 = 5;

#[tokio::test]
async fn a_folder_that_fails_is_passed_over_and_the_answer_says_what_holds_it() {
    let door = Door::default();
    let directory = TempDir::new().expect("a directory");
    let folder =
        |name: &str, in_memory| Folder { path: directory.path().join(name), in_memory, reserve_bytes: RESERVE_BYTES };
    let medium = Failing::default();
    let folders = vec![folder("disk", false), folder("memory", true)];
    let resort = LastResort::open_on(folders, Time(1), Box::new(medium.clone())).expect("a reserve");
    let settings = Settings { last_resort: Some(Arc::new(resort)), ..Settings::default() };
    let (writer, reader) = ends(directory.path()).await;
    let world = World::of(Box::new(Behind { door: door.clone(), writer }), reader, directory, settings).await;
    world.publish("p", STEPS).await;
    let mut jobs = Vec::new();
    let mut grants = Vec::new();
    for n in 0..4 {
        jobs.push(world.start("p", &n.to_string()).await.id);
        grants.push(world.lease(&["f"], 1).await.remove(0));
    }
    door.shut();
    let output = |n: usize| format!("\"{n}\"");
    for (n, (fails, level)) in
        [(0, Level::Disk), (1, Level::Memory), (0, Level::Memory), (9, Level::StandardError)].into_iter().enumerate()
    {
        medium.0.store(fails, Ordering::SeqCst);
        assert_eq!(world.report(&grants[n], single(&output(n))).await, held(level), "report {n}");
    }
    medium.0.store(0, Ordering::SeqCst);
    door.open();
    for (n, job) in jobs.iter().enumerate().take(3) {
        assert_eq!(world.ended(*job).await.state, JobState::Succeeded);
        assert_eq!(world.results(*job).await, [output(n)]);
    }
    // What only standard error took comes back by a person, or by the worker that says it again.
    assert_eq!(world.report(&grants[3], single(&output(3))).await, ReportResult::default());
}

/// A coordinator that was started anew while the store is gone.
fn detached(directory: &Path, reader: Arc<dyn Reader>) -> (Coordinator, esteira_coordinator::coordinator::Running) {
    Coordinator::start_detached(reader, Arc::new(SystemClock), &settings(directory)).expect("it knows the key")
}

async fn reported(coordinator: &Coordinator, report: Report) -> ReportResult {
    coordinator.report_tasks(&tester(), vec![report], None).await.expect("answered").0.remove(0)
}

#[tokio::test]
async fn a_coordinator_without_a_store_takes_what_a_capsule_proves() {
    let door = Door::default();
    let world = new(&door).await;
    let job = world.start("p", "1").await;
    let grant: Grant = world.lease(&["f"], 1).await.remove(0);
    let capsule = world.coordinator.capsule(&grant);
    let directory = world.stop().await;
    let (_, reader) = ends(directory.path()).await;

    let (coordinator, running) = detached(directory.path(), reader);
    let plain = report(&grant, single("1"));
    let sealed = |capsule: &[u8]| Report { capsule: capsule.to_vec(), ..plain.clone() };
    let mut forged = capsule.clone();
    forged[3] ^= 1;
    for bad in [&[][..], &forged] {
        let result = reported(&coordinator, sealed(bad)).await;
        assert_eq!((reason(&result), result.capsule_wanted), (Some(Reason::StoreUnavailable), true));
    }
    let wrong = Report { capsule: capsule.clone(), ..report(&grant, world::multiple(&["1"])) };
    assert_eq!(reason(&reported(&coordinator, wrong).await), Some(Reason::OutputTypeMismatch));
    assert_eq!(reported(&coordinator, sealed(&capsule)).await, held(Level::Disk));
    assert!(reported(&coordinator, plain.clone()).await.already_applied);
    drop(coordinator);
    running.drained().await;

    let world = open(directory, &door).await;
    assert_eq!(world.ended(job.id).await.state, JobState::Succeeded);
    // What is committed later comes behind all of the ingest.
    world.start("p", "2").await;
    assert_eq!(world.coordinator.last_resort().expect("on").waiting(), 0);
}

#[tokio::test]
async fn when_the_reserve_is_used_up_starts_are_refused_and_results_are_not() {
    let door = Door::default();
    let world = new(&door).await;
    world.start("p", "1").await;
    let grant = world.lease(&["f"], 1).await.remove(0);
    door.shut();
    let input = format!("\"{}\"", "x".repeat(500_000));
    let mut started = Vec::new();
    let refused = loop {
        match world.try_start("p", &input, None).await {
            Ok(held) => started.push(held.job.id),
            Err(error) => break error,
        }
    };
    assert_eq!(refused.reason, Reason::ReserveExhausted);
    assert!(refused.retry_after.is_some() && !started.is_empty());
    let result = single(&format!("\"{}\"", "y".repeat(1_000_000)));
    assert_eq!(world.report(&grant, result).await, held(Level::Disk));

    door.open();
    for job in started {
        run(&world, job, "2").await;
    }
    // There is room again.
    door.shut();
    assert!(world.try_start("p", &input, None).await.expect("held").held.is_some());
}

#[tokio::test]
async fn without_a_last_resort_all_is_refused_as_before() {
    let door = Door::default();
    let directory = TempDir::new().expect("a directory");
    let (writer, reader) = ends(directory.path()).await;
    let writer = Box::new(Behind { door: door.clone(), writer });
    let world = World::of(writer, reader, directory, Settings::default()).await;
    world.publish("p", STEPS).await;
    world.start("p", "1").await;
    let grant = world.lease(&["f"], 1).await.remove(0);
    assert!(world.coordinator.capsule(&grant).is_empty());
    door.shut();
    let refused = world.try_start("p", "1", None).await.expect_err("refused");
    assert_eq!(refused.reason, Reason::StoreUnavailable);
    let reports = vec![report(&grant, single("1"))];
    let refused = world.coordinator.report_tasks(&world.principal, reports, None).await.expect_err("refused");
    assert_eq!(refused.reason, Reason::StoreUnavailable);
}
