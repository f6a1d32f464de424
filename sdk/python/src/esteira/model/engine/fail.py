"""Attempts that do not succeed, and tasks that fail for good."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from ..errors import Failure, FailureKind
from ..json_text import quoted
from ..outcome import Verdict
from ..payload import Payload
from ..plan import RetryPolicy
from ..trace import TaskState
from .job import Parked, Task
from .policy import judge_input
from .transition import Flowing, Transition

TIMED_OUT = Failure(
    FailureKind.TIMEOUT, "EXECUTION_TIMEOUT", "the attempt took longer than the step's execution_timeout"
)


def fail(t: Transition, task: Task, failure: Failure, checkpoint: Payload | None) -> None:
    """An attempt failed: it is tried again, or the task fails."""
    task.failures += 1
    if checkpoint is not None:
        task.checkpoint = checkpoint
    pause = pause_before_retry(t.node(task).step.retry, task.failures, failure, t.world.fraction())
    if pause is None:
        end_failed(t, task, judge_input(t, task, task.input)[0], failure, task.input)
    else:
        t.decision.facts.append(Parked(task, t.world.now_micros() + pause // timedelta(microseconds=1)))


def pause_before_retry(policy: RetryPolicy, failures: int, failure: Failure, fraction: float) -> timedelta | None:
    """The pause before the next attempt, or None when there is none. `fraction` is random in 0..1."""
    retryable = failure.kind in (FailureKind.RETRYABLE, FailureKind.TIMEOUT)
    if not retryable or failures >= policy.max_attempts or failure.code in policy.non_retryable_codes:
        return None
    longest = policy.max_backoff.total_seconds()
    try:
        pause = min(policy.initial_backoff.total_seconds() * policy.multiplier ** (failures - 1), longest)
    except OverflowError:
        pause = longest
    return max(timedelta(seconds=pause * (1.0 - policy.jitter * fraction)), failure.retry_after or timedelta(0))


def end_failed(
    t: Transition, task: Task, verdicts: Sequence[Verdict], failure: Failure, payload: Payload | None
) -> None:
    """A task fails for good: a step takes the failure, or the job fails when it comes to rest."""
    node = t.node(task)
    if node.on_failure is not None:
        document = _document(node.step.step_key, task, failure, payload)
        t.arrive(task, node.on_failure, Flowing(document, task.item_path, task.aggregate), None)
        t.leave(task.step)
    else:
        # The joins that wait for this branch keep its token: they must not fire without it.
        t.job.open -= 1
        t.job.failed += 1
        if t.job.failure is None:
            message = f"step `{node.step.step_key}`: {failure.message}"
            t.job.failure = replace(failure, message=message, details=None, stack_trace="")
    t.end_task(task, TaskState.FAILED, (), verdicts, failure)


def _document(step_key: str, task: Task, failure: Failure, payload: Payload | None) -> Payload:
    """What an `on_failure_step` receives. The input stands there verbatim when it is JSON, else `null`."""
    text = (payload.as_json if payload else None) or "null"
    said = f'"kind":{quoted(str(failure.kind))},"code":{quoted(failure.code)},"message":{quoted(failure.message)}'
    about = f'"attempts":{task.attempts},"task_id":"{task.id}"'
    return Payload.json(f'{{"failure":{{"step":{quoted(step_key)},{said},{about}}},"input":{text}}}')
