"""A job starts, and a new task begins: its input is built and judged, then it goes where its step's kind says."""

from __future__ import annotations

from datetime import timedelta

from ..errors import Failure, FailureKind
from ..limits import PAYLOAD_BYTES_MAX
from ..outcome import Outcome
from ..packet import replace_version
from ..payload import Payload
from ..plan import RunCondition, RunFunction, RunSubPlan, RunWait
from .complete import succeed
from .fail import end_failed
from .job import Parked, Queued, StartChild, Task
from .policy import judge_input
from .ports import ExpressionError
from .transition import Newcomer, Transition


def start(t: Transition) -> None:
    """A job starts: a task for each start step."""
    # Every start step holds its token before the first begins: a native one may end at once.
    for step in t.graph.starts:
        t.enter(step)
    for step in t.graph.starts:
        task = Task(t.world.new_id(), t.job, step, input=t.job.input, aggregate=t.job.aggregate)
        build_input(t, task, t.job.input)


def begin_arrived(t: Transition) -> None:
    """Begins what arrived, and what arrives by that: native steps end as soon as they begin."""
    waiting: list[Newcomer] = []
    while True:
        # What a task brings begins before the task's siblings do: they read other outputs under the same key.
        waiting.extend(reversed(t.arrived))
        t.arrived.clear()
        if not waiting:
            return
        newcomer = waiting.pop()
        if newcomer.read:
            t.steps[newcomer.read[0]] = newcomer.read[1]
        build_input(t, newcomer.task, newcomer.task.input)


def build_input(t: Transition, task: Task, arrived: Payload | None) -> None:
    """Builds the input from the step's template, judges it, and begins the task. Its token is there already."""
    step = t.node(task).step
    payload = arrived
    if step.input_template_json:
        scope = t.scope(arrived or Payload.none(), None, task.item_path, step.config_json)
        try:
            payload = t.world.evaluate.template(step.input_template_json, scope)
        except ExpressionError as error:
            message = f"input of `{step.step_key}`: {error.message}"
            # What a join gathered is recorded when its template fails: what takes the failure is shown it.
            if task.input is None and arrived is not None and arrived.size_bytes <= PAYLOAD_BYTES_MAX:
                task.input = arrived
            return end_failed(t, task, [], Failure(FailureKind.NON_RETRYABLE, error.code, message), task.input)
        task.input = payload
    verdicts, violation = judge_input(t, task, payload)
    if violation:
        return end_failed(t, task, verdicts, violation, payload)
    _begin(t, task, payload)


def _begin(t: Transition, task: Task, payload: Payload | None) -> None:
    match t.node(task).step.run:
        case RunFunction():
            t.decision.facts.append(Queued(task))
        case RunCondition():
            pass_on(t, task, payload)
        case RunWait(pause):
            task.started = True
            due = t.world.now_micros() + pause // timedelta(microseconds=1)
            t.decision.facts.append(Parked(task, due))
        case RunSubPlan():
            task.started = True
            t.decision.follow_ups.append(StartChild(task))
            t.decision.facts.append(Parked(task))


def pass_on(t: Transition, task: Task, payload: Payload | None) -> None:
    """A native step ends as soon as it has begun or waited: what came in goes on."""
    task.started = True
    if task.input is None:
        message = "a native step has no input to pass on"
        return end_failed(t, task, [], Failure(FailureKind.PROTOCOL, "INPUT_MISSING", message), payload)
    succeed(t, task, Outcome.none(), payload, [], (task.input,))


def gather(t: Transition, task: Task, arrived: Payload) -> None:
    """A join fired and what arrived was gathered: the join's task begins."""
    join = t.node(task).join
    waiting = t.job.joins[join].waiting if join is not None else None
    if join is not None and waiting is not None:
        # The task was placed when the first output arrived; a later one may have brought a newer aggregate.
        t.job.joins[join].waiting = None
        task.aggregate = replace_version(task.aggregate, waiting.aggregate_version)
    templated = bool(t.node(task).step.input_template_json)
    if not templated and arrived.size_bytes > PAYLOAD_BYTES_MAX:
        message = (
            f"the joined outputs take {arrived.size_bytes} bytes, a payload at most {PAYLOAD_BYTES_MAX}: "
            "join less, or shape it with an input template"
        )
        return end_failed(t, task, [], Failure(FailureKind.NON_RETRYABLE, "INPUT_TOO_LARGE", message), None)
    if not templated:
        task.input = arrived
    build_input(t, task, arrived)


def due(t: Transition, task: Task) -> None:
    """The time came that a parked task waited for."""
    if isinstance(t.node(task).step.run, RunWait):
        pass_on(t, task, task.input)
    else:
        t.decision.facts.append(Queued(task))
