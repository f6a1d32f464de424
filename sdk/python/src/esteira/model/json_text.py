"""JSON text: the strict check of what the coordinator accepts, and walking text without changing it.

The check accepts one JSON value by RFC 8259, nested at most 64 deep, in which no object has a key twice and no string
has half of a surrogate pair. Numbers of any size and precision are accepted: they are kept as text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from .json_check import JsonError, explain
from .limits import JSON_DEPTH_MAX

__all__ = [
    "JsonError",
    "check_json",
    "escape_pointer",
    "follow",
    "item_places",
    "items",
    "member_places",
    "members",
    "parse_pointer",
    "quoted",
]

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_BRACKETS = re.compile(r'"(?:[^"\\]|\\.)*"|([\[{])|([\]}])', re.DOTALL)
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_SPACE = re.compile(r"[ \t\n\r]*")


class _Duplicate(ValueError):
    pass


def _distinct(pairs: list[tuple[str, Any]]) -> None:
    if len({key for key, _ in pairs}) != len(pairs):
        raise _Duplicate


def _no_constant(name: str) -> Any:
    raise ValueError(name)


_CHECKER = json.JSONDecoder(
    object_pairs_hook=_distinct, parse_int=str, parse_float=str, parse_constant=_no_constant, strict=True
)
_READER = json.JSONDecoder(parse_int=str, parse_float=str)


def check_json(text: str) -> None:
    """Raises :class:`JsonError` when the text is not acceptable JSON. The common case takes the C scanner of `json`."""
    try:
        _CHECKER.decode(text)
    except (ValueError, RecursionError):
        explain(text)
        return
    if _SURROGATE.search(text) or not text.isascii() or _may_be_deep(text):
        explain(text)


def _may_be_deep(text: str) -> bool:
    if text.count("[") + text.count("{") <= JSON_DEPTH_MAX:
        return False
    depth = 0
    for found in _BRACKETS.finditer(text):
        if found.group(1):
            depth += 1
            if depth > JSON_DEPTH_MAX:
                return True
        elif found.group(2):
            depth -= 1
    return False


def skip_space(text: str, at: int) -> int:
    """The offset of the next thing that is not white space."""
    found = _SPACE.match(text, at)
    return found.end() if found else at


def end_of_value(text: str, at: int) -> int:
    """The offset behind the value that begins at `at`, in text that was checked."""
    return _READER.raw_decode(text, at)[1]


def members(text: str) -> Iterator[tuple[str, str]]:
    """The members of an object: each key, and its value exactly as it is written."""
    return ((key, text[begin:end]) for key, begin, end in member_places(text))


def member_places(text: str) -> Iterator[tuple[str, int, int]]:
    """The members of an object: each key, and where its value begins and ends."""
    at = skip_space(text, skip_space(text, 0) + 1)
    while text[at] != "}":
        written = _STRING.match(text, at)
        if written is None:
            raise ValueError("not acceptable JSON")
        key, at = json.loads(written.group()), written.end()
        begin = skip_space(text, skip_space(text, at) + 1)
        at = end_of_value(text, begin)
        yield key, begin, at
        at = skip_space(text, at)
        if text[at] == ",":
            at = skip_space(text, at + 1)


def items(text: str) -> Iterator[str]:
    """The elements of an array, each exactly as it is written."""
    return (text[begin:end] for begin, end in item_places(text))


def item_places(text: str) -> Iterator[tuple[int, int]]:
    """Where each element of an array begins and ends."""
    at = skip_space(text, skip_space(text, 0) + 1)
    while text[at] != "]":
        end = end_of_value(text, at)
        yield at, end
        at = skip_space(text, end)
        if text[at] == ",":
            at = skip_space(text, at + 1)


def parse_pointer(pointer: str) -> list[str]:
    """The steps of a JSON Pointer (RFC 6901); `ValueError` says what is wrong with its form."""
    if not pointer.startswith("/"):
        raise ValueError("a JSON Pointer begins with `/`")
    if any(not after.startswith(("0", "1")) for after in pointer.split("~")[1:]):
        raise ValueError("in a JSON Pointer `~` is written `~0`, and `/` in a key is written `~1`")
    return [token.replace("~1", "/").replace("~0", "~") for token in pointer[1:].split("/")]


def escape_pointer(key: str) -> str:
    """A key as a token of a JSON Pointer."""
    return key.replace("~", "~0").replace("/", "~1")


def follow(text: str, tokens: list[str]) -> str | None:
    """The text of the value that the steps lead to, exactly as written, or None when there is none."""
    value = text.strip(" \t\n\r")
    for token in tokens:
        found: str | None = None
        if value.startswith("{"):
            found = next((member for key, member in members(value) if key == token), None)
        elif value.startswith("[") and token.isascii() and token.isdigit() and str(int(token)) == token:
            found = next((item for at, item in enumerate(items(value)) if at == int(token)), None)
        if found is None:
            return None
        value = found
    return value


def quoted(text: str) -> str:
    """A JSON string; only what must be escaped is."""
    return '"' + _ESCAPED.sub(lambda found: _escape(found.group()), text) + '"'


_ESCAPED = re.compile(r'["\\\x00-\x1f]')
_SHORT = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def _escape(char: str) -> str:
    return _SHORT.get(char) or f"\\u{ord(char):04x}"
