//! The part of a reprocess that is committed with the start of the new job.

use crate::{
    error::{Error, Reason, Result},
    retention::Policies,
    round::Round,
    work::Start,
};
use esteira_engine::Carry;
use esteira_model::{
    ArtifactId, Job, JobId, Payload, Reprocess,
    seeded_bug::{self, Bug},
};
use esteira_store::{Cause, Tree};
use hashbrown::HashMap;
use std::sync::Arc;

/// What a new job takes over.
#[derive(Debug, Clone)]
pub struct Reprocessing {
    /// What is recorded.
    pub(crate) record: Reprocess,
    /// The tree of the job that it goes on from.
    pub(crate) tree: Tree,
    /// Whether the end of that job is in the ledger, for the new job's first leaf to follow from.
    pub(crate) is_linked: bool,
    /// What is taken over, by the job that executed it: the source, and jobs of its sub-plans.
    pub(crate) carries: HashMap<JobId, Arc<Carry>>,
    /// The new job's own input.
    pub(crate) own_input: Option<(ArtifactId, Payload)>,
    /// Stands for the input of the one task that begins.
    pub(crate) given: Option<(ArtifactId, Payload)>,
}

/// Why the source is not there any more. Its root is held until the end of the unit: a purge of it comes before, and then it
/// is due, or after, and then it finds who goes on from it.
pub(crate) async fn source_gone(round: &mut Round<'_>, start: &Start) -> Result<Option<Error>> {
    let Some(reprocessing) = &start.reprocess else { return Ok(None) };
    let (root, source) = (reprocessing.tree.root, reprocessing.record.source);
    let gone = |why: &str| {
        let message = format!("job {source} {why}");
        Some(Error { field: "job_id".into(), ..Error::new(Reason::JobNotFound, message) })
    };
    if round.unit.jobs(&[root]).await?.is_empty() {
        return Ok(gone("has been removed"));
    }
    if seeded_bug::is(Bug::ReprocessTouchesOld) {
        round.load_jobs([source].into_iter()).await?;
        if let Some(entry) = round.jobs.get_mut(&source) {
            (entry.job.note, entry.changed) = ("processed again".into(), true);
        }
    }
    let removals = round.unit.removals(&[root]).await?;
    if removals.iter().any(|removal| removal.cause != Cause::Erasure) {
        return Ok(gone("is being removed"));
    }
    if !removals.is_empty() {
        let message = format!("data of job {source} has been erased: it cannot be gone on from");
        return Ok(Some(Error { field: "job_id".into(), ..Error::new(Reason::JobStateConflict, message) }));
    }
    let policies = Policies::new(round.unit.retention().await?, round.shared.keep);
    if policies.is_due(&reprocessing.tree, round.now) {
        return Ok(gone("is kept no longer: retention removes it"));
    }
    Ok(None)
}

/// Adds what a reprocess writes beside its job, and makes known what the job takes over.
pub(crate) fn open(round: &mut Round<'_>, job: &Job, reprocessing: &Reprocessing) {
    for (artifact, payload) in reprocessing.own_input.iter().chain(&reprocessing.given) {
        round.store(job, *artifact, payload.clone());
        round.payloads.insert(*artifact, payload.clone());
    }
    round.given.extend(reprocessing.given.clone().map(|given| (job.id, given)));
    let carries = reprocessing.carries.iter().map(|(source, carry)| ((job.id, *source), carry.clone()));
    round.carries.extend(carries);
    round.batch.reprocesses.push(Reprocess { time: round.now, ..reprocessing.record.clone() });
    round.note_link(job, reprocessing.is_linked);
}
