"""The only place of the SDK that asks the system for ids and randomness."""

from __future__ import annotations

import random
import threading
import uuid

from . import clock

_random = random.SystemRandom()


def fraction() -> float:
    """A random number in `0.0..1.0`."""
    return _random.random()


class Ids:
    """Time-ordered ids (UUID version 7) that rise: 48 bits of milliseconds, 12 bits that order them within one."""

    def __init__(self) -> None:
        self._last = 0
        self._lock = threading.Lock()

    def next(self, now_micros: int) -> str:
        """A new id for that time."""
        stamp = (now_micros // 1_000) << 12 | (now_micros % 1_000) << 2
        with self._lock:
            self._last = max(stamp, self._last + 1)
            high = (self._last >> 12) << 16 | 0x7000 | (self._last & 0xFFF)
        low = _random.getrandbits(62) | 1 << 63
        return str(uuid.UUID(int=high << 64 | low))


_ids = Ids()


def new_id() -> str:
    """A new time-ordered id as text."""
    return _ids.next(clock.wall_micros())
