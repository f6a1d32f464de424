"""The end of a worker: no more leases, finish what runs, give back the rest, deliver what waits, spool what is left."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from enum import Enum
from typing import TYPE_CHECKING

from ..client.errors import Status
from ..client.wire import duration_out
from ..model.cancel import CancelReason
from ..v1 import worker_pb2
from . import poll
from .errors import RefusedError, UndeliveredError
from .outgoing import Letter, without_result

if TYPE_CHECKING:
    from .dispatch import Dispatcher

_log = logging.getLogger("esteira.worker")

#: How long a parked poll may take to come back after the coordinator was told to end it.
_POLL_GRACE_SECONDS = 1.0
#: How long functions that were cancelled and dropped may take to come back.
_EVENT_GRACE_SECONDS = 1.0
#: How long the last reports may take to be delivered.
_DELIVERY_GRACE_SECONDS = 10.0


class Phase(Enum):
    """Where a worker stands on its way to its end."""

    #: Leases and runs.
    SERVING = "SERVING"
    #: Leases nothing; what runs may finish within the grace.
    DRAINING = "DRAINING"
    #: What runs was cancelled.
    STOPPING = "STOPPING"
    #: Nothing runs any more; reports are on their way.
    DELIVERING = "DELIVERING"
    #: Out of time.
    OVER = "OVER"


def begin(d: Dispatcher, grace_seconds: float | None) -> None:
    """Stops leasing.

    With a grace the worker decided so by itself and tells the coordinator; without one the coordinator decided, and
    will cancel what runs too long.
    """
    if d.phase not in (Phase.SERVING, Phase.DRAINING):
        return
    d.phase = Phase.DRAINING
    _log.info("worker drains: %d functions run", len(d.running))
    if grace_seconds is not None:
        d.after(grace_seconds, lambda: _end_grace(d))
    if grace_seconds is None or not d.registered:
        d.after(_POLL_GRACE_SECONDS, lambda: poll.drop(d))
        return
    d.telling = True
    request = worker_pb2.DrainWorkerRequest(
        worker_id=d.setup.info.worker_id,
        grace=duration_out(timedelta(seconds=grace_seconds)),
        reason="the worker shuts down",
    )

    def work() -> Callable[[], None]:
        try:
            d.rpc.drain(request, d.stop)
        except Status as status:
            _log.warning("drain not answered: %s", status)
        return lambda: _on_told(d)

    d.beside(work)


def fail(d: Dispatcher, status: Status) -> None:
    """The coordinator refused the worker: finish what runs, then say why."""
    _log.error("refused by the coordinator: %s", status)
    d.failure = d.failure or RefusedError(status.reason or status.code.name, status.message)
    if d.phase == Phase.SERVING:
        begin(d, None)
        d.after(d.setup.drain_grace_seconds, lambda: _end_grace(d))


def _on_told(d: Dispatcher) -> None:
    d.telling = False
    d.after(_POLL_GRACE_SECONDS, lambda: poll.drop(d))


def _end_grace(d: Dispatcher) -> None:
    poll.drop(d)
    if d.phase == Phase.DRAINING:
        d.phase = Phase.STOPPING
        for attempt in list(d.running.values()):
            attempt.cancellation.cancel(CancelReason.DRAIN)
        d.after(d.setup.cancel_grace_seconds + _EVENT_GRACE_SECONDS, lambda: _give_up(d))


def _give_up(d: Dispatcher) -> None:
    """Functions that block their thread cannot be stopped, but their tasks can be given back."""
    for token, attempt in d.running.items():
        attempt.give_up()
        d.slots.end()
        d.heartbeats.forget(token)
        d.outgoing.push(without_result(token, release="the worker shuts down"))
    d.running.clear()


def is_over(d: Dispatcher) -> bool:
    """Whether there is nothing left to wait for."""
    if d.phase in (Phase.DRAINING, Phase.STOPPING) and not d.running:
        d.phase = Phase.DELIVERING
        d.after(_DELIVERY_GRACE_SECONDS, lambda: _over(d))
    if d.phase == Phase.DELIVERING:
        return d.outgoing.is_empty and d.reporting is None and d.poll is None and not d.telling
    return d.phase == Phase.OVER


def _over(d: Dispatcher) -> None:
    d.phase = Phase.OVER


def finish(d: Dispatcher) -> None:
    """How it went: results that were not delivered go to the spool, or are counted."""
    lost = keep(d)
    if d.failure is not None:
        raise d.failure
    if lost:
        raise UndeliveredError(lost)


def keep(d: Dispatcher) -> int:
    """Writes results that were not delivered to the spool; says how many are lost."""
    undelivered = [letter for letter in d.reporting or [] if letter.kept] + d.outgoing.results()
    return sum(not _spooled(d, letter) for letter in undelivered)


def _spooled(d: Dispatcher, letter: Letter) -> bool:
    if d.setup.spool is None:
        return False
    report = letter.with_capsule().report
    request = worker_pb2.ReportTasksRequest(worker_id=d.setup.info.worker_id, reports=[report])
    try:
        path = d.setup.spool.write(request.SerializeToString())
    except OSError as error:
        _log.error("a result could not be spooled: %s", error)
        return False
    _log.warning("a result could not be delivered and is kept in %s", path)
    return True
