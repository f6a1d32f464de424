//! A child job ended: the parent's task ends with its results or its failure (semantic point g).

use crate::{
    complete,
    decide::{ChildOutcome, Output},
    transition::Transition,
};
use esteira_model::{Fact, Failure, FailureKind, JobState, OutputType, Task, TaskState};

pub(crate) fn child_ended(t: &mut Transition<'_, '_>, task: Task, outcome: ChildOutcome) {
    t.facts.push(Fact::TaskTaken(task.job, task.id));
    let input = t.loaded.input.clone();
    if t.job.state == JobState::Cancelling {
        let (state, failure) = match outcome {
            ChildOutcome::Succeeded(_) => (TaskState::Succeeded, None),
            ChildOutcome::Failed(failure) => (TaskState::Cancelled, Some(failure)),
        };
        t.leave(task.step);
        return t.end_task(task, state, Vec::new(), Vec::new(), failure);
    }
    let mut results = match outcome {
        ChildOutcome::Succeeded(results) => results,
        ChildOutcome::Failed(failure) => {
            let failure = Failure {
                kind: FailureKind::NonRetryable,
                message: format!("sub-plan: {}", failure.message),
                ..failure
            };
            let verdicts = complete::judge_input(t, &task, input.as_ref());
            return t.end_failed(task, verdicts, failure, input);
        }
    };
    let output = match t.graph.node(task.step).step.output_type {
        OutputType::None => Output::None,
        OutputType::Multiple => Output::Multiple(results),
        OutputType::Single if results.len() == 1 => Output::Single(results.remove(0)),
        OutputType::Single => {
            let message = format!("the step's output is `single`, the sub-plan has {} results", results.len());
            let failure = Failure::engine(FailureKind::NonRetryable, "SUB_PLAN_RESULT_COUNT", message);
            let verdicts = complete::judge_input(t, &task, input.as_ref());
            return t.end_failed(task, verdicts, failure, input);
        }
    };
    let (verdicts, violation) = complete::judge(t, &task, input.as_ref(), &output);
    if let Some(failure) = violation {
        return t.end_failed(task, verdicts, failure, input);
    }
    let (outputs, flowing) = complete::flow(t, &task, output);
    match t.route(&task, input.as_ref(), &flowing) {
        Err(error) => {
            t.end_failed(task, verdicts, Failure::engine(FailureKind::NonRetryable, error.code, error.message), input)
        }
        Ok(routes) => {
            t.follow(&task, &flowing, &routes);
            t.leave(task.step);
            t.end_task(task, TaskState::Succeeded, outputs, verdicts, None);
        }
    }
}
