//! A join fired and the store gathered what arrived: the join's task begins.

use crate::transition::Transition;
use esteira_model::{Fact, Failure, FailureKind, Payload, Task, limits};

pub(crate) fn gather(t: &mut Transition<'_, '_>, mut task: Task, arrived: Payload) {
    t.facts.push(Fact::TaskTaken(task.job, task.id));
    // The task was placed when the first output arrived; a later one may have brought a newer aggregate.
    let waiting = t.graph.node(task.step).join.and_then(|join| t.job.flow.joins[join].waiting.take());
    if let (Some(aggregate), Some(waiting)) = (&mut task.aggregate, waiting) {
        aggregate.version = waiting.aggregate_version;
    }
    let templated = !t.graph.node(task.step).step.input_template_json.is_empty();
    if !templated && arrived.bytes().len() > limits::PAYLOAD_BYTES_MAX {
        let message = format!(
            "the joined outputs take {} bytes, a payload at most {}: join less, or shape it with an input template",
            arrived.bytes().len(),
            limits::PAYLOAD_BYTES_MAX
        );
        let failure = Failure::engine(FailureKind::NonRetryable, "INPUT_TOO_LARGE", message);
        return t.end_failed(task, Vec::new(), failure, None);
    }
    if !templated {
        task.input = Some(t.store(arrived.clone()));
    }
    t.build_input(task, Some(arrived));
}
