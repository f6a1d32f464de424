//! A worker reports a success.

use crate::{
    decide::{AttemptEnd, Completion, Output, Product, Refusal},
    policy,
    transition::{Flowing, Transition},
};
use esteira_model::{
    ArtifactId, Fact, Failure, FailureKind, JobState, OutboxMessage, OutputType, Payload, Task, TaskState, Verdict,
    seeded_bug::{self, Bug},
};

pub(crate) fn complete(
    t: &mut Transition<'_, '_>,
    mut task: Task,
    end: AttemptEnd,
    completion: Completion,
) -> Result<(), Refusal> {
    check_type(t.graph.node(task.step).output_type(), &completion.output)?;
    t.facts.push(Fact::TaskTaken(task.job, task.id));
    task.start_time = task.start_time.or(Some(end.granted.grant_time));
    if let Some(after) = completion.aggregate_after {
        task.aggregate = Some(after);
    }
    let mut verdicts = completion.verdicts;
    let input = t.loaded.input.clone();
    let judged = judge(t, &task, input.as_ref(), &completion.output);
    verdicts.extend(judged.0);
    if let Some(failure) = judged.1 {
        fail_now(t, task, end, verdicts, failure);
        return Ok(());
    }
    let (outputs, flowing) = flow(t, &task, completion.output);
    let routes = match t.job.state {
        // What runs may end; nothing new begins.
        JobState::Cancelling => None,
        _ => match t.route(&task, input.as_ref(), &flowing) {
            Ok(routes) => Some(routes),
            Err(error) => {
                let failure = Failure::engine(FailureKind::NonRetryable, error.code, error.message);
                fail_now(t, task, end, verdicts, failure);
                return Ok(());
            }
        },
    };
    let twice = completion.emits.iter().filter(|_| seeded_bug::is(Bug::EmitTwice)).cloned().collect::<Vec<_>>();
    for emit in completion.emits.into_iter().chain(twice) {
        let message = OutboxMessage {
            sequence: t.cx.entropy.sequence(),
            account: t.job.account.clone(),
            emit,
            job: task.job,
            task: task.id,
            commit_time: t.now(),
        };
        t.facts.push(Fact::Emitted(Box::new(message)));
    }
    if let Some(routes) = routes {
        t.follow(&task, &flowing, &routes);
    }
    t.leave(task.step);
    t.end_attempt(&task, end.clone(), None);
    task.attempts += u32::from(end.late);
    t.end_task(task, TaskState::Succeeded, outputs, verdicts, None);
    Ok(())
}

fn fail_now(t: &mut Transition<'_, '_>, mut task: Task, end: AttemptEnd, verdicts: Vec<Verdict>, failure: Failure) {
    t.end_attempt(&task, end.clone(), Some(failure.clone()));
    task.attempts += u32::from(end.late);
    let input = t.loaded.input.clone();
    t.end_failed(task, verdicts, failure, input);
}

fn check_type(expected: OutputType, output: &Output) -> Result<(), Refusal> {
    let given = match output {
        Output::None => OutputType::None,
        Output::Single(_) => OutputType::Single,
        Output::Multiple(_) => OutputType::Multiple,
    };
    if given == expected {
        return Ok(());
    }
    Err(Refusal::OutputTypeMismatch(format!("the step's output is `{expected}`, the report's is `{given}`")))
}

/// Verdicts on the input, for the record, and on each output. The input was let in when the task began.
pub(crate) fn judge(
    t: &Transition<'_, '_>,
    task: &Task,
    input: Option<&Payload>,
    output: &Output,
) -> (Vec<Verdict>, Option<Failure>) {
    let node = t.graph.node(task.step);
    let mut verdicts = judge_input(t, task, input);
    if node.output_policies.is_empty() {
        return (verdicts, None);
    }
    let payloads: Vec<Option<&Payload>> = match output {
        Output::None => vec![input],
        Output::Single(product) => vec![payload_of(product)],
        Output::Multiple(items) => items.iter().map(payload_of).collect(),
    };
    for (index, payload) in payloads.into_iter().enumerate() {
        let (more, violation) =
            policy::judge(t.cx.evaluate, &node.output_policies, &format!("output {index}"), payload);
        verdicts.extend(more);
        if violation.is_some() {
            return (verdicts, violation);
        }
    }
    (verdicts, None)
}

/// Verdicts on the input, for the record.
pub(crate) fn judge_input(t: &Transition<'_, '_>, task: &Task, input: Option<&Payload>) -> Vec<Verdict> {
    policy::judge(t.cx.evaluate, &t.graph.node(task.step).input_policies, "input", input).0
}

fn payload_of(product: &Product) -> Option<&Payload> {
    match product {
        Product::New(payload) => Some(payload),
        Product::Stored(_, payload) => payload.as_ref(),
    }
}

/// Stores what is new and says what goes on: the outputs, or the input when there is none.
pub(crate) fn flow(t: &mut Transition<'_, '_>, task: &Task, output: Output) -> (Vec<ArtifactId>, Vec<Flowing>) {
    let one =
        |artifact, payload, item_path| Flowing { artifact, payload, item_path, aggregate: task.aggregate.clone() };
    match output {
        Output::None => {
            let flowing = task.input.map(|artifact| one(artifact, t.loaded.input.clone(), task.item_path.clone()));
            (Vec::new(), flowing.into_iter().collect())
        }
        Output::Single(product) => {
            let (artifact, payload) = store(t, product);
            (vec![artifact], vec![one(artifact, payload, task.item_path.clone())])
        }
        Output::Multiple(items) => {
            let mut outputs = Vec::with_capacity(items.len());
            let mut flowing = Vec::with_capacity(items.len());
            for (index, product) in items.into_iter().enumerate() {
                let (artifact, payload) = store(t, product);
                outputs.push(artifact);
                flowing.push(one(artifact, payload, task.item_path.item(index as u32)));
            }
            (outputs, flowing)
        }
    }
}

fn store(t: &mut Transition<'_, '_>, product: Product) -> (ArtifactId, Option<Payload>) {
    match product {
        Product::New(payload) => (t.store(payload.clone()), Some(payload)),
        Product::Stored(artifact, payload) => (artifact, payload),
    }
}
