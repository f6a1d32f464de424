"""What a function knows about the attempt that it runs in, and what it can say besides its result."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import IntEnum
from typing import Any, Protocol, TypeVar, overload

from . import clock, typed
from .cancel import Cancellation, CancelReason
from .packet import Actor, AggregateRef, Emit
from .payload import Payload
from .plan import OutputType

T = TypeVar("T")
_NOBODY = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True)
class Invocation:
    """Everything that is fixed about one attempt.

    The worker fills it from the lease, the runner and the harness from what they know. As it stands: attempt 1 of a
    step `step` of an unnamed job, without configuration, aggregate or time limit.
    """

    #: The job's id.
    job: str = _NOBODY
    #: The task's id.
    task: str = _NOBODY
    #: Key of the step in its plan.
    step_key: str = "step"
    #: Name under which the function was called.
    function_name: str = "function"
    #: Counts from 1.
    attempt: int = 1
    #: Rises with every grant; hand it to stores that can refuse an older writer.
    fence: int = 1
    #: The same in all attempts of the task; hand it to outside services.
    idempotency_key: str = ""
    #: On whose behalf the job runs.
    actor: Actor = Actor()
    #: The aggregate to move, if the plan moves one.
    aggregate: AggregateRef | None = None
    #: Headers of the job; W3C `traceparent` travels here.
    headers: Mapping[str, str] = field(default_factory=dict)
    #: The step's configuration as JSON text, or "".
    config_json: str = ""
    #: What the step expects.
    output_type: OutputType = OutputType.SINGLE
    #: When the execution time-out passes, by the monotonic clock in seconds, if the step has one.
    deadline: float | None = None
    #: What an earlier attempt saved.
    last_checkpoint: Payload | None = None


class Level(IntEnum):
    """How important a log line is; the numbers are those of `logging`."""

    #: For the author.
    DEBUG = 10
    #: For the operator who looks at this job.
    INFO = 20
    #: Something is odd.
    WARN = 30
    #: A person must look.
    ERROR = 40


class Observer(Protocol):
    """Sees at once what a function says while it runs; a worker logs it, the harness records it."""

    def log(self, invocation: Invocation, level: Level, message: str) -> None:
        """The function logged a line."""

    def checkpoint(self, invocation: Invocation, checkpoint: Payload) -> None:
        """The function saved a checkpoint."""


class Unheard:
    """An observer that ignores everything."""

    def log(self, invocation: Invocation, level: Level, message: str) -> None:
        """Ignores the line."""

    def checkpoint(self, invocation: Invocation, checkpoint: Payload) -> None:
        """Ignores the checkpoint."""


@dataclass
class Said:
    """What a function said while it ran, apart from its result."""

    #: Messages to commit with the completion, in order.
    emits: list[Emit] = field(default_factory=list)
    #: The newest checkpoint of this attempt.
    checkpoint: Payload | None = None


class Context:
    """The attempt that a function runs in. May be used from any thread."""

    def __init__(
        self,
        invocation: Invocation | None = None,
        cancellation: Cancellation | None = None,
        observer: Observer | None = None,
    ) -> None:
        self._invocation = invocation or Invocation()
        self._cancellation = cancellation or Cancellation()
        self._observer: Observer = observer or Unheard()
        self._said = Said()
        self._lock = threading.Lock()

    @property
    def invocation(self) -> Invocation:
        """Everything that is fixed about the attempt."""
        return self._invocation

    @property
    def job(self) -> str:
        """The job's id."""
        return self._invocation.job

    @property
    def task(self) -> str:
        """The task's id."""
        return self._invocation.task

    @property
    def step_key(self) -> str:
        """Key of the step in its plan."""
        return self._invocation.step_key

    @property
    def attempt(self) -> int:
        """The attempt; counts from 1."""
        return self._invocation.attempt

    @property
    def fence(self) -> int:
        """Rises with every grant; hand it to stores that can refuse an older writer."""
        return self._invocation.fence

    @property
    def idempotency_key(self) -> str:
        """The same in all attempts of the task; hand it to outside services."""
        return self._invocation.idempotency_key

    @property
    def operator(self) -> Actor:
        """On whose behalf the job runs."""
        return self._invocation.actor

    @property
    def account(self) -> str:
        """The account that the job belongs to."""
        return self._invocation.actor.account_id

    @property
    def aggregate(self) -> AggregateRef | None:
        """The aggregate to move, if the plan moves one."""
        return self._invocation.aggregate

    @property
    def headers(self) -> Mapping[str, str]:
        """Headers of the job."""
        return self._invocation.headers

    @property
    def config_json(self) -> str:
        """The step's configuration as JSON text, or ""."""
        return self._invocation.config_json

    @overload
    def config(self) -> Any: ...
    @overload
    def config(self, as_type: type[T]) -> T: ...
    def config(self, as_type: Any = None) -> Any:
        """The configuration; `CONFIG_INVALID` and not retryable when it has another type. Absent, it reads as `{}`."""
        return typed.decode_config(self._invocation.config_json, as_type)

    @property
    def output_type(self) -> OutputType:
        """What the step expects."""
        return self._invocation.output_type

    @property
    def remaining(self) -> timedelta | None:
        """What is left of the execution time-out; None when the step has none."""
        deadline = self._invocation.deadline
        return None if deadline is None else timedelta(seconds=max(0.0, deadline - clock.monotonic()))

    @property
    def last_checkpoint(self) -> Payload | None:
        """What an earlier attempt saved."""
        return self._invocation.last_checkpoint

    @property
    def is_cancelled(self) -> bool:
        """Whether the function should stop."""
        return self._cancellation.reason is not None

    @property
    def cancel_reason(self) -> CancelReason | None:
        """Why the function should stop, if it should."""
        return self._cancellation.reason

    async def cancelled(self) -> CancelReason:
        """Completes when the function should stop; for coroutines."""
        return await self._cancellation.cancelled()

    def wait_cancelled(self, timeout: timedelta | None = None) -> CancelReason | None:
        """Blocks until the function should stop, or the time is over; for plain functions, in place of `time.sleep`."""
        return self._cancellation.wait(None if timeout is None else timeout.total_seconds())

    def checkpoint(self, checkpoint: Payload) -> None:
        """Saves progress for the next attempt; the newest one counts. It travels with the next heartbeat or report."""
        if not isinstance(checkpoint, Payload):
            raise TypeError(f"a checkpoint is a Payload, not {type(checkpoint).__name__}")
        # Here, where the author sees it: a text that is no Unicode has no bytes.
        _ = checkpoint.data
        self._observer.checkpoint(self._invocation, checkpoint)
        with self._lock:
            self._said.checkpoint = checkpoint

    def emit(self, topic: str, key: str, payload: Payload, headers: Mapping[str, str] | None = None) -> None:
        """Emits a message: it is committed to the outbox together with the completion, or not at all."""
        if not (isinstance(topic, str) and isinstance(key, str) and isinstance(payload, Payload)):
            raise TypeError("a message has a topic and a key of text, and a Payload")
        emit = Emit(topic, key, payload, dict(headers or {}))
        with self._lock:
            self._said.emits.append(emit)

    def log(self, level: Level, message: str) -> None:
        """Logs a line with the attempt's ids."""
        self._observer.log(self._invocation, level, message)

    def take_said(self) -> Said:
        """Takes what the function said, for whoever called it."""
        with self._lock:
            said, self._said = self._said, Said()
        return said
