//! Reads a task with all that is shown of it.

use super::{view::read_artifact, waiting};
use crate::{
    convert::{
        payload::{Bodies, payload_out},
        task::{TaskView, task_of, task_out},
    },
    edge::Edge,
    fit::Room,
    principal::Caller,
    status::{Answer, Refusal},
};
use esteira_contract::v1;
use esteira_coordinator::{Compiled, Reason};
use esteira_model::{ArtifactId, Job, JobId, TaskId, limits};
use esteira_store::TaskRecord;
use prost::Message;

/// What tasks of one job are shown with.
pub struct Tasks<'a> {
    /// What all handlers share.
    pub edge: &'a Edge,
    /// Who looks.
    pub caller: &'a Caller,
    /// The job.
    pub job: &'a Job,
    /// What it executes.
    pub compiled: &'a Compiled,
    /// Whether payloads are sent.
    pub bodies: Bodies,
}

impl Tasks<'_> {
    /// A task by id.
    pub async fn find(&self, id: TaskId) -> Answer<v1::Task> {
        let found = self.edge.coordinator.reader().task(self.job.id, id).await?;
        let missing = || Refusal::new(Reason::TaskNotFound, format!("the job has no task {id}"));
        self.view(&found.ok_or_else(missing)?).await
    }

    /// A task as it is shown.
    pub async fn view(&self, record: &TaskRecord) -> Answer<v1::Task> {
        let reader = self.edge.coordinator.reader();
        let task = task_of(record);
        let attempts = if task.attempts > 0 { reader.attempts(task.job, task.id).await? } else { Vec::new() };
        let input = match task.input {
            Some(id) => read_artifact(self.edge, id).await?,
            None => None,
        };
        let wait_reason = match record {
            TaskRecord::Live(live) => waiting::of_task(self.edge, self.caller, live),
            TaskRecord::Ended(_) => None,
        };
        let node = self.compiled.graph.node(task.step);
        let carried = self.carried(record).await?;
        let view = TaskView { job: self.job, node, record, attempts, input, wait_reason, carried };
        let mut shown = task_out(&view, self.bodies);
        if let TaskRecord::Ended(ended) = record
            && self.bodies == Bodies::Sent
        {
            let mut room = Room::message();
            room.take(shown.encoded_len());
            shown.outputs = self.outputs(&ended.outputs, room).await?;
        }
        Ok(shown)
    }

    /// The job and task that executed it, if it was another.
    async fn carried(&self, record: &TaskRecord) -> Answer<Option<(JobId, TaskId)>> {
        let TaskRecord::Ended(ended) = record else { return Ok(None) };
        if self.job.lineage.source.is_none() || ended.task.attempts > 0 {
            return Ok(None);
        }
        let found = self.edge.coordinator.reader().carried_tasks(self.job.id, &[ended.task.id]).await?.pop();
        Ok(found.map(|carried| (carried.from_job, carried.from_task)))
    }

    /// The first outputs, as far as there is room; read a few at a time, as each may be large.
    async fn outputs(&self, ids: &[ArtifactId], mut room: Room) -> Answer<Vec<v1::Payload>> {
        const AT_ONCE: usize = 8;
        let mut outputs = Vec::new();
        for chunk in ids[..ids.len().min(limits::RESULTS_MAX)].chunks(AT_ONCE) {
            let mut found = self.edge.coordinator.reader().artifacts(chunk).await?;
            found.sort_by_key(|(id, ..)| chunk.iter().position(|wanted| wanted == id));
            for (_, payload, sha256) in &found {
                let output = payload_out(payload, sha256, Bodies::Sent);
                if !room.take(output.encoded_len()) {
                    return Ok(outputs);
                }
                outputs.push(output);
            }
        }
        Ok(outputs)
    }
}
