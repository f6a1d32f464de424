//! Which bodies the jobs of a tree have.

use crate::{coordinator::Shared, error::Result};
use esteira_model::{ArtifactId, Job, JobId, TaskId, Time, time::micros};
use hashbrown::HashMap;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// Tasks, or artifacts, that are read at once.
const PAGE: usize = 1_000;
/// Artifacts that are passed over at once.
const SCAN: usize = 5_000;
/// How far the clocks of coordinators lie apart at most, for what nothing refers to any more.
const CLOCKS: Duration = Duration::from_secs(60);

/// The bodies of a tree, by the job whose leaves speak of them or that made them; each in ascending order. What the jobs have
/// from other trees is left out: it is erased with its own.
pub(super) async fn bodies_of(shared: &Shared, tree: &[Job]) -> Result<BTreeMap<JobId, Vec<ArtifactId>>> {
    let mut bodies: BTreeMap<JobId, BTreeSet<ArtifactId>> = BTreeMap::new();
    for job in tree {
        bodies.insert(job.id, referred(shared, job).await?);
    }
    forgotten(shared, tree, &mut bodies).await?;
    let jobs: BTreeSet<JobId> = tree.iter().map(|job| job.id).collect();
    let mut own = BTreeMap::new();
    for (job, ids) in bodies {
        let ids: Vec<ArtifactId> = ids.into_iter().collect();
        let mut owners: HashMap<ArtifactId, JobId> = HashMap::new();
        for some in ids.chunks(PAGE) {
            owners.extend(shared.reader.artifact_heads(some).await?.into_iter().map(|head| (head.id, head.job)));
        }
        let is_own = |id: &ArtifactId| owners.get(id).is_some_and(|owner| jobs.contains(owner));
        own.insert(job, ids.into_iter().filter(is_own).collect());
    }
    Ok(own)
}

/// What the rows of a job refer to.
async fn referred(shared: &Shared, job: &Job) -> Result<BTreeSet<ArtifactId>> {
    let reader = &*shared.reader;
    let mut ids = BTreeSet::from([job.input]);
    ids.extend(reader.reprocess(job.id).await?.and_then(|reprocess| reprocess.input));
    ids.extend(reader.artifacts_of(&[], &[job.id]).await?);
    let mut after: Option<TaskId> = None;
    loop {
        let tasks = reader.executed_tasks(job.id, after, PAGE).await?;
        let keys: Vec<(JobId, TaskId)> = tasks.iter().map(|task| (job.id, task.ended.task.id)).collect();
        ids.extend(reader.artifacts_of(&keys, &[]).await?);
        if tasks.len() < PAGE {
            return Ok(ids);
        }
        after = tasks.last().map(|task| task.ended.task.id);
    }
}

/// Adds what nothing refers to any more, such as checkpoints that later ones replaced: all that was stored while the tree ran is
/// passed over, since no index leads from a job to its artifacts.
async fn forgotten(shared: &Shared, tree: &[Job], bodies: &mut BTreeMap<JobId, BTreeSet<ArtifactId>>) -> Result<()> {
    let Some(first) = tree.iter().map(|job| job.create_time).min() else { return Ok(()) };
    let Some(last) = tree.iter().filter_map(|job| job.end_time).max() else { return Ok(()) };
    let mut after = ArtifactId(shared.ids.sequence_at(Time(first.0.saturating_sub(micros(CLOCKS)))));
    let until = ArtifactId(shared.ids.sequence_at(last.after(CLOCKS)));
    loop {
        let found = shared.reader.artifacts_from(after, SCAN).await?;
        for (id, job) in &found {
            if let Some(bodies) = bodies.get_mut(job) {
                bodies.insert(*id);
            }
        }
        match found.last() {
            Some((last, _)) if found.len() == SCAN && *last < until => after = *last,
            _ => return Ok(()),
        }
    }
}
