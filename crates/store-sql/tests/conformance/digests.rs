//! From a digest to artifacts, and from artifacts to tasks: what is indexed, what is not yet, and what must not be found any more.

use crate::fixture::{LANE, Store, acme, after, ended, leased, page, parked, queued};
use esteira_model::{
    AccountId, Artifact, ArtifactId, Job, JobId, JobState, Payload, Task, TaskState, Time, WaitReason,
};
use esteira_store::{Appended, ArtifactRole, Batch, DigestCursor, NEWEST_MAX};
use sha2::{Digest, Sha256};

conformance! {
    find_artifacts: a_fresh_artifact_is_found_without_the_index, the_index_finds_the_same, an_old_artifact_is_found_by_the_index, another_accounts_bytes_are_not_found,
        what_was_removed_is_not_found;
    index_digests: an_artifact_is_indexed_once, what_has_no_body_is_not_indexed;
    put_digest_cursor: the_cursor_is_kept;
    digest_cursor: nothing_is_indexed_at_first;
    artifact_uses: uses_are_found_wherever_the_task_is, a_job_that_is_too_large_is_said_to_be;
    artifacts_of: what_ended_tasks_refer_to;
    appended_of: appended_outputs_come_by_attempt;
}

fn sha256(payload: &Payload) -> [u8; 32] {
    Sha256::digest(payload.bytes()).into()
}

/// A job of the account with an artifact for each payload.
async fn made(store: &mut Store, account: &str, payloads: &[Payload]) -> (Job, Vec<ArtifactId>) {
    let job = Job { account: AccountId::new(account), ..store.job() };
    let mut batch = Batch { jobs_started: vec![job.clone()], ..Batch::default() };
    for payload in payloads {
        let (artifact, digest) = store.artifact(payload.clone());
        batch.artifacts.push((Artifact { job: job.id, ..artifact }, digest));
    }
    let ids = batch.artifacts.iter().map(|(artifact, _)| artifact.id).collect();
    store.write(batch).await;
    (job, ids)
}

async fn index(store: &mut Store, ids: &[ArtifactId]) -> usize {
    let mut unit = store.unit().await;
    let added = unit.index_digests(ids).await.expect("indexed");
    unit.commit().await.expect("committed");
    added
}

/// All pages of what has this digest.
async fn found(store: &Store, account: &AccountId, of: &Payload, size: usize) -> Vec<ArtifactId> {
    let mut ids = Vec::new();
    let mut asked = page(size);
    loop {
        let answer = store.reader.find_artifacts(account, &sha256(of), &asked).await.expect("reads");
        assert!(answer.rows.len() <= size && answer.rows.iter().all(|head| head.sha256 == sha256(of)));
        ids.extend(answer.rows.iter().map(|head| head.id));
        match answer.next {
            None => return ids,
            next => asked = after(size, next),
        }
    }
}

fn bodies() -> [Payload; 3] {
    [Payload::json("{}"), Payload::binary(vec![3; (64 << 10) + 1]), Payload::json("1")]
}

async fn a_fresh_artifact_is_found_without_the_index(store: &mut Store) {
    let [small, large, other] = bodies();
    let (_, ids) = made(store, "acme", &[small.clone(), large.clone(), other, small.clone(), large.clone()]).await;
    for size in [1, 9] {
        assert_eq!(found(store, &acme(), &small, size).await, [ids[3], ids[0]]);
        assert_eq!(found(store, &acme(), &large, size).await, [ids[4], ids[1]]);
    }
    assert!(found(store, &acme(), &Payload::json("2"), 9).await.is_empty());
}

async fn the_index_finds_the_same(store: &mut Store) {
    let [small, large, other] = bodies();
    let (_, ids) = made(store, "acme", &[small.clone(), large.clone(), other.clone(), small.clone()]).await;
    assert_eq!(index(store, &ids).await, 4);
    for size in [1, 9] {
        assert_eq!(found(store, &acme(), &small, size).await, [ids[3], ids[0]]);
        assert_eq!(found(store, &acme(), &large, size).await, [ids[1]]);
        assert_eq!(found(store, &acme(), &other, size).await, [ids[2]]);
    }
}

/// Artifacts of many seconds, behind more of them than are looked at without the index.
async fn an_old_artifact_is_found_by_the_index(store: &mut Store) {
    const SECONDS: i64 = 5_000;
    let [small, _, other] = bodies();
    let job = Job { account: acme(), ..store.job() };
    let artifact = |id: i64, payload: &Payload| {
        (
            Artifact { id: ArtifactId(id), job: job.id, data_class: job.data_class, payload: payload.clone() },
            sha256(payload),
        )
    };
    let mut batch = Batch { jobs_started: vec![job.clone()], ..Batch::default() };
    let old: Vec<i64> = (1..=SECONDS).map(|second| second << 30).collect();
    let of_small = [old[0], old[1], old[SECONDS as usize - 1]];
    batch.artifacts.extend(old.iter().map(|id| artifact(*id, if of_small.contains(id) { &small } else { &other })));
    let newer = (SECONDS + 1) << 30;
    batch.artifacts.extend((0..=NEWEST_MAX as i64).map(|number| artifact(newer + number, &other)));
    store.write(batch).await;
    assert_eq!(found(store, &acme(), &small, 9).await, [], "they are not among the newest");
    let ids: Vec<ArtifactId> = old.into_iter().map(ArtifactId).collect();
    assert_eq!(index(store, &ids).await, SECONDS as usize);
    let expected: Vec<ArtifactId> = of_small.into_iter().rev().map(ArtifactId).collect();
    for size in [1, 9] {
        assert_eq!(found(store, &acme(), &small, size).await, expected);
    }
}

async fn another_accounts_bytes_are_not_found(store: &mut Store) {
    let [small, ..] = bodies();
    let (_, others) = made(store, "other", &vec![small.clone(); 30]).await;
    let (_, own) = made(store, "acme", std::slice::from_ref(&small)).await;
    made(store, "other", &vec![small.clone(); 30]).await;
    index(store, &others).await;
    assert_eq!(found(store, &acme(), &small, 2).await, own);
    assert_eq!(found(store, &AccountId::new("third"), &small, 2).await, []);
}

/// The rows of the index go with the body.
async fn what_was_removed_is_not_found(store: &mut Store) {
    let [small, large, _] = bodies();
    let (mut job, ids) = made(store, "acme", &[small.clone(), large.clone()]).await;
    let (_, kept) = made(store, "acme", &[small.clone(), large.clone()]).await;
    index(store, &ids).await;
    index(store, &kept).await;
    let task = store.task(job.id);
    let outputs: Vec<i64> = ids.iter().map(|id| id.0).collect();
    (job.state, job.end_time, job.revision) = (JobState::Succeeded, Some(Time(9)), job.revision + 1);
    let ended = ended(&task, TaskState::Succeeded, &outputs, true);
    store.write(Batch { ended: vec![ended], jobs_changed: vec![job.clone()], ..Batch::default() }).await;
    loop {
        let mut unit = store.unit().await;
        let purged = unit.purge_trees(&[job.id], None, 100, None).await.expect("purged");
        unit.commit().await.expect("committed");
        if purged.complete {
            break;
        }
    }
    assert_eq!(found(store, &acme(), &small, 9).await, kept[..1]);
    assert_eq!(found(store, &acme(), &large, 9).await, kept[1..]);
    assert_eq!(index(store, &kept).await, 0);
    // Nothing is left behind: were these the ids of other artifacts, they would be as new to the index as any.
    let again = ids.iter().zip([small, large]).map(|(id, payload)| {
        let digest = sha256(&payload);
        (Artifact { id: *id, job: job.id, data_class: job.data_class, payload }, digest)
    });
    store.write(Batch { artifacts: again.collect(), ..Batch::default() }).await;
    assert_eq!(index(store, &ids).await, 2);
}

async fn an_artifact_is_indexed_once(store: &mut Store) {
    let [small, large, other] = bodies();
    let (_, ids) = made(store, "acme", &[small, large, other]).await;
    assert_eq!(index(store, &[ids[2], ids[0], ids[2]]).await, 2);
    assert_eq!(index(store, &ids).await, 1);
    assert_eq!(index(store, &ids).await, 0);
    assert_eq!(index(store, &[]).await, 0);
}

async fn what_has_no_body_is_not_indexed(store: &mut Store) {
    let (_, ids) = made(store, "acme", &[Payload::none(), Payload::json("")]).await;
    assert_eq!(index(store, &[ids[0], ids[1], ArtifactId(i64::MAX)]).await, 1);
    // No data is not the same as data of no bytes, although both have the same digest.
    assert_eq!(found(store, &acme(), &Payload::json(""), 9).await, ids[1..]);
}

async fn nothing_is_indexed_at_first(store: &mut Store) {
    assert_eq!(store.reader.digest_cursor().await.expect("reads"), DigestCursor::default());
}

async fn the_cursor_is_kept(store: &mut Store) {
    for cursor in [DigestCursor { epoch: 0, index: 7 }, DigestCursor { epoch: 3, index: 1 << 40 }] {
        let mut unit = store.unit().await;
        unit.put_digest_cursor(&cursor).await.expect("kept");
        unit.commit().await.expect("committed");
        assert_eq!(store.reader.digest_cursor().await.expect("reads"), cursor);
    }
}

/// Tasks of one job in all places, each of which reads the artifact; the ended one made it as well.
fn users(store: &mut Store, job: JobId, id: ArtifactId) -> (Batch, Vec<Task>) {
    let task = |store: &mut Store| Task { input: Some(id), step: 4, ..store.task(job) };
    let tasks: Vec<Task> = (0..4).map(|_| task(store)).collect();
    let with_checkpoint = Task { input: None, checkpoint: Some(id), ..store.task(job) };
    let batch = Batch {
        queued: vec![queued(&tasks[0], LANE, 0)],
        parked: vec![
            parked(&tasks[1], WaitReason::Join, None),
            parked(&with_checkpoint, WaitReason::RetryBackoff, None),
        ],
        leased: vec![leased(&tasks[2], 1, 9)],
        ended: vec![ended(&tasks[3], TaskState::Succeeded, &[1, id.0, 2], true)],
        ..Batch::default()
    };
    (batch, [tasks, vec![with_checkpoint]].concat())
}

async fn uses_are_found_wherever_the_task_is(store: &mut Store) {
    let (job, other) = (JobId(store.ids.uuid()), JobId(store.ids.uuid()));
    let (id, unused) = (ArtifactId(1 << 41), ArtifactId(9));
    let (batch, tasks) = users(store, job, id);
    store.write(batch).await;
    let (batch, _) = users(store, other, unused);
    store.write(batch).await;
    let answer = store.reader.artifact_uses(&[job, other], &[id, ArtifactId(7)], 1_000).await.expect("reads");
    let uses: Vec<_> = answer.uses.iter().map(|one| (one.task, one.role, one.step, one.is_leaf)).collect();
    let mut expected = vec![
        (tasks[0].id, ArtifactRole::Input, 4, false),
        (tasks[1].id, ArtifactRole::Input, 4, false),
        (tasks[2].id, ArtifactRole::Input, 4, false),
        (tasks[3].id, ArtifactRole::Input, 4, true),
        (tasks[3].id, ArtifactRole::Output, 4, true),
        (tasks[4].id, ArtifactRole::Checkpoint, 0, false),
    ];
    expected.sort_unstable();
    assert_eq!((uses, answer.is_complete), (expected, true));
    assert!(answer.uses.iter().all(|one| one.job == job && one.artifact == id));
    assert!(store.reader.artifact_uses(&[], &[id], 9).await.expect("reads").uses.is_empty());
}

async fn a_job_that_is_too_large_is_said_to_be(store: &mut Store) {
    let job = JobId(store.ids.uuid());
    let id = ArtifactId(1 << 41);
    let mut batch = Batch::default();
    for index in 0..6_000 {
        let task = Task { input: (index == 5_999).then_some(id), ..store.task(job) };
        batch.ended.push(ended(&task, TaskState::Succeeded, &[], false));
    }
    store.write(batch).await;
    let answer = store.reader.artifact_uses(&[job], &[id], 250_000).await.expect("reads");
    assert_eq!((answer.uses.len(), answer.is_complete), (1, true), "a job of more than one page is seen whole");
    let answer = store.reader.artifact_uses(&[job], &[id], 5_500).await.expect("reads");
    assert_eq!((answer.uses.len(), answer.is_complete), (0, false));
}

async fn what_ended_tasks_refer_to(store: &mut Store) {
    let (job, other) = (JobId(store.ids.uuid()), JobId(store.ids.uuid()));
    let task = Task { input: Some(ArtifactId(1)), checkpoint: Some(ArtifactId(2)), attempts: 1, ..store.task(job) };
    let untried = Task { input: Some(ArtifactId(5)), ..store.task(other) };
    let tried = Task { input: Some(ArtifactId(6)), attempts: 1, ..store.task(other) };
    let live = Task { input: Some(ArtifactId(7)), ..store.task(job) };
    let batch = Batch {
        ended: vec![
            ended(&task, TaskState::Succeeded, &[3, 4], false),
            ended(&untried, TaskState::Cancelled, &[], false),
            ended(&tried, TaskState::Failed, &[], false),
        ],
        queued: vec![queued(&live, LANE, 0)],
        ..Batch::default()
    };
    store.write(batch).await;
    let mut unit = store.unit().await;
    unit.append_outputs((job, task.id, 1), 0, 0, &[ArtifactId(8)]).await.expect("appended");
    unit.commit().await.expect("committed");
    let mut ids = store.reader.artifacts_of(&[(job, task.id), (job, live.id)], &[other]).await.expect("reads");
    ids.sort_unstable();
    assert_eq!(ids, [1, 2, 3, 4, 5, 8].map(ArtifactId));
}

async fn appended_outputs_come_by_attempt(store: &mut Store) {
    let job = JobId(store.ids.uuid());
    let (one, two) = (store.task(job), store.task(job));
    let mut unit = store.unit().await;
    for (task, fence, chunk, first, items) in [
        (&one, 2, 1, 2, vec![30, 31]),
        (&one, 2, 0, 0, vec![10, 20]),
        (&one, 5, 0, 0, vec![40]),
        (&two, 1, 0, 0, vec![50]),
    ] {
        let items: Vec<_> = items.into_iter().map(ArtifactId).collect();
        unit.append_outputs((job, task.id, fence), chunk, first, &items).await.expect("appended");
    }
    unit.commit().await.expect("committed");
    let found = store.reader.appended_of(job, &[one.id], 3).await.expect("reads");
    let appended = |fence, count, first: &[i64]| Appended {
        task: one.id,
        fence,
        count,
        first: first.iter().copied().map(ArtifactId).collect(),
    };
    assert_eq!(found, [appended(2, 4, &[10, 20, 30]), appended(5, 1, &[40])]);
}
