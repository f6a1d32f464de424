//! Erasing the data of a job: what goes, what stays, what is in the way, and what a verification says of it.

mod world;

use esteira_coordinator::{
    Settings,
    error::{Reason, Result},
    log::{AnchorFile, Signing},
    outbox::LeaseOutbox,
    removal::{EraseJob, Erased},
    reprocess::ReprocessJob,
    verify::Report,
    work::{Reported, ReportedOutput},
};
use esteira_ledger::{Hash, Leaf, Salt, Schedule, SignerKey, Verdict, checkpoint::Term, commitment};
use esteira_model::{AccountId, Emit, Failure, FailureKind, JobId, JobState, Payload, Point, Time, Verdict as Policy};
use esteira_store::{Filter, Page, TaskRecord};
use esteira_testkit::Postgres;
use std::{collections::BTreeMap, path::Path, sync::Arc};
use tempfile::TempDir;
use world::{World, completed};

/// In all data and texts of these tests, and nowhere else.
const CANARY: &str = "canary4711";

fn signing(anchors: &Path) -> Arc<Signing> {
    let key = SignerKey::from_seed("log.example/erasure", &[7; 32]).expect("a key");
    let trusted = vec![key.verifier().clone()];
    let schedule = Schedule::new(vec![Term { key, from: Time(0), until: None }]);
    let anchors = AnchorFile::open(anchors).expect("a file of anchors");
    Arc::new(Signing::new("log.example/erasure".into(), schedule, trusted, AccountId::new("default"), anchors))
}

/// A world that signs, on this database or on a file, with its plans.
async fn world(url: Option<&str>) -> (World, TempDir) {
    let directory = TempDir::new().expect("a folder");
    let own = format!("sqlite:{}", directory.path().join("store.db").display());
    let settings = Settings { signing: Some(signing(&directory.path().join("anchors"))), ..Settings::default() };
    let world = World::on(url.unwrap_or(&own), settings).await;
    world.publish("child", r#"{"step_key":"x","function":"one"}"#).await;
    let tree = r#"{"step_key":"a","function":"many","output":"multiple","next":["s"]},
        {"step_key":"s","sub_plan":{"plan":"child"},"next":["j"]},{"step_key":"j","function":"one","join":"all"}"#;
    world.publish("tree", tree).await;
    world.publish("two", r#"{"step_key":"a","function":"one","next":["b"]},{"step_key":"b","function":"fails"}"#).await;
    (world, directory)
}

fn canary(text: &str) -> Payload {
    Payload::json(format!(r#"{{"{CANARY}":"{text}"}}"#))
}

/// What each function does; `one` emits a message.
async fn work(world: &World, job: JobId) {
    while !world.job(job).await.state.is_terminal() {
        for grant in world.lease(&["one", "many", "fails"], 50).await {
            let verdicts =
                vec![Policy { policy: "is".into(), version: "1".into(), passed: true, detail: CANARY.into() }];
            let large = canary(&"x".repeat(70 << 10));
            let outcome = match &*grant.function {
                "many" => completed(ReportedOutput::Multiple(vec![canary("0"), canary("1"), large])),
                "fails" => Reported::Failed(
                    Failure {
                        details: Some(canary("details")),
                        ..Failure::engine(FailureKind::NonRetryable, "BROKEN", CANARY)
                    },
                    None,
                ),
                _ => Reported::Completed {
                    output: ReportedOutput::Single(canary("out")),
                    aggregate_after: None,
                    emits: vec![Emit {
                        topic: "t".into(),
                        key: "k".into(),
                        payload: canary("sent"),
                        headers: BTreeMap::new(),
                    }],
                    verdicts,
                },
            };
            world.report(&grant, outcome).await;
        }
    }
}

async fn ran(world: &World, plan: &str) -> JobId {
    let job = world.start(plan, &format!("\"{CANARY}\"")).await.id;
    work(world, job).await;
    job
}

/// A relay delivers all that waits.
async fn deliver(world: &World) {
    loop {
        let ask = LeaseOutbox {
            worker_id: "relay".into(),
            request_id: String::new(),
            topics: vec!["t".into()],
            max_messages: 500,
            wait: std::time::Duration::ZERO,
            ttl: None,
        };
        let runs = world.coordinator.lease_outbox(&world.principal, ask).await.expect("leased");
        if runs.is_empty() {
            return;
        }
        for run in runs {
            world.coordinator.ack_outbox((run.run.key, run.run.fence), i64::MAX).await.expect("delivered");
        }
    }
}

async fn erase(world: &World, job: JobId) -> Result<Erased> {
    world.coordinator.erase_job(&world.principal, EraseJob { job, reason: "as asked".into() }).await
}

async fn verified(world: &World, job: JobId) -> Report {
    let mut against = world.coordinator.stand().await.expect("a checkpoint");
    world.coordinator.check_job(job, &mut against).await.expect("read").expect("it is there")
}

/// The jobs of a tree.
async fn tree(world: &World, root: JobId) -> Vec<JobId> {
    let all = Page { size: 99, after: None };
    let jobs =
        world.coordinator.reader().list_jobs(&world.principal.account, &Filter::default(), &all).await.expect("listed");
    jobs.rows.into_iter().filter(|job| job.lineage.root == root).map(|job| job.id).collect()
}

/// Every leaf of every kind, as text that a person would look through.
async fn texts_of(world: &World, job: JobId) -> String {
    let reader = world.coordinator.reader();
    let all = Page { size: 99, after: None };
    let tasks = reader.list_tasks(job, &Filter::default(), &all).await.expect("listed").rows;
    let mut text = format!("{:?}", reader.jobs(&[job]).await.expect("read"));
    for task in tasks {
        let TaskRecord::Ended(ended) = task else { panic!("a task is live") };
        let ids: Vec<_> = ended.outputs.iter().copied().chain(ended.task.input).collect();
        text += &format!("{:?}", reader.artifacts(&ids).await.expect("read"));
        text += &format!("{:?}", reader.attempts(job, ended.task.id).await.expect("read"));
        text += &format!("{ended:?}");
    }
    text
}

async fn a_tree_is_erased(url: Option<&str>) {
    let (world, _directory) = world(url).await;
    let (root, kept) = (ran(&world, "tree").await, ran(&world, "tree").await);
    deliver(&world).await;
    let jobs = tree(&world, root).await;
    assert_eq!(jobs.len(), 4);
    for job in &jobs {
        assert!(texts_of(&world, *job).await.contains(CANARY));
        assert_eq!(verified(&world, *job).await.verdict(), Verdict::Valid);
    }
    // Whoever has the request can tell that it is this job's, while there is a seed.
    let started = world.job(root).await.provenance;
    let salt = Salt::of_request(&started.seed.expect("a seed").0);
    let request = Hash::of_bytes(format!("\"{CANARY}\"").as_bytes());
    assert_eq!(started.request_digest, Some(commitment(&salt, &request).0));
    let erased = erase(&world, root).await.expect("erased");
    assert_eq!(world.job(root).await.provenance.seed, None);
    assert_eq!(erased.jobs, 4);
    assert!(erased.removed.artifacts > 8 && erased.removed.bytes > 0, "{erased:?}");
    assert_eq!(erased.certificates.len(), 4, "one for each job");
    for certificate in &erased.certificates {
        let Ok(Leaf::BodiesRemoved(fields)) = Leaf::decode(&certificate.leaf) else { panic!("no certificate") };
        assert_eq!((fields.job, fields.operator.user), (certificate.removal.job, "tester"));
        assert!(fields.bodies.count() > 0 && fields.reason.is_some() && fields.parents.count() == 1);
    }
    for job in &jobs {
        let text = texts_of(&world, *job).await;
        assert!(!text.contains(CANARY), "{text}");
        let report = verified(&world, *job).await;
        assert_eq!((report.verdict(), report.failed), (Verdict::Erased, 0), "{report:?}");
    }
    // The rows stay, and what is another tree's.
    assert_eq!(world.job(root).await.state, JobState::Succeeded);
    assert_eq!(verified(&world, kept).await.verdict(), Verdict::Valid);
    assert!(texts_of(&world, kept).await.contains(CANARY));
    // Once more is no work, and the same certificates.
    let again = erase(&world, root).await.expect("erased before");
    assert_eq!((again.removed.artifacts, again.certificates), (0, erased.certificates));
    let error =
        world.coordinator.reprocess_job(&world.principal, again_from(root)).await.expect_err("its data is gone");
    assert_eq!(error.reason, Reason::JobStateConflict, "{error}");
}

fn again_from(job: JobId) -> ReprocessJob {
    ReprocessJob {
        request: None,
        job,
        point: Point::LastStep,
        version: 0,
        input: None,
        reason: "again".into(),
        dry_run: false,
    }
}

#[tokio::test]
async fn a_tree_is_erased_on_sqlite() {
    a_tree_is_erased(None).await;
}

#[tokio::test]
async fn a_tree_is_erased_on_postgres() {
    let server = Postgres::shared();
    let name = server.fresh_name();
    server.run("postgres", &format!("CREATE DATABASE {name}"));
    a_tree_is_erased(Some(&server.url(&name))).await;
}

/// What a failure says goes; that it failed, and how, stays.
#[tokio::test]
async fn texts_of_failures_are_erased() {
    let (world, _directory) = world(None).await;
    let job = ran(&world, "two").await;
    deliver(&world).await;
    assert_eq!(verified(&world, job).await.verdict(), Verdict::Valid);
    erase(&world, job).await.expect("erased");
    let text = texts_of(&world, job).await;
    assert!(!text.contains(CANARY) && text.contains("BROKEN"), "{text}");
    assert_eq!(verified(&world, job).await.verdict(), Verdict::Erased);
}

#[tokio::test]
async fn what_is_in_the_way_is_said() {
    let (world, _directory) = world(None).await;
    let refused = async |job| {
        let error = erase(&world, job).await.expect_err("refused");
        (error.reason, error.field)
    };
    let conflict = (Reason::JobStateConflict, "job_id".to_owned());
    let open = world.start("two", "1").await.id;
    assert_eq!(refused(open).await, conflict, "it is open");
    work(&world, open).await;
    assert_eq!(refused(open).await, conflict, "its message waits");
    deliver(&world).await;
    // What goes on from it refers to its data.
    let new = world.coordinator.reprocess_job(&world.principal, again_from(open)).await.expect("it goes on");
    let new = new.started.expect("a job").job.id;
    work(&world, new).await;
    deliver(&world).await;
    assert_eq!(refused(open).await, conflict, "a job goes on from it");
    erase(&world, new).await.expect("the newest first");
    let report = verified(&world, new).await;
    assert_eq!((report.verdict(), report.failed), (Verdict::Erased, 0), "{report:?}");
    assert_eq!(verified(&world, open).await.verdict(), Verdict::Valid);
    erase(&world, open).await.expect("then the one before");
    for job in [new, open] {
        let report = verified(&world, job).await;
        assert_eq!((report.verdict(), report.failed), (Verdict::Erased, 0), "{report:?}");
        assert!(!texts_of(&world, job).await.contains(CANARY));
    }
    // A tree goes as a whole.
    let root = ran(&world, "tree").await;
    deliver(&world).await;
    let child = tree(&world, root).await.into_iter().find(|job| *job != root).expect("a sub-plan");
    assert_eq!(refused(child).await, (Reason::FieldInvalid, "job_id".into()));
    let nobody = JobId("01932c07-209b-7e9a-8b2c-ffeeddccbbaa".parse().expect("an id"));
    assert_eq!(refused(nobody).await.0, Reason::JobNotFound);
}
