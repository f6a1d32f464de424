"""What is wrong with JSON text, and where: one pass, with the open containers on a stack of its own."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

from .limits import JSON_DEPTH_MAX

_SPACE = re.compile(r"[ \t\n\r]*")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_PLAIN = re.compile(r'[^"\\\x00-\x1f]*')
_PATH_BYTES_MAX = 256

UNEXPECTED_END = "the JSON text ends too early"
UNEXPECTED_BYTE = "unexpected character"
BAD_NUMBER = "malformed number"
BAD_ESCAPE = "malformed escape in a string"
CONTROL_CHARACTER = "raw control character in a string"
TOO_DEEP = "nested too deeply"
DUPLICATE_KEY = "duplicate object key"
TRAILING_DATA = "data after the JSON value"
NOT_UNICODE = "half of a surrogate pair"


class JsonError(ValueError):
    """Why a text is not acceptable JSON. Holds object keys (in `path`), never values."""

    def __init__(self, problem: str, offset: int, path: str) -> None:
        super().__init__(f"{problem} at byte {offset}" + (f", at {path}" if path else ""))
        self.problem = problem
        #: Where, as a byte offset into the text.
        self.offset = offset
        #: JSON Pointer of the value, or of the key, that was being read.
        self.path = path


def explain(text: str) -> None:
    """Reads the whole text and raises the first problem; returns when there is none."""
    check = _Check(text)
    try:
        check.document()
    except _Problem as problem:
        offset = len(text[: check.at].encode(errors="replace"))
        raise JsonError(str(problem), offset, check.path()) from None


class _Problem(Exception):
    pass


@dataclass
class _Open:
    is_object: bool
    index: int = 0
    keys: set[str] = field(default_factory=set)
    #: The key whose value is being read.
    key: str | None = None
    #: The object's first key that stood there before, and where.
    again: tuple[str, int] | None = None


class _Check:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.open: list[_Open] = []

    def document(self) -> None:
        surrogate = re.search("[\ud800-\udfff]", self.text)
        if surrogate:
            self.at = surrogate.start()
            raise _Problem(NOT_UNICODE)
        while True:
            if self.begins():
                continue
            if self.ended():
                if self.at != len(self.text):
                    raise _Problem(TRAILING_DATA)
                return

    def begins(self) -> bool:
        """Reads a scalar or an empty container, or enters a container: then True, another value follows."""
        char = self.need()
        if char == '"':
            self.string()
        elif char == "-" or char in "0123456789":
            self.number()
        elif char == "{":
            self.enter(_Open(True))
            if self.peek() == "}":
                return self.leave()
            self.key()
            return True
        elif char == "[":
            self.enter(_Open(False))
            if self.peek() == "]":
                return self.leave()
            return True
        elif char in "tfn":
            self.literal({"t": "true", "f": "false", "n": "null"}[char])
        else:
            raise _Problem(UNEXPECTED_BYTE)
        return False

    def ended(self) -> bool:
        """Closes what ends here. False: another value follows; True: the document ended."""
        while True:
            char = self.peek()
            if not self.open:
                return True
            top = self.open[-1]
            if char is None:
                raise _Problem(UNEXPECTED_END)
            if char == ",":
                self.at += 1
                top.index += 1
                if top.is_object:
                    top.key = None
                    self.peek()
                    self.key()
                return False
            if char != ("}" if top.is_object else "]"):
                raise _Problem(UNEXPECTED_BYTE)
            self.leave()

    def enter(self, opened: _Open) -> None:
        if len(self.open) == JSON_DEPTH_MAX:
            raise _Problem(TOO_DEEP)
        self.open.append(opened)
        self.at += 1

    def leave(self) -> bool:
        top = self.open[-1]
        if top.again:
            top.key, self.at = top.again
            raise _Problem(DUPLICATE_KEY)
        self.open.pop()
        self.at += 1
        return False

    def key(self) -> None:
        begin = self.at
        if self.need() != '"':
            raise _Problem(UNEXPECTED_BYTE)
        self.string()
        top = self.open[-1]
        top.key = json.loads(self.text[begin : self.at])
        if top.key in top.keys and top.again is None:
            top.again = (top.key, begin)
        top.keys.add(top.key)
        if self.need() != ":":
            raise _Problem(UNEXPECTED_BYTE)
        self.at += 1

    def peek(self) -> str | None:
        found = _SPACE.match(self.text, self.at)
        self.at = found.end() if found else self.at
        return self.text[self.at] if self.at < len(self.text) else None

    def need(self) -> str:
        char = self.peek()
        if char is None:
            raise _Problem(UNEXPECTED_END)
        return char

    def literal(self, word: str) -> None:
        for char in word:
            if self.at >= len(self.text):
                raise _Problem(UNEXPECTED_END)
            if self.text[self.at] != char:
                raise _Problem(UNEXPECTED_BYTE)
            self.at += 1

    def number(self) -> None:
        found = _NUMBER.match(self.text, self.at)
        end = found.end() if found else self.at + 1
        rest = self.text[end : end + 1]
        if found is None or rest in (".", "e", "E") or (rest and rest in "0123456789"):
            self.at = end
            raise _Problem(BAD_NUMBER if end < len(self.text) else UNEXPECTED_END)
        self.at = end

    def string(self) -> None:
        self.at += 1
        while True:
            found = _PLAIN.match(self.text, self.at)
            self.at = found.end() if found else self.at
            char = self.text[self.at : self.at + 1]
            if char == '"':
                self.at += 1
                return
            if char == "":
                raise _Problem(UNEXPECTED_END)
            if char != "\\":
                raise _Problem(CONTROL_CHARACTER)
            self.escape()

    def escape(self) -> None:
        char = self.text[self.at + 1 : self.at + 2]
        if char == "":
            raise _Problem(UNEXPECTED_END)
        if char in '"\\/bfnrt':
            self.at += 2
            return
        high, low = self.unit(self.at), self.unit(self.at + 6)
        if char != "u" or high is None:
            raise _Problem(BAD_ESCAPE)
        if 0xD800 <= high <= 0xDFFF:
            if not (high <= 0xDBFF and low is not None and 0xDC00 <= low <= 0xDFFF):
                raise _Problem(BAD_ESCAPE)
            self.at += 6
        self.at += 6

    def unit(self, at: int) -> int | None:
        """The UTF-16 code unit of an escape at this place."""
        found = re.compile(r"\\u([0-9a-fA-F]{4})").match(self.text, at)
        return int(found.group(1), 16) if found else None

    def path(self) -> str:
        path = ""
        for opened in self.open:
            if not opened.is_object:
                path += f"/{opened.index}"
            elif opened.key is not None:
                path += "/" + opened.key.replace("~", "~0").replace("/", "~1")
        cut = path.encode(errors="replace")
        return path if len(cut) <= _PATH_BYTES_MAX else cut[:_PATH_BYTES_MAX].decode(errors="ignore") + "…"
