//! Jobs that go on from others: what they executed, what stands for it, what was asked for; and that sources are kept.

use crate::fixture::{Store, ended};
use esteira_model::{
    Actor, ArtifactId, Carried, EndedTask, Job, JobId, LeafAt, Lineage, LineageKind, PageId, Point, Reprocess, TaskId,
    TaskState, Time,
};
use esteira_store::{Batch, Executed, Held};
use std::sync::Arc;

conformance! {
    executed_tasks: executed_tasks_come_in_pages_with_who_executed_them;
    carried_tasks: only_what_was_carried_has_a_mark;
    reprocess: every_field_of_a_reprocess_comes_back;
    held_trees: a_tree_is_held_by_who_goes_on_from_it;
    purge_trees: a_source_goes_after_the_job_that_goes_on_from_it;
}

/// A job that goes on from this one.
fn going_on(store: &mut Store, source: &Job) -> Job {
    let job = store.job();
    let lineage =
        Lineage { kind: LineageKind::Reprocess, root: job.id, parent: None, depth: 0, source: Some(source.id) };
    Job { lineage, ..job }
}

fn done(store: &mut Store, job: JobId) -> EndedTask {
    let mut task = store.any_task();
    task.job = job;
    ended(&task, TaskState::Succeeded, &[], false)
}

async fn executed_tasks_come_in_pages_with_who_executed_them(store: &mut Store) {
    let (old, other) = (store.job().id, store.job().id);
    let job = store.job();
    let mut tasks: Vec<EndedTask> = (0..5).map(|_| done(store, job.id)).collect();
    let origins: Vec<EndedTask> = (0..5).map(|_| done(store, old)).collect();
    let stranger = done(store, other);
    tasks.sort_by_key(|ended| ended.task.id);
    let mark = |place: usize| Carried {
        job: job.id,
        task: tasks[place].task.id,
        from_job: old,
        from_task: origins[place].task.id,
    };
    let batch = Batch {
        ended: tasks.iter().chain(&origins).chain([&stranger]).cloned().collect(),
        carried: vec![mark(1), mark(4)],
        ..Batch::default()
    };
    store.write(batch).await;
    let expected: Vec<Executed> = tasks
        .iter()
        .enumerate()
        .map(|(place, ended)| Executed {
            ended: ended.clone(),
            carried: [1, 4].contains(&place).then(|| (old, origins[place].task.id)),
        })
        .collect();
    let mut found = Vec::new();
    for _ in 0..3 {
        let after = found.last().map(|task: &Executed| task.ended.task.id);
        found.extend(store.reader.executed_tasks(job.id, after, 2).await.expect("a page"));
    }
    assert_eq!(found, expected);
    assert!(store.reader.executed_tasks(job.id, Some(tasks[4].task.id), 2).await.expect("a page").is_empty());
}

async fn only_what_was_carried_has_a_mark(store: &mut Store) {
    let (job, from) = (store.job().id, store.job().id);
    let (one, other) = (TaskId(store.ids.uuid()), TaskId(store.ids.uuid()));
    let mark = Carried { job, task: one, from_job: from, from_task: other };
    store.write(Batch { carried: vec![mark], ..Batch::default() }).await;
    assert_eq!(store.reader.carried_tasks(job, &[one, other]).await.expect("a read"), [mark]);
    assert!(store.reader.carried_tasks(from, &[one, other]).await.expect("a read").is_empty());
    assert!(store.reader.carried_tasks(job, &[]).await.expect("a read").is_empty());
}

async fn every_field_of_a_reprocess_comes_back(store: &mut Store) {
    let points = [Point::LastStep, Point::FailedItems, Point::Steps(vec!["a".into(), "b_2".into()])];
    for (place, point) in points.into_iter().enumerate() {
        let record = Reprocess {
            job: store.job().id,
            source: store.job().id,
            point,
            reason: "the \u{e9}nd".into(),
            actor: Arc::new(Actor { user_id: "u".into(), account_id: "a".into(), on_behalf_of: "x".into() }),
            input: (place == 1).then_some(ArtifactId(i64::MAX)),
            time: Time(-7),
            leaf_at: (place == 2).then_some(LeafAt { page: PageId(7), ordinal: 3 }),
        };
        store.write(Batch { reprocesses: vec![record.clone()], ..Batch::default() }).await;
        assert_eq!(store.reader.reprocess(record.job).await.expect("a read"), Some(record.clone()));
        assert_eq!(store.reader.reprocess(record.source).await.expect("a read"), None);
    }
}

async fn a_tree_is_held_by_who_goes_on_from_it(store: &mut Store) {
    // The root, or a job of a sub-plan, is gone on from; by a job of another tree, or by one of its own.
    for (by_child, from_outside, held) in [(false, true, true), (true, true, true), (false, false, false)] {
        let (mut root, mut child) = (store.job(), store.job());
        (root.end_time, child.end_time) = (Some(Time(1)), Some(Time(1)));
        let parent = Some((root.id, TaskId(child.id.0)));
        child.lineage = Lineage { kind: LineageKind::SubPlan, root: root.id, parent, depth: 1, source: None };
        let mut next = going_on(store, if by_child { &child } else { &root });
        if !from_outside {
            (next.lineage.root, next.end_time) = (root.id, Some(Time(1)));
            next.lineage.parent = Some((root.id, TaskId(next.id.0)));
        }
        store.write(Batch { jobs_started: vec![root.clone(), child, next], ..Batch::default() }).await;
        let found = store.reader.held_trees(&[root.id]).await.expect("a read");
        assert_eq!(found, if held { vec![(root.id, Held::Referred)] } else { vec![] });
    }
}

async fn a_source_goes_after_the_job_that_goes_on_from_it(store: &mut Store) {
    let mut root = store.job();
    root.end_time = Some(Time(1));
    let mut next = going_on(store, &root);
    next.end_time = Some(Time(2));
    let (old, new) = (done(store, root.id), done(store, next.id));
    let mark = Carried { job: next.id, task: new.task.id, from_job: root.id, from_task: old.task.id };
    let record = Reprocess {
        job: next.id,
        source: root.id,
        point: Point::LastStep,
        reason: "because".into(),
        actor: Arc::default(),
        input: None,
        time: Time(1),
        leaf_at: None,
    };
    let batch = Batch {
        jobs_started: vec![root.clone(), next.clone()],
        ended: vec![old, new],
        carried: vec![mark],
        reprocesses: vec![record],
        ..Batch::default()
    };
    store.write(batch).await;
    for (tree, removed) in [(root.id, 0), (next.id, 1), (root.id, 1)] {
        let mut unit = store.unit().await;
        let mut jobs = 0;
        loop {
            let step = unit.purge_trees(&[tree], None, 100, None).await.expect("a step");
            jobs += step.removed.jobs;
            if step.complete {
                break;
            }
        }
        unit.commit().await.expect("committed");
        assert_eq!(jobs, removed, "{tree}");
    }
    assert_eq!(store.reader.reprocess(next.id).await.expect("a read"), None);
    assert!(store.reader.carried_tasks(next.id, &[mark.task]).await.expect("a read").is_empty());
}
