"""A task succeeds: its outputs are judged and go on. Also the end of a child job."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..context import Said
from ..errors import Failure, FailureKind
from ..outcome import Outcome, Verdict
from ..packet import Emit
from ..payload import Payload
from ..plan import OutputType
from ..trace import JobState, TaskState
from .fail import end_failed
from .job import Emitted, Job, Task
from .policy import judge_end, judge_input
from .ports import ExpressionError
from .transition import Flowing, Transition


def complete(t: Transition, task: Task, outcome: Outcome, said: Said) -> None:
    """A function succeeded."""
    if outcome.aggregate_after is not None:
        task.aggregate = outcome.aggregate_after
    succeed(t, task, outcome, task.input, outcome.verdicts, outcome.payloads, said.emits)


def succeed(
    t: Transition,
    task: Task,
    outcome: Outcome,
    payload: Payload | None,
    own_verdicts: Sequence[Verdict],
    outputs: Sequence[Payload],
    emits: Sequence[Emit] = (),
) -> None:
    """Judges, routes and records a success; a violation or a condition without a value makes it a failure."""
    verdicts = list(own_verdicts)
    judged, violation = judge_end(t, task, payload, outcome)
    verdicts += judged
    if violation:
        return end_failed(t, task, verdicts, violation, payload)
    flowing = _flow(task, outcome, payload)
    try:
        routes = t.route(task, payload or Payload.none(), flowing)
    except ExpressionError as error:
        failure = Failure(FailureKind.NON_RETRYABLE, error.code, error.message)
        return end_failed(t, task, verdicts, failure, payload)
    t.decision.facts.extend(Emitted(_with_key(emit, task)) for emit in emits)
    t.follow(task, flowing, routes)
    t.leave(task.step)
    t.end_task(task, TaskState.SUCCEEDED, outputs, verdicts)


def _flow(task: Task, outcome: Outcome, payload: Payload | None) -> list[Flowing]:
    """What goes on: the outputs, or the input when there is none."""
    match outcome.output_type:
        case OutputType.NONE:
            return [] if payload is None else [Flowing(payload, task.item_path, task.aggregate)]
        case OutputType.SINGLE:
            return [Flowing(outcome.payloads[0], task.item_path, task.aggregate)]
        case OutputType.MULTIPLE:
            numbered = enumerate(outcome.payloads)
            return [Flowing(item, (*task.item_path, index), task.aggregate) for index, item in numbered]


def _with_key(emit: Emit, task: Task) -> Emit:
    """A message without a key keeps its order with the others about the same aggregate, or of the same job."""
    if emit.key:
        return emit
    key = f"{task.aggregate.kind}/{task.aggregate.id}" if task.aggregate else task.job.id
    return replace(emit, key=key)


def child_ended(t: Transition, task: Task, child: Job, results: list[Payload]) -> None:
    """A child job ended: the parent's task ends with its results or its failure."""
    if child.state != JobState.SUCCEEDED:
        stopped = Failure(FailureKind.CANCELLED, "CHILD_STOPPED", f"the child job ended as {child.state}")
        failure = child.failure or stopped
        failure = replace(failure, kind=FailureKind.NON_RETRYABLE, message=f"sub-plan: {failure.message}")
        return end_failed(t, task, judge_input(t, task, task.input)[0], failure, task.input)
    match t.node(task).step.output_type:
        case OutputType.NONE:
            outcome = Outcome.none()
        case OutputType.MULTIPLE:
            outcome = Outcome.many(results)
        case OutputType.SINGLE if len(results) == 1:
            outcome = Outcome.one(results[0])
        case _:
            message = f"the step's output is `single`, the sub-plan has {len(results)} results"
            failure = Failure(FailureKind.NON_RETRYABLE, "SUB_PLAN_RESULT_COUNT", message)
            return end_failed(t, task, judge_input(t, task, task.input)[0], failure, task.input)
    succeed(t, task, outcome, task.input, [], outcome.payloads)
