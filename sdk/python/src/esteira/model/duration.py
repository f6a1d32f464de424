"""Durations as text: whole numbers with a unit, largest unit first."""

from __future__ import annotations

import re
from datetime import timedelta

#: Units and their milliseconds, largest first.
_UNITS = (("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1))
_MILLIS_MAX = (1 << 64) - 1
_PART = re.compile(r"([0-9]+)([a-z]+)")


def parse_millis(text: str) -> int | None:
    """Milliseconds of `250ms`, `5s`, `2m`, `1h30m`. Units come in order and once; no spaces, signs or fractions.

    None for any other text, and for what is longer than 2^64 ms.
    """
    at, unit_at, total = 0, 0, 0
    while at < len(text):
        found = _PART.match(text, at)
        if found is None:
            return None
        names = [name for name, _ in _UNITS[unit_at:]]
        if found.group(2) not in names:
            return None
        unit_at += names.index(found.group(2)) + 1
        number = found.group(1).lstrip("0") or "0"
        total += int(number) * _UNITS[unit_at - 1][1] if len(number) <= 20 else _MILLIS_MAX + 1
        if total > _MILLIS_MAX:
            return None
        at = found.end()
    return total if text else None


def millis(duration: timedelta) -> int:
    """Whole milliseconds; parts are dropped."""
    return duration // timedelta(milliseconds=1)


def format_millis(total: int) -> str:
    """Writes milliseconds so that :func:`parse_millis` reads them back."""
    parts = []
    for unit, unit_millis in _UNITS:
        count, total = divmod(total, unit_millis)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"
