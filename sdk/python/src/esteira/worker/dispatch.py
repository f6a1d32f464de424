"""The loop of a worker: one thread owns all its state; requests and functions run beside it and come back as steps."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import logging
import queue
from collections.abc import Callable
from dataclasses import dataclass

import grpc

from ..client.errors import Status
from ..client.send import Answer, Stop
from ..model import clock
from ..model.calling import Threads
from ..model.function import Function
from ..v1 import worker_pb2
from . import drain, poll, settle
from .attempt import Attempt
from .errors import WorkerError
from .heartbeat import Directive, Heartbeats
from .limits import Limits, limits_of
from .outgoing import Letter, Outgoing
from .rpc import Rpc
from .slots import Slots
from .spool import Spool

_log = logging.getLogger("esteira.worker")

#: Pause after an answer that a worker cannot make sense of, before it asks anew.
PAUSE_SECONDS = 1.0
#: Until what the spool keeps is tried again.
_SPOOL_PAUSE_SECONDS = 30.0


@dataclass(frozen=True)
class Setup:
    """What a worker is made of, checked."""

    info: worker_pb2.WorkerInfo
    functions: dict[str, Function]
    slots: int
    queues: tuple[str, ...]
    lease_ttl_seconds: float | None
    drain_grace_seconds: float
    cancel_grace_seconds: float
    spool: Spool | None


class Dispatcher:
    """All state of a worker that runs. `post` may be called from any thread, and from signal handlers."""

    def __init__(self, setup: Setup, rpc: Rpc, loop: asyncio.AbstractEventLoop) -> None:
        self.setup = setup
        self.rpc = rpc
        self.loop = loop
        self.stop = Stop()
        self.threads = Threads("esteira-worker")
        self.heartbeats = Heartbeats(
            setup.info.worker_id, rpc.apart(), lambda directive: self.post(lambda: self.on_directive(directive))
        )
        self.limits = Limits()
        self.registered = False
        self.slots = Slots(setup.slots)
        self.running: dict[str, Attempt] = {}
        self.outgoing = Outgoing()
        #: Ends the poll that is parked; at most one is.
        self.poll: Stop | None = None
        #: The letters in the report call that is under way; at most one is.
        self.reporting: list[Letter] | None = None
        #: What the spool keeps is being sent, ahead of the first poll.
        self.spooling = setup.spool is not None
        self.poll_pause = 0.0
        self.report_pause = 0.0
        #: Report calls in a row that failed without saying why.
        self.unsure = 0
        self.phase = drain.Phase.SERVING
        #: The coordinator is being told of the drain.
        self.telling = False
        #: Why the worker stops by itself.
        self.failure: WorkerError | None = None
        self._steps: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._timers: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()

    # --- the loop ----------------------------------------------------------------------------------------

    def post(self, step: Callable[[], None]) -> None:
        """Runs a step on the dispatcher's thread."""
        self._steps.put(step)

    def after(self, seconds: float, step: Callable[[], None]) -> None:
        """Runs a step on the dispatcher's thread after a while; called on that thread."""
        heapq.heappush(self._timers, (clock.monotonic() + seconds, next(self._numbers), step))

    def shutdown(self) -> None:
        """Begins the end: finish what runs within the grace, give back the rest."""
        self.post(lambda: drain.begin(self, self.setup.drain_grace_seconds))

    def run(self) -> None:
        """Until the worker is drained; raises :class:`WorkerError`."""
        self.heartbeats.start()
        try:
            self._register()
            while not drain.is_over(self):
                self._send_reports()
                poll.send(self)
                self._next_step()()
        except BaseException:
            # A fault of the SDK: what was finished is kept all the same.
            drain.keep(self)
            raise
        finally:
            self.stop.stop()
            if self.poll is not None:
                self.poll.stop()
            self.heartbeats.stop()
            self.rpc.link.close()
        drain.finish(self)

    def _next_step(self) -> Callable[[], None]:
        while True:
            pause = self._timers[0][0] - clock.monotonic() if self._timers else None
            if pause is not None and pause <= 0:
                return heapq.heappop(self._timers)[2]
            try:
                return self._steps.get(timeout=pause)
            except queue.Empty:
                continue

    def beside(self, work: Callable[[], Callable[[], None]]) -> None:
        """Runs work in a thread; what it answers runs here."""
        self.threads.start(lambda: self.post(work()))

    # --- register ----------------------------------------------------------------------------------------

    def on_directive(self, directive: Directive) -> None:
        """What the coordinator asks for. Registering ends a drain, so a worker that drains does not."""
        if self.phase != drain.Phase.SERVING:
            return
        if directive == Directive.DRAIN:
            drain.begin(self, None)
        else:
            self._register()

    def _register(self) -> None:
        request = worker_pb2.RegisterWorkerRequest(worker=self.setup.info, min_protocol=1, max_protocol=1)

        def work() -> Callable[[], None]:
            try:
                answer = self.rpc.register(request, self.stop)
            except Status as status:
                refusal = status
                return lambda: self._on_not_registered(refusal)
            return lambda: self._on_registered(answer)

        self.beside(work)

    def _on_registered(self, answer: Answer[worker_pb2.RegisterWorkerResponse]) -> None:
        self.limits = limits_of(answer.value.limits)
        first = not self.registered
        self.registered = True
        if first:
            self._send_spool()

    def _on_not_registered(self, status: Status) -> None:
        if is_final(status):
            drain.fail(self, status)
        elif not self.stop.asked.is_set():
            _log.warning("registration failed: %s", status)
            self.after(PAUSE_SECONDS, self._register)

    # --- the spool ---------------------------------------------------------------------------------------

    def _send_spool(self) -> None:
        spool = self.setup.spool
        if spool is None or self.phase != drain.Phase.SERVING:
            return

        def work() -> Callable[[], None]:
            left = 1
            try:
                left = spool.send(self.rpc, self.stop)
            except OSError as error:
                _log.error("the spool cannot be read: %s", error)
            return lambda: self._on_spool_sent(left)

        self.beside(work)

    def _on_spool_sent(self, left: int) -> None:
        self.spooling = False
        if left:
            self.after(_SPOOL_PAUSE_SECONDS, self._send_spool)

    # --- reports -----------------------------------------------------------------------------------------

    def on_ended(self, token: str, report: worker_pb2.TaskReport | None) -> None:
        """An attempt ended; without a report when its lease was lost."""
        # Not there: given up while it ended.
        attempt = self.running.pop(token, None)
        if attempt is None:
            return
        self.slots.end()
        if report is None:
            self.heartbeats.forget(token)
        else:
            self.outgoing.push(Letter(report, attempt.capsule))

    def _send_reports(self) -> None:
        """Sends what waits, and asks for tasks for the slots that are free, all in one call."""
        if self.reporting is not None or self.outgoing.is_empty:
            return
        letters = self.outgoing.take(self.limits, lambda letter: not letter.kept or self.heartbeats.holds(letter.token))
        if not letters:
            return
        request = worker_pb2.ReportTasksRequest(
            worker_id=self.setup.info.worker_id, reports=[letter.report for letter in letters]
        )
        if self.phase == drain.Phase.SERVING and not self.spooling:
            leases = self.slots.promise_to_report(self.limits.leases_per_call)
            if leases:
                request.lease.CopyFrom(poll.lease_request(self, leases))
        self.reporting = letters
        # Serialized once: what is sent again is the same bytes (INV-REPLAY).
        data = request.SerializeToString()
        pause, self.report_pause = self.report_pause, 0.0

        def work() -> Callable[[], None]:
            self.stop.asked.wait(pause)
            try:
                answer = self.rpc.report(data, self.stop)
            except Status as status:
                refusal = status
                return lambda: self._on_report_refused(letters, refusal)
            return lambda: self._on_reported(letters, answer)

        self.beside(work)

    def _on_reported(self, letters: list[Letter], answer: Answer[worker_pb2.ReportTasksResponse]) -> None:
        self.reporting = None
        self.slots.report_answered()
        self.unsure = 0
        settle.settle(self, letters, list(answer.value.outcomes))
        if answer.value.HasField("lease"):
            poll.on_leased(self, answer.value.lease, answer.sent)

    def _on_report_refused(self, letters: list[Letter], status: Status) -> None:
        self.reporting = None
        self.slots.report_answered()
        settle.on_refused(self, letters, status)


def is_final(status: Status) -> bool:
    """Whether asking again, now or later, cannot help."""
    if status.code == grpc.StatusCode.FAILED_PRECONDITION:
        return status.reason != "REQUEST_ID_REUSED"
    return status.code in (
        grpc.StatusCode.UNAUTHENTICATED,
        grpc.StatusCode.PERMISSION_DENIED,
        grpc.StatusCode.UNIMPLEMENTED,
        grpc.StatusCode.INVALID_ARGUMENT,
        grpc.StatusCode.NOT_FOUND,
    )
