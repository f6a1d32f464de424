//! Erase the data of a job: a request for privacy. Its rows stay, and its leaves; bodies, digests, salts and texts go.

use super::{About, Certificate, Order, bodies::bodies_of, certificate, certify};
use crate::{
    coordinator::Coordinator,
    error::{Error, Reason, Result},
    leaves::commit,
    work::Principal,
};
use esteira_ledger::{Hash, leaf_hash};
use esteira_model::{ArtifactId, Job, JobId, Seed, TaskId};
use esteira_store::{BodyDigest, Cause, Held, RemovedBodies};
use std::collections::BTreeSet;

/// Bodies that one transaction removes at most, and that one certificate names. Reports wait for it on SQLite.
const BODIES_MAX: usize = 500;
/// Tasks, or messages, that one transaction rids of their texts at most.
const ROWS_MAX: usize = 200;

/// What a caller asks for.
#[derive(Debug, Clone)]
pub struct EraseJob {
    /// The job at the root of the tree.
    pub job: JobId,
    /// Why.
    pub reason: String,
}

/// What became of it.
#[derive(Debug, Clone)]
pub struct Erased {
    /// Jobs of the tree.
    pub jobs: u64,
    /// What this call removed; nothing when all was erased before.
    pub removed: RemovedBodies,
    /// What certifies it, those of earlier calls too.
    pub certificates: Vec<Certificate>,
}

impl Coordinator {
    /// Erases the data of a job that has ended and of the jobs of its sub-plans. Asked again it goes on where it stopped.
    ///
    /// # Errors
    /// [`Reason::JobNotFound`]; [`Reason::FieldInvalid`] for a job of a sub-plan; [`Reason::JobStateConflict`] while something is
    /// in the way.
    pub async fn erase_job(&self, principal: &Principal, ask: EraseJob) -> Result<Erased> {
        let shared = &self.shared;
        let root = shared.reader.job(&principal.account, ask.job).await?.ok_or_else(|| not_found(ask.job))?;
        if root.lineage.parent.is_some() {
            let message =
                format!("job {} is of a sub-plan: erase job {}, which started it", root.id, root.lineage.root);
            return Err(Error::field("job_id", message));
        }
        let order = Order {
            cause: Cause::Erasure,
            user_id: principal.user_id.clone(),
            account: principal.account.clone(),
            reason: Some(Order::commit(&ask.reason, self.deed.as_deref())?),
            time: shared.clock.now(),
        };
        // A tree that is open grows: it must not be read before.
        self.free_tree(root.id).await?;
        let tree = self.jobs_of_tree(&root.account, root.id).await?;
        let bodies = bodies_of(shared, &tree).await?;
        let mut removed = RemovedBodies::default();
        for job in &tree {
            let ids = bodies.get(&job.id).map(Vec::as_slice).unwrap_or_default();
            let more = self.erase_bodies(&order, root.id, job, ids).await?;
            removed.artifacts += more.artifacts;
            removed.bytes += more.bytes;
        }
        for job in tree.iter().filter(|job| job.provenance.seed.is_some()) {
            self.erase_texts(job.id).await?;
        }
        let ids: Vec<JobId> = tree.iter().map(|job| job.id).collect();
        let certificates = certificate::certificates(&*shared.reader, &ids).await?;
        Ok(Erased { jobs: ids.len() as u64, removed, certificates })
    }

    /// Refuses a tree in whose way something is.
    async fn free_tree(&self, root: JobId) -> Result<()> {
        let looked = self.unrecorded();
        looked
            .transact(move |unit| Box::pin(async move { Ok(unit.lock_tree(root).await?) }))
            .await?
            .map_or(Ok(()), |why| Err(held(root, why)))
    }

    /// Removes the bodies of one job, each step with its certificate. A job without any of its own has one that names none: its salts go.
    async fn erase_bodies(&self, order: &Order, root: JobId, job: &Job, ids: &[ArtifactId]) -> Result<RemovedBodies> {
        let shared = &self.shared;
        let before = shared.reader.removals(&[job.id]).await?;
        let done: BTreeSet<u32> =
            before.iter().filter(|removal| removal.cause == Cause::Erasure).map(|removal| removal.number).collect();
        let parent = self.last_leaf(job).await?;
        let seed = match job.provenance.seed {
            Some(seed) => seed,
            // No leaf speaks of the bodies of a job without one: what is named is only that they went.
            None => Seed(crate::clock::random_key().map_err(|error| {
                Error::new(Reason::Internal, format!("no randomness for the commitments of a job: {error}"))
            })?),
        };
        let mut removed = RemovedBodies::default();
        let mut steps: Vec<&[ArtifactId]> = ids.chunks(BODIES_MAX).collect();
        if steps.is_empty() {
            steps.push(&[]);
        }
        for (number, ids) in (0..).zip(steps) {
            if done.contains(&number) {
                continue;
            }
            let bodies = committed(self, &seed, ids).await?;
            let about = About {
                job: job.id,
                account: job.account.clone(),
                data_class: job.data_class,
                number,
                bodies,
                bytes: 0,
                parent,
            };
            let more = self.erase_some(order.clone(), root, about).await?;
            removed.artifacts += more.artifacts;
            removed.bytes += more.bytes;
        }
        Ok(removed)
    }

    /// One transaction: bodies go, and their certificate is recorded.
    async fn erase_some(&self, order: Order, root: JobId, mut about: About) -> Result<RemovedBodies> {
        let mut ids = self.shared.ids.clone();
        let erased = self.transact(move |unit| {
            Box::pin(async move {
                if let Some(why) = unit.lock_tree(root).await? {
                    return Err(held(root, why));
                }
                let removals = unit.removals(&[root, about.job]).await?;
                if removals.iter().any(|removal| removal.cause != Cause::Erasure) {
                    return Err(not_found(root));
                }
                if removals.iter().any(|removal| (removal.job, removal.number) == (about.job, about.number)) {
                    // Another call was first.
                    return Ok(RemovedBodies::default());
                }
                let bodies: Vec<_> =
                    about.bodies.iter().map(|(artifact, commitment)| (*artifact, commitment.0)).collect();
                let removed = unit.remove_bodies(&bodies).await?;
                about.bytes = removed.bytes;
                certify(unit, &mut ids, &order, &[about]).await?;
                Ok(removed)
            })
        });
        let removed = erased.await?;
        self.shared.log.committed(1);
        Ok(removed)
    }

    /// Removes what else of a job may be data; its salts last.
    async fn erase_texts(&self, job: JobId) -> Result<()> {
        let mut after: Option<TaskId> = None;
        loop {
            after = self
                .transact(move |unit| Box::pin(async move { Ok(unit.erase_texts(job, after, ROWS_MAX).await?) }))
                .await?;
            if after.is_none() {
                break;
            }
        }
        while !self.transact(move |unit| Box::pin(async move { Ok(unit.erase_job(job, ROWS_MAX).await?) })).await? {}
        Ok(())
    }

    /// The hash of the leaf of a job's end.
    async fn last_leaf(&self, job: &Job) -> Result<Option<Hash>> {
        let Some(at) = job.end_leaf_at else { return Ok(None) };
        let page = self.shared.reader.ledger_pages(&[at.page]).await?.pop();
        Ok(page.and_then(|page| page.leaf(at.ordinal).map(leaf_hash)))
    }
}

/// What leaves say of some bodies. One of which nothing is known is left out: no certificate can name it.
async fn committed(coordinator: &Coordinator, seed: &Seed, ids: &[ArtifactId]) -> Result<Vec<(ArtifactId, Hash)>> {
    let digests = coordinator.shared.reader.digests(ids).await?;
    let commitment = |(id, digest)| match digest {
        BodyDigest::Sha256(sha256) => Some((id, commit(seed, id, sha256))),
        BodyDigest::Removed(commitment) => commitment.map(|commitment| (id, Hash(commitment))),
    };
    Ok(digests.into_iter().filter_map(commitment).collect())
}

fn not_found(job: JobId) -> Error {
    Error { field: "job_id".into(), ..Error::new(Reason::JobNotFound, format!("there is no job {job}")) }
}

fn held(job: JobId, why: Held) -> Error {
    let what = match why {
        Held::Open => "it or a job of its sub-plans has not ended",
        Held::Undelivered => "a message of it was not delivered",
        Held::Referred => "a job goes on from it and refers to its data: erase that one first",
    };
    let message = format!("job {job} cannot be erased: {what}");
    Error { field: "job_id".into(), ..Error::new(Reason::JobStateConflict, message) }
}
