//! What decisions need, read in sets.

use crate::{catalog::Compiled, error::Result, round::Round};
use esteira_engine::{Loaded, Needs};
use esteira_model::{ArtifactId, Job, JobId, OutputType, Payload, Task, TaskId};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// A job of this batch with what it runs.
#[derive(Clone)]
pub(crate) struct JobEntry {
    pub job: Job,
    pub compiled: Arc<Compiled>,
    /// New in this batch.
    pub started: bool,
    /// Changed in this batch.
    pub changed: bool,
}

impl Round<'_> {
    /// Makes these jobs known; those that are not in the store stay unknown.
    pub(crate) async fn load_jobs(&mut self, ids: impl Iterator<Item = JobId>) -> Result<()> {
        let missing: Vec<JobId> =
            ids.filter(|id| !self.jobs.contains_key(id)).collect::<BTreeSet<_>>().into_iter().collect();
        if missing.is_empty() {
            return Ok(());
        }
        let jobs = self.unit.jobs(&missing).await?;
        self.add_jobs_read(jobs).await
    }

    /// The same for jobs that this batch does not change: a grant must not wait for whoever is changing the job.
    pub(crate) async fn load_jobs_to_grant(&mut self, ids: impl Iterator<Item = JobId>) -> Result<()> {
        let missing: Vec<JobId> =
            ids.filter(|id| !self.jobs.contains_key(id)).collect::<BTreeSet<_>>().into_iter().collect();
        if missing.is_empty() {
            return Ok(());
        }
        let jobs = self.unit.jobs_unlocked(&missing).await?;
        self.add_jobs_read(jobs).await
    }

    async fn add_jobs_read(&mut self, jobs: Vec<Job>) -> Result<()> {
        for job in jobs {
            let compiled = self.shared.catalog.version_in(&mut *self.unit, job.plan_version).await?;
            self.jobs.insert(job.id, JobEntry { job, compiled, started: false, changed: false });
        }
        Ok(())
    }

    /// Makes the bytes of these artifacts known.
    pub(crate) async fn load_payloads(&mut self, ids: impl Iterator<Item = ArtifactId>) -> Result<()> {
        let missing: Vec<ArtifactId> =
            ids.filter(|id| !self.payloads.contains_key(id)).collect::<BTreeSet<_>>().into_iter().collect();
        if !missing.is_empty() {
            self.payloads.extend(self.unit.artifacts(&missing).await?);
        }
        Ok(())
    }

    /// The variables that the expressions around this task need.
    pub(crate) async fn load_needs(&mut self, task: &Task, needs: &Needs) -> Result<Loaded> {
        let job_input = self.jobs.get(&task.job).map(|entry| entry.job.input).filter(|_| needs.job_input);
        let input = task.input.filter(|_| needs.input);
        self.load_payloads(input.into_iter().chain(job_input)).await?;
        let steps =
            if needs.steps.is_empty() { BTreeMap::new() } else { self.step_outputs(task, &needs.steps).await? };
        Ok(Loaded {
            input: input.and_then(|id| self.payloads.get(&id).cloned()),
            job_input: job_input.and_then(|id| self.payloads.get(&id).cloned()),
            steps,
        })
    }

    /// Outputs of earlier steps of this task's branch: up the chain of parents, and through the arrivals of the joins on the way.
    async fn step_outputs(&mut self, task: &Task, wanted: &BTreeSet<u16>) -> Result<BTreeMap<String, Payload>> {
        let Some(compiled) = self.jobs.get(&task.job).map(|entry| entry.compiled.clone()) else {
            return Ok(BTreeMap::new());
        };
        let mut found: BTreeMap<u16, ArtifactId> = BTreeMap::new();
        let mut at_step = task.step;
        let mut parent = task.parent;
        loop {
            let node = compiled.graph.node(at_step);
            let here: Vec<u16> = wanted
                .iter()
                .copied()
                .filter(|step| !found.contains_key(step) && node.predecessors.contains(step))
                .collect();
            if node.join.is_some() && !here.is_empty() {
                for arrival in self.unit.arrivals(task.job, at_step).await? {
                    if here.contains(&arrival.from_step) {
                        found.entry(arrival.from_step).or_insert(arrival.artifact);
                    }
                }
            }
            let Some(id) = parent.filter(|_| found.len() < wanted.len()) else { break };
            let Some(ended) = self.ended_task(task.job, id).await? else { break };
            if wanted.contains(&ended.task.step) {
                let produced = match compiled.graph.node(ended.task.step).output_type() {
                    OutputType::None => ended.task.input,
                    OutputType::Single => ended.outputs.first().copied(),
                    OutputType::Multiple => {
                        let item = task.item_path.0.get(ended.task.item_path.0.len());
                        item.and_then(|&index| ended.outputs.get(index as usize)).copied()
                    }
                };
                if let Some(artifact) = produced {
                    found.entry(ended.task.step).or_insert(artifact);
                }
            }
            at_step = ended.task.step;
            parent = ended.task.parent;
        }
        self.load_payloads(found.values().copied()).await?;
        let key = |step: u16| compiled.graph.node(step).step.step_key.to_string();
        Ok(found.into_iter().filter_map(|(step, id)| Some((key(step), self.payloads.get(&id)?.clone()))).collect())
    }

    pub(crate) async fn ended_task(&mut self, job: JobId, task: TaskId) -> Result<Option<esteira_model::EndedTask>> {
        Ok(self.unit.ended_tasks(&[(job, task)]).await?.into_iter().next())
    }
}
