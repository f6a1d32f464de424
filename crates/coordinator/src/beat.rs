//! What workers send while they run: signs of life, checkpoints, chunks of outputs.

use crate::{
    batch::Answer,
    error::{Error, Reason, Result},
    leaves::{Salted, commit},
    round::Round,
    work::{Append, BeatVerdict, HeartBeat},
};
use esteira_engine::Entropy;
use esteira_model::{
    Artifact, ArtifactId, DataClass, Job, JobId, JobState, OutputType, TaskId,
    limits::{APPEND_ITEMS_MAX, FAN_OUT_ITEMS_MAX},
};
use esteira_store::{Beat, LivePlace};
use hashbrown::HashMap;
use sha2::{Digest, Sha256};

/// Extends leases; what a worker is told is a value for each lease.
pub(crate) async fn beat(round: &mut Round<'_>, beats: &[HeartBeat]) -> Result<Vec<BeatVerdict>> {
    let now = round.now;
    // Not among the jobs of the batch: a beat must not wait for whoever is changing its job.
    let jobs: Vec<JobId> = beats.iter().map(|beat| beat.token.job).collect();
    let jobs: HashMap<JobId, Job> =
        round.unit.jobs_unlocked(&jobs).await?.into_iter().map(|job| (job.id, job)).collect();
    let ids: Vec<_> = beats.iter().map(|beat| (beat.token.job, beat.token.task)).collect();
    let live: HashMap<TaskId, _> =
        round.unit.live_tasks(&ids).await?.into_iter().map(|live| (live.task.id, live)).collect();
    let mut rows = Vec::with_capacity(beats.len());
    let mut verdicts = Vec::with_capacity(beats.len());
    for beat in beats {
        let lease = live.get(&beat.token.task).filter(|live| live.task.fence == beat.token.fence);
        let Some(LivePlace::Leased(leased)) = lease.map(|live| &live.place) else {
            verdicts.push(BeatVerdict::Lost);
            continue;
        };
        let ttl = beat.ttl.unwrap_or(leased.ttl);
        let job = jobs.get(&beat.token.job);
        let cancelling = job.is_some_and(|job| job.state == JobState::Cancelling);
        let data_class = job.map_or(DataClass::Production, |job| job.data_class);
        let checkpoint = beat.checkpoint.as_ref().map(|payload| {
            let id: ArtifactId = round.shared.ids.clone().artifact();
            let digest: [u8; 32] = Sha256::digest(payload.bytes()).into();
            round
                .batch
                .artifacts
                .push((Artifact { id, job: beat.token.job, data_class, payload: payload.clone() }, digest));
            id
        });
        rows.push(Beat {
            job: beat.token.job,
            task: beat.token.task,
            fence: beat.token.fence,
            expire_time: now.after(ttl),
            ttl,
            checkpoint,
        });
        verdicts.push(if cancelling { BeatVerdict::CancelRequested(ttl) } else { BeatVerdict::Active(ttl) });
    }
    if !rows.is_empty() {
        round.unit.extend_leases(&rows).await?;
    }
    Ok(verdicts)
}

/// Adds a chunk of outputs; one that came before changes nothing (INV-REPLAY).
pub(crate) async fn append_outputs(round: &mut Round<'_>, append: &Append) -> Result<Result<Answer>> {
    let token = append.token;
    let live = round.unit.live_tasks(&[(token.job, token.task)]).await?.into_iter().next();
    let Some(live) = live.filter(|live| live.task.fence == token.fence) else {
        return Ok(Err(Error::new(Reason::LeaseLost, "a newer grant or the job's end took the lease")));
    };
    round.load_jobs([token.job].into_iter()).await?;
    if round
        .jobs
        .get(&token.job)
        .is_some_and(|entry| entry.compiled.graph.node(live.task.step).output_type() != OutputType::Multiple)
    {
        return Ok(Err(Error::new(Reason::OutputTypeMismatch, "the step's output is not `multiple`")));
    }
    let (chunks, items) = round.unit.appended_outputs((token.job, token.task, token.fence)).await?;
    if append.chunk_index < chunks {
        return Ok(Ok(Answer::Appended(items.len() as u64)));
    }
    if append.chunk_index > chunks {
        return Ok(Err(Error {
            field: "chunk_index".into(),
            ..Error::new(Reason::ChunkGap, format!("the next chunk is {chunks}"))
        }));
    }
    debug_assert!(append.items.len() <= APPEND_ITEMS_MAX);
    let total = items.len() + append.items.len();
    if total > FAN_OUT_ITEMS_MAX {
        return Ok(Err(Error::field("items", format!("a task fans out into at most {FAN_OUT_ITEMS_MAX} items"))));
    }
    let data_class = round.jobs.get(&token.job).map_or(DataClass::Production, |entry| entry.job.data_class);
    let seed = round.jobs.get(&token.job).and_then(|entry| entry.job.provenance.seed);
    let mut ids = Vec::with_capacity(append.items.len());
    for payload in &append.items {
        let id = round.shared.ids.clone().artifact();
        let digest: [u8; 32] = Sha256::digest(payload.bytes()).into();
        round.batch.artifacts.push((Artifact { id, job: token.job, data_class, payload: payload.clone() }, digest));
        // Its commitment is kept until the report comes that makes it an output.
        if let Some(seed) = seed {
            round.leaves.tables.artifacts.insert(Salted::by(&seed, id), commit(&seed, id, digest));
        }
        ids.push(id);
    }
    round
        .unit
        .append_outputs((token.job, token.task, token.fence), append.chunk_index, items.len() as u32, &ids)
        .await?;
    Ok(Ok(Answer::Appended(total as u64)))
}
