//! One leaf: what it refers to, then the leaf itself. The same for what happens now and for what rows say of the past.

use crate::{
    leaves::{
        cache::Cache,
        lineage::{Lineage, OwnOf, each_once},
        lookup::{Missing, Tables, View},
        make::{self, Of},
        pending::Pending,
    },
    load::JobEntry,
};
use esteira_engine::Graph;
use esteira_ledger::{Hash, Leaf};
use esteira_model::{ArtifactId, Attempt, EndedTask, Job, JobId, JobState, Reprocess, Seed};
use hashbrown::HashMap;

/// What one leaf refers to.
#[derive(Default)]
pub(crate) struct References {
    pub parents: Vec<Hash>,
    input: Option<Hash>,
    /// Outputs, results or overrides.
    outputs: Vec<Hash>,
    /// From where a job goes on that is linked to another.
    from_step: String,
    /// The leaf of a task that has one from before.
    pub own: Option<Hash>,
}

/// Makes leaves out of what is known.
pub(crate) struct Making<'a> {
    pub jobs: &'a HashMap<JobId, JobEntry>,
    pub attempts: &'a [Attempt],
    pub ended: &'a [EndedTask],
    pub reprocesses: &'a [Reprocess],
    pub digests: &'a HashMap<ArtifactId, [u8; 32]>,
    pub cache: &'a Cache,
    pub tables: &'a mut Tables,
    /// Those of the leaf that is made; their room is used again for the next.
    pub references: &'a mut References,
}

impl Making<'_> {
    /// Looks up what the leaf refers to.
    pub fn refer(&mut self, item: &Pending, is_asking: bool, missing: &mut Missing) {
        let References { parents, input, outputs, from_step, own } = &mut *self.references;
        parents.clear();
        outputs.clear();
        (*input, *own) = (None, None);
        let mut view = View { tables: self.tables, cache: self.cache, digests: self.digests, missing, is_asking };
        let id = item.job(self.ended);
        let JobEntry { job, compiled, .. } = &self.jobs[&id];
        let Some(seed) = &job.provenance.seed else { return };
        match item {
            Pending::Link { reprocess, source, .. } => {
                let record = &self.reprocesses[*reprocess];
                *from_step = make::from_step(&record.point);
                outputs.extend(record.input.map(|given| view.committed(seed, given)));
                parents.extend(source.map(|source| view.end(source)));
            }
            Pending::Start { job: id } => {
                *input = Some(view.committed(seed, job.input));
                parents.extend(view.tables.links.get(id));
            }
            Pending::ChildStart { parent, link, .. } => {
                *input = Some(view.committed(seed, job.input));
                let graph = &self.jobs[parent].compiled.graph;
                Lineage { graph, job: *parent, known: &mut view }.follows_from(*link, parents);
            }
            Pending::Attempt { attempt, ended, of } => {
                let attempt = &self.attempts[*attempt];
                *input = of.input.map(|input| view.committed(seed, input));
                if let Some(ended) = ended {
                    outputs.extend(self.ended[*ended].outputs.iter().map(|output| view.committed(seed, *output)));
                }
                Lineage { graph: &compiled.graph, job: id, known: &mut view }.follows_from(of.link, parents);
                if attempt.number > 1 {
                    parents.push(view.attempt_before(id, attempt.task, attempt.number - 1));
                }
            }
            Pending::Ended { ended } => {
                let ended = &self.ended[*ended];
                *own = match OwnOf::of(ended, &compiled.graph) {
                    OwnOf::Attempt(number) => Some(view.attempt_before(id, ended.task.id, number)),
                    OwnOf::Child => Some(view.end(JobId(ended.task.id.0))),
                    OwnOf::Nothing => None,
                };
            }
            Pending::End { last, ends, .. } => {
                let ends: Vec<&EndedTask> = match compiled.graph.is_line {
                    true => last.map(|last| &self.ended[last]).into_iter().collect(),
                    false => ends.iter().collect(),
                };
                job_end(job, &compiled.graph, seed, &ends, &mut view, parents, outputs);
            }
        }
    }

    /// The leaf, out of what [`Self::refer`] has found; none for what has no leaf of its own.
    pub fn leaf<'s>(&'s self, item: &'s Pending) -> Option<Leaf<'s>> {
        let entry = self.jobs.get(&item.job(self.ended))?;
        let of = Of { job: &entry.job, compiled: &entry.compiled, seed: entry.job.provenance.seed.as_ref()? };
        let References { parents, input, outputs, from_step, .. } = &*self.references;
        Some(match item {
            Pending::Link { reprocess, .. } => {
                of.reprocessed(&self.reprocesses[*reprocess], from_step, outputs, parents).into()
            }
            Pending::Start { .. } | Pending::ChildStart { .. } => of.started(input.unwrap_or_default(), parents).into(),
            Pending::Attempt { attempt, ended, of: attempted } => {
                let attempted = make::Attempted {
                    attempt: &self.attempts[*attempt],
                    step: attempted.link.step,
                    item_path: &attempted.item_path,
                    input: attempted.input,
                    committed: *input,
                    ended: ended.map(|ended| &self.ended[ended]),
                    outputs,
                };
                of.attempt(&attempted, parents).into()
            }
            Pending::Ended { .. } => return None,
            Pending::End { .. } => of.ended(outputs, parents).into(),
        })
    }
}

/// What the leaf of a job's end refers to: where its branches ended, and its results.
fn job_end(
    job: &Job,
    graph: &Graph,
    seed: &Seed,
    ends: &[&EndedTask],
    view: &mut View<'_>,
    parents: &mut Vec<Hash>,
    results: &mut Vec<Hash>,
) {
    let mut lineage = Lineage { graph, job: job.id, known: view };
    ends.iter().for_each(|ended| lineage.comes_from(ended.task.id, parents));
    each_once(parents);
    if ends.is_empty() {
        parents.push(lineage.known.start(job.id));
    }
    if job.state == JobState::Succeeded {
        let outputs = ends.iter().filter(|ended| ended.leaf).flat_map(|ended| &ended.outputs);
        results.extend(outputs.map(|output| view.committed(seed, *output)));
    }
}
