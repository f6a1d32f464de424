//! Try failed tasks again while their job still runs.

use crate::{
    batch::{Answer, own_job},
    coordinator::Coordinator,
    error::{Error, Reason, Result},
    round::{Act, Round, Todo},
    work::{Retry, Work},
};
use esteira_model::{
    EndedTask, TaskId,
    seeded_bug::{self, Bug},
};
use hashbrown::{HashMap, HashSet};

impl Coordinator {
    /// All of them or none; answers with the new tasks, one for each.
    pub async fn retry_tasks(&self, retry: Retry) -> Result<Vec<TaskId>> {
        let deed = self.deed.clone();
        let answer = self.urgent(|reply| Work::Retry(Retry { deed, ..retry }, reply)).await;
        self.recorded(answer)
    }
}

/// Checks what can be checked before the rounds. Nothing is begun unless all of it can be.
pub(crate) async fn open_retry(
    round: &mut Round<'_>,
    index: usize,
    retry: &Retry,
    todos: &mut Vec<Todo>,
) -> Result<Option<Result<Answer>>> {
    let job = match own_job(round, &retry.account, retry.job).await? {
        Ok(job) => job,
        Err(error) => return Ok(Some(Err(error))),
    };
    if job.state.is_terminal() {
        return Ok(Some(Err(Error { field: "job_id".into(), ..Error::new(Reason::JobTerminal, "the job has ended") })));
    }
    let ids: Vec<_> = retry.tasks.iter().map(|task| (retry.job, *task)).collect();
    let ended: HashMap<TaskId, EndedTask> =
        round.unit.ended_tasks(&ids).await?.into_iter().map(|ended| (ended.task.id, ended)).collect();
    let steps: Vec<_> = ended.values().map(|ended| (ended.task.id, ended.task.step)).collect();
    let before: HashSet<TaskId> = round.unit.retried_tasks(retry.job, &steps).await?.into_iter().collect();
    let refused = |part: usize, reason: Reason, message: String| {
        Ok(Some(Err(Error { field: format!("task_ids[{part}]"), ..Error::new(reason, message) })))
    };
    let mut acts: Vec<Todo> = Vec::with_capacity(retry.tasks.len());
    for (part, task) in retry.tasks.iter().enumerate() {
        let Some(failed) = ended.get(task) else {
            return refused(part, Reason::TaskNotFound, format!("there is no ended task {task} in this job"));
        };
        // A failed task is tried again once; if that fails too, the new task is the one to try again.
        let before = before.contains(task) && !seeded_bug::is(Bug::RetryTwice);
        if before || round.retried.contains(task) || retry.tasks[..part].contains(task) {
            return refused(part, Reason::JobStateConflict, format!("task {task} was tried again before"));
        }
        acts.push(Todo { job: retry.job, act: Act::Retry(Box::new(failed.clone())), answer: Some((index, part)) });
    }
    round.retried.extend(&retry.tasks);
    todos.append(&mut acts);
    Ok(None)
}
