//! What decisions need: the variables of expressions, the array of a join, the results of a job.

use crate::model::runner::{base64, memory::Memory};
use esteira_engine::{Graph, Loaded, Needs};
use esteira_model::{Arrival, ArtifactId, Body, Job, JobId, OutputType, Payload, Task, TaskState};
use std::collections::{BTreeMap, BTreeSet};

impl Memory {
    /// The variables that the expressions around a task need.
    pub(crate) fn load(&self, graph: &Graph, job: &Job, task: &Task, needs: &Needs) -> Loaded {
        let payload = |id: ArtifactId| self.payload(id).cloned();
        Loaded {
            input: task.input.filter(|_| needs.input).and_then(payload),
            job_input: Some(job.input).filter(|_| needs.job_input).and_then(payload),
            steps: if needs.steps.is_empty() { BTreeMap::new() } else { self.step_outputs(graph, task, &needs.steps) },
        }
    }

    /// Outputs of earlier steps of this task's branch: up the chain of parents, and through the arrivals of the joins on the way.
    fn step_outputs(&self, graph: &Graph, task: &Task, wanted: &BTreeSet<u16>) -> BTreeMap<String, Payload> {
        let mut found: BTreeMap<u16, ArtifactId> = BTreeMap::new();
        let (mut at_step, mut parent) = (task.step, task.parent);
        loop {
            let node = graph.node(at_step);
            if node.join.is_some() {
                for arrival in self.arrivals(task.job, at_step) {
                    if wanted.contains(&arrival.from_step) && node.predecessors.contains(&arrival.from_step) {
                        found.entry(arrival.from_step).or_insert(arrival.artifact);
                    }
                }
            }
            let Some(ended) = parent.filter(|_| found.len() < wanted.len()).and_then(|id| self.ended.get(&id)) else {
                break;
            };
            if wanted.contains(&ended.task.step) {
                let produced = match graph.node(ended.task.step).output_type() {
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
            (at_step, parent) = (ended.task.step, ended.task.parent);
        }
        let key = |step: u16| graph.node(step).step.step_key.to_string();
        found.into_iter().filter_map(|(step, id)| Some((key(step), self.payload(id)?.clone()))).collect()
    }

    /// What arrived at a join, by item path, then by the step that it comes from, then by which task of it began first.
    fn arrivals(&self, job: JobId, join_step: u16) -> Vec<&Arrival> {
        let mut arrivals: Vec<&Arrival> = self.arrivals.get(&(job, join_step)).into_iter().flatten().collect();
        arrivals
            .sort_by(|a, b| (&a.item_path, a.from_step, a.from_task).cmp(&(&b.item_path, b.from_step, b.from_task)));
        arrivals
    }

    /// The input of a join: the JSON array of what arrived, each element verbatim; binary as Base64 text, absent as `null`.
    pub(crate) fn gather(&self, job: JobId, join_step: u16) -> Payload {
        let mut text = String::from("[");
        for arrival in self.arrivals(job, join_step) {
            if text.len() > 1 {
                text.push(',');
            }
            match self.payload(arrival.artifact).map(|payload| &payload.body) {
                Some(Body::Json(json)) => text.push_str(json),
                Some(Body::Binary(bytes)) => {
                    text.push('"');
                    base64::encode(bytes, &mut text);
                    text.push('"');
                }
                Some(Body::None) | None => text.push_str("null"),
            }
        }
        text.push(']');
        Payload::json(text)
    }

    /// Results of a job: outputs of its leaf tasks by item path, then step, then which task of it began first.
    pub(crate) fn results(&self, job: JobId) -> Vec<ArtifactId> {
        let of_job = self.order.iter().filter_map(|id| self.ended.get(id)).filter(|ended| ended.task.job == job);
        let mut leaves: Vec<_> = of_job.filter(|ended| ended.leaf && ended.state == TaskState::Succeeded).collect();
        leaves.sort_by_key(|leaf| (&leaf.task.item_path, leaf.task.step, leaf.task.id));
        leaves.into_iter().flat_map(|leaf| leaf.outputs.iter().copied()).collect()
    }
}
