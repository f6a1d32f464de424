"""Asks for tasks and starts them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from ..client.errors import Status
from ..client.send import Answer, Stop
from ..client.wire import duration_out
from ..model import clock
from ..model.cancel import Cancellation
from ..model.entropy import new_id
from ..model.limits import WAIT_DEFAULT
from ..v1 import worker_pb2
from . import drain
from .attempt import Attempt
from .convert import Unreadable, lease_in
from .heartbeat import read_directive
from .outgoing import without_result
from .report import refused

if TYPE_CHECKING:
    from .dispatch import Dispatcher

_log = logging.getLogger("esteira.worker")

#: An empty answer that came sooner is followed by a pause of this length.
_EARLY_SECONDS = 0.2
_PAUSE_SECONDS = 1.0


def send(d: Dispatcher) -> None:
    """Parks a poll for all free slots, unless one is parked or a report is about to ask for them."""
    may = d.registered and not d.spooling and d.phase == drain.Phase.SERVING
    if not may or d.poll is not None or d.reporting is not None or not d.outgoing.is_empty or d.slots.free == 0:
        return
    wait_seconds = min(WAIT_DEFAULT.total_seconds(), d.limits.wait_seconds)
    request = lease_request(d, d.slots.promise_to_poll(d.limits.leases_per_call))
    request.wait.CopyFrom(duration_out(timedelta(seconds=wait_seconds)))
    pause, d.poll_pause = d.poll_pause, 0.0
    stop = d.poll = Stop()

    def work() -> Callable[[], None]:
        stop.asked.wait(pause)
        try:
            answer = d.rpc.lease(request, wait_seconds, stop)
        except Status as status:
            refusal = status
            return lambda: _on_refused(d, stop, refusal)
        return lambda: _on_polled(d, stop, answer)

    d.beside(work)


def drop(d: Dispatcher) -> None:
    """Ends the poll. A lease that is in an answer which nobody reads returns by itself."""
    if d.poll is not None:
        d.poll.stop()
        d.poll = None
        d.slots.poll_answered()


def lease_request(d: Dispatcher, leases: int) -> worker_pb2.LeaseTasksRequest:
    """A request of its own, with an id under which it can be sent again."""
    request = worker_pb2.LeaseTasksRequest(
        worker_id=d.setup.info.worker_id,
        request_id=new_id(),
        function_names=[function.name for function in d.setup.info.functions],
        queues=d.setup.queues,
        max_leases=leases,
    )
    if d.setup.lease_ttl_seconds is not None:
        request.lease_ttl.CopyFrom(duration_out(timedelta(seconds=d.setup.lease_ttl_seconds)))
    return request


def _on_polled(d: Dispatcher, stop: Stop, answer: Answer[worker_pb2.LeaseTasksResponse]) -> None:
    if d.poll is stop:
        d.poll = None
        d.slots.poll_answered()
    if not answer.value.leases and clock.monotonic() - answer.sent < _EARLY_SECONDS:
        d.poll_pause = _EARLY_SECONDS
    on_leased(d, answer.value, answer.sent)


def _on_refused(d: Dispatcher, stop: Stop, status: Status) -> None:
    from .dispatch import is_final

    if d.poll is not stop:
        return
    d.poll = None
    d.slots.poll_answered()
    if is_final(status):
        drain.fail(d, status)
    else:
        _log.warning("poll failed: %s", status)
        d.poll_pause = _PAUSE_SECONDS


def on_leased(d: Dispatcher, answer: worker_pb2.LeaseTasksResponse, sent: float) -> None:
    """Starts what was leased, and does what the coordinator asks for."""
    for lease in answer.leases:
        _start(d, lease, sent)
    directive = read_directive(answer.directive)
    if directive is not None:
        d.on_directive(directive)


def _start(d: Dispatcher, lease: worker_pb2.TaskLease, sent: float) -> None:
    token = lease.lease_token
    if token in d.running:
        return None
    if d.phase != drain.Phase.SERVING:
        return d.outgoing.push(without_result(token, release="the worker shuts down"))
    function = d.setup.functions.get(lease.function_name)
    if function is None:
        return d.outgoing.push(without_result(token, release="the worker does not have this function"))
    try:
        read = lease_in(lease)
    except Unreadable as problem:
        return d.outgoing.push(without_result(token, failing=refused("LEASE_UNREADABLE", str(problem))))
    if not d.slots.start():
        return d.outgoing.push(without_result(token, release="the worker has no free slot"))
    cancellation = Cancellation()
    d.heartbeats.hold(token, read.ttl_seconds, sent, cancellation)
    attempt = Attempt(d, function, read, cancellation)
    d.running[token] = attempt
    attempt.begin()
