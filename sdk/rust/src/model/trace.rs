//! What a job did: the same record for an embedded and for a distributed run.

use esteira_model::{Emit, Failure, ItemPath, JobId, JobState, Payload, TaskState, Verdict};
use std::{fmt, sync::Arc};

/// A job after it ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    /// The job; another one in every run.
    pub job: JobId,
    /// How it ended.
    pub state: JobState,
    /// Why, if it did not succeed.
    pub failure: Option<Failure>,
    /// All tasks in the order in which they ended, those of sub-plans among them.
    pub tasks: Vec<TracedTask>,
    /// Outputs of the steps that no step follows, by item path, then step.
    pub results: Vec<Payload>,
    /// What the functions emitted, in order of commit.
    pub messages: Vec<Emit>,
}

/// A task after it ended. It holds nothing that differs between two runs of the same plan on the same data.
#[derive(Debug, Clone, PartialEq)]
pub struct TracedTask {
    /// Name of the plan; "" for the plan that the run was asked for.
    pub plan_name: Arc<str>,
    /// The step.
    pub step_key: Arc<str>,
    /// Which item.
    pub item_path: ItemPath,
    /// Attempts that were made; 0 when the engine itself ended the task.
    pub attempts: u32,
    /// How it ended.
    pub state: TaskState,
    /// What it ran on; none when it was skipped.
    pub input: Option<Payload>,
    /// What it produced, in item order.
    pub outputs: Vec<Payload>,
    /// What the policies said.
    pub verdicts: Vec<Verdict>,
    /// Why it failed.
    pub failure: Option<Failure>,
}

impl Trace {
    /// The tasks of one step of the plan that the run was asked for, in the order in which they ended.
    pub fn step<'a>(&'a self, step_key: &'a str) -> impl Iterator<Item = &'a TracedTask> {
        self.tasks.iter().filter(move |task| task.plan_name.is_empty() && &*task.step_key == step_key)
    }
}

impl fmt::Display for Trace {
    /// One line for the job and one for each task, for people.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "job {}", self.state)?;
        for task in &self.tasks {
            let (place, dot) = (&task.item_path, if task.plan_name.is_empty() { "" } else { "/" });
            write!(
                f,
                "  {}{dot}{}[{place}] {} after {} attempts",
                task.plan_name, task.step_key, task.state, task.attempts
            )?;
            match &task.failure {
                Some(failure) => writeln!(f, ": {}", failure.code)?,
                None => writeln!(f)?,
            }
        }
        Ok(())
    }
}
