"""The thread that renews leases. It has a connection of its own, so that no function can starve it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from enum import Enum

import grpc

from ..client.errors import Status
from ..client.send import Stop
from ..client.wire import duration_in, payload_out
from ..model import clock, entropy
from ..model.cancel import Cancellation, CancelReason
from ..model.payload import Payload
from ..v1 import worker_pb2
from .leases import Beat, Held, Leases, Lost, Verdict
from .limits import Limits
from .rpc import Rpc

_log = logging.getLogger("esteira.worker")


class Directive(Enum):
    """What the coordinator asks of the worker, besides what it says about single leases."""

    #: Lease no more, finish what runs, then stop.
    DRAIN = worker_pb2.WORKER_DIRECTIVE_DRAIN
    #: Register again.
    REGISTER = worker_pb2.WORKER_DIRECTIVE_REGISTER


def read_directive(number: int) -> Directive | None:
    """None for CONTINUE and for what this version does not know."""
    return next((directive for directive in Directive if directive.value == number), None)


class Heartbeats:
    """Keeps the leases of a worker. `on_directive` is called on the heartbeat thread."""

    def __init__(self, worker_id: str, rpc: Rpc, on_directive: Callable[[Directive], None]) -> None:
        self._worker_id = worker_id
        self._rpc = rpc
        self._on_directive = on_directive
        self._leases = Leases()
        self._changed = threading.Condition()
        self._stop = Stop()
        self._thread = threading.Thread(target=self._run, name="esteira-heartbeat", daemon=True)

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread and closes its connection."""
        self._stop.stop()
        with self._changed:
            self._changed.notify()
        self._rpc.link.close()

    def hold(self, token: str, ttl_seconds: float, sent: float, cancellation: Cancellation) -> None:
        """Begins to keep a lease."""
        with self._changed:
            self._leases.hold(token, ttl_seconds, sent, cancellation, entropy.fraction())
            self._changed.notify()

    def end(self, token: str) -> bool:
        """The function has ended: True when the lease is still held and a report makes sense."""
        with self._changed:
            return self._leases.end(token)

    def holds(self, token: str) -> bool:
        """Whether the lease is held as far as is known."""
        with self._changed:
            return self._leases.holds(token)

    def forget(self, token: str) -> None:
        """Stops keeping a lease."""
        with self._changed:
            self._leases.forget(token)

    def checkpoint(self, token: str, checkpoint: Payload) -> None:
        """Sends a checkpoint with the next beat, which comes soon."""
        with self._changed:
            self._leases.checkpoint(token, checkpoint, clock.monotonic())
            self._changed.notify()

    def _run(self) -> None:
        limits = Limits()
        while not self._stop.asked.is_set():
            with self._changed:
                now = clock.monotonic()
                lost = self._leases.expire(now)
                beats = self._leases.due(now, limits.leases_per_call, limits.message_bytes)
                patience = self._leases.patience(now)
                if not beats and not lost:
                    wake = self._leases.wake()
                    self._changed.wait(None if wake is None else max(0.0, wake - now))
            # Not under the lock: a cancellation calls back.
            for cancellation in lost:
                cancellation.cancel(CancelReason.LEASE_LOST)
            if beats:
                self._send(beats, patience)

    def _send(self, beats: list[Beat], patience: float) -> None:
        request = worker_pb2.HeartbeatLeasesRequest(worker_id=self._worker_id)
        for beat in beats:
            written = request.beats.add(lease_token=beat.token)
            if beat.checkpoint is not None:
                written.checkpoint.CopyFrom(payload_out(beat.checkpoint))
        try:
            answer = self._rpc.heartbeat(request, patience, self._stop)
        except Status as status:
            _log.debug("heartbeat not answered: %s", status)
            # A checkpoint that is refused must not cost the leases that travel with it.
            keep_checkpoints = status.code != grpc.StatusCode.INVALID_ARGUMENT
            if not keep_checkpoints:
                _log.warning("checkpoints refused and dropped: %s", status.message)
            with self._changed:
                self._leases.unanswered(beats, clock.monotonic(), entropy.fraction(), keep_checkpoints)
            return
        verdicts = read_verdicts(beats, list(answer.value.verdicts))
        with self._changed:
            cancelled = self._leases.answered(beats, verdicts, answer.sent, entropy.fraction())
        for cancellation, reason in cancelled:
            cancellation.cancel(reason)
        directive = read_directive(answer.value.directive)
        if directive is not None:
            self._on_directive(directive)


def read_verdicts(beats: list[Beat], verdicts: list[worker_pb2.LeaseVerdict]) -> list[Verdict]:
    """The verdict on each beat, at the beat's place; None where the coordinator said nothing that can be used."""
    by_token = {verdict.lease_token: verdict for verdict in verdicts}
    return [_read(by_token.get(beat.token)) for beat in beats]


def _read(verdict: worker_pb2.LeaseVerdict | None) -> Verdict:
    if verdict is None:
        return None
    ttl = duration_in(verdict.lease_ttl) if verdict.HasField("lease_ttl") else None
    seconds = None if ttl is None else ttl.total_seconds()
    match verdict.status:
        case worker_pb2.LEASE_STATUS_ACTIVE:
            return Held(seconds)
        case worker_pb2.LEASE_STATUS_CANCEL_REQUESTED:
            return Held(seconds, CancelReason.DRAIN if verdict.reason == "DRAIN" else CancelReason.JOB)
        case worker_pb2.LEASE_STATUS_LOST:
            return Lost()
    return None
