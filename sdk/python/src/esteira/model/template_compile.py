"""From the text of a template to its parts; everything that can be wrong with it is found here."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from .engine.ports import ExpressionError
from .json_text import escape_pointer, item_places, items, member_places, members, parse_pointer
from .template_parts import INVALID, TYPE, Cel, Concat, Default, Part, Parts, Path, Ref
from .typed import decode

if TYPE_CHECKING:
    from .expressions import Program

#: Most operators in a template. Each may read through all of a payload.
_OPERATORS_MAX = 1_000
_ROOTS = "/input, /item, /steps/<key>/output, /job and /config"


class Compiler:
    """Compiles one template."""

    def __init__(self, compile_cel: Callable[[str], Program]) -> None:
        self.compile_cel = compile_cel
        self.paths: list[Path] = []
        self.operators = 0

    def parts(self, text: str, at: str) -> Parts:
        """The parts of a value. `at` is its JSON Pointer in the template, for messages."""
        parts: Parts = []
        self._value(text, at, parts)
        return parts

    def _value(self, text: str, at: str, parts: Parts) -> None:
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

    def _copy(self, text: str, places: list[tuple[str, int, int]], at: str, parts: Parts) -> None:
        """Everything between the values that are inside is copied."""
        copied = 0
        for token, begin, end in places:
            _append(parts, text[copied:begin])
            self._value(text[begin:end], f"{at}/{token}", parts)
            copied = end
        _append(parts, text[copied:])

    def _operation(self, name: str, argument: str, at: str) -> Part:
        self.operators += 1
        if self.operators > _OPERATORS_MAX:
            raise ExpressionError(INVALID, f"more than {_OPERATORS_MAX} operators")
        match name:
            case "$ref":
                return self._reference(_string(argument, name, at), at)
            case "$cel":
                return self._cel(_string(argument, name, at), at)
            case "$default":
                return Default(self._operands(argument, name, at))
            case "$concat":
                operands = self._operands(argument, name, at)
                for operand in operands:
                    # What is not an operator is known now.
                    if len(operand) == 1 and isinstance(operand[0], str) and not operand[0].startswith('"'):
                        raise ExpressionError(TYPE, f"{_place(at)}`$concat` joins strings; a number is not text")
                return Concat(operands)
            case "$literal":
                return argument
        raise _refuse(at, f"unknown operator `{name}`; `$literal` keeps an object as it is")

    def _cel(self, source: str, at: str) -> Part:
        try:
            program = self.compile_cel(source)
        except ExpressionError as problem:
            raise ExpressionError(problem.code, f"{_place(at)}{problem.message}") from None
        self.paths.extend(program.paths)
        return Cel(program)

    def _operands(self, argument: str, name: str, at: str) -> list[Parts]:
        texts = list(items(argument)) if argument.startswith("[") else []
        if not texts:
            raise _refuse(at, f"`{name}` takes an array with at least one element")
        return [self.parts(text, f"{at}/{name}/{index}") for index, text in enumerate(texts)]

    def _reference(self, pointer: str, at: str) -> Ref:
        try:
            tokens = parse_pointer(pointer)
        except ValueError as why:
            raise _refuse(at, str(why)) from None
        match tokens:
            case [("input" | "item" | "config") as source, *rest]:
                found = Ref(pointer, source, "", rest)
            case ["steps", key, "output", *rest]:
                found = Ref(pointer, "step", key, rest)
            case ["job", "input", *rest]:
                found = Ref(pointer, "job_input", "", rest)
            case ["job", *rest]:
                found = Ref(pointer, "job", "", rest)
            case _:
                raise _refuse(at, f"`{pointer}` begins nowhere: the roots are {_ROOTS}")
        self.paths.append(tuple(tokens))
        return found


def _append(parts: Parts, text: str) -> None:
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
