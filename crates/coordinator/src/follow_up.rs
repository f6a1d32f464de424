//! What a decision calls for elsewhere, in the next round of the same transaction.

use crate::{
    error::{Error, Reason, Result},
    leaves::Link,
    load::JobEntry,
    round::{Act, Round, Todo},
};
use esteira_engine::FollowUp;
use esteira_model::{Flow, Job, JobId, JobState, Lineage, LineageKind, PlanVersionId, Provenance, Task, Time, limits};

impl Round<'_> {
    pub(crate) async fn follow_up(&mut self, job: &Job, follow_ups: Vec<FollowUp>, next: &mut Vec<Todo>) -> Result<()> {
        for follow_up in follow_ups {
            match follow_up {
                FollowUp::StartChild { task, version, inside } => {
                    next.push(self.start_child(job, *task, version, inside.map(|(source, _)| source)).await?)
                }
                FollowUp::TellParent { job, task } => next.push(Todo::new(job, Act::ChildEnded(task))),
                FollowUp::ControlChild { job, action, reason } => {
                    next.push(Todo::new(job, Act::Control(action, reason)))
                }
                FollowUp::GatherJoin { task, step } => next.push(Todo::new(job.id, Act::Gather { task, step })),
            }
        }
        Ok(())
    }

    /// A sub-plan is a child job with lineage (semantic point g). Its id is the id of the task that waits for it.
    async fn start_child(
        &mut self,
        parent: &Job,
        task: Task,
        version: PlanVersionId,
        source: Option<JobId>,
    ) -> Result<Todo> {
        let job = child_job(parent, &task, version, source, self.now)?;
        let compiled = self.shared.catalog.version_in(&mut *self.unit, version).await?;
        self.load_payloads([job.input].into_iter()).await?;
        self.note_start(&job, Some((parent.id, Link::of(&task))));
        let id = job.id;
        self.jobs.insert(id, JobEntry { job, compiled, started: true, changed: true });
        Ok(Todo::new(id, Act::Start))
    }
}

/// The job of a sub-plan, before its start.
pub(crate) fn child_job(
    parent: &Job,
    task: &Task,
    version: PlanVersionId,
    source: Option<JobId>,
    now: Time,
) -> Result<Job> {
    let depth = parent.lineage.depth + 1;
    if depth as usize > limits::SUB_PLAN_DEPTH_MAX {
        return Err(Error::new(Reason::Internal, "sub-plans nest deeper than publish allows"));
    }
    let id = JobId(task.id.0);
    Ok(Job {
        id,
        plan_version: version,
        aggregate: task.aggregate.clone(),
        input: task.input.unwrap_or(parent.input),
        lineage: Lineage {
            kind: LineageKind::SubPlan,
            root: parent.lineage.root,
            parent: Some((parent.id, task.id)),
            depth,
            source,
        },
        create_time: now,
        start_after: None,
        deadline: parent.deadline,
        // The salts of a tree of jobs come from one seed.
        provenance: Provenance { seed: parent.provenance.seed, ..Provenance::default() },
        state: JobState::Pending,
        flow: Flow::default(),
        start_time: None,
        end_time: None,
        cancel_time: None,
        failure: None,
        note: String::new(),
        end_leaf_at: None,
        revision: 1,
        ..parent.clone()
    })
}
