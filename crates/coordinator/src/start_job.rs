//! Start a job: idempotent by `request_id` and by a chosen `job_id`.

use crate::{
    catalog::PlanKey,
    clock::random_key,
    coordinator::Coordinator,
    error::{Error, Reason, Result},
    hub::EndOf,
    plans::answered,
    work::{Principal, RequestKey, Start, Started, Work},
};
use esteira_engine::Entropy;
use esteira_ledger::{Hash, Salt, commitment};
use esteira_model::{
    Actor, DataClass, Flow, Job, JobId, JobState, Lineage, LineageKind, Packet, Provenance, Seed, Time,
};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// What a caller asks for, checked for form by the edge.
#[derive(Debug, Clone)]
pub struct StartJob {
    /// For replays; none when the caller gave no `request_id`.
    pub request: Option<RequestKey>,
    /// SHA-256 of the request, whether it has a `request_id` or not.
    pub request_digest: [u8; 32],
    /// An id that the caller chose.
    pub job_id: Option<JobId>,
    /// The plan.
    pub plan: PlanKey,
    /// Its version; 0 = the default.
    pub version: i32,
    /// Data, aggregate and headers. The actor is the principal's, whatever stands here, but for `on_behalf_of`.
    pub packet: Packet,
    /// To search by.
    pub labels: BTreeMap<String, String>,
    /// Higher runs first.
    pub priority: i32,
    /// When it is given up.
    pub job_timeout: Option<Duration>,
    /// Not before.
    pub start_after: Option<Time>,
    /// Purge label; none = the operator's.
    pub data_class: Option<DataClass>,
}

/// How often a start is prepared whose plan another coordinator changes meanwhile.
const TRIES_MAX: u32 = 3;

/// What the ledger knows of a root job before its start is recorded. A request holds data: its digest is salted, so that nobody finds
/// the data by guessing when the seed is gone.
pub(crate) fn provenance(request_digest: Option<[u8; 32]>) -> Result<Provenance> {
    let no_bytes = |error| Error::new(Reason::Internal, format!("the system gives no random bytes: {error}"));
    let seed = random_key().map_err(no_bytes)?;
    let request_digest = request_digest.map(|digest| commitment(&Salt::of_request(&seed), &Hash(digest)).0);
    Ok(Provenance { seed: Some(Seed(seed)), request_digest, start_leaf_at: None })
}

impl Coordinator {
    /// Starts a job. The answer leaves after the job is durable.
    pub async fn start_job(&self, principal: &Principal, ask: StartJob) -> Result<Started> {
        self.start_prepared(principal, ask, |_| ()).await.map(|(started, ())| started)
    }

    /// Starts a job; with the answer comes its end, unless an earlier request had started it.
    pub async fn start_job_to_await(&self, principal: &Principal, ask: StartJob) -> Result<(Started, Option<EndOf>)> {
        // Listening before it is committed: its end may come before its answer.
        let (started, end) = self.start_prepared(principal, ask, |job| self.shared.hub.end_of(job)).await?;
        end.saw(started.job.revision);
        let end = Some(end).filter(|_| !started.deduplicated);
        Ok((started, end))
    }

    async fn start_prepared<T>(
        &self,
        principal: &Principal,
        ask: StartJob,
        before: impl Fn(JobId) -> T,
    ) -> Result<(Started, T)> {
        let mut tries = 1;
        loop {
            let start = match self.prepare_start(principal, ask.clone()).await {
                Ok(start) => start,
                // INV-REPLAY: what was started then is the answer, whatever became of the plan since.
                Err(error) => {
                    let before_it = self.started_before(ask.request).await?.ok_or(error)?;
                    let prepared = before(before_it.job.id);
                    return Ok((before_it, prepared));
                }
            };
            let prepared = before(start.job.id);
            match self.submit(|reply| Work::Start(Box::new(start), reply)).await {
                Err(error) if error.overtaken && tries < TRIES_MAX => {
                    tries += 1;
                    self.shared.catalog.forget_named(&principal.account, &ask.plan, ask.version);
                }
                started => return Ok((started?, prepared)),
            }
        }
    }

    /// The job that this request started before. It is asked for only when the same start would be refused today.
    pub(crate) async fn started_before(&self, request: Option<RequestKey>) -> Result<Option<Started>> {
        let Some(key) = request else { return Ok(None) };
        self.transact(move |unit| {
            Box::pin(async move {
                let Some(id) = answered(unit, Some(&key)).await? else { return Ok(None) };
                let job = unit.jobs_unlocked(&[JobId(id)]).await?.into_iter().next();
                let gone = || Error::new(Reason::JobNotFound, "the job that this request started has been removed");
                Ok(Some(Started { job: job.ok_or_else(gone)?, deduplicated: true, held: None }))
            })
        })
        .await
    }

    async fn prepare_start(&self, principal: &Principal, ask: StartJob) -> Result<Start> {
        let shared = &self.shared;
        let to_start =
            shared.catalog.version_to_start(&*shared.reader, &principal.account, &ask.plan, ask.version).await?;
        let compiled = &to_start.compiled;
        let expected = &compiled.record;
        let plan_moves = compiled.graph.nodes.iter().any(|node| node.step.exclusive_aggregate);
        if plan_moves && ask.packet.aggregate.is_none() {
            return Err(Error::field(
                "packet.aggregate",
                format!("plan `{}` works on one aggregate at a time: name it", expected.plan_name),
            ));
        }
        let mut ids = shared.ids.clone();
        let now = shared.clock.now();
        let id = ask.job_id.unwrap_or_else(|| JobId(ids.uuid()));
        let actor = Actor {
            user_id: principal.user_id.clone(),
            account_id: principal.account.to_string(),
            on_behalf_of: ask.packet.actor.on_behalf_of,
        };
        let job = Job {
            id,
            account: principal.account.clone(),
            plan_version: compiled.record.id,
            data_class: ask.data_class.unwrap_or(principal.data_class),
            actor: Arc::new(actor),
            headers: Arc::new(ask.packet.headers),
            labels: Arc::new(ask.labels),
            aggregate: ask.packet.aggregate,
            input: ids.artifact(),
            priority: ask.priority,
            lineage: Lineage { kind: LineageKind::Direct, root: id, parent: None, depth: 0, source: None },
            create_time: now,
            start_after: ask.start_after,
            deadline: ask.job_timeout.map(|timeout| ask.start_after.unwrap_or(now).max(now).after(timeout)),
            provenance: provenance(Some(ask.request_digest))?,
            state: JobState::Pending,
            flow: Flow::default(),
            start_time: None,
            end_time: None,
            cancel_time: None,
            failure: None,
            note: String::new(),
            end_leaf_at: None,
            revision: 1,
        };
        Ok(Start {
            job,
            input: ask.packet.data,
            to_start,
            request: ask.request,
            chosen_id: ask.job_id.is_some(),
            accepted: false,
            reprocess: None,
            deed: None,
        })
    }
}
