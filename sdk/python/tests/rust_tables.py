"""Reads the tables of the coordinator's own tests, so that they are the oracle of ours."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

TABLES = Path(__file__).resolve().parents[3] / "crates" / "expr" / "tests" / "conformance.rs"
_LITERAL = r'(?:r#"(.*?)"#|"((?:[^"\\]|\\.)*)")'
_PAIR = re.compile(rf"\(\s*{_LITERAL},\s*{_LITERAL},?\s*\)", re.DOTALL)
_ESCAPE = re.compile(r"\\(?:u\{([0-9a-fA-F]+)\}|x([0-9a-fA-F]{2})|(.))", re.DOTALL)
_NAMED = {"n": "\n", "t": "\t", "r": "\r", "0": "\0"}


def pairs() -> Iterator[tuple[str, str, str]]:
    """Each `("source", "expected")`, after the name of the test that it stands in."""
    for name, body in _functions():
        for found in _PAIR.finditer(body):
            raw, plain, raw_expected, plain_expected = found.groups()
            yield name, _text(raw, plain), _text(raw_expected, plain_expected)


def not_supported() -> list[str]:
    """What the coordinator refuses on purpose."""
    body = dict(_functions())["not_supported"]
    return [_text(*found.groups()) for found in re.finditer(rf"^\s+{_LITERAL},$", body, re.DOTALL | re.MULTILINE)]


def _functions() -> list[tuple[str, str]]:
    bodies = re.split(r"\nfn ", TABLES.read_text(encoding="utf-8"))[1:]
    return [(body[: body.index("(")], re.sub(r"^\s*//.*$", "", body, flags=re.MULTILINE)) for body in bodies]


def _text(raw: str | None, plain: str | None) -> str:
    if raw is not None:
        return raw
    return _ESCAPE.sub(_resolved, plain or "")


def _resolved(escape: re.Match[str]) -> str:
    code, byte, char = escape.groups()
    return _NAMED.get(char, char) if char is not None else chr(int(code or byte, 16))
