"""Typed JSON templates: JSON text in which some objects are operators.

| operator | value |
| --- | --- |
| `{"$ref": "/input/id"}` | what the JSON Pointer leads to, its text copied as it is |
| `{"$cel": "input.n + 1"}` | the value of the expression |
| `{"$default": [a, b, ..]}` | the first of these that does not fail with EXPRESSION_MISSING_PATH |
| `{"$concat": [a, b, ..]}` | these strings, one after the other |
| `{"$literal": a}` | `a` as it is written, operators in it included |

A template is compiled to the pieces of its own text around the operators, so that everything else, numbers of any size
included, comes out as it was written. A template that is one `$ref` to a whole payload is that payload, which may be
binary.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .engine.ports import ExpressionError, Scope
from .json_text import JsonError, check_json
from .payload import Payload
from .template_compile import Compiler
from .template_parts import FAILED, INVALID, Parts, Path, Ref
from .template_render import render, whole

if TYPE_CHECKING:
    from .expressions import Program


@dataclass(frozen=True)
class Template:
    """A template, compiled."""

    parts: Parts
    #: Everything that it reads, in the order of the source.
    paths: tuple[Path, ...]

    @staticmethod
    def compile(source: str, compile_cel: Callable[[str], Program]) -> Template:
        """Parses and checks a template."""
        try:
            check_json(source)
        except JsonError as problem:
            raise ExpressionError(INVALID, f"not acceptable JSON: {problem}") from None
        compiler = Compiler(compile_cel)
        # Space around the value would hide that it is a lone reference.
        parts = compiler.parts(source.strip(" \t\n\r"), "")
        return Template(parts, tuple(compiler.paths))

    def render(self, scope: Scope) -> Payload:
        """The payload that it builds."""
        if len(self.parts) == 1 and isinstance(self.parts[0], Ref) and not self.parts[0].tokens:
            payload = whole(self.parts[0], scope)
            if payload is not None:
                return payload
        text = render(self.parts, scope)
        try:
            # Each piece was checked; put together they may be too deep.
            check_json(text)
        except JsonError as problem:
            raise ExpressionError(FAILED, f"the result is not acceptable: {problem}") from None
        return Payload.json(text)
