//! What happened, in one line: `SUCCEEDED a+ b[0]+ b[1]- j+`.
//!
//! `+` succeeded, `-` failed, `~` cancelled, `.` skipped, `?` still live. By step, then by item, then by age.

use super::world::World;
use esteira_model::{EndedTask, JobId, Task, TaskState};

impl World {
    /// The line of the root job.
    pub fn story(&self) -> String {
        self.story_of(self.root)
    }

    /// The line of a job.
    pub fn story_of(&self, job: JobId) -> String {
        let ended = self.ended.values().map(|ended| (&ended.task, mark(ended.state)));
        let live = self.live.values().map(|live| (&live.task, '?'));
        let mut tasks: Vec<(&Task, char)> = ended.chain(live).filter(|(task, _)| task.job == job).collect();
        tasks.sort_by_key(|(task, mark)| (task.step, task.item_path.clone(), *mark, task.id));
        let mut line = self.job(job).state.to_string();
        for (task, mark) in tasks {
            line.push_str(&format!(" {}{mark}", self.name(task)));
        }
        line
    }

    /// The job that a task of this name waits for, or waited for.
    pub fn child(&self, name: &str) -> JobId {
        let live = self.live.values().map(|live| &live.task);
        let mut all = live.chain(self.ended.values().map(|ended| &ended.task));
        let task = all.find(|task| self.name(task) == name && self.jobs.contains_key(&JobId(task.id.0)));
        JobId(task.unwrap_or_else(|| panic!("{name} has no child job")).id.0)
    }

    /// Leaf tasks of a job, by item path, then by step.
    pub fn leaves(&self, job: JobId) -> Vec<&EndedTask> {
        let mut leaves: Vec<_> = self.ended.values().filter(|ended| ended.task.job == job && ended.leaf).collect();
        leaves.sort_by_key(|ended| (ended.task.item_path.to_bytes(), ended.task.step, ended.task.id));
        leaves
    }

    /// Results of the root job.
    pub fn results(&self) -> Vec<&str> {
        let outputs = self.leaves(self.root).into_iter().flat_map(|ended| &ended.outputs);
        outputs.map(|artifact| self.artifacts[artifact].as_json().expect("it is JSON")).collect()
    }

    /// What the join of this name was given; the newest when there are several.
    pub fn joined(&self, name: &str) -> &str {
        let ended = self.ended.values().map(|ended| &ended.task);
        let all = ended.chain(self.live.values().map(|live| &live.task));
        let task = all
            .filter(|task| self.name(task) == name && self.gathered.contains_key(&task.id))
            .max_by_key(|task| task.id);
        let id = task.unwrap_or_else(|| panic!("{name} did not fire")).id;
        self.gathered[&id].as_json().expect("it is JSON")
    }

    /// The ended task of this name; the newest when there are several.
    pub fn ended(&self, name: &str) -> &EndedTask {
        let named = |ended: &&EndedTask| self.name(&ended.task) == name;
        self.ended.values().rfind(named).unwrap_or_else(|| panic!("{name} has not ended"))
    }
}

/// The failure of a job or task as `KIND CODE`; `-` for none.
pub fn words(failure: Option<&esteira_model::Failure>) -> String {
    failure.map_or("-".into(), |failure| format!("{} {}", failure.kind, failure.code))
}

fn mark(state: TaskState) -> char {
    match state {
        TaskState::Succeeded => '+',
        TaskState::Failed => '-',
        TaskState::Cancelled => '~',
        TaskState::Skipped => '.',
        _ => '?',
    }
}
