"""Cooperative cancellation: a flag with a reason that threads and coroutines can wait for."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

from .text_enum import TextEnum


class CancelReason(TextEnum):
    """Why a function should stop."""

    #: The job is cancelled or terminated.
    JOB = "JOB"
    #: Another worker may run the task now; whatever this one returns is dropped.
    LEASE_LOST = "LEASE_LOST"
    #: The worker shuts down and its grace is over.
    DRAIN = "DRAIN"
    #: The step's execution time-out passed.
    TIMEOUT = "TIMEOUT"


class Cancellation:
    """A cancellation that one side sets and the other observes, from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._set = threading.Event()
        self._reason: CancelReason | None = None
        self._callbacks: list[Callable[[CancelReason], None]] = []

    def cancel(self, reason: CancelReason) -> None:
        """Sets it. The first reason stays."""
        with self._lock:
            if self._reason is not None:
                return
            self._reason = reason
            callbacks, self._callbacks = self._callbacks, []
        self._set.set()
        for callback in callbacks:
            callback(reason)

    @property
    def reason(self) -> CancelReason | None:
        """Why it was set, if it was."""
        return self._reason

    def on_cancel(self, callback: Callable[[CancelReason], None]) -> None:
        """Calls back when it is set, on the thread that sets it; at once when it is set already."""
        with self._lock:
            if self._reason is None:
                self._callbacks.append(callback)
                return
        callback(self._reason)

    def wait(self, timeout_seconds: float | None = None) -> CancelReason | None:
        """Blocks this thread until it is set or the time is over; says why it was set."""
        self._set.wait(timeout_seconds)
        return self._reason

    async def cancelled(self) -> CancelReason:
        """Completes when it is set."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[CancelReason] = loop.create_future()

        def settle(reason: CancelReason) -> None:
            if not done.done():
                done.set_result(reason)

        def wake(reason: CancelReason) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(settle, reason)

        self.on_cancel(wake)
        try:
            return await done
        finally:
            with self._lock:
                if wake in self._callbacks:
                    self._callbacks.remove(wake)
