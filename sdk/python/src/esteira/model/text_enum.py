"""A closed enum with one stable text for each value."""

from __future__ import annotations

from enum import Enum


class TextEnum(Enum):
    """An enum whose text form is its value, as it stands in plans, traces and messages."""

    def __str__(self) -> str:
        return str(self.value)
