//! Failed tasks that were tried again.

use crate::fixture::{LANE, Store, ended, leased, parked, queued};
use esteira_model::{JobId, Task, TaskState, WaitReason};
use esteira_store::Batch;

conformance! {
    retried_tasks: a_retry_is_a_child_at_the_same_step, retries_belong_to_their_job;
}

/// Wherever the retry is by now; a next step has the task as its parent too, and is no retry.
async fn a_retry_is_a_child_at_the_same_step(store: &mut Store) {
    let job = JobId(store.ids.uuid());
    let failed: Vec<Task> = (0..6).map(|i| Task { step: 3 + i / 3, ..store.task(job) }).collect();
    let again = |store: &mut Store, of: usize, step: u16| Task { step, parent: Some(failed[of].id), ..store.task(job) };
    let batch = Batch {
        queued: vec![queued(&again(store, 0, 3), LANE, 0)],
        parked: vec![parked(&again(store, 1, 3), WaitReason::RetryBackoff, Some(5))],
        leased: vec![leased(&again(store, 3, 4), 2, 9)],
        ended: failed
            .iter()
            .chain([&again(store, 4, 4), &again(store, 4, 4), &again(store, 2, 4), &again(store, 5, 3)])
            .map(|task| ended(task, TaskState::Failed, &[], false))
            .collect(),
        ..Batch::default()
    };
    store.write(batch).await;
    let mut unit = store.unit().await;
    let mut asked: Vec<_> = failed.iter().rev().map(|task| (task.id, task.step)).collect();
    let retried = unit.retried_tasks(job, &asked).await.expect("reads");
    assert_eq!(retried, [0, 1, 3, 4].map(|i| failed[i].id));
    // Asked for twice, answered once; who is not asked for is not answered.
    asked = vec![(failed[4].id, 4), (failed[4].id, 4), (failed[2].id, 3)];
    assert_eq!(unit.retried_tasks(job, &asked).await.expect("reads"), [failed[4].id]);
    assert!(unit.retried_tasks(job, &[]).await.expect("reads").is_empty());
}

async fn retries_belong_to_their_job(store: &mut Store) {
    let (task, stranger) = (store.any_task(), store.any_task());
    let retry = Task { parent: Some(task.id), ..store.task(stranger.job) };
    store.write(Batch { queued: vec![queued(&retry, LANE, 0)], ..Batch::default() }).await;
    let mut unit = store.unit().await;
    assert!(unit.retried_tasks(task.job, &[(task.id, 0)]).await.expect("reads").is_empty());
    assert_eq!(unit.retried_tasks(stranger.job, &[(task.id, 0)]).await.expect("reads"), [task.id]);
}
