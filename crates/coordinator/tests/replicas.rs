//! Several coordinators over one PostgreSQL: what one commits reaches those who wait at another.

mod world;

use esteira_coordinator::{
    Clock, Settings,
    error::Reason,
    hub::Change,
    lane::Lane,
    plans::RetirePlanVersion,
    workers::{Info, Served},
};
use esteira_model::{JobId, JobState};
use esteira_testkit::Postgres;
use std::time::Duration;
use tokio::time::Instant;
use world::{PATIENCE, World};

/// A database that nobody else has.
fn database() -> String {
    let postgres = Postgres::shared();
    let name = postgres.fresh_name();
    postgres.run("postgres", &format!("CREATE DATABASE {name}"));
    postgres.url(&name)
}

fn silent() -> Settings {
    Settings { news: false, ..Settings::default() }
}

const STEP: &str = r#"{"step_key":"a","function":"f"}"#;

/// Rounds of: a job is started at the first, its task leased and completed at the second, its end awaited at the first.
async fn rounds(first: &World, second: &World, count: usize) -> Vec<Duration> {
    let mut taken = Vec::with_capacity(count);
    for _ in 0..count {
        let began = Instant::now();
        let poll = second.lease(&["f"], 1);
        let start = first.start("p", "1");
        let (grants, job) = tokio::join!(poll, start);
        let ended = first.ended(job.id);
        let (ended, ()) = tokio::join!(ended, second.complete(&grants[0], "2"));
        assert_eq!(ended.state, JobState::Succeeded);
        taken.push(began.elapsed());
    }
    taken.sort_unstable();
    taken
}

/// By looks alone a round takes a second or two: what is committed right behind a look waits for the next one.
const BY_LOOKING: Duration = Duration::from_millis(700);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_and_the_end_of_its_job_are_news_to_another_coordinator() {
    let url = database();
    let (first, second) = (World::on(&url, Settings::default()).await, World::on(&url, Settings::default()).await);
    first.publish("p", STEP).await;
    let taken = rounds(&first, &second, 20).await;
    println!("rounds over two coordinators: median {:?}, longest {:?}", taken[10], taken[19]);
    // Not all: the two may not know of each other at first.
    assert!(taken[10] < BY_LOOKING, "found by looking: {taken:?}");
}

/// Ends that come elsewhere are read here for all who await them, results and all.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_awaits_an_end_is_told_it_wherever_it_comes() {
    for settings in [Settings::default(), silent()] {
        let url = database();
        let (first, second) = (World::on(&url, settings.clone()).await, World::on(&url, settings).await);
        first.publish("p", STEP).await;
        let mut jobs = Vec::new();
        for _ in 0..20 {
            jobs.push(first.start("p", "1").await);
        }
        let mut ends: Vec<_> = jobs.iter().map(|job| first.coordinator.hub().end_of(job.id)).collect();
        let mut leased = 0;
        while leased < jobs.len() {
            for grant in second.lease(&["f"], 100).await {
                leased += 1;
                second.complete(&grant, &format!(r#""of {}""#, grant.lease.job)).await;
            }
        }
        for (end, job) in ends.iter_mut().zip(jobs) {
            let ended = tokio::time::timeout(PATIENCE, end.wait()).await.expect("in time").expect("it is told");
            assert_eq!((ended.job.id, ended.job.state), (job.id, JobState::Succeeded));
            let results = ended.results.as_ref().expect("results are told with it");
            let [(_, result, _)] = results.as_slice() else { panic!("one result: {results:?}") };
            assert_eq!(result.bytes(), format!(r#""of {}""#, job.id).as_bytes());
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_news_looking_finds_all() {
    let url = database();
    let (first, second) = (World::on(&url, silent()).await, World::on(&url, silent()).await);
    first.publish("p", STEP).await;
    let taken = rounds(&first, &second, 3).await;
    println!("rounds without news: {taken:?}");
    assert!(taken[2] > BY_LOOKING, "something told of them: {taken:?}");
}

/// A hint decides nothing: whatever was said of a job, listeners look and go on listening.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_said_wrongly_changes_nothing() {
    let url = database();
    let (first, second) = (World::on(&url, Settings::default()).await, World::on(&url, Settings::default()).await);
    first.publish("p", STEP).await;
    let job = first.start("p", "1").await;
    // Somebody who is no coordinator speaks on the channel: nonsense, jobs and lanes that are not there, everything at once.
    let speaker = "01932c07-209b-7e9a-8b2c-ffeeddccbbaa";
    let lies = format!("{speaker}\n*\nm\nq\no\nz\nldefault|f|f|||0\nlnot a lane\nj{}\nj{}\njx", job.id, speaker);
    let mut changes = first.coordinator.hub().listen(job.id);
    let mut news =
        esteira_store_sql::open(&url, esteira_store_sql::Options::default()).await.expect("opens").writer.news();
    let teller = &mut news.as_mut().expect("the store is shared").teller;
    teller.tell(&["".into(), "nonsense".into(), lies]).await.expect("told");
    let heard = tokio::time::timeout(PATIENCE, changes.recv()).await.expect("in time").expect("something is heard");
    assert_eq!(heard, Change::Elsewhere);
    assert_eq!(first.job(job.id).await.state, JobState::Running);
    let grants = second.lease(&["f"], 1).await;
    assert_eq!(grants[0].lease.job, JobId(job.id.0));
    let (ended, ()) = tokio::join!(first.ended(job.id), second.complete(&grants[0], "2"));
    assert_eq!(ended.state, JobState::Succeeded);
}

/// A start holds to the plan as it is when it is committed, whatever this coordinator has read of it before.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_that_changed_elsewhere_is_started_as_it_is_now() {
    let url = database();
    let (first, second) = (World::on(&url, silent()).await, World::on(&url, silent()).await);
    first.publish("p", STEP).await;
    let before = first.start("p", "1").await;
    assert_eq!(second.start("p", "1").await.plan_version, before.plan_version);

    second.publish("p", r#"{"step_key":"b","function":"g"}"#).await;
    let starts = (0..20).map(|_| first.start("p", "1"));
    let after = futures::future::join_all(starts).await;
    assert!(after.iter().all(|job| job.plan_version == after[0].plan_version));
    assert_ne!(after[0].plan_version, before.plan_version, "the default is another one now");

    let retire = RetirePlanVersion { request: None, version: after[0].plan_version, reason: "wrong".into() };
    second.coordinator.retire_plan_version(&second.principal, retire).await.expect("retired");
    let refused = first.try_start("p", "1", None).await.expect_err("it is retired");
    assert_eq!(refused.reason, Reason::VersionRetired);
    // What was answered before is answered again, whatever became of the plan.
    second.publish("p", STEP).await;
    let started = first.try_start("p", "1", Some("r")).await.expect("a new version").job;
    let retire = RetirePlanVersion { request: None, version: started.plan_version, reason: "wrong".into() };
    second.coordinator.retire_plan_version(&second.principal, retire).await.expect("retired");
    let again = first.try_start("p", "1", Some("r")).await.expect("the same answer");
    assert_eq!((again.job.id, again.deduplicated), (started.id, true));
}

/// INV-WHY: a task whose workers poll at another coordinator does not wait for want of one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_polls_elsewhere_serves_here_and_holds_no_lease_here() {
    let url = database();
    let (first, second) = (World::on(&url, Settings::default()).await, World::on(&url, Settings::default()).await);
    first.publish("p", STEP).await;
    let lane = Lane::parse("default|f|f|||0").expect("a lane");
    assert!(!first.coordinator.is_served(&first.principal, &lane), "nobody polls");
    let job = first.start("p", "1").await;
    let grant = second.lease(&["f"], 1).await.remove(0);
    eventually("it is known who polls elsewhere", || first.coordinator.is_served(&first.principal, &lane)).await;
    assert_eq!(first.leases().await, 1);
    // The worker reports at the other one: the grant that is kept here is of no use any more.
    let (ended, ()) = tokio::join!(first.ended(job.id), first.complete(&grant, "2"));
    assert_eq!(ended.state, JobState::Succeeded);
    // Its worker does not come back: after a while nobody serves the function anywhere.
    second.pass(Duration::from_secs(16));
    eventually("nobody polls", || !first.coordinator.is_served(&first.principal, &lane)).await;
}

/// A worker that polls at another coordinator is listed, drained and evicted here, and comes back with its registration.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn workers_are_listed_drained_and_evicted_wherever_they_poll() {
    let url = database();
    let (first, second) = (World::on(&url, Settings::default()).await, World::on(&url, Settings::default()).await);
    first.publish("p", STEP).await;
    let function = Served { name: "f".into(), version: String::new(), output_type: None, summary: String::new() };
    let info = Info { worker_id: "w".into(), host: "there".into(), functions: vec![function], ..Info::default() };
    let register = |world: &World| world.coordinator.register_worker(&world.principal, info.clone());
    let listed = |world: &World| world.coordinator.workers().list(&world.principal.account, world.clock.now());
    register(&second);
    eventually("it is listed elsewhere", || listed(&first).iter().any(|seen| seen.info == info)).await;

    // Drained: its poll ends, and it is asked to stop, wherever it calls.
    let poll = second.coordinator.lease_tasks(&second.principal, second.poll("w", &["f"], 1, PATIENCE));
    let drain = first.coordinator.drain_worker(&first.principal, "w", None);
    let (answer, held) = tokio::join!(poll, drain);
    let answer = answer.expect("an answer");
    assert_eq!((answer.grants.len(), answer.drain, held.expect("drained")), (0, true, 0));
    eventually("both say so", || [&first, &second].iter().all(|world| listed(world)[0].drain.is_some())).await;
    let third = World::on(&url, Settings::default()).await;
    eventually("one that comes knows it", || listed(&third).iter().any(|seen| seen.drain.is_some())).await;

    // It comes back.
    second.pass(Duration::from_secs(1));
    register(&second);
    eventually("it is back", || [&first, &second, &third].iter().all(|world| listed(world)[0].drain.is_none())).await;
    first.start("p", "1").await;
    let grant = second.lease(&["f"], 1).await.remove(0);

    // Evicted: its lease goes back to the queue.
    let evicted = first.coordinator.evict_worker(&first.principal, "w").await.expect("evicted");
    assert_eq!((evicted, first.leases().await), (1, 0));
    let poll = third.poll("v", &["f"], 1, PATIENCE);
    let again = third.coordinator.lease_tasks(&third.principal, poll).await.expect("a poll").grants;
    assert_eq!(again[0].lease.task, grant.lease.task);
    let late = second.report(&grant, world::single("1")).await;
    assert_eq!(late.refused.map(|(reason, _)| reason), Some(Reason::LeaseLost));
    assert_eq!(
        first.coordinator.evict_worker(&first.principal, "x").await.expect_err("unknown").reason,
        Reason::WorkerNotFound
    );
}

/// Looks until it is so: these are states of memory that a background loop changes.
async fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let mut looks = tokio::time::interval(Duration::from_millis(10));
    let look = async {
        while !is_so() {
            looks.tick().await;
        }
    };
    tokio::time::timeout(PATIENCE, look).await.expect(what);
}
