//! A start tried out: what would be carried over and what would run. Nothing is written.

use super::source::{carry_of, payload};
use crate::{
    catalog::Compiled,
    coordinator::Shared,
    error::{Error, Reason, Result},
    follow_up::child_job,
};
use esteira_engine::{Carry, Command, Context, Decision, FollowUp, Graph, Loaded, Refusal, Reprocess, decide};
use esteira_model::{ArtifactId, Fact, Job, JobId, Payload, Place, TaskState, WaitReason};
use hashbrown::{HashMap, HashSet};
use std::{collections::BTreeMap, sync::Arc};

/// What becomes of one step at the start of the new job.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StepCount {
    /// Its key.
    pub step_key: String,
    /// Tasks that are taken over as they were executed.
    pub carried: u64,
    /// Tasks that begin at once.
    pub begins: u64,
    /// Of these, sub-plans that are gone into: a new child job goes on from the old one.
    pub inside: u64,
}

/// A start tried out.
pub(super) struct Rehearsal {
    /// What is taken over, by the job that executed it.
    pub carries: HashMap<JobId, Arc<Carry>>,
    /// Steps of the new job that are reached at its start, in plan order.
    pub steps: Vec<StepCount>,
}

/// A job before its start, with what it starts with.
pub(super) struct Draft {
    pub job: Job,
    pub compiled: Arc<Compiled>,
    pub input: Option<Payload>,
    pub source: JobId,
    pub carry: Arc<Carry>,
    pub given: Option<(ArtifactId, Payload)>,
}

/// Tries the start of a job out, and that of the jobs of its sub-plans that are gone into.
pub(super) async fn rehearse(shared: &Shared, draft: Draft) -> Result<Rehearsal> {
    let mut rehearsal = Rehearsal { carries: HashMap::new(), steps: Vec::new() };
    let mut drafts = vec![draft];
    let mut is_root = true;
    while let Some(draft) = drafts.pop() {
        let decision = try_out(shared, &draft)?;
        if std::mem::take(&mut is_root) {
            rehearsal.steps = counts(&draft.compiled.graph, &decision);
        }
        for follow_up in &decision.follow_ups {
            let FollowUp::StartChild { task, version, inside: Some((source, point)) } = follow_up else { continue };
            let child = child_job(&decision.job, task, *version, Some(*source), shared.clock.now())?;
            let account = &child.account;
            let compiled = shared.catalog.version(&*shared.reader, account, *version).await?;
            let source = shared.reader.job(account, *source).await?.ok_or_else(|| {
                Error::new(Reason::JobNotFound, format!("job {source} of a sub-plan has been removed"))
            })?;
            let carry = carry_of(shared, &source, &compiled, point).await?;
            let input = input_of(shared, &decision, child.input).await?;
            drafts.push(Draft { job: child, compiled, input, source: source.id, carry, given: None });
        }
        rehearsal.carries.insert(draft.source, draft.carry);
    }
    Ok(rehearsal)
}

fn try_out(shared: &Shared, draft: &Draft) -> Result<Decision> {
    let mut ids = shared.ids.clone();
    let mut context = Context { now: shared.clock.now(), entropy: &mut ids, evaluate: shared.catalog.evaluator() };
    let loaded = Loaded { input: draft.input.clone(), job_input: draft.input.clone(), ..Loaded::default() };
    let reprocess = Reprocess { carry: draft.carry.clone(), input: draft.given.clone() };
    let command = Command::Reprocess(Box::new(reprocess));
    decide(&draft.compiled.graph, &draft.job, command, loaded, &mut context).map_err(|refusal| match refusal {
        Refusal::NotNow(message) => Error::field("input", message),
        other => Error::new(Reason::Internal, format!("a start was refused: {other:?}")),
    })
}

async fn input_of(shared: &Shared, decision: &Decision, artifact: ArtifactId) -> Result<Option<Payload>> {
    let built = decision.facts.iter().find_map(|fact| match fact {
        Fact::ArtifactStored(stored) if stored.id == artifact => Some(stored.payload.clone()),
        _ => None,
    });
    match built {
        Some(payload) => Ok(Some(payload)),
        None => payload(shared, artifact).await,
    }
}

fn counts(graph: &Graph, decision: &Decision) -> Vec<StepCount> {
    let carried: HashSet<_> = decision
        .facts
        .iter()
        .filter_map(|fact| match fact {
            Fact::TaskCarried(carried) => Some(carried.task),
            _ => None,
        })
        .collect();
    let mut steps: BTreeMap<u16, StepCount> = BTreeMap::new();
    let mut add = |step: u16, count: fn(&mut StepCount)| {
        let key = || StepCount { step_key: graph.node(step).step.step_key.to_string(), ..StepCount::default() };
        count(steps.entry(step).or_insert_with(key));
    };
    for fact in &decision.facts {
        match fact {
            Fact::TaskEnded(ended) if carried.contains(&ended.task.id) => add(ended.task.step, |c| c.carried += 1),
            // A native step, or one whose input cannot be built.
            Fact::TaskEnded(ended) if ended.state != TaskState::Skipped => add(ended.task.step, |c| c.begins += 1),
            Fact::TaskPlaced(_, Place::Parked { reason: WaitReason::Join, .. }) => {}
            Fact::TaskPlaced(task, _) => add(task.step, |c| c.begins += 1),
            _ => {}
        }
    }
    for follow_up in &decision.follow_ups {
        match follow_up {
            FollowUp::GatherJoin { step, .. } => add(*step, |c| c.begins += 1),
            FollowUp::StartChild { task, inside: Some(_), .. } => add(task.step, |c| c.inside += 1),
            _ => {}
        }
    }
    steps.into_values().collect()
}
