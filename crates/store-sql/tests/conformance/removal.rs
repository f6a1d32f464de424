//! Bodies that are removed while their rows stay, what is left of them, and what says so.

use crate::fixture::{Store, acme, all, attempt, ended, kind, page, text};
use esteira_model::{
    Artifact, ArtifactId, DataClass, Failure, FailureKind, Job, JobId, JobState, LeafAt, Lineage, LineageKind,
    OutboxMessage, PageId, Payload, Provenance, Seed, Task, TaskId, TaskState, Time, Verdict,
};
use esteira_store::{Batch, BodyDigest, Cause, Held, Kind, Op, OutboxKey, Removal, RemovedBodies, TaskRecord};
use std::{collections::BTreeMap, sync::Arc};

conformance! {
    put_removals: a_removal_is_recorded_once;
    removals: nothing_was_removed_at_first, a_purge_begins_with_each_job_once;
    lock_tree: what_is_in_the_way_is_said, an_erased_job_is_in_nobodys_way;
    remove_bodies: a_commitment_stays_in_the_place_of_a_body, a_large_body_stays_for_whoever_refers_to_it;
    erase_texts: what_failures_and_verdicts_say_goes;
    erase_job: a_job_keeps_what_happened, what_is_open_keeps_all;
    artifacts_from: artifacts_come_in_order;
}

/// In all data of these cases, and nowhere else.
const CANARY: &str = "canary";

/// A job that has ended, with these bodies as the outputs of its one task.
async fn written(store: &mut Store, job: Job, bodies: &[Payload]) -> (Job, Task, Vec<ArtifactId>) {
    let job = Job { state: JobState::Succeeded, end_time: Some(Time(9)), ..job };
    let task = store.task(job.id);
    let mut batch = Batch { jobs_started: vec![job.clone()], ..Batch::default() };
    for body in bodies {
        let (artifact, sha256) = store.artifact(body.clone());
        batch.artifacts.push((Artifact { job: job.id, ..artifact }, sha256));
    }
    let ids: Vec<ArtifactId> = batch.artifacts.iter().map(|(artifact, _)| artifact.id).collect();
    let outputs: Vec<i64> = ids.iter().map(|id| id.0).collect();
    batch.ended.push(ended(&task, TaskState::Succeeded, &outputs, true));
    store.write(batch).await;
    (job, task, ids)
}

fn removal(job: JobId, cause: Cause, number: u32, artifacts: &[i64]) -> Removal {
    Removal {
        job,
        cause,
        number,
        artifacts: artifacts.iter().map(|id| ArtifactId(*id)).collect(),
        data_class: DataClass::Qa,
        time: Time(7),
        leaf_at: LeafAt { page: PageId(i64::from(number) + 3), ordinal: number },
    }
}

async fn put(store: &mut Store, removals: &[Removal]) {
    let mut unit = store.unit().await;
    unit.put_removals(removals).await.expect("put");
    unit.commit().await.expect("commits");
}

async fn a_removal_is_recorded_once(store: &mut Store) {
    let (one, other) = (JobId(store.ids.uuid()), JobId(store.ids.uuid()));
    let all = [
        removal(one, Cause::Purge, 0, &[]),
        removal(one, Cause::Erasure, 0, &[1, 2, i64::MAX]),
        removal(one, Cause::Erasure, 1, &[-4]),
        removal(other, Cause::Retention, 0, &[]),
    ];
    put(store, &all).await;
    let [purge, first, second, rest] = all.clone();
    assert_eq!(store.reader.removals(&[other, one, one]).await.expect("reads"), [purge, first, second, rest]);
    assert_eq!(store.unit().await.removals(&[other]).await.expect("reads"), [all[3].clone()]);
    let taken = store.unit().await.put_removals(&all[1..2]).await;
    assert_eq!(kind(taken), Kind::Duplicate);
}

async fn nothing_was_removed_at_first(store: &mut Store) {
    let (job, ..) = {
        let job = store.job();
        written(store, job, &[Payload::json("1")]).await
    };
    assert!(store.reader.removals(&[job.id]).await.expect("reads").is_empty());
    assert!(store.reader.removals(&[]).await.expect("reads").is_empty());
}

/// A root begins with the first of its sub-plans; what is certified does not begin again.
async fn a_purge_begins_with_each_job_once(store: &mut Store) {
    let bodies = vec![Payload::json("1"); 3];
    let root = {
        let job = store.job();
        written(store, job, &bodies).await.0
    };
    let child = Job {
        lineage: Lineage {
            kind: LineageKind::SubPlan,
            root: root.id,
            parent: Some((root.id, TaskId(root.id.0))),
            depth: 1,
            source: None,
        },
        ..store.job()
    };
    let child = written(store, child, &bodies).await.0;
    let open = store.job();
    store.write(Batch { jobs_started: vec![open.clone()], ..Batch::default() }).await;
    let (mut began, mut part) = (Vec::new(), None);
    loop {
        let mut unit = store.unit().await;
        let purged = unit.purge_trees(&[root.id, open.id], part, 2, None).await.expect("purges");
        let certified: Vec<Removal> =
            purged.begun.iter().map(|begun| removal(begun.job, Cause::Retention, 0, &[])).collect();
        assert!(purged.begun.iter().all(|begun| (&begun.account, begun.data_class) == (&acme(), DataClass::Qa)));
        unit.put_removals(&certified).await.expect("none twice");
        unit.commit().await.expect("commits");
        part = purged.part;
        let is_first = began.is_empty();
        began.extend(purged.begun.into_iter().map(|begun| begun.job));
        assert!(!is_first || began.len() == 2, "the root begins with its sub-plan: {began:?}");
        if purged.complete {
            break;
        }
    }
    began.sort_unstable();
    assert_eq!(began, [root.id, child.id]);
}

async fn what_is_in_the_way_is_said(store: &mut Store) {
    let free = {
        let job = store.job();
        written(store, job, &[]).await.0
    };
    let open = store.job();
    store.write(Batch { jobs_started: vec![open.clone()], ..Batch::default() }).await;
    let waits = {
        let job = store.job();
        written(store, job, &[]).await.0
    };
    let message = OutboxMessage { job: waits.id, ..store.message("t", "k", 1) };
    store.write(Batch { outbox: vec![message], ..Batch::default() }).await;
    let unknown = JobId(store.ids.uuid());
    for (root, why) in
        [(free.id, None), (open.id, Some(Held::Open)), (waits.id, Some(Held::Undelivered)), (unknown, None)]
    {
        assert_eq!(store.unit().await.lock_tree(root).await.expect("looks"), why);
    }
}

async fn an_erased_job_is_in_nobodys_way(store: &mut Store) {
    let source = {
        let job = store.job();
        written(store, job, &[]).await.0
    };
    let mut new = store.job();
    new.lineage = Lineage { kind: LineageKind::Reprocess, source: Some(source.id), ..new.lineage };
    let new = written(store, new, &[]).await.0;
    assert_eq!(store.unit().await.lock_tree(source.id).await.expect("looks"), Some(Held::Referred));
    assert_eq!(store.unit().await.lock_tree(new.id).await.expect("looks"), None);
    put(store, &[removal(new.id, Cause::Erasure, 0, &[1])]).await;
    assert_eq!(store.unit().await.lock_tree(source.id).await.expect("looks"), None);
    // Its rows are still there: a purge of the source would leave them with nothing to refer to.
    let held = store.reader.held_trees(&[source.id]).await.expect("looks");
    assert_eq!(held, [(source.id, Held::Referred)]);
}

async fn remove(store: &mut Store, bodies: &[(ArtifactId, [u8; 32])]) -> RemovedBodies {
    let mut unit = store.unit().await;
    let removed = unit.remove_bodies(bodies).await.expect("removed");
    unit.commit().await.expect("commits");
    removed
}

async fn a_commitment_stays_in_the_place_of_a_body(store: &mut Store) {
    let bodies = [Payload::json("\"one\""), Payload::none(), Payload::json("\"two\"")];
    let (_, _, ids) = {
        let job = store.job();
        written(store, job, &bodies).await
    };
    let mut unit = store.unit().await;
    assert_eq!(unit.index_digests(&ids).await.expect("indexed"), 2);
    unit.commit().await.expect("commits");
    let gone: Vec<_> = ids[..2].iter().zip([[1; 32], [2; 32]]).map(|(id, commitment)| (*id, commitment)).collect();
    assert_eq!(remove(store, &gone).await, RemovedBodies { artifacts: 2, bytes: 5 });
    let mut left = store.reader.digests(&ids).await.expect("reads");
    left.sort_by_key(|(id, _)| *id);
    assert_eq!(left[0], (ids[0], BodyDigest::Removed(Some([1; 32]))));
    assert_eq!(left[1], (ids[1], BodyDigest::Removed(Some([2; 32]))));
    assert!(matches!(left[2].1, BodyDigest::Sha256(_)));
    assert_eq!(store.reader.artifacts(&ids).await.expect("reads").len(), 1);
    let heads = store.reader.artifact_heads(&ids[..2]).await.expect("reads");
    assert!(heads.iter().all(|head| head.removed && head.sha256 == [0; 32] && head.size_bytes == 0), "{heads:?}");
    // The index has forgotten them, and does not learn of them again.
    assert_eq!(store.unit().await.index_digests(&ids).await.expect("indexed"), 0);
    // What is gone stays as it is.
    let again: Vec<_> = gone.iter().map(|(id, _)| (*id, [9; 32])).collect();
    assert_eq!(remove(store, &again).await, RemovedBodies::default());
    let kept = store.reader.digests(&ids[..1]).await.expect("reads");
    assert_eq!(kept, [(ids[0], BodyDigest::Removed(Some([1; 32])))]);
    assert_eq!(remove(store, &[]).await, RemovedBodies::default());
}

async fn a_large_body_stays_for_whoever_refers_to_it(store: &mut Store) {
    let large = Payload::binary(vec![5; (64 << 10) + 1]);
    let (_, _, one) = {
        let job = store.job();
        written(store, job, std::slice::from_ref(&large)).await
    };
    let (_, _, other) = {
        let job = store.job();
        written(store, job, std::slice::from_ref(&large)).await
    };
    assert_eq!(remove(store, &[(one[0], [1; 32])]).await, RemovedBodies { artifacts: 1, bytes: 0 });
    assert_eq!(store.reader.artifacts(&other).await.expect("reads")[0].1, large);
    let removed = remove(store, &[(other[0], [1; 32])]).await;
    assert_eq!(removed, RemovedBodies { artifacts: 1, bytes: (64 << 10) + 1 });
}

fn failure() -> Failure {
    Failure {
        stack_trace: CANARY.into(),
        details: Some(Payload::json(format!("\"{CANARY}\""))),
        ..Failure::engine(FailureKind::NonRetryable, "BROKEN", CANARY)
    }
}

fn mark() -> Failure {
    Failure { message: String::new(), stack_trace: String::new(), details: None, ..failure() }
}

async fn what_failures_and_verdicts_say_goes(store: &mut Store) {
    let job = Job { state: JobState::Failed, end_time: Some(Time(9)), ..store.job() };
    let mut batch = Batch { jobs_started: vec![job.clone()], ..Batch::default() };
    let verdict =
        |detail: &str| Verdict { policy: "p".into(), version: "1".into(), passed: false, detail: detail.into() };
    for number in 0..5 {
        let task = store.task(job.id);
        let mut row = ended(&task, TaskState::Failed, &[], true);
        if number != 2 {
            (row.failure, row.verdicts) = (Some(failure()), vec![verdict(CANARY)]);
        }
        let mut tried = attempt(&task, 1, 7);
        tried.failure = row.failure.clone();
        batch.ended.push(row);
        batch.attempts.push(tried);
    }
    store.write(batch).await;
    let (mut after, mut steps) = (None, 0);
    loop {
        let mut unit = store.unit().await;
        after = unit.erase_texts(job.id, after, 2).await.expect("erased");
        unit.commit().await.expect("commits");
        if after.is_none() {
            break;
        }
        steps += 1;
    }
    assert_eq!(steps, 3);
    let tasks = store.reader.list_tasks(job.id, &all(), &page(9)).await.expect("reads").rows;
    assert_eq!(tasks.len(), 5);
    for task in tasks {
        let TaskRecord::Ended(task) = task else { panic!("a task lives") };
        let tried = store.reader.attempts(job.id, task.task.id).await.expect("reads").remove(0);
        assert_eq!(tried.report_digest, [0; 16]);
        assert_eq!(tried.failure, task.failure);
        if let Some(failure) = &task.failure {
            assert_eq!((failure, task.verdicts.as_slice()), (&mark(), [verdict("")].as_slice()));
        }
    }
}

fn full(store: &mut Store) -> Job {
    let texts = BTreeMap::from([("of".to_owned(), CANARY.to_owned())]);
    Job {
        headers: Arc::new(texts.clone()),
        labels: Arc::new(texts),
        note: CANARY.into(),
        failure: Some(failure()),
        provenance: Provenance {
            seed: Some(Seed([3; 32])),
            request_digest: Some([4; 32]),
            start_leaf_at: Some(LeafAt { page: PageId(1), ordinal: 0 }),
        },
        ..store.job()
    }
}

async fn a_job_keeps_what_happened(store: &mut Store) {
    let job = {
        let job = full(store);
        written(store, job, &[]).await.0
    };
    let key = OutboxKey { account: acme(), topic: "t".into(), key: "k".into() };
    for _ in 0..3 {
        let message = OutboxMessage { job: job.id, ..store.message("t", "k", 1) };
        store.write(Batch { outbox: vec![message], ..Batch::default() }).await;
    }
    let mut unit = store.unit().await;
    unit.lease_outbox(&acme(), &["t".into()], 9, 9, "w", "r", 1, Time(2), Time(9)).await.expect("leases");
    assert_eq!(unit.ack_outbox(&key, 1, i64::MAX, Time(3)).await.expect("acknowledged"), Some(3));
    unit.commit().await.expect("commits");
    let mut answers = Vec::new();
    while answers.last() != Some(&true) {
        let mut unit = store.unit().await;
        answers.push(unit.erase_job(job.id, 2).await.expect("erased"));
        unit.commit().await.expect("commits");
    }
    assert_eq!(answers, [false, true]);
    let left = store.reader.job(&acme(), job.id).await.expect("reads").expect("its row stays");
    let expected = Job {
        headers: Arc::default(),
        labels: Arc::default(),
        note: String::new(),
        failure: Some(mark()),
        provenance: Provenance { seed: None, ..job.provenance },
        revision: job.revision + 1,
        ..job
    };
    assert_eq!(left, expected);
    let labelled = text("labels.of", Op::Eq, CANARY);
    assert!(store.reader.list_jobs(&acme(), &labelled, &page(9)).await.expect("reads").rows.is_empty());
}

async fn what_is_open_keeps_all(store: &mut Store) {
    let open = full(store);
    store.write(Batch { jobs_started: vec![open.clone()], ..Batch::default() }).await;
    let mut unit = store.unit().await;
    assert!(unit.erase_job(open.id, 9).await.expect("nothing to do"));
    unit.commit().await.expect("commits");
    assert_eq!(store.reader.job(&acme(), open.id).await.expect("reads"), Some(open));
    let labelled = text("labels.of", Op::Eq, CANARY);
    assert_eq!(store.reader.list_jobs(&acme(), &labelled, &page(9)).await.expect("reads").rows.len(), 1);
}

async fn artifacts_come_in_order(store: &mut Store) {
    let (job, _, ids) = {
        let job = store.job();
        written(store, job, &vec![Payload::json("1"); 5]).await
    };
    let own = |ids: &[ArtifactId]| ids.iter().map(|id| (*id, job.id)).collect::<Vec<_>>();
    let from = async |after, limit| store.reader.artifacts_from(after, limit).await.expect("reads");
    assert_eq!(from(ArtifactId(i64::MIN), 3).await, own(&ids[..3]));
    assert_eq!(from(ids[2], 3).await, own(&ids[3..]));
    assert_eq!(from(ids[4], 3).await, []);
}
