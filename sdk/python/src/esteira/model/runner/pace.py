"""The time of a run: the real one, or one of its own that never waits."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from .. import clock, entropy


class Pace:
    """A clock that waits; or one that stands still but for what is skipped, so that nothing depends on speed."""

    def __init__(self, skips: bool) -> None:
        self._skips = skips
        self._now_micros = clock.wall_micros()

    def now_micros(self) -> int:
        """Microseconds since 1970, by this clock."""
        return self._now_micros if self._skips else clock.wall_micros()

    def fraction(self) -> float:
        """A random number in `0.0..1.0`; 0 where time is skipped, as jitter would only change what follows first."""
        return 0.0 if self._skips else entropy.fraction()

    async def wait_until(self, micros: int) -> None:
        """Until that time."""
        if self._skips:
            self._now_micros = max(self._now_micros, micros)
        else:
            await asyncio.sleep(max(0, micros - self.now_micros()) / 1_000_000)

    def limit_seconds(self, timeout: timedelta | None) -> float | None:
        """How long an attempt may take; where time is skipped, as long as it likes."""
        return None if self._skips or timeout is None else timeout.total_seconds()
