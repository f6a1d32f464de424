//! Process a page of jobs again: each for itself, with its own outcome.

use super::{ReprocessJob, Reprocessed};
use crate::{
    coordinator::Coordinator,
    error::{Error, Reason, Result},
    work::{Principal, RequestKey},
};
use esteira_model::{JobId, Point, Time, Uuid};
use esteira_store::{AnsweredRequest, Batch, Filter, Page, Unit};
use sha2::{Digest, Sha256};

/// What a caller asks for.
#[derive(Debug, Clone)]
pub struct ReprocessJobs {
    /// For replays.
    pub request: Option<RequestKey>,
    /// Which jobs.
    pub filter: Filter,
    /// How many, and from where on.
    pub page: Page,
    /// See [`ReprocessJob::point`].
    pub point: Point,
    /// See [`ReprocessJob::version`].
    pub version: i32,
    /// See [`ReprocessJob::reason`].
    pub reason: String,
    /// See [`ReprocessJob::dry_run`].
    pub dry_run: bool,
}

/// What became of a page.
#[derive(Debug)]
pub struct ReprocessedJobs {
    /// Each job with its outcome, newest first.
    pub outcomes: Vec<(JobId, Result<Reprocessed>)>,
    /// Cursor of the next page; none on the last.
    pub next: Option<Vec<u8>>,
}

/// A page of jobs: what a request is about is decided once, and is the same when it is sent again (INV-REPLAY).
#[derive(Debug, Clone, PartialEq)]
struct Chosen {
    jobs: Vec<JobId>,
    next: Option<Vec<u8>>,
}

impl Coordinator {
    /// Processes the jobs of a page again. Jobs of sub-plans are left out: they go with their roots.
    pub async fn reprocess_jobs(&self, principal: &Principal, ask: ReprocessJobs) -> Result<ReprocessedJobs> {
        let listed = self.shared.reader.list_jobs(&principal.account, &ask.filter, &ask.page).await?;
        let roots = listed.rows.iter().filter(|job| job.lineage.parent.is_none()).map(|job| job.id);
        let mut chosen = Chosen { jobs: roots.collect(), next: listed.next };
        if let Some(request) = ask.request.clone().filter(|_| !ask.dry_run) {
            chosen = self.choose(request, chosen).await?;
        }
        let mut outcomes = Vec::with_capacity(chosen.jobs.len());
        for job in chosen.jobs {
            let one = ReprocessJob {
                request: ask.request.as_ref().map(|request| part_of(request, job)),
                job,
                point: ask.point.clone(),
                version: ask.version,
                input: None,
                reason: ask.reason.clone(),
                dry_run: ask.dry_run,
            };
            let outcome = self.reprocess_job(principal, one).await;
            if let Err(error) = &outcome
                && matches!(error.reason, Reason::StoreUnavailable | Reason::Overloaded)
            {
                // Sent again, the request goes on where it stopped.
                return Err(error.clone());
            }
            outcomes.push((job, outcome));
        }
        Ok(ReprocessedJobs { outcomes, next: chosen.next })
    }

    /// What this request chose when it first came, or what it chooses now.
    async fn choose(&self, request: RequestKey, chosen: Chosen) -> Result<Chosen> {
        let now = self.shared.clock.now();
        self.transact(move |unit| Box::pin(async move { choose(unit, request, chosen, now).await })).await
    }
}

async fn choose(unit: &mut dyn Unit, request: RequestKey, chosen: Chosen, now: Time) -> Result<Chosen> {
    let keys = [(request.account.clone(), request.id.clone())];
    if let Some(row) = unit.answered_requests(&keys).await?.into_iter().next() {
        if row.digest != request.digest {
            return Err(Error {
                field: "request_id".into(),
                ..Error::new(Reason::RequestIdReused, "this request_id was used for another request")
            });
        }
        return Ok(decode(&row.answer));
    }
    let row = AnsweredRequest {
        account: request.account,
        request_id: request.id,
        digest: request.digest,
        answer: encode(&chosen),
        time: now,
    };
    unit.write(&Batch { requests: vec![row], ..Batch::default() }).await?;
    Ok(chosen)
}

/// Each job has a request of its own, so that a repeat after a crash in the middle starts none twice.
fn part_of(request: &RequestKey, job: JobId) -> RequestKey {
    let digest = Sha256::new().chain_update(request.id.as_bytes()).chain_update(job.0.as_bytes()).finalize();
    let id = format!("reprocess-{}", digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
    RequestKey { id, ..request.clone() }
}

/// 16 bytes a job, behind the number of them; then the cursor, if there is one.
fn encode(chosen: &Chosen) -> Vec<u8> {
    let mut bytes = (chosen.jobs.len() as u32).to_be_bytes().to_vec();
    bytes.extend(chosen.jobs.iter().flat_map(|job| *job.0.as_bytes()));
    bytes.extend(chosen.next.iter().flatten());
    bytes
}

fn decode(bytes: &[u8]) -> Chosen {
    let (count, rest) = bytes.split_at(bytes.len().min(4));
    let count = count.try_into().map_or(0, u32::from_be_bytes) as usize;
    let (jobs, next) = rest.split_at(rest.len().min(count * 16));
    let jobs = jobs.chunks_exact(16).filter_map(|id| id.try_into().ok()).map(|id| JobId(Uuid::from_bytes(id)));
    Chosen { jobs: jobs.collect(), next: (!next.is_empty()).then(|| next.to_vec()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_chosen_is_read_again() {
        for (jobs, next) in [(0, None), (2, None), (3, Some(vec![7; 16])), (0, Some(vec![1]))] {
            let jobs = (0..jobs).map(|n| JobId(Uuid::from_bytes([n; 16]))).collect();
            let chosen = Chosen { jobs, next };
            assert_eq!(decode(&encode(&chosen)), chosen);
        }
    }
}
