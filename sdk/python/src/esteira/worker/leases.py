"""The leases that the worker holds, and when each must be renewed.

INV-FENCE: the clock only says when to stop, never who may report. No I/O: the heartbeat thread asks and obeys.
All times are seconds of the monotonic clock.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..model.cancel import Cancellation, CancelReason
from ..model.payload import Payload

#: A checkpoint is sent at once, but not more often than this.
_CHECKPOINT_PAUSE_SECONDS = 1.0


@dataclass
class _Held:
    ttl: float
    #: Without a good beat until then, the lease counts as lost.
    expires: float
    next_beat: float
    last_beat: float
    cancellation: Cancellation
    #: Saved by the function and not sent yet.
    checkpoint: Payload | None = None
    #: The function has ended; its report is on the way. The coordinator alone says now whether it comes too late.
    ended: bool = False


@dataclass(frozen=True)
class Beat:
    """One lease to renew."""

    token: str
    checkpoint: Payload | None = None


@dataclass(frozen=True)
class Held:
    """A verdict: renewed, for another time if it says so; and the function should stop if there is a reason."""

    ttl: float | None = None
    reason: CancelReason | None = None


@dataclass(frozen=True)
class Lost:
    """A verdict: not held any more."""


Verdict = Held | Lost | None


class Leases:
    """All leases, by token."""

    def __init__(self) -> None:
        self._held: dict[str, _Held] = {}

    def hold(self, token: str, ttl: float, sent: float, cancellation: Cancellation, jitter: float) -> None:
        """Begins to keep a lease that was granted in answer to a request sent at `sent`."""
        self._held[token] = _Held(ttl, sent + ttl, sent + interval(ttl, jitter), sent, cancellation)

    def end(self, token: str) -> bool:
        """The function has ended: True when the lease is still held and a report makes sense."""
        held = self._held.get(token)
        if held is None:
            return False
        held.ended = True
        return True

    def holds(self, token: str) -> bool:
        """Whether the lease is held as far as is known."""
        return token in self._held

    def forget(self, token: str) -> None:
        """Stops keeping a lease."""
        self._held.pop(token, None)

    def checkpoint(self, token: str, checkpoint: Payload, now: float) -> None:
        """Saves a checkpoint for the next beat and brings that beat forward."""
        held = self._held.get(token)
        if held is not None:
            held.checkpoint = checkpoint
            held.next_beat = min(held.next_beat, max(now, held.last_beat + _CHECKPOINT_PAUSE_SECONDS))

    def expire(self, now: float) -> list[Cancellation]:
        """Takes leases whose time passed without a good beat as lost; what is to be cancelled with LEASE_LOST."""
        lost = [token for token, held in self._held.items() if not held.ended and held.expires <= now]
        return [self._held.pop(token).cancellation for token in lost]

    def due(self, now: float, beats_max: int, checkpoint_bytes_max: int) -> list[Beat]:
        """The leases to renew now, in one call; those that are almost due come along."""
        if not any(held.next_beat <= now for held in self._held.values()):
            return []
        soon = [(token, held) for token, held in self._held.items() if held.next_beat <= now + held.ttl / 6]
        soon.sort(key=lambda lease: lease[1].next_beat)
        size = 0
        beats = []
        for token, held in soon[:beats_max]:
            checkpoint = held.checkpoint
            if checkpoint is not None and size + checkpoint.size_bytes <= checkpoint_bytes_max:
                size += checkpoint.size_bytes
                held.checkpoint = None
            else:
                checkpoint = None
            beats.append(Beat(token, checkpoint))
        return beats

    def answered(
        self, beats: list[Beat], verdicts: list[Verdict], sent: float, jitter: float
    ) -> list[tuple[Cancellation, CancelReason]]:
        """A call sent at `sent` was answered: each beat by the verdict at its place; what is to be cancelled."""
        cancelled = []
        for beat, verdict in zip(beats, verdicts, strict=True):
            held = self._held.get(beat.token)
            if held is None:
                continue
            match verdict:
                case Held(ttl, reason):
                    held.ttl = held.ttl if ttl is None else ttl
                    held.expires = sent + held.ttl
                    held.last_beat = sent
                    pause = min(_CHECKPOINT_PAUSE_SECONDS, held.ttl / 3)
                    held.next_beat = sent + (pause if held.checkpoint is not None else interval(held.ttl, jitter))
                    if reason is not None:
                        cancelled.append((held.cancellation, reason))
                case Lost():
                    del self._held[beat.token]
                    cancelled.append((held.cancellation, CancelReason.LEASE_LOST))
                case None:
                    held.next_beat = sent + interval(held.ttl, jitter)
        return cancelled

    def unanswered(self, beats: list[Beat], now: float, jitter: float, keep_checkpoints: bool) -> None:
        """A call was not answered well: try again soon. Checkpoints go with it unless they are to blame."""
        for beat in beats:
            held = self._held.get(beat.token)
            if held is None:
                continue
            held.next_beat = now + min(held.ttl / 10, 1.0) * (0.5 + jitter / 2.0)
            if keep_checkpoints and held.checkpoint is None:
                held.checkpoint = beat.checkpoint

    def wake(self) -> float | None:
        """When there is something to do next; None while nothing is held."""
        times = [held.next_beat if held.ended else min(held.next_beat, held.expires) for held in self._held.values()]
        return min(times, default=None)

    def patience(self, now: float) -> float:
        """How long one call may take: a third of the shortest lease, and not past the moment when one is lost."""
        shortest = min((held.ttl for held in self._held.values()), default=30.0) / 3
        lost = min((max(0.0, held.expires - now) for held in self._held.values() if not held.ended), default=shortest)
        return min(max(min(shortest, lost), 0.02), 10.0)


def interval(ttl: float, jitter: float) -> float:
    """A third of the lease time, less up to a fifth of that."""
    return ttl / 3 * (1.0 - jitter / 5.0)
