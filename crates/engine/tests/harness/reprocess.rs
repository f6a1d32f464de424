//! Plays the operator who has a job processed again.

use super::{plan::version, world::World};
use esteira_engine::{Carry, Command, Decision, Entropy, Executed, Misfit, Refusal, Reprocess};
use esteira_model::{JobId, Lineage, LineageKind, Payload, PlanVersionId, Point};
use std::sync::Arc;

/// Why a job was not processed again.
#[derive(Debug, PartialEq)]
pub enum NotAgain {
    Misfit(Misfit),
    Refused(Refusal),
}

impl World {
    /// A new root job that goes on from the one before, on the n-th plan.
    pub fn reprocess(&mut self, n: u8, point: &Point, input: Option<&str>) -> Result<Decision, NotAgain> {
        let carry = self.carry_of(self.root, version(n), point).map_err(NotAgain::Misfit)?;
        let source = self.root().clone();
        let id = JobId(self.ids.uuid());
        let given = input.map(|text| {
            let artifact = self.ids.artifact();
            self.artifacts.insert(artifact, Payload::json(text));
            artifact
        });
        // The first step has the job's input.
        let is_fresh = carry.is_fresh(&self.plans[&version(n)].graph);
        let own = given.filter(|_| is_fresh);
        let lineage =
            Lineage { kind: LineageKind::Reprocess, root: id, parent: None, depth: 0, source: Some(source.id) };
        let mut job = self.draft(id, version(n), own.unwrap_or(source.input), lineage);
        job.aggregate = source.aggregate;
        self.jobs.insert(id, job);
        let given = given.filter(|_| own.is_none()).map(|artifact| (artifact, self.artifacts[&artifact].clone()));
        self.given.extend(given.as_ref().map(|(artifact, _)| *artifact));
        let command = Command::Reprocess(Box::new(Reprocess { carry, input: given }));
        match self.command(id, command) {
            Ok(decision) => {
                self.root = id;
                Ok(decision)
            }
            Err(refusal) => {
                self.jobs.remove(&id);
                Err(NotAgain::Refused(refusal))
            }
        }
    }

    /// What a job on this version takes over from another; loaded as the graph says.
    pub fn carry_of(&self, source: JobId, version: PlanVersionId, point: &Point) -> Result<Arc<Carry>, Misfit> {
        let (old, new) = (self.compiled(source), &self.plans[&version]);
        let ended = self.ended.values().filter(|ended| ended.task.job == source);
        let tasks =
            ended.map(|ended| Executed { ended: ended.clone(), origin: self.carried.get(&ended.task.id).copied() });
        let mut carry = Carry::of(self.job(source), tasks.collect(), &old.graph, &new.graph, point)?;
        let needs = carry.needs(&new.graph);
        carry.keep(needs.into_iter().map(|artifact| (artifact, self.artifacts[&artifact].clone())));
        Ok(Arc::new(carry))
    }

    /// What was carried into the root job, and what runs in it: `a b | c d[1]`.
    pub fn parts(&self) -> String {
        let of = |carried: bool| {
            let ended = self.ended.values().map(|ended| &ended.task);
            let tasks = ended.chain(self.live.values().map(|live| &live.task));
            let mut names: Vec<String> = tasks
                .filter(|task| task.job == self.root && self.carried.contains_key(&task.id) == carried)
                .map(|task| self.name(task))
                .collect();
            names.sort();
            names.join(" ")
        };
        format!("{} | {}", of(true), of(false))
    }
}
