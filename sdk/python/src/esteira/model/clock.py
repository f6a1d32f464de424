"""The only place of the SDK that asks the system for the time."""

from __future__ import annotations

import time
from datetime import datetime, timezone


def monotonic() -> float:
    """Seconds, for durations."""
    return time.monotonic()


def wall() -> datetime:
    """For dates."""
    return datetime.now(timezone.utc)


def wall_micros() -> int:
    """Microseconds since 1970."""
    return time.time_ns() // 1_000


def thread_cpu() -> float:
    """Seconds of processor time that the calling thread used."""
    return time.thread_time()
