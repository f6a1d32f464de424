//! A ready task is granted, executed and reported, all in one place.

use crate::model::{
    Invocation,
    runner::{
        RunError,
        drive::Drive,
        execute::{Executed, execute, products},
        memory::Held,
    },
};
use esteira_engine::{AttemptEnd, Command, Completion, Granted};
use esteira_model::{ArtifactId, Emit, Payload, Run, Task, Usage};

impl Drive<'_> {
    /// Grants a ready task to itself, runs it, and reports.
    pub(super) async fn attempt(&mut self, mut task: Task) -> Result<(), RunError> {
        let Held { job, compiled } = self.held(task.job)?;
        let step = &compiled.graph.node(task.step).step;
        let function = match &step.run {
            Run::Function(name) => self.runner.functions.get(name).cloned(),
            _ => None,
        };
        let Some(function) = function else {
            return Err(RunError::Stuck(format!("step `{}` has no function", step.step_key)));
        };
        (task.attempts, task.fence) = (task.attempts + 1, task.fence + 1);
        let spec = function.spec();
        let granted = Granted {
            worker_id: "embedded".into(),
            function_version: spec.version.to_string(),
            grant_time: self.runner.pace.now(),
        };
        let payload = |id: Option<ArtifactId>| id.and_then(|id| self.memory.payload(id).cloned());
        let invocation = Invocation {
            job: job.id,
            task: task.id,
            step_key: step.step_key.clone(),
            function_name: spec.name,
            attempt: task.attempts,
            fence: task.fence,
            idempotency_key: task.id.to_string().into(),
            actor: job.actor.clone(),
            aggregate: task.aggregate.clone(),
            headers: job.headers.clone(),
            config_json: step.config_json.clone(),
            output_type: step.output_type,
            deadline: None,
            last_checkpoint: payload(task.checkpoint),
        };
        let input = payload(task.input).unwrap_or_else(Payload::none);
        let attempted = execute(self.runner, &*function, invocation, input, step.execution_timeout).await;
        let usage = Usage { wall_time: attempted.wall_time, ..Usage::default() };
        let end = AttemptEnd {
            granted,
            worker_start_time: None,
            worker_end_time: None,
            usage,
            report_digest: [0; 16],
            late: false,
        };
        let loaded = self.load(&task, |graph| graph.node(task.step).end_needs.clone())?;
        let command = match attempted.executed {
            Executed::Completed(outcome) => {
                let emits = attempted.said.emits.into_iter().map(|emit| with_key(emit, &task)).collect();
                let completion = Completion {
                    output: products(outcome.output),
                    aggregate_after: outcome.aggregate_after,
                    emits,
                    verdicts: outcome.verdicts,
                };
                Command::Complete(task, end, completion)
            }
            Executed::Failed(failure) => Command::Fail(task, end, failure, attempted.said.checkpoint),
            Executed::TimedOut => Command::TimeOut(task, end),
        };
        self.decide(job.id, command, loaded)
    }
}

/// A message without a key keeps its order with the others about the same aggregate, or of the same job.
fn with_key(emit: Emit, task: &Task) -> Emit {
    if !emit.key.is_empty() {
        return emit;
    }
    let key = match &task.aggregate {
        Some(aggregate) => format!("{}/{}", aggregate.kind, aggregate.id),
        None => task.job.to_string(),
    };
    Emit { key, ..emit }
}
