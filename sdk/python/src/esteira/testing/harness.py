"""The harness and what it hears."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from ..model import clock
from ..model.calling import call_coroutine, call_plain
from ..model.cancel import Cancellation, CancelReason
from ..model.context import Context, Invocation, Level
from ..model.errors import Failure, failure_of
from ..model.function import Function
from ..model.limits import FAN_OUT_ITEMS_MAX, PAYLOAD_BYTES_MAX
from ..model.outcome import Outcome
from ..model.packet import Actor, AggregateRef, Emit
from ..model.payload import Payload


@dataclass
class Execution:
    """What became of one execution."""

    #: What the function returned, checked as a worker would; None when it failed.
    outcome: Outcome | None = None
    #: Why it failed: what would be reported. An exception is `UNHANDLED`, an output of another type or size is refused.
    failure: Failure | None = None
    #: The exception itself.
    error: BaseException | None = None
    #: Messages that would be committed with a success, in order.
    emits: list[Emit] = field(default_factory=list)
    #: All checkpoints, in order.
    checkpoints: list[Payload] = field(default_factory=list)
    #: All log lines, in order.
    logs: list[tuple[Level, str]] = field(default_factory=list)

    @property
    def payloads(self) -> list[Payload]:
        """The payloads that the function produced; none when it failed."""
        return list(self.outcome.payloads) if self.outcome else []


class Harness:
    """What the function is told. Each run is an attempt of its own.

    As it stands: a first attempt of an unnamed step, with no configuration, aggregate or time limit.
    """

    def __init__(self) -> None:
        self._invocation = Invocation()
        self._remaining: timedelta | None = None
        self._cancellation = Cancellation()

    def config(self, json_text: str) -> Harness:
        """Sets the step's configuration."""
        return self.set(config_json=json_text)

    def attempt(self, attempt: int) -> Harness:
        """Sets the attempt and, with it, the fence."""
        return self.set(attempt=attempt, fence=attempt)

    def last_checkpoint(self, checkpoint: Payload) -> Harness:
        """Sets what an earlier attempt saved."""
        return self.set(last_checkpoint=checkpoint)

    def operator(self, actor: Actor) -> Harness:
        """Sets on whose behalf the job runs."""
        return self.set(actor=actor)

    def aggregate(self, aggregate: AggregateRef) -> Harness:
        """Sets the aggregate to move."""
        return self.set(aggregate=aggregate)

    def headers(self, headers: Mapping[str, str]) -> Harness:
        """Sets the job's headers."""
        return self.set(headers=dict(headers))

    def remaining(self, remaining: timedelta) -> Harness:
        """Sets what is left of the execution time-out when the function begins. Nothing ends it when it is over."""
        self._remaining = remaining
        return self

    def set(self, **fields: Any) -> Harness:
        """Sets any other fields of :class:`esteira.model.Invocation` by name."""
        self._invocation = replace(self._invocation, **fields)
        return self

    def cancel(self, reason: CancelReason) -> None:
        """Cancels the function: before it begins, or from another thread while it runs."""
        self._cancellation.cancel(reason)

    async def run(self, function: Function, payload: Payload) -> Execution:
        """Runs the function once; a plain function on this thread."""
        cx, execution = self._begin(function)
        try:
            called = call_coroutine(function, cx, payload) if function.is_coroutine else None
            outcome = call_plain(function, cx, payload) if called is None else await called
            _settle(execution, function, outcome)
        except Exception as error:
            _fail(execution, function, error)
        execution.emits = cx.take_said().emits
        return execution

    def run_blocking(self, function: Function, payload: Payload) -> Execution:
        """Runs the function once on this thread."""
        return asyncio.run(self.run(function, payload))

    def _begin(self, function: Function) -> tuple[Context, Execution]:
        spec = function.spec
        deadline = None if self._remaining is None else clock.monotonic() + self._remaining.total_seconds()
        invocation = replace(self._invocation, output_type=spec.output_type, function_name=spec.name, deadline=deadline)
        execution = Execution()
        return Context(invocation, self._cancellation, _Record(execution)), execution


class _Record:
    def __init__(self, execution: Execution) -> None:
        self._execution = execution

    def log(self, invocation: Invocation, level: Level, message: str) -> None:
        self._execution.logs.append((level, message))

    def checkpoint(self, invocation: Invocation, checkpoint: Payload) -> None:
        self._execution.checkpoints.append(checkpoint)


def _settle(execution: Execution, function: Function, outcome: Outcome) -> None:
    execution.outcome = outcome.checked(function.spec.output_type, PAYLOAD_BYTES_MAX, FAN_OUT_ITEMS_MAX)


def _fail(execution: Execution, function: Function, error: Exception) -> None:
    execution.error = error
    execution.failure = failure_of(error, function.spec.name)
