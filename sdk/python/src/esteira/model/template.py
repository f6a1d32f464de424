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
from .json_text import (
    JsonError,
    check_json,
    escape_pointer,
    follow,
    item_places,
    items,
    member_places,
    members,
    parse_pointer,
    quoted,
)
from .limits import PAYLOAD_BYTES_MAX
from .payload import Payload
from .typed import decode

if TYPE_CHECKING:
    from .expressions import Program

INVALID = "EXPRESSION_INVALID"
MISSING_PATH = "EXPRESSION_MISSING_PATH"
TYPE = "EXPRESSION_TYPE"
FAILED = "EXPRESSION_FAILED"

#: A variable and the keys that are read from it.
Path = tuple[str, ...]
#: Most operators in a template. Each may read through all of a payload.
_OPERATORS_MAX = 1_000
_ROOTS = "/input, /item, /steps/<key>/output, /job and /config"


def missing(path: str) -> ExpressionError:
    """Data that is not there."""
    return ExpressionError(MISSING_PATH, f"missing path {path}")


@dataclass(frozen=True)
class _Ref:
    pointer: str
    #: `input`, `item`, `step`, `job_input`, `job` or `config`.
    source: str
    step_key: str
    #: The rest of the pointer, from the source on.
    tokens: list[str]


@dataclass(frozen=True)
class _Cel:
    program: Program


@dataclass(frozen=True)
class _Default:
    choices: list[_Parts]


@dataclass(frozen=True)
class _Concat:
    operands: list[_Parts]


_Part = str | _Ref | _Cel | _Default | _Concat
_Parts = list[_Part]


@dataclass(frozen=True)
class Template:
    """A template, compiled."""

    parts: _Parts
    #: Everything that it reads, in the order of the source.
    paths: tuple[Path, ...]

    @staticmethod
    def compile(source: str, compile_cel: Callable[[str], Program]) -> Template:
        """Parses and checks a template."""
        try:
            check_json(source)
        except JsonError as problem:
            raise ExpressionError(INVALID, f"not acceptable JSON: {problem}") from None
        compiler = _Compiler(compile_cel)
        # Space around the value would hide that it is a lone reference.
        parts = compiler.parts(source.strip(" \t\n\r"), "")
        return Template(parts, tuple(compiler.paths))

    def render(self, scope: Scope) -> Payload:
        """The payload that it builds."""
        if len(self.parts) == 1 and isinstance(self.parts[0], _Ref) and not self.parts[0].tokens:
            payload = _whole(self.parts[0], scope)
            if payload is not None:
                return payload
        text = _render(self.parts, scope)
        try:
            # Each piece was checked; put together they may be too deep.
            check_json(text)
        except JsonError as problem:
            raise ExpressionError(FAILED, f"the result is not acceptable: {problem}") from None
        return Payload.json(text)


class _Compiler:
    def __init__(self, compile_cel: Callable[[str], Program]) -> None:
        self.compile_cel = compile_cel
        self.paths: list[Path] = []
        self.operators = 0

    def parts(self, text: str, at: str) -> _Parts:
        """The parts of a value. `at` is its JSON Pointer in the template, for messages."""
        parts: _Parts = []
        self._value(text, at, parts)
        return parts

    def _value(self, text: str, at: str, parts: _Parts) -> None:
        if text.startswith("{"):
            operator = _operator(text, at)
            if operator is None:
                places = [(escape_pointer(key), begin, end) for key, begin, end in member_places(text)]
                self._copy(text, places, at, parts)
            else:
                parts.append(self._operation(*operator, at))
        elif text.startswith("["):
            indexed = enumerate(item_places(text))
            self._copy(text, [(str(index), begin, end) for index, (begin, end) in indexed], at, parts)
        else:
            _append(parts, text)

    def _copy(self, text: str, places: list[tuple[str, int, int]], at: str, parts: _Parts) -> None:
        """Everything between the values that are inside is copied."""
        copied = 0
        for token, begin, end in places:
            _append(parts, text[copied:begin])
            self._value(text[begin:end], f"{at}/{token}", parts)
            copied = end
        _append(parts, text[copied:])

    def _operation(self, name: str, argument: str, at: str) -> _Part:
        self.operators += 1
        if self.operators > _OPERATORS_MAX:
            raise ExpressionError(INVALID, f"more than {_OPERATORS_MAX} operators")
        match name:
            case "$ref":
                return self._reference(_string(argument, name, at), at)
            case "$cel":
                return self._cel(_string(argument, name, at), at)
            case "$default":
                return _Default(self._operands(argument, name, at))
            case "$concat":
                operands = self._operands(argument, name, at)
                for operand in operands:
                    # What is not an operator is known now.
                    if len(operand) == 1 and isinstance(operand[0], str) and not operand[0].startswith('"'):
                        raise ExpressionError(TYPE, f"{_place(at)}`$concat` joins strings; a number is not text")
                return _Concat(operands)
            case "$literal":
                return argument
        raise _refuse(at, f"unknown operator `{name}`; `$literal` keeps an object as it is")

    def _cel(self, source: str, at: str) -> _Part:
        try:
            program = self.compile_cel(source)
        except ExpressionError as problem:
            raise ExpressionError(problem.code, f"{_place(at)}{problem.message}") from None
        self.paths.extend(program.paths)
        return _Cel(program)

    def _operands(self, argument: str, name: str, at: str) -> list[_Parts]:
        texts = list(items(argument)) if argument.startswith("[") else []
        if not texts:
            raise _refuse(at, f"`{name}` takes an array with at least one element")
        return [self.parts(text, f"{at}/{name}/{index}") for index, text in enumerate(texts)]

    def _reference(self, pointer: str, at: str) -> _Ref:
        try:
            tokens = parse_pointer(pointer)
        except ValueError as why:
            raise _refuse(at, str(why)) from None
        match tokens:
            case [("input" | "item" | "config") as source, *rest]:
                found = _Ref(pointer, source, "", rest)
            case ["steps", key, "output", *rest]:
                found = _Ref(pointer, "step", key, rest)
            case ["job", "input", *rest]:
                found = _Ref(pointer, "job_input", "", rest)
            case ["job", *rest]:
                found = _Ref(pointer, "job", "", rest)
            case _:
                raise _refuse(at, f"`{pointer}` begins nowhere: the roots are {_ROOTS}")
        self.paths.append(tuple(tokens))
        return found


def _append(parts: _Parts, text: str) -> None:
    """Adds text; neighbours become one piece."""
    if text and parts and isinstance(parts[-1], str):
        parts[-1] += text
    elif text:
        parts.append(text)


def _operator(text: str, at: str) -> tuple[str, str] | None:
    """The operator that an object is, if it is one: its name and the text of its argument."""
    inside = list(members(text))
    found = next(((key, value) for key, value in inside if key.startswith("$")), None)
    if found and len(inside) > 1:
        # Silence here would let a typing error, or a second key, turn an operator into data.
        why = f"`{found[0]}` beside other keys is neither an operator nor data; wrap it in `$literal` if it is data"
        raise _refuse(at, why)
    return found


def _string(argument: str, name: str, at: str) -> str:
    if not argument.startswith('"'):
        raise _refuse(at, f"`{name}` takes a string")
    return str(decode(argument))


def _place(at: str) -> str:
    return f"at {at}: " if at else ""


def _refuse(at: str, why: str) -> ExpressionError:
    return ExpressionError(INVALID, f"{_place(at)}{why}")


def _render(parts: _Parts, scope: Scope) -> str:
    rendered: list[str] = []
    size = 0
    for part in parts:
        match part:
            case str():
                text = part
            case _Ref():
                text = _reference(part, scope)
            case _Cel(program):
                text = program.json(scope)
            case _Default(choices):
                text = _first_there(choices, scope)
            case _Concat(operands):
                text = _concat(operands, scope)
        size += len(text)
        if size > PAYLOAD_BYTES_MAX:
            raise ExpressionError(FAILED, f"the result is larger than {PAYLOAD_BYTES_MAX} bytes")
        rendered.append(text)
    joined = "".join(rendered)
    if len(joined.encode()) > PAYLOAD_BYTES_MAX:
        raise ExpressionError(FAILED, f"the result is larger than {PAYLOAD_BYTES_MAX} bytes")
    return joined


def _first_there(choices: list[_Parts], scope: Scope) -> str:
    last = ExpressionError(FAILED, "`$default` without a choice")
    for choice in choices:
        try:
            return _render(choice, scope)
        except ExpressionError as problem:
            if problem.code != MISSING_PATH:
                raise
            last = problem
    raise last


def _concat(operands: list[_Parts], scope: Scope) -> str:
    inside = []
    for operand in operands:
        text = _render(operand, scope).strip()
        if not (len(text) >= 2 and text.startswith('"') and text.endswith('"')):
            raise ExpressionError(TYPE, "`$concat` joins strings; one of these is not")
        # The escapes of JSON strings stand for themselves in any JSON string.
        inside.append(text[1:-1])
    return f'"{"".join(inside)}"'


def _whole(reference: _Ref, scope: Scope) -> Payload | None:
    """The payload itself that a reference names; None when it names none."""
    match reference.source:
        case "input":
            payload: Payload | None = scope.input
        case "step":
            payload = scope.steps.get(reference.step_key)
        case "job_input":
            payload = scope.job_input
        case _:
            return None
    if payload is None or payload.body is None:
        raise missing(reference.pointer)
    return payload


def _reference(reference: _Ref, scope: Scope) -> str:
    """The text of what a reference names, exactly as it was written."""
    text: str | None
    match reference.source:
        case "item":
            text = item_json(scope.item_path)
        case "job":
            text = _job(scope, with_input=not reference.tokens)
        case "config":
            text = scope.config_json or None
        case _:
            payload = _whole(reference, scope)
            if payload is not None and isinstance(payload.body, bytes) and not reference.tokens:
                raise ExpressionError(TYPE, f"{reference.pointer} is binary and cannot stand inside JSON")
            text = payload.as_json if payload else None
    found = None if text is None else follow(text, reference.tokens)
    if found is None:
        raise missing(reference.pointer)
    return found


def item_json(path: tuple[int, ...]) -> str | None:
    """The variable `item` as JSON text; None outside a fan-out."""
    return f'{{"index":{path[-1]},"path":[{",".join(map(str, path))}]}}' if path else None


def _job(scope: Scope, with_input: bool) -> str:
    """The variable `job` as JSON text."""
    labels = ",".join(f"{quoted(name)}:{quoted(scope.labels[name])}" for name in sorted(scope.labels))
    written = ""
    if with_input and scope.job_input is not None:
        if isinstance(scope.job_input.body, bytes):
            raise ExpressionError(TYPE, "/job/input is binary and cannot stand inside JSON")
        if scope.job_input.as_json is not None:
            written = f'"input":{scope.job_input.as_json.strip()},'
    data_class = quoted(scope.data_class)
    return f'{{"id":{quoted(scope.job_id)},{written}"labels":{{{labels}}},"data_class":{data_class}}}'
