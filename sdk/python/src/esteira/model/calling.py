"""Calls a function: a coroutine on the event loop, a plain function in a thread, with its time measured."""

from __future__ import annotations

import asyncio
import contextvars
import queue
import threading
from collections.abc import Awaitable, Callable, Coroutine, Generator
from typing import Any, Generic, TypeVar

from . import clock
from .context import Context
from .function import Function
from .outcome import Outcome, outcome_of
from .payload import Payload

T = TypeVar("T")


class Threads:
    """Daemon threads, used again. Unlike those of `concurrent.futures` they never keep a process from ending."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._idle: list[queue.SimpleQueue[Callable[[], None]]] = []
        self._lock = threading.Lock()
        self._started = 0

    def start(self, work: Callable[[], None]) -> None:
        """Runs the work in a thread of its own; it must not raise."""
        with self._lock:
            if self._idle:
                self._idle.pop().put(work)
                return
            self._started += 1
            number = self._started
        inbox: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        inbox.put(work)
        threading.Thread(target=self._run, args=(inbox,), name=f"{self._name}-{number}", daemon=True).start()

    def _run(self, inbox: queue.SimpleQueue[Callable[[], None]]) -> None:
        while True:
            inbox.get()()
            with self._lock:
                self._idle.append(inbox)

    async def call(self, work: Callable[[], T]) -> T:
        """Runs the work in a thread and waits for it; a wait that is cancelled leaves the thread to itself."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()

        def settle(result: T | None, error: BaseException | None) -> None:
            if done.done():
                return
            if error is None:
                done.set_result(result)  # type: ignore[arg-type]
            else:
                done.set_exception(error)

        def run() -> None:
            result, error = None, None
            try:
                result = work()
            except BaseException as raised:
                # A future cannot hold this one.
                error = RuntimeError(str(raised)) if isinstance(raised, StopIteration) else raised
            if not loop.is_closed():
                loop.call_soon_threadsafe(settle, result, error)

        self.start(run)
        return await done


class Measured(Generic[T]):
    """Awaits a coroutine and adds up the processor time of its own steps."""

    def __init__(self, coroutine: Coroutine[Any, Any, T]) -> None:
        self._coroutine = coroutine
        #: Seconds so far.
        self.cpu_seconds = 0.0

    def __await__(self) -> Generator[Any, Any, T]:
        sent: Any = None
        raised: BaseException | None = None
        while True:
            begun = clock.thread_cpu()
            try:
                waits_for = self._coroutine.send(sent) if raised is None else self._coroutine.throw(raised)
            except StopIteration as ended:
                result: T = ended.value
                return result
            finally:
                self.cpu_seconds += clock.thread_cpu() - begun
            sent, raised = None, None
            try:
                sent = yield waits_for
            except BaseException as error:
                raised = error


def call_plain(function: Function, cx: Context, payload: Payload) -> Outcome:
    """Calls a plain function on this thread."""
    # The function may change context variables of its own without being seen by others.
    returned = contextvars.copy_context().run(function.execute, cx, payload)
    if isinstance(returned, Coroutine):
        returned.close()
        raise TypeError(f"the plain function {function.spec.name!r} returned a coroutine: declare it with `async def`")
    return outcome_of(returned)


async def call_coroutine(function: Function, cx: Context, payload: Payload) -> Outcome:
    """Awaits a coroutine function on this loop."""
    returned = function.execute(cx, payload)
    return outcome_of(await returned if isinstance(returned, Awaitable) else returned)
