//! A body: did this plan produce, or read, these bytes?

use super::{
    job::{Bodies, Left, Spoken, check_rows},
    report::Report,
    standing::Against,
};
use crate::{
    catalog::PlanKey,
    coordinator::Coordinator,
    error::{Error, Reason, Result},
    leaves::{
        commit,
        rebuild::{Rebuilt, Recorded},
    },
    log::proofs,
    work::Principal,
};
use esteira_ledger::{Failing, Finding, Hash, Leaf, Verdict, verify::Role};
use esteira_model::{AccountId, ArtifactId, JobId, TaskId};
use std::collections::BTreeSet;

/// Which body of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// What the job started with.
    Input,
    /// An output of a task, counted from 0.
    Output(TaskId, usize),
    /// Whatever of the job has this digest.
    Digest([u8; 32]),
}

/// What is asked.
#[derive(Debug, Clone)]
pub struct VerifyArtifact {
    /// Of which job.
    pub job: JobId,
    /// Which body.
    pub wanted: Wanted,
    /// SHA-256 of the bytes that the caller has; none to take those of the store.
    pub sha256: Option<[u8; 32]>,
    /// SHA-256 of the document of the plan version that is said to have made it; none to accept any.
    pub plan_sha256: Option<[u8; 32]>,
}

/// Where a body stands in the leaves of its job.
#[derive(Debug, Clone)]
pub struct Located {
    /// The body.
    pub artifact: ArtifactId,
    /// Which of the rebuilt leaves speaks of it.
    pub leaf: usize,
    /// Among which.
    pub role: Role,
    /// Counts from 0.
    pub position: usize,
}

impl Coordinator {
    /// The digest of the plan version that is claimed to have made something of a job; none when nothing is claimed.
    ///
    /// # Errors
    /// [`Reason::PlanNotFound`], [`Reason::PlanVersionNotFound`], [`Reason::JobNotFound`].
    pub async fn claimed_plan(
        &self,
        who: &Principal,
        job: JobId,
        plan: Option<PlanKey>,
        version: i32,
    ) -> Result<Option<[u8; 32]>> {
        let reader = &*self.shared.reader;
        let Some(plan) = plan else { return Ok(None) };
        let plan = self.catalog().plan(reader, &who.account, &plan).await?;
        let number = match version {
            0 => {
                let not_found = || Error::new(Reason::JobNotFound, format!("there is no job {job}"));
                let job = reader.job(&who.account, job).await?.ok_or_else(not_found)?;
                let ran = reader.plan_version(&who.account, job.plan_version).await?;
                // A job of another plan has no version of this one: the newest is as wrong as any.
                ran.filter(|ran| ran.plan == plan.id).map_or(plan.latest_version, |ran| ran.version)
            }
            number => number,
        };
        let found = reader.plan_version_by_number(&who.account, plan.id, number).await?;
        let not_found =
            || Error::new(Reason::PlanVersionNotFound, format!("there is no version {number} of this plan"));
        found.map(|found| Some(found.definition_sha256)).ok_or_else(not_found)
    }

    /// Verifies a body; the report is about the one leaf that speaks of it.
    ///
    /// # Errors
    /// [`Reason::JobNotFound`], also for a job of another account; [`Reason::TaskNotFound`] for an output that the job does not have.
    pub async fn check_artifact(
        &self,
        account: &AccountId,
        ask: &VerifyArtifact,
        against: &mut Against,
    ) -> Result<Report> {
        let not_found = || Error::new(Reason::JobNotFound, format!("there is no job {}", ask.job));
        let reader = &*self.shared.reader;
        let bodies = Bodies::read(reader, ask.job).await?.filter(|bodies| bodies.job.account == *account);
        let bodies = bodies.ok_or_else(not_found)?;
        let unreadable = || Error::new(Reason::LogRefused, "the rows of the job make no sense: verify the job");
        let rebuilt = self.made_again(ask.job).await?.ok_or_else(unreadable)?.ok_or_else(not_found)?;
        let mut report = Report::default();
        let Some(located) = locate(ask, &rebuilt, &bodies)? else {
            let unknown = Finding { verdict: Verdict::Unknown, failing: Some(Failing::Leaf) };
            report.add(unknown, || (None, Some(ask.job), "body".into()));
            return Ok(report);
        };
        let one = &rebuilt[located.leaf];
        let index = match one.leaf_at {
            Some(at) => proofs::index_of(reader, at.page, at.ordinal).await?,
            None => None,
        };
        let size = against.head().0;
        if index.is_none_or(|index| index >= size) || bodies.certificates.is_younger(size) {
            *against = self.stand().await?;
        }
        let index = match (index, one.leaf_at) {
            (None, Some(at)) => proofs::index_of(reader, at.page, at.ordinal).await?,
            (index, _) => index,
        };
        let found = match check(ask, one, &located, &bodies) {
            Err((verdict, failing)) => Finding { verdict, failing: Some(failing) },
            Ok(used) => {
                let nodes = bodies.certificates.nodes(reader, against, index).await?;
                let found = against.find(one.stored.as_deref().unwrap_or_default(), index, &nodes);
                bodies.certificates.judge(found, &used, against, &nodes)
            }
        };
        report.add(found, || (index, Some(ask.job), super::job::about(one.recorded)));
        Ok(report)
    }
}

/// Finds the leaf that speaks of a body: the one that produced it before one that read it.
pub(crate) fn locate(ask: &VerifyArtifact, rebuilt: &[Rebuilt], bodies: &Bodies) -> Result<Option<Located>> {
    let is_wanted = |id: ArtifactId, sha256: &[u8; 32]| {
        let seed = bodies.job.provenance.seed.as_ref();
        seed.is_some_and(|seed| bodies.left.get(&id) == Some(&Left::Body(commit(seed, id, *sha256))))
    };
    let all: Vec<Located> = rebuilt
        .iter()
        .enumerate()
        .flat_map(|(leaf, one)| {
            let Spoken { inputs, outputs } = bodies.spoken(one.recorded);
            let of = |role, ids: Vec<ArtifactId>| {
                ids.into_iter().enumerate().map(move |(position, artifact)| Located { artifact, leaf, role, position })
            };
            of(Role::Output, outputs).chain(of(Role::Input, inputs)).collect::<Vec<_>>()
        })
        .collect();
    match &ask.wanted {
        Wanted::Digest(sha256) => {
            let mut found: Vec<Located> = all.into_iter().filter(|at| is_wanted(at.artifact, sha256)).collect();
            // An attempt's output says who made it; the end of the job only says that it is a result.
            found.sort_by_key(|at| (at.role == Role::Input, matches!(rebuilt[at.leaf].recorded, Recorded::End(_))));
            Ok(found.into_iter().next())
        }
        Wanted::Input => Ok(all.into_iter().find(|at| matches!(rebuilt[at.leaf].recorded, Recorded::Start(_)))),
        Wanted::Output(task, position) => {
            let of_task = |at: &Located| {
                let is_attempt = matches!(rebuilt[at.leaf].recorded, Recorded::Attempt(of, _) if of == *task);
                is_attempt && at.role == Role::Output && at.position == *position
            };
            let found = all.into_iter().find(of_task);
            let missing = || Error::new(Reason::TaskNotFound, format!("task {task} has no recorded output {position}"));
            found.map(Some).ok_or_else(missing)
        }
    }
}

/// What the caller says, then what the store says.
fn check(
    ask: &VerifyArtifact,
    one: &Rebuilt,
    located: &Located,
    bodies: &Bodies,
) -> std::result::Result<BTreeSet<usize>, (Verdict, Failing)> {
    let recorded = one.stored.as_deref().ok_or((Verdict::Unknown, Failing::Leaf))?;
    let leaf = Leaf::decode(recorded).map_err(|error| (Verdict::MismatchLeaf, Failing::LeafForm(error)))?;
    if let (Some(sha256), Some(seed)) = (ask.sha256, &bodies.job.provenance.seed) {
        let held = commit(seed, located.artifact, sha256);
        let is_same =
            matches!(bodies.left.get(&located.artifact), Some(Left::Body(hash) | Left::Removed(hash)) if *hash == held);
        if !is_same {
            return Err((Verdict::MismatchContent, Failing::Content));
        }
    }
    let plan = match &leaf {
        Leaf::JobStarted(fields) => Some(fields.plan_digest),
        Leaf::AttemptEnded(fields) => Some(fields.plan_digest),
        Leaf::JobEnded(fields) => Some(fields.plan_digest),
        Leaf::JobReprocessed(fields) => Some(fields.plan_digest),
        _ => None,
    };
    if ask.plan_sha256.is_some_and(|claimed| plan != Some(Hash(claimed))) {
        return Err((Verdict::MismatchLeaf, Failing::Field("plan_digest")));
    }
    check_rows(one, bodies)
}
