"""Pauses between two sendings of the same request."""

from __future__ import annotations

_FIRST_SECONDS = 0.1
_LONGEST_SECONDS = 10.0


class Backoff:
    """100 ms, doubled up to 10 s, with full jitter."""

    def __init__(self) -> None:
        self._tries = 0

    def next_seconds(self, fraction: float) -> float:
        """The next pause; `fraction` is random in `0.0..1.0`."""
        ceiling = min(_FIRST_SECONDS * (1 << min(self._tries, 7)), _LONGEST_SECONDS)
        self._tries += 1
        return ceiling * fraction
