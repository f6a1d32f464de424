//! Loads what the graph says that a command needs, and nothing else: a wrong `Needs` leaves an expression without a value.

use super::world::World;
use esteira_engine::{Command, Loaded, Needs};
use esteira_model::{JobId, Payload, Task, TaskState};

impl World {
    pub fn load(&self, job: JobId, command: &Command) -> Loaded {
        let compiled = self.compiled(job);
        let graph = &compiled.graph;
        let ends = |task: &Task| self.load_for(task, &graph.node(task.step).end_needs);
        match command {
            Command::Start | Command::Reprocess(_) => {
                let starts = graph.starts.iter().map(|&step| &graph.node(step).begin_needs);
                // What a start takes over may lead to any step.
                let is_start = *command == Command::Start;
                let wanted = starts.fold(!is_start, |wanted, needs| wanted || needs.input || needs.job_input);
                let job_input = wanted.then(|| self.artifacts[&self.job(job).input].clone());
                Loaded { job_input, ..Loaded::default() }
            }
            Command::Complete(task, ..)
            | Command::Fail(task, ..)
            | Command::Expire(task, _)
            | Command::TimeOut(task, _)
            | Command::Due(task, _)
            | Command::ChildEnded(task, _) => ends(task),
            Command::Retry(ended) => ends(&ended.task),
            Command::Gather(task, _) => self.load_for(task, &graph.node(task.step).begin_needs),
            Command::Release(_) | Command::Unblock(_) | Command::Control(..) | Command::Deadline(_) => {
                Loaded::default()
            }
        }
    }

    fn load_for(&self, task: &Task, needs: &Needs) -> Loaded {
        let compiled = self.compiled(task.job);
        let mut loaded = Loaded::default();
        if needs.input {
            loaded.input = task.input.map(|artifact| self.artifacts[&artifact].clone());
        }
        if needs.job_input {
            loaded.job_input = Some(self.artifacts[&self.job(task.job).input].clone());
        }
        for &step in &needs.steps {
            if let Some(payload) = self.output_of(task, step) {
                loaded.steps.insert(compiled.graph.node(step).step.step_key.to_string(), payload);
            }
        }
        loaded
    }

    /// The output of an earlier step of this task's branch: of one item, where that step fanned out.
    fn output_of(&self, task: &Task, step: u16) -> Option<Payload> {
        let path = &task.item_path.0;
        let of_branch = |ended: &&esteira_model::EndedTask| {
            let at = &ended.task;
            ended.state == TaskState::Succeeded
                && at.job == task.job
                && at.step == step
                && path.starts_with(&at.item_path.0)
        };
        let ended = self.ended.values().find(of_branch)?;
        let index = match path.get(ended.task.item_path.0.len()) {
            Some(&index) if ended.outputs.len() > 1 => index as usize,
            _ => 0,
        };
        ended.outputs.get(index).map(|artifact| self.artifacts[artifact].clone())
    }
}
