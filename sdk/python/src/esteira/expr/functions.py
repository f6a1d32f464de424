"""The functions that a rewritten expression calls, over the budget of one evaluation."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

#: Work of one evaluation: about one unit for each value that is looked at or copied, or 32 bytes of text.
WORK_MAX = 2_000_000
#: Characters of text that count as one unit.
_TEXT_CHARS = 32
#: Work of compiling a regular expression, times each number in its braces.
_PATTERN_WORK = 500
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_OFFSET = re.compile(r"([+-])?([0-9]{2}):([0-9]{2})")
_RANK = {int: 0, bool: 1, str: 2}

_PARTS: dict[str, Callable[[datetime], int]] = {
    "getDate": lambda time: time.day,
    "getDayOfMonth": lambda time: time.day - 1,
    "getDayOfWeek": lambda time: time.isoweekday() % 7,
    "getDayOfYear": lambda time: time.timetuple().tm_yday - 1,
    "getFullYear": lambda time: time.year,
    "getHours": lambda time: time.hour,
    "getMilliseconds": lambda time: time.microsecond // 1_000,
    "getMinutes": lambda time: time.minute,
    "getMonth": lambda time: time.month - 1,
    "getSeconds": lambda time: time.second,
}


class Work:
    """One evaluation: what it may still do, and what went wrong in our own functions.

    The interpreter can absorb an error of a function, or tell it in words of its own: what is kept here counts.
    """

    def __init__(self) -> None:
        self.left = WORK_MAX
        self.is_wrong_type = False
        self._pending = self._failed = False

    @property
    def is_exhausted(self) -> bool:
        """Whether it wanted more than there was."""
        return self.left <= 0

    def functions(self) -> dict[str, Callable[..., Any]]:
        """By the names that `rewrite` calls."""
        mine = (self.goes_on, self.weigh, self.round, self.pattern, self.addend, self.size, self.keys, self.range)
        votes = (self.vote, self.voted, self.failed, self.any_failed)
        values = (_string, _bool, _bytes, _timestamp, _is_time, _seconds, _in_zone)
        called = (*mine, *votes, *values)
        return {f"esteira_{function.__name__.removeprefix('_')}": self._noted(function) for function in called}

    def _noted(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function; the interpreter does not tell its `TypeError` from its other errors."""

        def run(*arguments: Any) -> Any:
            try:
                return function(*arguments)
            except TypeError:
                self.is_wrong_type = True
                raise

        return run

    def take(self, units: int) -> bool:
        """Takes from the budget."""
        self.left -= units
        if self.left <= 0:
            raise OverflowError("too much work")
        return True

    def goes_on(self) -> bool:
        """Whether a loop may begin. Without work left it goes through nothing: its errors may be absorbed around it."""
        return self.left > 0

    def weigh(self, value: Any) -> bool:
        """Takes the whole weight of a value."""
        match value:
            case str() | bytes():
                return self.take(1 + len(value) // _TEXT_CHARS)
            case list():
                self.take(1)
                return all(self.weigh(item) for item in value)
            case dict():
                self.take(1)
                return all(self.weigh(item) for item in value.values())
        return self.take(1)

    def round(self) -> bool:
        """One item of a macro."""
        self._pending = True
        return self.take(1)

    def pattern(self, pattern: Any) -> bool:
        """A regular expression is compiled."""
        if not isinstance(pattern, str):
            return True
        times = 1
        for number in re.findall(r"\{([0-9]+)", pattern):
            times = min(times * max(1, int(number[:7])), WORK_MAX)
        return self.take(_PATTERN_WORK * times)

    def addend(self, value: Any) -> bool:
        """A map has no sum with anything."""
        if isinstance(value, dict):
            raise TypeError("a map cannot be added")
        return True

    def size(self, value: Any) -> int:
        """Of a text in code points."""
        self.weigh(value)
        return len(value)

    def keys(self, value: Any) -> list[Any]:
        """The keys of a map in order."""
        self.take(1 + len(value))
        return sorted(value, key=lambda key: (_RANK.get(type(key), 3), key))

    def range(self, value: Any) -> list[Any]:
        """What a macro goes through: a list, or the keys of a map in order."""
        return self.keys(value) if isinstance(value, dict) else value

    def vote(self) -> bool:
        """The items of an `all` or `exists` begin."""
        self._failed = False
        return True

    def voted(self, value: Any) -> Any:
        """An item has a value."""
        self._pending = False
        return value

    def failed(self) -> bool:
        """Whether the item has none."""
        if self.is_exhausted:
            raise OverflowError("too much work")
        self._failed |= self._pending
        return self._pending

    def any_failed(self) -> bool:
        """Whether any item had none."""
        return self._failed


def _string(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():
            return _double(value)
        case str():
            return value
        case bytes():
            return value.decode()
        case datetime():
            return _rfc3339(value)
        case timedelta():
            return _go_duration(value)
    raise TypeError(f"no text of {type(value).__name__}")


def _double(number: float) -> str:
    """Without an exponent, whatever its size."""
    if number != number:
        return "NaN"
    if number in (float("inf"), float("-inf")):
        return "inf" if number > 0 else "-inf"
    text = format(Decimal(repr(number)), "f")
    return text.removesuffix(".0")


def _rfc3339(time: datetime) -> str:
    fraction = f".{time.microsecond:06}".rstrip("0") if time.microsecond else ""
    offset = time.utcoffset() or timedelta()
    sign, minutes = ("-" if offset < timedelta() else "+"), abs(offset) // timedelta(minutes=1)
    zone = f"{sign}{minutes // 60:02}:{minutes % 60:02}" if minutes else "Z"
    return f"{time.replace(microsecond=0, tzinfo=None).isoformat()}{fraction}{zone}"


def _go_duration(duration: timedelta) -> str:
    micros = abs(duration) // timedelta(microseconds=1)
    sign = "-" if duration < timedelta() else ""
    if micros == 0:
        return "0s"
    if micros < 1_000_000:
        return f"{sign}{_fixed(micros, 1_000)}ms" if micros >= 1_000 else f"{sign}{micros}µs"
    hours, rest = divmod(micros, 3_600_000_000)
    minutes, rest = divmod(rest, 60_000_000)
    long = f"{hours}h{minutes}m" if hours else f"{minutes}m" if minutes else ""
    return f"{sign}{long}{_fixed(rest, 1_000_000)}s"


def _fixed(count: int, unit: int) -> str:
    return format(Decimal(count) / unit, "f").rstrip("0").rstrip(".") if count % unit else str(count // unit)


def _bool(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        if value in ("1", "t", "T", "TRUE", "true", "True"):
            return True
        if value in ("0", "f", "F", "FALSE", "false", "False"):
            return False
        raise ValueError("not a boolean")
    raise TypeError(f"no boolean of {type(value).__name__}")


def _bytes(value: Any) -> bytes:
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, bytes):
        return value
    raise TypeError(f"no bytes of {type(value).__name__}")


def _timestamp(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return _EPOCH + timedelta(seconds=value)
    if isinstance(value, str):
        if not re.fullmatch(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", value, re.ASCII):
            raise ValueError("not a time")
        fraction = re.search(r"\.(\d+)", value)
        whole = value.upper().replace("Z", "+00:00")
        # `fromisoformat` of Python 3.10 reads fractions of three and of six digits only.
        if fraction:
            whole = whole.replace(fraction.group(), f".{fraction.group(1)[:6]:0<6}")
        return datetime.fromisoformat(whole)
    raise TypeError(f"no time of {type(value).__name__}")


def _is_time(value: Any) -> bool:
    return isinstance(value, datetime)


def _seconds(value: datetime) -> int:
    return (value - _EPOCH) // timedelta(seconds=1)


def _in_zone(value: Any, part: str, zone: Any) -> int:
    if not isinstance(value, datetime) or not isinstance(zone, str):
        raise TypeError("a zone is a text, of a time")
    return _PARTS[part](value.astimezone(_zone(zone)))


def _zone(name: str) -> tzinfo:
    offset = _OFFSET.fullmatch(name)
    if offset is None:
        return ZoneInfo(name)
    sign, hours, minutes = offset.groups()
    ahead = timedelta(hours=int(hours), minutes=int(minutes))
    return timezone(-ahead if sign == "-" else ahead)
