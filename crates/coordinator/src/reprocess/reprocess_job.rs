//! Process one job again.

use super::{
    Reprocessing, StepCount,
    rehearsal::{Draft, rehearse},
    source::{carry_of, payload},
};
use crate::{
    catalog::{PlanKey, ToStart},
    coordinator::Coordinator,
    error::{Error, Reason, Result},
    start_job::provenance,
    work::{Principal, RequestKey, Start, Started, Work},
};
use esteira_engine::Entropy;
use esteira_model::{
    Actor, ArtifactId, Flow, Job, JobId, JobState, Lineage, LineageKind, Payload, Point, Provenance, Reprocess, Time,
};
use esteira_store::Tree;
use std::sync::Arc;

/// What a caller asks for.
#[derive(Debug, Clone)]
pub struct ReprocessJob {
    /// For replays.
    pub request: Option<RequestKey>,
    /// The job that has ended.
    pub job: JobId,
    /// From where.
    pub point: Point,
    /// The version of its plan that the new job executes; 0 = the same.
    pub version: i32,
    /// In place of the recorded input: of the job when it begins anew, else of the one task with which it goes on.
    pub input: Option<Payload>,
    /// Why.
    pub reason: String,
    /// Only say what would be.
    pub dry_run: bool,
}

/// What became of it.
#[derive(Debug, Clone)]
pub struct Reprocessed {
    /// The new job; none for a dry run.
    pub started: Option<Started>,
    /// What was carried over and what began, or would; empty for a request that was answered before.
    pub steps: Vec<StepCount>,
}

/// How often it is prepared anew when another coordinator changes its plan meanwhile.
const TRIES_MAX: u32 = 3;

struct Prepared {
    start: Start,
    steps: Vec<StepCount>,
    named: (PlanKey, i32),
}

impl Coordinator {
    /// Starts a new job that goes on from one that has ended, which never changes (I13).
    pub async fn reprocess_job(&self, principal: &Principal, ask: ReprocessJob) -> Result<Reprocessed> {
        let mut tries = 1;
        loop {
            let prepared = match self.prepare_reprocess(principal, &ask).await {
                Ok(prepared) => prepared,
                // INV-REPLAY: what was started then is the answer, whatever became of the job and its plan since.
                Err(error) => {
                    let before =
                        if ask.dry_run { None } else { self.unrecorded().started_before(ask.request.clone()).await? };
                    let started = Some(before.ok_or(error)?);
                    return Ok(Reprocessed { started, steps: Vec::new() });
                }
            };
            let Prepared { start, steps, named: (plan, version) } = prepared;
            if ask.dry_run {
                return Ok(Reprocessed { started: None, steps });
            }
            let answer = self.submit(|reply| Work::Start(Box::new(start), reply)).await;
            match self.recorded(answer) {
                Err(error) if error.overtaken && tries < TRIES_MAX => {
                    tries += 1;
                    self.shared.catalog.forget_named(&principal.account, &plan, version);
                }
                Err(error) => return Err(error),
                Ok(started) => {
                    let steps = if started.deduplicated { Vec::new() } else { steps };
                    return Ok(Reprocessed { started: Some(started), steps });
                }
            }
        }
    }

    async fn prepare_reprocess(&self, principal: &Principal, ask: &ReprocessJob) -> Result<Prepared> {
        let shared = &self.shared;
        let account = &principal.account;
        let not_found = || {
            let message = format!("there is no job {}", ask.job);
            Error { field: "job_id".into(), ..Error::new(Reason::JobNotFound, message) }
        };
        let source = shared.reader.job(account, ask.job).await?.ok_or_else(not_found)?;
        let old = shared.catalog.version(&*shared.reader, account, source.plan_version).await?;
        let plan = PlanKey::Id(old.record.plan);
        let number = if ask.version == 0 { old.record.version } else { ask.version };
        let to_start = shared.catalog.version_to_start(&*shared.reader, account, &plan, number).await;
        let to_start = to_start.map_err(|error| Error { field: "version".into(), ..error })?;
        let carry = carry_of(shared, &source, &to_start.compiled, &ask.point).await?;
        if ask.point == Point::FailedItems && source.state == JobState::Succeeded {
            let message = format!("job {} has no item that did not succeed", source.id);
            return Err(Error { field: "job_id".into(), ..Error::new(Reason::JobStateConflict, message) });
        }
        let mut ids = shared.ids.clone();
        let given = ask.input.clone().map(|payload| (ids.artifact(), payload));
        // A job that begins anew has it as its own input.
        let (own_input, given) = if carry.is_fresh(&to_start.compiled.graph) { (given, None) } else { (None, given) };
        let input = match &own_input {
            Some((_, payload)) => Some(payload.clone()),
            None => payload(shared, source.input).await?,
        };
        let now = shared.clock.now();
        let own = Own {
            id: JobId(ids.uuid()),
            input: own_input.as_ref().map(|(id, _)| *id),
            provenance: provenance(ask.request.as_ref().map(|key| key.digest))?,
        };
        let job = draft(principal, &source, &to_start, own, now);
        let record = Reprocess {
            job: job.id,
            source: source.id,
            point: ask.point.clone(),
            reason: ask.reason.clone(),
            actor: job.actor.clone(),
            input: own_input.as_ref().or(given.as_ref()).map(|(id, _)| *id),
            time: now,
            leaf_at: None,
        };
        let rehearsal = rehearse(
            shared,
            Draft {
                job: job.clone(),
                compiled: to_start.compiled.clone(),
                input: input.clone(),
                source: source.id,
                carry,
                given: given.clone(),
            },
        )
        .await?;
        if rehearsal.steps.iter().all(|step| step.begins == 0) {
            let message = format!("nothing of job {} is left to run", source.id);
            return Err(Error { field: "job_id".into(), ..Error::new(Reason::JobStateConflict, message) });
        }
        let tree = self.tree_of(&source).await?;
        let is_linked = source.end_leaf_at.is_some();
        let reprocessing = Reprocessing { record, tree, is_linked, carries: rehearsal.carries, own_input, given };
        let start = Start {
            deed: self.deed.clone(),
            job,
            input: input.unwrap_or_else(Payload::none),
            to_start,
            request: ask.request.clone(),
            chosen_id: false,
            accepted: false,
            reprocess: Some(Box::new(reprocessing)),
        };
        Ok(Prepared { start, steps: rehearsal.steps, named: (plan, number) })
    }

    /// The tree that a job is kept with.
    async fn tree_of(&self, job: &Job) -> Result<Tree> {
        let shared = &self.shared;
        let gone = || Error::new(Reason::JobNotFound, format!("the root of job {} has been removed", job.id));
        let root = shared.reader.job(&job.account, job.lineage.root).await?.ok_or_else(gone)?;
        let version = shared.catalog.version(&*shared.reader, &root.account, root.plan_version).await?;
        let project = shared.catalog.project(&*shared.reader, &root.account, version.record.plan).await?;
        Ok(Tree {
            root: root.id,
            account: root.account,
            project: project.to_string(),
            data_class: root.data_class,
            end_time: root.end_time,
        })
    }
}

/// What a new job does not have from the old one.
struct Own {
    id: JobId,
    /// None: it begins with what the old one began with.
    input: Option<ArtifactId>,
    provenance: Provenance,
}

/// The new job: what it began with is the old one's, but for who asked for it.
fn draft(principal: &Principal, source: &Job, to_start: &ToStart, own: Own, now: Time) -> Job {
    let actor = Actor {
        user_id: principal.user_id.clone(),
        account_id: principal.account.to_string(),
        on_behalf_of: String::new(),
    };
    let began = source.start_after.unwrap_or(source.create_time).max(source.create_time);
    Job {
        id: own.id,
        plan_version: to_start.compiled.record.id,
        // INV-LABEL: what derives from a job has its label.
        data_class: source.data_class,
        actor: Arc::new(actor),
        input: own.input.unwrap_or(source.input),
        lineage: Lineage {
            kind: LineageKind::Reprocess,
            root: own.id,
            parent: None,
            depth: 0,
            source: Some(source.id),
        },
        create_time: now,
        start_after: None,
        // As much time as the old one had.
        deadline: source.deadline.map(|deadline| now.after(deadline.since(began))),
        provenance: own.provenance,
        state: JobState::Pending,
        flow: Flow::default(),
        start_time: None,
        end_time: None,
        cancel_time: None,
        failure: None,
        note: String::new(),
        end_leaf_at: None,
        revision: 1,
        ..source.clone()
    }
}
