"""Typed readers over JSON text: each knows its place and reports what is wrong there, and reading goes on.

A reader keeps the exact text of its value. It is split into members only when an object or array is asked for, so that
what the author owns (`config`, `input`) is never taken apart.
"""

from __future__ import annotations

import builtins
import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from .duration import format_millis, millis, parse_millis
from .engine.issue import Issue
from .json_text import escape_pointer, items, members
from .text_enum import TextEnum

T = TypeVar("T")
E = TypeVar("E", bound=TextEnum)

#: Plans, functions, queues, policies, kinds of aggregates.
NAME = "[a-z][a-z0-9_.-]{0,62}"
#: Steps: a key can stand in an expression.
KEY = "[a-z][a-z0-9_]{0,62}"
#: Failure codes.
CODE = "[A-Z][A-Z0-9_]{0,63}"


class Field:
    """A value and its place in the document."""

    def __init__(self, path: str, raw: str, issues: list[Issue]) -> None:
        self.path = path
        #: The value exactly as it is written.
        self.raw = raw
        self.issues = issues

    def refuse(self, code: str, message: str) -> None:
        """Reports a problem with this value. None, so that a reader can end with it."""
        self.issues.append(Issue(self.path, code, message))

    def object(self) -> Object | None:
        """The members of an object."""
        if not self.raw.startswith("{"):
            return self.expected("an object")
        return Object(self.path, dict(members(self.raw)), self.issues)

    def list(self, most: int, too_long: str = "LIST_TOO_LONG") -> builtins.list[Field] | None:
        """The elements of an array, at most so many."""
        if not self.raw.startswith("["):
            return self.expected("an array")
        found = builtins.list(items(self.raw))
        if len(found) > most:
            return self.refuse(too_long, f"{len(found)} elements; at most {most} are allowed")
        return [Field(f"{self.path}/{at}", item, self.issues) for at, item in enumerate(found)]

    @property
    def is_text(self) -> bool:
        """Whether it is a string."""
        return self.raw.startswith('"')

    def text(self) -> str | None:
        """The string."""
        if not self.is_text:
            hint = " (in YAML, put quotes around it)" if self.raw[:1] in "0123456789" else ""
            return self.expected(f"a string{hint}")
        return str(json.loads(self.raw))

    def short_text(self, chars_max: int) -> str | None:
        """A text for people or for comparison: not empty, at most so many characters."""
        text = self.text()
        if text == "":
            return self.refuse("TEXT_INVALID", "empty; leave the field out instead")
        if text is not None and len(text) > chars_max:
            return self.refuse("TEXT_INVALID", f"{len(text)} characters; at most {chars_max} are allowed")
        return text

    def name(self, form: str) -> str | None:
        """A name of the given form."""
        text = self.text()
        if text is not None and not re.fullmatch(form, text):
            return self.refuse("NAME_INVALID", f"expected {form}")
        return text

    def names(self, form: str, most: int) -> builtins.list[str]:
        """An array of names, each once."""
        names: builtins.list[str] = []
        for item in self.list(most) or []:
            name = item.name(form)
            if name in names:
                item.refuse("LIST_REPEATS", f"`{name}` stands here twice")
            elif name is not None:
                names.append(name)
        return names

    def boolean(self) -> bool | None:
        """`true` or `false`."""
        if self.raw not in ("true", "false"):
            return self.expected("true or false")
        return self.raw == "true"

    def whole(self, between: tuple[int, int]) -> int | None:
        """A whole number within a range."""
        if not self._is_number():
            return self.expected("a number")
        if self.raw.isdigit() and len(self.raw) < 20 and between[0] <= int(self.raw) <= between[1]:
            return int(self.raw)
        return self._out_of_range("a whole number", str(between[0]), str(between[1]))

    def number(self, between: tuple[float, float]) -> float | None:
        """A number within a range."""
        if not self._is_number():
            return self.expected("a number")
        number = float(self.raw)
        if between[0] <= number <= between[1]:
            return number
        return self._out_of_range("a number", f"{between[0]:g}", f"{between[1]:g}")

    def duration(self, between: tuple[timedelta, timedelta]) -> timedelta | None:
        """A duration within a range."""
        text = self.text()
        if text is None:
            return None
        found = parse_millis(text)
        if found is None:
            return self.refuse("DURATION_INVALID", "expected whole numbers with units, like 250ms, 5s or 1h30m")
        least, most = (millis(bound) for bound in between)
        if not least <= found <= most:
            return self._out_of_range("a duration", format_millis(least), format_millis(most))
        return timedelta(milliseconds=found)

    def choice(self, choices: type[E]) -> E | None:
        """One of the values of a closed enum."""
        text = self.text()
        if text is None:
            return None
        for one in choices:
            if one.value == text:
                return one
        return self.refuse("CHOICE_INVALID", f"expected one of {', '.join(map(str, choices))}")

    def expected(self, what: str) -> None:
        """Reports another type."""
        self.refuse("FIELD_TYPE", f"expected {what}")

    def _is_number(self) -> bool:
        return self.raw[:1] in "-0123456789"

    def _out_of_range(self, what: str, least: str, most: str) -> None:
        self.refuse("NUMBER_OUT_OF_RANGE", f"expected {what} from {least} to {most}")


class Object:
    """The members of an object that were not read yet."""

    def __init__(self, path: str, fields: dict[str, str], issues: list[Issue]) -> None:
        self.path = path
        self.fields = fields
        self.issues = issues

    def take(self, name: str, read: Callable[[Field], T | None]) -> T | None:
        """Takes and reads a member, if it is there."""
        raw = self.fields.pop(name, None)
        return None if raw is None else read(self._place(name, raw))

    def require(self, name: str, read: Callable[[Field], T | None]) -> T | None:
        """Takes and reads a member that must be there."""
        if name not in self.fields:
            return self.refuse_missing(name, f"`{name}` is missing")
        return self.take(name, read)

    def refuse_missing(self, name: str, message: str) -> None:
        """Reports that a member is not there."""
        self._place(name, "").refuse("FIELD_REQUIRED", message)

    def refuse_field(self, name: str, why: str) -> None:
        """Takes a member that an object of this kind has no use for, and says so."""
        self.take(name, lambda field: field.refuse("FIELD_UNSUPPORTED", why))

    def refuse(self, code: str, message: str) -> None:
        """Reports a problem with the object as a whole."""
        self.issues.append(Issue(self.path, code, message))

    def finish(self) -> None:
        """What is left is unknown."""
        for name in sorted(self.fields):
            self._place(name, "").refuse("FIELD_UNKNOWN", "there is no such field here")

    def _place(self, name: str, raw: str) -> Field:
        return Field(f"{self.path}/{escape_pointer(name)}", raw, self.issues)
