//! Jobs: started once, changed by revision.

use crate::fixture::{Store, acme, ended, kind};
use esteira_model::{
    AccountId, AggregateRef, ArtifactId, DataClass, Failure, FailureKind, Job, JobId, JobState, Lineage, LineageKind,
    Payload, TaskId, TaskState, Time,
    job::{Flow, JoinFlow, WaitingJoin},
};
use esteira_store::{Batch, JobDetails, Kind};
use std::{collections::BTreeMap, sync::Arc};

conformance! {
    jobs: every_field_of_a_job_comes_back, unknown_jobs_are_left_out, a_change_is_seen, what_a_job_began_with_never_changes,
        a_stale_revision_is_a_conflict, a_job_can_change_twice_in_a_round, a_job_can_start_and_end_in_a_round;
    jobs_unlocked: jobs_are_read_without_a_lock;
    job: a_job_belongs_to_its_account;
    job_revisions: a_change_raises_the_revision_that_readers_see;
    job_results: results_come_with_their_bytes_and_count;
    line_results: results_of_several_jobs_come_whole_or_not_at_all;
    job_details: details_are_input_and_results_of_a_job_that_succeeded;
}

/// A job with a value in each field.
fn full(store: &mut Store) -> Job {
    let task = TaskId(store.ids.uuid());
    let waiting = WaitingJoin { task, parent: task, create_time: Time(3), aggregate_version: 4 };
    Job {
        data_class: DataClass::Production,
        headers: Arc::new(BTreeMap::from([("traceparent".into(), "00-a".into())])),
        labels: Arc::new(BTreeMap::from([("team".into(), "sales \u{e9}".into()), ("x".into(), String::new())])),
        aggregate: Some(AggregateRef { kind: "order".into(), id: "n-1".into(), version: 2 }),
        priority: -9,
        lineage: Lineage {
            kind: LineageKind::SubPlan,
            root: JobId(store.ids.uuid()),
            parent: Some((JobId(store.ids.uuid()), task)),
            depth: 2,
            source: Some(JobId(store.ids.uuid())),
        },
        start_after: Some(Time(5)),
        deadline: Some(Time(6)),
        state: JobState::Cancelling,
        flow: Flow {
            open: 3,
            failed: 1,
            joins: vec![
                JoinFlow { pending: 2, waiting: Some(waiting), fired: false },
                JoinFlow { pending: 0, waiting: None, fired: true },
            ],
        },
        start_time: Some(Time(7)),
        end_time: Some(Time(8)),
        cancel_time: Some(Time(9)),
        failure: Some(Failure::engine(FailureKind::Timeout, "SLOW", "too slow")),
        note: "why".into(),
        ..store.job()
    }
}

async fn every_field_of_a_job_comes_back(store: &mut Store) {
    let mut jobs = vec![full(store), store.job()];
    store.write(Batch { jobs_started: jobs.clone(), ..Batch::default() }).await;
    let ids: Vec<_> = jobs.iter().map(|job| job.id).collect();
    let mut found = store.unit().await.jobs(&ids).await.expect("reads");
    found.sort_by_key(|job| job.id);
    jobs.sort_by_key(|job| job.id);
    assert_eq!(found, jobs);
}

async fn jobs_are_read_without_a_lock(store: &mut Store) {
    let jobs = [full(store), store.job()];
    store.write(Batch { jobs_started: jobs.to_vec(), ..Batch::default() }).await;
    let asked = [jobs[1].id, JobId(store.ids.uuid()), jobs[0].id, jobs[1].id];
    let mut unit = store.unit().await;
    let mut found = unit.jobs_unlocked(&asked).await.expect("reads");
    found.sort_by_key(|job| job.id);
    let mut expected = jobs;
    expected.sort_by_key(|job| job.id);
    assert_eq!(found, expected);
    assert!(unit.jobs_unlocked(&[]).await.expect("reads").is_empty());
}

async fn a_change_raises_the_revision_that_readers_see(store: &mut Store) {
    let jobs = [store.job(), store.job()];
    store.write(Batch { jobs_started: jobs.to_vec(), ..Batch::default() }).await;
    let changed = Job { revision: jobs[0].revision + 1, state: JobState::Cancelling, ..jobs[0].clone() };
    store.write(Batch { jobs_changed: vec![changed.clone()], ..Batch::default() }).await;
    let asked = [jobs[1].id, JobId(store.ids.uuid()), changed.id, jobs[1].id];
    let mut found = store.reader.job_revisions(&asked).await.expect("reads");
    found.sort_unstable();
    let mut expected = [(jobs[1].id, jobs[1].revision), (changed.id, changed.revision)];
    expected.sort_unstable();
    assert_eq!(found, expected);
    assert!(store.reader.job_revisions(&[]).await.expect("reads").is_empty());
}

async fn unknown_jobs_are_left_out(store: &mut Store) {
    let (job, unknown) = (store.job(), JobId(store.ids.uuid()));
    store.write(Batch { jobs_started: vec![job.clone()], ..Batch::default() }).await;
    let found = store.unit().await.jobs(&[unknown, job.id, job.id]).await.expect("reads");
    assert_eq!(found, [job]);
}

async fn a_change_is_seen(store: &mut Store) {
    let jobs: Vec<Job> = (0..5).map(|_| store.job()).collect();
    store.write(Batch { jobs_started: jobs.clone(), ..Batch::default() }).await;
    let mut changed = jobs.clone();
    for (i, job) in changed.iter_mut().enumerate().take(3) {
        job.state = JobState::Failed;
        job.flow.open = i as u64;
        job.end_time = Some(Time(5));
        job.failure = Some(Failure::engine(FailureKind::Protocol, "X", "y"));
        job.note = format!("note {i}");
        job.revision = 2;
    }
    store.write(Batch { jobs_changed: changed[..3].to_vec(), ..Batch::default() }).await;
    let ids: Vec<_> = jobs.iter().map(|job| job.id).collect();
    let mut found = store.unit().await.jobs(&ids).await.expect("reads");
    found.sort_by_key(|job| job.id);
    assert_eq!(found, changed);
}

/// INV-LABEL: the data class of a job is what it was at its start, whatever a change says.
async fn what_a_job_began_with_never_changes(store: &mut Store) {
    let job = store.job();
    store.write(Batch { jobs_started: vec![job.clone()], ..Batch::default() }).await;
    let forged = Job {
        data_class: DataClass::Devtest,
        account: AccountId::new("other"),
        priority: 99,
        deadline: Some(Time(1)),
        state: JobState::Paused,
        revision: 2,
        ..job.clone()
    };
    store.write(Batch { jobs_changed: vec![forged], ..Batch::default() }).await;
    let expected = Job { state: JobState::Paused, revision: 2, ..job };
    assert_eq!(store.unit().await.jobs(&[expected.id]).await.expect("reads"), [expected]);
}

async fn a_stale_revision_is_a_conflict(store: &mut Store) {
    let (a, b) = (store.job(), store.job());
    store.write(Batch { jobs_started: vec![a.clone(), b.clone()], ..Batch::default() }).await;
    let change = |job: &Job, revision| Job { note: format!("{revision}"), revision, ..job.clone() };
    for revision in [1, 3] {
        let batch = Batch { jobs_changed: vec![change(&a, 2), change(&b, revision)], ..Batch::default() };
        assert_eq!(kind(store.try_write(batch).await), Kind::Conflict, "revision {revision}");
    }
    let unknown = store.job();
    let batch = Batch { jobs_changed: vec![change(&unknown, 2)], ..Batch::default() };
    assert_eq!(kind(store.try_write(batch).await), Kind::Conflict);
    assert_eq!(store.unit().await.jobs(&[a.id]).await.expect("reads"), [a]);
}

async fn a_job_can_change_twice_in_a_round(store: &mut Store) {
    let job = store.job();
    store.write(Batch { jobs_started: vec![job.clone()], ..Batch::default() }).await;
    let first = Job { state: JobState::Paused, revision: 2, ..job.clone() };
    let second = Job { state: JobState::Running, note: "again".into(), revision: 3, ..job.clone() };
    store.write(Batch { jobs_changed: vec![first.clone(), second.clone()], ..Batch::default() }).await;
    assert_eq!(store.unit().await.jobs(&[job.id]).await.expect("reads"), [second]);
    // Two decisions on the same revision are a conflict, in one round as in two.
    let rivals = [Job { revision: 4, ..first.clone() }, Job { revision: 4, ..first.clone() }];
    assert_eq!(
        kind(store.try_write(Batch { jobs_changed: rivals.to_vec(), ..Batch::default() }).await),
        Kind::Conflict
    );
    let gap = [Job { revision: 4, ..first.clone() }, Job { revision: 6, ..first }];
    assert_eq!(kind(store.try_write(Batch { jobs_changed: gap.to_vec(), ..Batch::default() }).await), Kind::Conflict);
}

async fn a_job_can_start_and_end_in_a_round(store: &mut Store) {
    let job = store.job();
    let over = Job { state: JobState::Succeeded, end_time: Some(Time(9)), revision: 2, ..job.clone() };
    store.write(Batch { jobs_started: vec![job], jobs_changed: vec![over.clone()], ..Batch::default() }).await;
    assert_eq!(store.unit().await.jobs(&[over.id]).await.expect("reads"), [over]);
}

/// I16: one account's job is nobody else's.
async fn a_job_belongs_to_its_account(store: &mut Store) {
    let job = store.job();
    store.write(Batch { jobs_started: vec![job.clone()], ..Batch::default() }).await;
    assert_eq!(store.reader.job(&AccountId::new("other"), job.id).await.expect("reads"), None);
    assert_eq!(store.reader.job(&acme(), job.id).await.expect("reads"), Some(job));
}

async fn details_are_input_and_results_of_a_job_that_succeeded(store: &mut Store) {
    let (input, output) = (store.artifact(Payload::json("1")), store.artifact(Payload::json("2")));
    let mut job = Job { input: input.0.id, ..store.job() };
    let leaf = ended(&store.task(job.id), TaskState::Succeeded, &[output.0.id.0], true);
    let artifacts = vec![input.clone(), output.clone()];
    store.write(Batch { artifacts, ended: vec![leaf], ..Batch::default() }).await;
    let stored =
        |(artifact, sha256): &(esteira_model::Artifact, [u8; 32])| (artifact.id, artifact.payload.clone(), *sha256);
    let mut expected = JobDetails {
        task_counts: vec![(TaskState::Succeeded, 1)],
        input: Some(stored(&input)),
        ..JobDetails::default()
    };
    job.state = JobState::Running;
    assert_eq!(store.reader.job_details(&job, 9).await.expect("reads"), expected);
    job.state = JobState::Succeeded;
    (expected.results, expected.result_count) = (vec![stored(&output)], 1);
    assert_eq!(store.reader.job_details(&job, 9).await.expect("reads"), expected);
    expected.results.clear();
    assert_eq!(store.reader.job_details(&job, 0).await.expect("reads"), expected);
}

async fn results_come_with_their_bytes_and_count(store: &mut Store) {
    let job = JobId(store.ids.uuid());
    let artifacts: Vec<_> = (0..4).map(|i| store.artifact(Payload::json(format!("{i}")))).collect();
    let ids: Vec<i64> = artifacts.iter().map(|(artifact, _)| artifact.id.0).collect();
    let leaf = ended(&store.task(job), TaskState::Succeeded, &[ids[2], ids[0], ids[1]], true);
    let inner = ended(&store.task(job), TaskState::Succeeded, &[ids[3]], false);
    store.write(Batch { artifacts: artifacts.clone(), ended: vec![leaf, inner], ..Batch::default() }).await;
    let (found, count) = store.reader.job_results(job, 2).await.expect("reads");
    let expected = [2, 0].map(|i: usize| (ArtifactId(ids[i]), artifacts[i].0.payload.clone(), artifacts[i].1));
    assert_eq!((found.as_slice(), count), (expected.as_slice(), 3));
    let nothing = JobId(store.ids.uuid());
    assert_eq!(store.reader.job_results(nothing, 9).await.expect("reads"), (Vec::new(), 0));
}

async fn results_of_several_jobs_come_whole_or_not_at_all(store: &mut Store) {
    let artifacts: Vec<_> = (0..4).map(|i| store.artifact(Payload::json(format!("{i}")))).collect();
    let ids: Vec<i64> = artifacts.iter().map(|(artifact, _)| artifact.id.0).collect();
    let [one, none, many, purged, unknown] = [(); 5].map(|()| JobId(store.ids.uuid()));
    let outputs: [(JobId, &[i64], bool); 5] = [
        (one, &ids[..1], true),
        (one, &ids[3..], false),
        (none, &[], true),
        (many, &ids[1..3], true),
        (purged, &[i64::MAX], true),
    ];
    let rows = outputs.map(|(job, outputs, leaf)| ended(&store.task(job), TaskState::Succeeded, outputs, leaf));
    store.write(Batch { artifacts: artifacts.clone(), ended: rows.into(), ..Batch::default() }).await;
    let result = |i: usize| (ArtifactId(ids[i]), artifacts[i].0.payload.clone(), artifacts[i].1);
    let mut expected = vec![(one, vec![result(0)]), (none, vec![]), (many, vec![result(1), result(2)])];
    for most in [2, 1] {
        let mut found = store.reader.line_results(&[one, none, many, purged, unknown], most).await.expect("reads");
        found.sort_by_key(|(job, _)| *job);
        assert_eq!(found, expected, "at most {most}");
        expected.pop();
    }
    assert_eq!(store.reader.line_results(&[], 9).await.expect("reads"), []);
}
