"""One execution of one function under one lease."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ..client.errors import Status
from ..client.wire import duration_out
from ..model import clock
from ..model.calling import Measured, call_coroutine, call_plain
from ..model.cancel import Cancellation, CancelReason
from ..model.context import Context, Invocation, Level
from ..model.function import Function
from ..model.payload import Payload
from ..v1 import types_pb2, worker_pb2
from .convert import Lease
from .report import Abandoned, Append, Ending, Report, decide, refused
from .usage import peak_rss_bytes

if TYPE_CHECKING:
    from .dispatch import Dispatcher

_log = logging.getLogger("esteira.worker")


class Attempt:
    """Runs the function and hands over what to report. The lease must be kept already.

    All methods but those that run the function are called on the dispatcher's thread.
    """

    def __init__(self, dispatcher: Dispatcher, function: Function, lease: Lease, cancellation: Cancellation) -> None:
        self._dispatcher = dispatcher
        self._function = function
        self._lease = lease
        self.cancellation = cancellation
        self.capsule = lease.capsule
        self._begun = clock.monotonic()
        self._start_time = clock.wall()
        timeout = lease.timeout_seconds
        deadline = None if timeout is None else self._begun + timeout
        self._cx = Context(replace(lease.invocation, deadline=deadline), cancellation, _Voice(dispatcher, lease.token))
        self._task: asyncio.Task[None] | None = None
        self._ended = False

    def begin(self) -> None:
        """Starts the function: a coroutine on the loop, a plain function in a thread."""
        self.cancellation.on_cancel(lambda _: self._dispatcher.post(self._on_cancel))
        if self._lease.timeout_seconds is not None:
            timed_out = self._lease.timeout_seconds
            self._dispatcher.after(timed_out, lambda: self.cancellation.cancel(CancelReason.TIMEOUT))
        if self._function.is_coroutine:
            self._dispatcher.loop.call_soon_threadsafe(self._start_coroutine)
        else:
            self._dispatcher.threads.start(self._run_plain)

    def give_up(self) -> None:
        """Whatever comes of it is ignored from here on; a coroutine is cancelled as well."""
        self._ended = True
        loop = self._dispatcher.loop
        if self._function.is_coroutine and not loop.is_closed():
            loop.call_soon_threadsafe(self._cancel_task)

    def _start_coroutine(self) -> None:
        self._task = self._dispatcher.loop.create_task(self._run_coroutine())

    def _cancel_task(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def _run_coroutine(self) -> None:
        measured = Measured(call_coroutine(self._function, self._cx, self._lease.payload))
        ending: Ending
        try:
            ending = await measured
        except BaseException as error:
            ending = error
        self._post_end(ending, measured.cpu_seconds)

    def _run_plain(self) -> None:
        before = clock.thread_cpu()
        ending: Ending
        try:
            ending = call_plain(self._function, self._cx, self._lease.payload)
        except BaseException as error:
            ending = error
        self._post_end(ending, clock.thread_cpu() - before)

    def _post_end(self, ending: Ending, cpu_seconds: float) -> None:
        usage = self._usage(cpu_seconds)
        self._dispatcher.post(lambda: self._end(ending, usage))

    def _usage(self, cpu_seconds: float) -> dict[str, Any]:
        usage = types_pb2.ResourceUsage(
            cpu_time=duration_out(timedelta(seconds=cpu_seconds)),
            wall_time=duration_out(timedelta(seconds=clock.monotonic() - self._begun)),
            peak_rss_bytes=peak_rss_bytes(),
        )
        return {"usage": usage, "start_time": self._start_time, "end_time": clock.wall()}

    def _on_cancel(self) -> None:
        if not self._ended:
            self._dispatcher.after(self._dispatcher.setup.cancel_grace_seconds, self._abandon)

    def _abandon(self) -> None:
        if not self._ended:
            usage = self._usage(0.0)
            self._end(Abandoned(), usage)
            self.give_up()

    def _end(self, ending: Ending, measured: dict[str, Any]) -> None:
        if self._ended:
            return None
        self._ended = True
        token = self._lease.token
        if not self._dispatcher.heartbeats.end(token):
            return self._dispatcher.on_ended(token, None)
        reason = self.cancellation.reason
        report = decide(ending, self._cx.take_said(), self._cx.invocation, reason, self._dispatcher.limits)
        written = worker_pb2.TaskReport(lease_token=token, **measured)
        if isinstance(report, Append):
            self._dispatcher.threads.start(lambda: self._append(report, written))
            return None
        self._dispatcher.on_ended(token, _filled(written, report))

    def _append(self, append: Append, report: worker_pb2.TaskReport) -> None:
        """Hands in the items of a large MULTIPLE output, chunk by chunk, ahead of the report."""
        token = self._lease.token
        outcome: Report = append.completion
        rpc, stop = self._dispatcher.rpc, self._dispatcher.stop
        try:
            for index, items in enumerate(append.chunks):
                rpc.append(worker_pb2.AppendOutputsRequest(lease_token=token, chunk_index=index, items=items), stop)
        except Status as status:
            if status.reason == "LEASE_LOST" or stop.asked.is_set():
                return self._dispatcher.post(lambda: self._dispatcher.on_ended(token, None))
            outcome = refused(status.reason, status.message)
        filled = _filled(report, outcome)
        self._dispatcher.post(lambda: self._dispatcher.on_ended(token, filled))


def _filled(report: worker_pb2.TaskReport, outcome: Report) -> worker_pb2.TaskReport:
    match outcome:
        case worker_pb2.Completion():
            report.completed.CopyFrom(outcome)
        case worker_pb2.Failing():
            report.failed.CopyFrom(outcome)
        case worker_pb2.Release():
            report.released.CopyFrom(outcome)
    return report


class _Voice:
    """Carries what a function says while it runs."""

    def __init__(self, dispatcher: Dispatcher, token: str) -> None:
        self._dispatcher = dispatcher
        self._token = token

    def log(self, invocation: Invocation, level: Level, message: str) -> None:
        ids = {
            "job": invocation.job,
            "task": invocation.task,
            "step": invocation.step_key,
            "attempt": invocation.attempt,
        }
        _log.log(int(level), message, extra=ids)

    def checkpoint(self, invocation: Invocation, checkpoint: Payload) -> None:
        if checkpoint.size_bytes <= self._dispatcher.limits.payload_bytes:
            self._dispatcher.heartbeats.checkpoint(self._token, checkpoint)
        else:
            size = checkpoint.size_bytes
            _log.warning("a checkpoint of %d bytes is too large and was dropped: task %s", size, invocation.task)
