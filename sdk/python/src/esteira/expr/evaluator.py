"""Expressions, compiled and evaluated."""

from __future__ import annotations

import re
from typing import Any

import cel

from ..model.engine.ports import ExpressionError, Scope
from ..model.limits import CONDITION_BYTES_MAX
from ..model.payload import Payload
from ..model.template_parts import FAILED, INVALID, MISSING_PATH, TYPE, Path, missing
from . import bind
from .check import Checked, check, never_boolean
from .functions import Work
from .output import write
from .rewrite import rewritten

_UNDEFINED = re.compile(r"Undefined variable or function: '([^']*)'")
_PARSER_MESSAGE_CHARS_MAX = 200


class CelExpressions:
    """The CEL of the coordinator, behind the port :class:`esteira.model.Cel`."""

    def compile(self, source: str, variables: tuple[str, ...], is_condition: bool) -> CelProgram:
        """Parses and checks an expression over these variables."""
        size = len(source.encode(errors="replace"))
        if size > CONDITION_BYTES_MAX:
            raise ExpressionError(INVALID, f"{size} bytes; at most {CONDITION_BYTES_MAX} are allowed")
        try:
            cel.compile(source)
        except ValueError as problem:
            raise ExpressionError(INVALID, _syntax(str(problem))) from None
        except BaseException as problem:
            if isinstance(problem, KeyboardInterrupt | SystemExit):
                raise
            raise ExpressionError(INVALID, "not an expression") from None
        checked = check(source, variables)
        if is_condition and never_boolean(checked.tree):
            raise ExpressionError(TYPE, "this can never be true or false")
        return CelProgram(cel.compile(rewritten(source, checked.tree)), checked)


class CelProgram:
    """An expression that was parsed and checked."""

    def __init__(self, program: cel.Program, checked: Checked) -> None:
        self._program = program
        self._checked = checked

    @property
    def paths(self) -> tuple[Path, ...]:
        """What it reads, in the order of the source."""
        return tuple(self._checked.paths)

    def holds(self, scope: Scope) -> bool:
        """Whether it holds."""
        return self._holds(bind.of_scope(scope, self._checked.paths))

    def holds_for(self, value: Payload) -> bool:
        """Whether it holds for this value."""
        return self._holds(bind.of_value(value))

    def json(self, scope: Scope) -> str:
        """Its value as JSON text."""
        return write(self._evaluate(bind.of_scope(scope, self._checked.paths)))

    def _holds(self, variables: dict[str, Any]) -> bool:
        result = self._evaluate(variables)
        if not isinstance(result, bool):
            raise ExpressionError(TYPE, f"the result is {type(result).__name__}, not bool")
        return result

    def _evaluate(self, variables: dict[str, Any]) -> Any:
        work = Work()
        context = cel.Context(variables, work.functions())
        try:
            result = self._program.execute(context)
        except BaseException as problem:
            if isinstance(problem, KeyboardInterrupt | SystemExit):
                raise
            if work.is_exhausted:
                raise _exhausted() from None
            raise (_wrong_type() if work.is_wrong_type else self._explain(problem, variables)) from None
        if work.is_exhausted:
            raise _exhausted()
        return result

    def _explain(self, problem: BaseException, variables: dict[str, Any]) -> ExpressionError:
        """The interpreter's failure as one of our codes, without the data that it holds."""
        text = str(problem)
        undefined = _UNDEFINED.match(text)
        if undefined:
            path = next((path for path in self._checked.paths if path[0] == undefined.group(1)), None)
            return missing(_written(path)) if path else _wrong_type()
        if isinstance(problem, KeyError):
            return self._missing_key(str(problem.args[0]) if problem.args else "", variables)
        if isinstance(problem, IndexError):
            return ExpressionError(MISSING_PATH, "a list is shorter than the index asks for")
        if isinstance(problem, ZeroDivisionError):
            return ExpressionError(FAILED, "division by zero")
        if isinstance(problem, OverflowError):
            return ExpressionError(FAILED, "a number is out of range")
        if isinstance(problem, TypeError):
            for path in (*self._checked.read, *self._checked.paths):
                broken = _broken_at(path, variables)
                if broken and broken[1] != "map":
                    why = f"missing path {_written(broken[0])}: what should hold it is {broken[1]}"
                    return ExpressionError(MISSING_PATH, why)
            return _wrong_type()
        return ExpressionError(FAILED, "the expression has no value")

    def _missing_key(self, key: str, variables: dict[str, Any]) -> ExpressionError:
        for path in self._checked.paths:
            broken = _broken_at(path, variables)
            if broken and broken[0][-1] == key:
                return missing(_written(broken[0]))
        for path in self._checked.local:
            if key in path[1:]:
                return missing(_written(path[: path.index(key, 1) + 1]))
        # The key was computed; it may be data.
        return ExpressionError(MISSING_PATH, "a map does not have a key that the expression computes")


def _exhausted() -> ExpressionError:
    return ExpressionError(FAILED, "the expression does more work than is allowed for one evaluation")


def _wrong_type() -> ExpressionError:
    return ExpressionError(TYPE, "an operator or a function does not take values of these types")


def _broken_at(path: Path, variables: dict[str, Any]) -> tuple[Path, str] | None:
    """The shortest part of a path that leads nowhere, and the type of what should hold it."""
    if path[0] not in variables:
        return None
    value = variables[path[0]]
    for at, key in enumerate(path[1:], 2):
        if not isinstance(value, dict):
            return path[:at], _type_name(value)
        if key not in value:
            return path[:at], "map"
        value = value[key]
    return None


def _type_name(value: Any) -> str:
    names = {bool: "bool", int: "int", float: "double", str: "string", bytes: "bytes", list: "list"}
    return "null" if value is None else names.get(type(value), "value")


def _written(path: Path) -> str:
    """As CEL would spell it."""
    keys = (f".{key}" if re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", key) else f'["{key}"]' for key in path[1:])
    return path[0] + "".join(keys)


def _syntax(text: str) -> str:
    """The first thing that the parser did not understand, and where."""
    found = re.search(r"<input>:(\d+:\d+: .*)", text)
    told = found.group(1) if found else "not an expression"
    return told if len(told) <= _PARSER_MESSAGE_CHARS_MAX else f"{told[:_PARSER_MESSAGE_CHARS_MAX]}…"
