//! Jobs processed again over a real store: what is carried, what runs, and that the old job stays as it was.

mod world;

use esteira_coordinator::{
    Reason,
    error::{Error, Result},
    reprocess::{ReprocessJob, ReprocessJobs, Reprocessed},
    work::{Reported, RequestKey},
};
use esteira_model::{Job, JobId, JobState, LineageKind, Payload, Point};
use esteira_store::{Executed, Filter, Op, Page, Term, Value};
use world::{World, failed, multiple, single};

const LINE: &str = r#"{"step_key":"a","function":"f","next":[{"step_key":"b"}]},
    {"step_key":"b","function":"g","retry":{"max_attempts":1}}"#;

fn at(keys: &[&str]) -> Point {
    Point::Steps(keys.iter().map(|key| (*key).into()).collect())
}

impl World {
    async fn again(&self, ask: ReprocessJob) -> Result<Reprocessed> {
        self.coordinator.reprocess_job(&self.principal, ask).await
    }

    async fn go_on(&self, job: JobId, point: Point) -> Job {
        let done = self.again(ask(job, point)).await.expect("it goes on");
        done.started.expect("it started").job
    }

    /// All that is kept of a job, byte for byte.
    async fn rows(&self, job: JobId) -> Vec<String> {
        let reader = self.coordinator.reader();
        let mut rows = vec![format!("{:?}", self.job(job).await)];
        let tasks = reader.executed_tasks(job, None, 1_000).await.expect("its tasks");
        for Executed { ended, carried } in &tasks {
            rows.push(format!("{ended:?} {carried:?}"));
            let ids: Vec<_> = ended.outputs.iter().copied().chain(ended.task.input).collect();
            rows.push(format!("{:?}", reader.artifacts(&ids).await.expect("its data")));
        }
        rows.push(format!("{:?}", reader.attempts_of_job(job, None, 1_000).await.expect("its attempts")));
        rows.push(format!("{:?}", reader.arrivals_of_job(job).await.expect("its arrivals")));
        rows
    }

    async fn give_up(&self, functions: &[&str]) {
        let grants = self.lease(functions, 1).await;
        self.report(&grants[0], failed("BROKEN")).await;
    }
}

fn ask(job: JobId, point: Point) -> ReprocessJob {
    ReprocessJob { request: None, job, point, version: 0, input: None, reason: "repaired".into(), dry_run: false }
}

/// I13: whatever the new job does, the old one is byte for byte what it was.
#[tokio::test]
async fn a_new_job_goes_on_where_the_old_one_stopped() {
    let world = World::new().await;
    world.publish("p", LINE).await;
    let old = world.start("p", "1").await;
    let grants = world.lease(&["f"], 1).await;
    world.complete(&grants[0], r#"{"x":9007199254740993}"#).await;
    world.give_up(&["g"]).await;
    assert_eq!(world.ended(old.id).await.state, JobState::Failed);
    let before = world.rows(old.id).await;

    let new = world.go_on(old.id, Point::LastStep).await;
    assert_ne!(new.id, old.id);
    assert_eq!((new.lineage.kind, new.lineage.root), (LineageKind::Reprocess, new.id));
    assert_eq!((new.lineage.source, new.data_class), (Some(old.id), old.data_class));
    let grants = world.lease(&["f", "g"], 5).await;
    assert_eq!(grants.len(), 1, "only what did not succeed runs");
    assert_eq!(grants[0].input.as_json(), Some(r#"{"x":9007199254740993}"#), "the recorded bytes");
    world.complete(&grants[0], "3").await;
    assert_eq!(world.ended(new.id).await.state, JobState::Succeeded);
    assert_eq!(world.results(new.id).await, ["3"]);
    assert_eq!(world.rows(old.id).await, before, "the old job is as it was");

    let tasks = world.coordinator.reader().executed_tasks(new.id, None, 10).await.expect("tasks");
    let carried: Vec<_> = tasks.iter().filter_map(|task| task.carried).collect();
    let executed = world.coordinator.reader().executed_tasks(old.id, None, 10).await.expect("tasks");
    assert_eq!(carried, [(old.id, executed[0].ended.task.id)]);
    let record = world.coordinator.reader().reprocess(new.id).await.expect("a read").expect("it is recorded");
    assert_eq!((record.source, record.reason.as_str(), record.actor.user_id.as_str()), (old.id, "repaired", "tester"));
}

#[tokio::test]
async fn failed_items_of_a_fan_out_meet_the_others_at_the_join() {
    let world = World::new().await;
    let steps = r#"{"step_key":"fan","function":"fan","output":"multiple","next":[{"step_key":"b"}]},
        {"step_key":"b","function":"g","retry":{"max_attempts":1},"next":[{"step_key":"j"}]},
        {"step_key":"j","function":"j","join":"all","input":{"all":{"$ref":"/input"},"first":{"$ref":"/job/input"}}}"#;
    world.publish("p", steps).await;
    let old = world.start("p", "7").await;
    let fan = world.lease(&["fan"], 1).await;
    world.report(&fan[0], multiple(&["0", "1", "2"])).await;
    let items = world.lease(&["g"], 3).await;
    for grant in &items {
        let input = grant.input.as_json().expect("JSON").to_owned();
        let outcome: Reported = if input == "1" { failed("BROKEN") } else { single(&format!("\"{input}\"")) };
        world.report(grant, outcome).await;
    }
    assert_eq!(world.ended(old.id).await.state, JobState::Failed);
    let before = world.rows(old.id).await;
    let dry = world.again(ReprocessJob { dry_run: true, ..ask(old.id, Point::FailedItems) }).await.expect("it would");
    assert!(dry.started.is_none());
    let counts: Vec<_> = dry.steps.iter().map(|s| (s.step_key.as_str(), s.carried, s.begins)).collect();
    assert_eq!(counts, [("fan", 1, 0), ("b", 2, 1)]);
    let new = world.go_on(old.id, Point::FailedItems).await;
    let again = world.lease(&["g", "fan"], 5).await;
    assert_eq!(again.len(), 1);
    world.complete(&again[0], "\"one\"").await;
    let join = world.lease(&["j"], 1).await;
    assert_eq!(join[0].input.as_json(), Some(r#"{"all":["0","one","2"],"first":7}"#));
    world.complete(&join[0], "5").await;
    assert_eq!(world.ended(new.id).await.state, JobState::Succeeded);
    // The join is carried when a later job goes on from here.
    let third = world.go_on(new.id, at(&["j"])).await;
    let join = world.lease(&["j", "g", "fan"], 5).await;
    assert_eq!(join.len(), 1);
    world.complete(&join[0], "6").await;
    assert_eq!(world.results(world.ended(third.id).await.id).await, ["6"]);
    assert_eq!(world.rows(old.id).await, before, "the old job is as it was");
}

#[tokio::test]
async fn a_sub_plan_goes_on_inside_a_new_child() {
    let world = World::new().await;
    world.publish("child", LINE).await;
    let steps =
        r#"{"step_key":"s","sub_plan":{"plan":"child"},"next":[{"step_key":"z"}]},{"step_key":"z","function":"z"}"#;
    world.publish("p", steps).await;
    let old = world.start("p", "1").await;
    let grants = world.lease(&["f"], 1).await;
    world.complete(&grants[0], "2").await;
    world.give_up(&["g"]).await;
    world.ended(old.id).await;
    let old_task = world.coordinator.reader().executed_tasks(old.id, None, 5).await.expect("tasks")[0].ended.task.id;
    let old_child = JobId(old_task.0);
    let before = (world.rows(old.id).await, world.rows(old_child).await);

    let new = world.go_on(old.id, Point::LastStep).await;
    let grants = world.lease(&["f", "g", "z"], 5).await;
    assert_eq!((grants.len(), grants[0].input.as_json()), (1, Some("2")));
    let child = world.job(grants[0].lease.job).await;
    assert_eq!((child.lineage.kind, child.lineage.source), (LineageKind::SubPlan, Some(old_child)));
    assert_eq!((child.lineage.root, child.lineage.parent.map(|(job, _)| job)), (new.id, Some(new.id)));
    world.complete(&grants[0], "3").await;
    let grants = world.lease(&["z"], 1).await;
    assert_eq!(grants[0].input.as_json(), Some("3"));
    world.complete(&grants[0], "4").await;
    assert_eq!(world.ended(new.id).await.state, JobState::Succeeded);
    assert_eq!((world.rows(old.id).await, world.rows(old_child).await), before, "the old jobs are as they were");
}

/// INV-REPLAY: also after its version was retired.
#[tokio::test]
async fn inv_replay_a_reprocess_sent_again_gets_the_same_job() {
    let world = World::new().await;
    world.publish("p", LINE).await;
    let old = world.start("p", "1").await;
    world.give_up(&["f"]).await;
    for _ in 0..2 {
        // Three attempts by default.
        world.pass(std::time::Duration::from_secs(90));
        world.give_up(&["f"]).await;
    }
    world.ended(old.id).await;
    let request = RequestKey { account: world.principal.account.clone(), id: "again".into(), digest: [3; 32] };
    let keyed = ReprocessJob { request: Some(request), ..ask(old.id, Point::LastStep) };
    let first = world.again(keyed.clone()).await.expect("it goes on").started.expect("a job");
    let second = world.again(keyed.clone()).await.expect("the same").started.expect("a job");
    assert_eq!((second.job.id, first.deduplicated, second.deduplicated), (first.job.id, false, true));
    world.retire(old.plan_version).await;
    let third = world.again(keyed).await.expect("the same").started.expect("a job");
    assert_eq!(third.job.id, first.job.id);
    let new = world.again(ask(old.id, Point::LastStep)).await.expect_err("it is retired");
    assert_eq!(new.reason, Reason::VersionRetired);
    assert_eq!(world.lease(&["f"], 5).await.len(), 1, "one job");
}

#[tokio::test]
async fn an_input_in_place_of_the_recorded_one() {
    let world = World::new().await;
    world.publish("p", LINE).await;
    let old = world.start("p", "1").await;
    let grants = world.lease(&["f"], 1).await;
    world.complete(&grants[0], "2").await;
    world.give_up(&["g"]).await;
    world.ended(old.id).await;
    for (point, function) in [(Point::LastStep, "g"), (at(&["a"]), "f")] {
        let with = ReprocessJob { input: Some(Payload::json("8")), ..ask(old.id, point) };
        let new = world.again(with).await.expect("it goes on").started.expect("a job").job;
        let grants = world.lease(&["f", "g"], 5).await;
        assert_eq!((grants.len(), &*grants[0].function), (1, function));
        assert_eq!(grants[0].input.as_json(), Some("8"));
        let record = world.coordinator.reader().reprocess(new.id).await.expect("a read").expect("a record");
        let given = world.coordinator.reader().artifacts(&[record.input.expect("it was given")]).await.expect("it");
        assert_eq!(given[0].1.as_json(), Some("8"));
        assert_eq!(new.input == old.input, function == "g", "from the first step on it is the job's own");
        world.complete(&grants[0], "1").await;
    }
}

fn reason(error: &Error) -> (Reason, &str) {
    (error.reason, &error.field)
}

#[tokio::test]
async fn what_cannot_be_is_refused_with_its_reason() {
    let world = World::new().await;
    world.publish("p", LINE).await;
    let running = world.start("p", "1").await;
    let refused = |ask: ReprocessJob| async { world.again(ask).await.expect_err("it is refused") };
    let error = refused(ask(running.id, Point::LastStep)).await;
    assert_eq!(reason(&error), (Reason::JobStateConflict, "job_id"));
    let error = refused(ask(JobId(running.plan_version.0), Point::LastStep)).await;
    assert_eq!(reason(&error), (Reason::JobNotFound, "job_id"));
    let grants = world.lease(&["f"], 1).await;
    world.complete(&grants[0], "2").await;
    let grants = world.lease(&["g"], 1).await;
    world.complete(&grants[0], "3").await;
    world.ended(running.id).await;
    let error = refused(ask(running.id, Point::FailedItems)).await;
    assert_eq!(reason(&error), (Reason::JobStateConflict, "job_id"));
    let error = refused(ask(running.id, at(&["zz"]))).await;
    assert_eq!(reason(&error), (Reason::FieldInvalid, "from_step_keys"));
    let error = refused(ReprocessJob { version: 9, ..ask(running.id, Point::LastStep) }).await;
    assert_eq!(reason(&error), (Reason::PlanVersionNotFound, "version"));
    let second = LINE.replace(r#""function":"f""#, r#""function":"other""#);
    world.publish("p", &second).await;
    let error = refused(ReprocessJob { version: 2, ..ask(running.id, Point::LastStep) }).await;
    assert_eq!(reason(&error), (Reason::StepsMismatch, "version"));
    let from_there = ReprocessJob { version: 2, ..ask(running.id, at(&["a"])) };
    let new = world.again(from_there).await.expect("nothing is taken over").started.expect("a job").job;
    assert_ne!(new.plan_version, running.plan_version);
    assert_eq!(&*world.lease(&["other"], 1).await[0].function, "other");
}

#[tokio::test]
async fn jobs_of_a_filter_each_have_an_outcome() {
    let world = World::new().await;
    world.publish("p", r#"{"step_key":"a","function":"f","retry":{"max_attempts":1}}"#).await;
    let mut jobs = Vec::new();
    for input in ["1", "2", "3"] {
        jobs.push(world.start("p", input).await.id);
    }
    for _ in 0..2 {
        world.give_up(&["f"]).await;
    }
    let grant = world.lease(&["f"], 1).await;
    let filter =
        |state: &str| Filter(vec![Term { field: "state".into(), op: Op::Eq, value: Value::Text(state.into()) }]);
    let request = RequestKey { account: world.principal.account.clone(), id: "all".into(), digest: [4; 32] };
    let bulk = |state: &str, dry_run| ReprocessJobs {
        request: Some(request.clone()),
        filter: filter(state),
        page: Page { size: 10, after: None },
        point: Point::LastStep,
        version: 0,
        reason: "repaired".into(),
        dry_run,
    };
    let running = world.coordinator.reprocess_jobs(&world.principal, bulk("RUNNING", true)).await.expect("outcomes");
    assert_eq!(running.outcomes.len(), 1);
    assert_eq!(running.outcomes[0].1.as_ref().expect_err("it runs").reason, Reason::JobStateConflict);
    let started = |done: esteira_coordinator::reprocess::ReprocessedJobs| -> Vec<(JobId, JobId)> {
        let job = |outcome: Result<Reprocessed>| outcome.expect("it goes on").started.expect("a job").job.id;
        done.outcomes.into_iter().map(|(source, outcome)| (source, job(outcome))).collect()
    };
    let first = started(world.coordinator.reprocess_jobs(&world.principal, bulk("FAILED", false)).await.expect("done"));
    assert_eq!(first.iter().map(|(source, _)| *source).collect::<Vec<_>>(), [jobs[1], jobs[0]]);
    // The new ones fail as well: a repeat is about the same two jobs all the same (INV-REPLAY).
    for _ in 0..2 {
        world.give_up(&["f"]).await;
    }
    let again = started(world.coordinator.reprocess_jobs(&world.principal, bulk("FAILED", false)).await.expect("done"));
    assert_eq!(again, first);
    world.complete(&grant[0], "1").await;
}

/// A job that others go on from is kept for as long as they are, and what is due to go is not gone on from.
#[tokio::test]
async fn a_source_is_kept_with_the_job_that_goes_on_from_it() {
    use std::time::Duration;
    const DAY: Duration = Duration::from_secs(24 * 3600);
    let world = World::new().await;
    world.publish("p", LINE).await;
    let old = world.start("p", "1").await;
    let grants = world.lease(&["f"], 1).await;
    world.complete(&grants[0], "2").await;
    world.give_up(&["g"]).await;
    world.ended(old.id).await;
    world.pass(29 * DAY);
    let new = world.go_on(old.id, Point::LastStep).await;
    let grants = world.lease(&["g"], 1).await;
    world.complete(&grants[0], "3").await;
    world.ended(new.id).await;
    world.pass(2 * DAY);
    let apply = || world.coordinator.apply_retention(Default::default(), Duration::from_secs(60));
    let applied = apply().await.expect("applied");
    assert_eq!((applied.removed.jobs, applied.referred), (0, 1));
    let due = world.again(ask(old.id, Point::LastStep)).await.expect_err("it is due");
    assert_eq!(due.reason, Reason::JobNotFound);
    world.pass(29 * DAY);
    let applied = apply().await.expect("applied");
    assert_eq!((applied.removed.jobs, applied.referred), (1, 1), "the newer one first");
    let applied = apply().await.expect("applied");
    assert_eq!((applied.removed.jobs, applied.referred), (1, 0));
    assert_eq!(applied.removed.artifacts, 2, "its input and its output");
}
