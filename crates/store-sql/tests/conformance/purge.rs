//! What a purge removes, in bounded steps, and what it must leave: against a plain model of random trees.

use crate::fixture::{Store, acme, all, attempt, ended, page, postgres_database, sqlite_memory, store as opened, text};
use esteira_model::{
    Arrival, Artifact, ArtifactId, EndedTask, ItemPath, Job, JobId, JobState, Lineage, LineageKind, Payload, TaskId,
    TaskState, Time,
};
use esteira_store::{Batch, Op, OutboxKey, Removed, TREES_MAX};
use proptest::{prelude::*, test_runner::TestRunner};
use std::{collections::BTreeMap, sync::Arc};

conformance! {
    purge_trees: a_tree_goes_with_all_that_it_made, what_is_open_loses_nothing, a_large_task_goes_in_parts,
        a_body_that_a_message_refers_to_stays, no_trees_are_no_work;
    trees_size: nothing_is_removed_by_looking;
    create_partitions: partitions_that_are_there_are_not_made_again;
    drop_partitions: a_day_that_is_not_over_is_not_dropped;
}

/// Bodies that artifacts share; those from `LARGE` on are kept apart from their rows.
const BODIES: usize = 5;
const LARGE: usize = 3;

fn body(number: usize) -> Payload {
    let bytes = if number < LARGE { 10 + number } else { (64 << 10) + number };
    Payload::binary(vec![number as u8; bytes])
}

/// One job of a tree: the outputs of each task, by the numbers of their bodies, and how many of the last came in a chunk.
#[derive(Debug, Clone)]
struct JobSpec {
    tasks: Vec<Vec<usize>>,
    attempts: u32,
    is_labelled: bool,
}

#[derive(Debug, Clone)]
struct TreeSpec {
    root: JobSpec,
    sub_plans: Vec<JobSpec>,
    has_ended: bool,
    is_due: bool,
}

/// A job as it was written.
struct Written {
    job: Job,
    tasks: Vec<EndedTask>,
    artifacts: Vec<(Artifact, [u8; 32])>,
}

/// Writes a job with a task for each list of outputs. The first output of each came in a chunk and waits at a join as well.
async fn write_job(store: &mut Store, spec: &JobSpec, root: Option<&Job>, has_ended: bool) -> Written {
    let mut job = store.job();
    let labels =
        if spec.is_labelled { BTreeMap::from([("of".to_owned(), "purge".to_owned())]) } else { BTreeMap::new() };
    job.labels = Arc::new(labels);
    (job.state, job.end_time) =
        if has_ended { (JobState::Succeeded, Some(Time(9))) } else { (JobState::Running, None) };
    if let Some(root) = root {
        let parent = Some((root.id, TaskId(job.id.0)));
        job.lineage = Lineage { kind: LineageKind::SubPlan, root: root.id, parent, depth: 1, source: None };
    }
    let id = job.id;
    let make = |store: &mut Store, number: usize| {
        let (artifact, sha256) = store.artifact(body(number));
        (Artifact { job: id, ..artifact }, sha256)
    };
    let mut artifacts = vec![make(store, 0)];
    job.input = artifacts[0].0.id;
    let mut batch = Batch { jobs_started: vec![job.clone()], ..Batch::default() };
    let mut chunks = Vec::new();
    for outputs in &spec.tasks {
        let task = store.task(job.id);
        let made: Vec<_> = outputs.iter().map(|number| make(store, *number)).collect();
        let ids: Vec<i64> = made.iter().map(|(artifact, _)| artifact.id.0).collect();
        if let Some(first) = ids.first() {
            chunks.push((task.id, ArtifactId(*first)));
            batch.arrivals.push(Arrival {
                job: job.id,
                join_step: 3,
                item_path: ItemPath::default(),
                from_step: 0,
                from_task: task.id,
                artifact: ArtifactId(*first),
            });
        }
        let task = esteira_model::Task { input: Some(job.input), ..task };
        batch.attempts.extend((1..=spec.attempts).map(|number| attempt(&task, number, i64::from(number))));
        batch.ended.push(ended(&task, TaskState::Succeeded, &ids, true));
        artifacts.extend(made);
    }
    batch.artifacts = artifacts.clone();
    let tasks = batch.ended.clone();
    store.write(batch).await;
    let mut unit = store.unit().await;
    for (task, first) in chunks {
        assert!(unit.append_outputs((job.id, task, 1), 0, 0, &[first]).await.expect("appended"));
    }
    unit.commit().await.expect("commits");
    Written { job, tasks, artifacts }
}

async fn write_tree(store: &mut Store, spec: &TreeSpec) -> Vec<Written> {
    let mut tree = vec![write_job(store, &spec.root, None, spec.has_ended).await];
    for sub_plan in &spec.sub_plans {
        let root = tree[0].job.clone();
        tree.push(write_job(store, sub_plan, Some(&root), true).await);
    }
    tree
}

/// Purges until nothing is left to do. Each step is small.
async fn purge(store: &mut Store, roots: &[JobId], limit: usize) -> Removed {
    let mut removed = Removed::default();
    let mut part = None;
    for _ in 0..10_000 {
        let mut unit = store.unit().await;
        let step = unit.purge_trees(roots, part, limit, None).await.expect("purges");
        unit.commit().await.expect("commits");
        assert!(step.removed.tasks <= limit as u64, "{step:?}");
        removed += step.removed;
        if step.complete {
            assert_eq!(step.part, None);
            return removed;
        }
        part = step.part;
    }
    panic!("a purge does not end");
}

/// All of a job is there, byte for byte.
async fn assert_whole(store: &mut Store, written: &Written) {
    let Written { job, tasks, artifacts } = written;
    assert_eq!(store.reader.job(&acme(), job.id).await.expect("reads").as_ref(), Some(job));
    let ids: Vec<_> = artifacts.iter().map(|(artifact, _)| artifact.id).collect();
    let mut found = store.reader.artifacts(&ids).await.expect("reads");
    found.sort_by_key(|(id, ..)| *id);
    let expected: Vec<_> =
        artifacts.iter().map(|(artifact, sha256)| (artifact.id, artifact.payload.clone(), *sha256)).collect();
    assert_eq!(found, expected);
    assert_eq!(store.reader.list_tasks(job.id, &all(), &page(99)).await.expect("reads").rows.len(), tasks.len());
    for task in tasks {
        let (_, items) = store.unit().await.appended_outputs((job.id, task.task.id, 1)).await.expect("reads");
        assert_eq!(items, task.outputs.iter().copied().take(1).collect::<Vec<_>>());
    }
}

/// Nothing of a job is there.
async fn assert_gone(store: &mut Store, written: &Written) {
    let Written { job, tasks, artifacts } = written;
    assert_eq!(store.reader.job(&acme(), job.id).await.expect("reads"), None);
    let ids: Vec<_> = artifacts.iter().map(|(artifact, _)| artifact.id).collect();
    assert!(store.reader.artifacts(&ids).await.expect("reads").is_empty());
    assert!(store.reader.list_tasks(job.id, &all(), &page(9)).await.expect("reads").rows.is_empty());
    let mut unit = store.unit().await;
    assert!(unit.arrivals(job.id, 3).await.expect("reads").is_empty());
    for task in tasks {
        assert_eq!(unit.appended_outputs((job.id, task.task.id, 1)).await.expect("reads"), (0, vec![]));
    }
    drop(unit);
    for task in tasks {
        assert!(store.reader.attempts(job.id, task.task.id).await.expect("reads").is_empty());
    }
}

/// What the removal of some trees removes, while others stay.
fn expected(gone: &[&Vec<Written>], stays: &[&Vec<Written>]) -> Removed {
    let made = |trees: &[&Vec<Written>]| -> Vec<usize> {
        let jobs = trees.iter().flat_map(|tree| tree.iter());
        jobs.flat_map(|job| job.artifacts.iter().map(|(artifact, _)| artifact.payload.bytes().len())).collect()
    };
    let is_large = |bytes: &usize| *bytes >= 64 << 10;
    let (removed, kept) = (made(gone), made(stays));
    let mut large: Vec<usize> =
        removed.iter().copied().filter(is_large).filter(|bytes| !kept.contains(bytes)).collect();
    large.sort_unstable();
    large.dedup();
    let inline: usize = removed.iter().filter(|bytes| !is_large(bytes)).sum();
    let jobs = gone.iter().flat_map(|tree| tree.iter());
    Removed {
        jobs: jobs.clone().count() as u64,
        tasks: jobs.map(|job| job.tasks.len() as u64).sum(),
        artifacts: removed.len() as u64,
        bytes: (inline + large.iter().sum::<usize>()) as u64,
    }
}

fn plain(tasks: usize) -> JobSpec {
    JobSpec { tasks: vec![vec![1, LARGE]; tasks], attempts: 2, is_labelled: true }
}

fn tree(sub_plans: usize) -> TreeSpec {
    TreeSpec { root: plain(3), sub_plans: vec![plain(2); sub_plans], has_ended: true, is_due: true }
}

async fn a_tree_goes_with_all_that_it_made(store: &mut Store) {
    let recorded = crate::ledger::ledger_page(7, &[b"a leaf"]);
    store.write(Batch { leaves: vec![recorded.clone()], ..Batch::default() }).await;
    let (gone, stays) = (write_tree(store, &tree(2)).await, write_tree(store, &tree(1)).await);
    let root = gone[0].job.id;
    let key = OutboxKey { account: acme(), topic: "orders".into(), key: "k".into() };
    let message = esteira_model::OutboxMessage { job: root, ..store.message("orders", "k", 1) };
    store.write(Batch { outbox: vec![message], ..Batch::default() }).await;
    let mut unit = store.unit().await;
    let runs =
        unit.lease_outbox(&acme(), &["orders".into()], 9, 9, "w", "r", 1, Time(2), Time(9)).await.expect("leases");
    assert_eq!(runs.len(), 1);
    assert_eq!(unit.ack_outbox(&key, 1, i64::MAX, Time(3)).await.expect("acknowledged"), Some(1));
    unit.commit().await.expect("commits");

    assert_eq!(purge(store, &[root], 2).await, expected(&[&gone], &[&stays]));
    for job in &gone {
        assert_gone(store, job).await;
    }
    for job in &stays {
        assert_whole(store, job).await;
    }
    let labelled = text("labels.of", Op::Eq, "purge");
    assert_eq!(store.reader.list_jobs(&acme(), &labelled, &page(9)).await.expect("reads").rows.len(), stays.len());
    // Once more is no work.
    assert_eq!(purge(store, &[root], 2).await, Removed::default());
    assert_eq!(store.reader.ledger_pages(&[recorded.id]).await.expect("reads"), [recorded], "what was recorded stays");
}

async fn what_is_open_loses_nothing(store: &mut Store) {
    let open = write_tree(store, &TreeSpec { has_ended: false, ..tree(1) }).await;
    assert_eq!(purge(store, &[open[0].job.id, open[1].job.id], 5).await, Removed::default());
    for job in &open {
        assert_whole(store, job).await;
    }
    // A root that has ended before its sub-plan stays with it.
    let root = write_job(store, &plain(1), None, true).await;
    let sub_plan = write_job(store, &plain(1), Some(&root.job), false).await;
    assert_eq!(purge(store, &[root.job.id], 5).await, Removed::default());
    assert_whole(store, &root).await;
    assert_whole(store, &sub_plan).await;
}

async fn a_large_task_goes_in_parts(store: &mut Store) {
    let root = JobSpec { tasks: vec![vec![1; 20], vec![2], vec![1; 9]], ..plain(0) };
    let gone = write_tree(store, &TreeSpec { root, sub_plans: vec![], has_ended: true, is_due: true }).await;
    let root = gone[0].job.id;
    let mut unit = store.unit().await;
    let step = unit.purge_trees(&[root], None, 4, None).await.expect("purges");
    assert!(!step.complete && step.removed.artifacts <= 8, "{step:?}");
    unit.commit().await.expect("commits");
    // Who goes on without what was answered comes to the same end.
    let rest = purge(store, &[root], 4).await;
    assert_eq!(step.removed.artifacts + rest.artifacts, 31);
    assert_gone(store, &gone[0]).await;
}

async fn a_body_that_a_message_refers_to_stays(store: &mut Store) {
    let gone = write_tree(store, &tree(0)).await;
    let mut message = store.message("orders", "k", 1);
    message.emit.payload = body(LARGE);
    store.write(Batch { outbox: vec![message.clone()], ..Batch::default() }).await;
    let roots = [gone[0].job.id];
    let size = store.reader.trees_size(&roots).await.expect("reads");
    assert_eq!(purge(store, &roots, 50).await, size);
    let left = store.reader.list_outbox(&acme(), &all(), &page(9)).await.expect("reads").rows;
    assert_eq!(left[0].message.emit.payload, message.emit.payload);
    // The body is stored again for who refers to it anew, and not twice.
    let again = write_tree(store, &tree(0)).await;
    assert_whole(store, &again[0]).await;
}

async fn no_trees_are_no_work(store: &mut Store) {
    assert_eq!(purge(store, &[], 5).await, Removed::default());
    let unknown = JobId(store.ids.uuid());
    assert_eq!(purge(store, &[unknown], 5).await, Removed::default());
    assert_eq!(store.reader.trees_size(&[]).await.expect("reads"), Removed::default());
}

async fn nothing_is_removed_by_looking(store: &mut Store) {
    let (first, second) = (write_tree(store, &tree(2)).await, write_tree(store, &tree(0)).await);
    let roots = [first[0].job.id, second[0].job.id];
    let size = store.reader.trees_size(&roots).await.expect("reads");
    assert_eq!(size, expected(&[&first, &second], &[]));
    assert_eq!(store.reader.trees_size(&roots[..1]).await.expect("reads"), expected(&[&first], &[&second]));
    for job in first.iter().chain(&second) {
        assert_whole(store, job).await;
    }
    assert_eq!(purge(store, &roots, 3).await, size);
}

async fn partitions_that_are_there_are_not_made_again(store: &mut Store) {
    // The beginning of time lies behind the first partition.
    assert_eq!(store.unit().await.create_partitions(Time(0)).await.expect("made").unwrap_or(0), 0);
}

async fn a_day_that_is_not_over_is_not_dropped(store: &mut Store) {
    assert_eq!(store.unit().await.drop_partitions(Time(0)).await.expect("dropped"), 0);
}

fn job_spec() -> impl Strategy<Value = JobSpec> {
    let tasks = prop::collection::vec(prop::collection::vec(0..BODIES, 0..6), 0..4);
    (tasks, 0..3u32, any::<bool>()).prop_map(|(tasks, attempts, is_labelled)| JobSpec { tasks, attempts, is_labelled })
}

fn tree_spec() -> impl Strategy<Value = TreeSpec> {
    let sub_plans = prop::collection::vec(job_spec(), 0..3);
    (job_spec(), sub_plans, prop::bool::weighted(0.8), any::<bool>())
        .prop_map(|(root, sub_plans, has_ended, is_due)| TreeSpec { root, sub_plans, has_ended, is_due })
}

/// What is due and has ended goes, all else stays, whatever the size of the steps.
async fn run(store: &mut Store, specs: &[TreeSpec], limit: usize) {
    let (mut gone, mut stays, mut due) = (Vec::new(), Vec::new(), Vec::new());
    for spec in specs {
        let tree = write_tree(store, spec).await;
        if spec.is_due {
            due.push(tree[0].job.id);
        }
        if spec.is_due && spec.has_ended { gone.push(tree) } else { stays.push(tree) }
    }
    assert!(due.len() <= TREES_MAX);
    let sum = expected(&gone.iter().collect::<Vec<_>>(), &stays.iter().collect::<Vec<_>>());
    let ended: Vec<JobId> = gone.iter().map(|tree| tree[0].job.id).collect();
    assert_eq!(store.reader.trees_size(&ended).await.expect("reads"), sum);
    assert_eq!(purge(store, &due, limit).await, sum);
    for job in gone.iter().flatten() {
        assert_gone(store, job).await;
    }
    for job in stays.iter().flatten() {
        assert_whole(store, job).await;
    }
}

fn check(cases: u32, next: impl AsyncFn() -> Store) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    let input = (prop::collection::vec(tree_spec(), 1..6), 1..12usize);
    let checked = TestRunner::new(config).run(&input, |(specs, limit)| {
        runtime.block_on(async { run(&mut next().await, &specs, limit).await });
        Ok(())
    });
    if let Err(e) = checked {
        panic!("{e}");
    }
}

#[test]
fn sqlite_removes_what_the_model_says() {
    check(48, sqlite_memory);
}

/// One database for all of them, emptied in between.
#[test]
fn postgres_removes_what_the_model_says() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let (server, name) = runtime.block_on(postgres_database());
    check(24, async || {
        server.run(
            &name,
            "TRUNCATE job, job_label, task, attempt, arrival, append_chunk, artifact, blob, outbox, outbox_key, outbox_delivered",
        );
        opened(&server.url(&name), None).await
    });
}
