"""How many tasks may still start: the count that keeps a worker from leasing what it cannot run."""

from __future__ import annotations


class Slots:
    """Each slot is free, runs a function, or is promised to a request that is under way."""

    def __init__(self, total: int) -> None:
        self.total = total
        self._running = 0
        self._polled = 0
        self._reported = 0

    @property
    def free(self) -> int:
        """Slots that are neither used nor promised."""
        return max(0, self.total - self._running - self._polled - self._reported)

    def promise_to_poll(self, most: int) -> int:
        """Promises up to `most` free slots to the poll; says how many."""
        self._polled = min(self.free, most)
        return self._polled

    def promise_to_report(self, most: int) -> int:
        """Promises up to `most` free slots to the report; says how many."""
        self._reported = min(self.free, most)
        return self._reported

    def poll_answered(self) -> None:
        """The poll was answered: what it did not use is free."""
        self._polled = 0

    def report_answered(self) -> None:
        """The report was answered: what it did not use is free."""
        self._reported = 0

    def start(self) -> bool:
        """Uses a free slot; False when there is none."""
        free = self.free > 0
        self._running += int(free)
        return free

    def end(self) -> None:
        """A function ended."""
        self._running = max(0, self._running - 1)
