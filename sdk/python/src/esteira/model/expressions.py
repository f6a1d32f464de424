"""Conditions, policies and templates, for the embedded runner.

Templates and JSON Pointers are our own and need nothing. Conditions, policies and `$cel` are CEL, which is in no
standard library: it stands behind the port :class:`Cel`, and `esteira.expr` supplies it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Protocol, TypeVar

from .engine.ports import ExpressionError, References, Scope
from .payload import Payload
from .template import Template
from .template_parts import Path

T = TypeVar("T")

_CONDITION_VARIABLES = ("input", "output", "item", "steps", "job", "config")
TEMPLATE_VARIABLES = ("input", "item", "steps", "job", "config")
_POLICY_VARIABLES = ("value",)
#: Most expressions of one kind that are kept compiled.
_KEPT_MAX = 1_024


class Program(Protocol):
    """A CEL expression that was parsed and checked. Errors are :class:`ExpressionError`."""

    @property
    def paths(self) -> tuple[Path, ...]:
        """What it reads: a variable and the keys that follow it, variables of its own macros left out."""
        ...

    def holds(self, scope: Scope) -> bool:
        """Whether it holds; anything but a boolean is an error."""
        ...

    def holds_for(self, value: Payload) -> bool:
        """Whether it holds for this value, which is its variable `value`."""
        ...

    def json(self, scope: Scope) -> str:
        """Its value as JSON text."""
        ...


class Cel(Protocol):
    """A CEL implementation."""

    def compile(self, source: str, variables: tuple[str, ...], is_condition: bool) -> Program:
        """Parses and checks an expression over these variables; a condition must be able to be true or false."""
        ...


class WithoutCel:
    """Refuses every CEL expression and says how to get one."""

    def compile(self, source: str, variables: tuple[str, ...], is_condition: bool) -> Program:
        """Refuses the expression."""
        raise ExpressionError("EXPRESSION_INVALID", "CEL is not installed: pip install esteira-sdk[expr]")


class Expressions:
    """Implements the port `Evaluate` on a CEL implementation. What was compiled is kept by its source."""

    def __init__(self, cel: Cel | None = None) -> None:
        self._cel: Cel = cel or WithoutCel()
        self._conditions = _kept(lambda source: self._cel.compile(source, _CONDITION_VARIABLES, True))
        self._policies = _kept(lambda source: self._cel.compile(source, _POLICY_VARIABLES, True))
        self._templates = _kept(lambda source: Template.compile(source, self._compile_in_template))

    def _compile_in_template(self, source: str) -> Program:
        return self._cel.compile(source, TEMPLATE_VARIABLES, False)

    def check_condition(self, source: str) -> References:
        """Parses a condition and says what it refers to."""
        return _references(self._conditions(source).paths)

    def check_policy(self, source: str) -> None:
        """Parses a policy rule."""
        self._policies(source)

    def check_template(self, source: str) -> References:
        """Parses a template and says what it refers to."""
        return _references(self._templates(source).paths)

    def condition(self, source: str, scope: Scope) -> bool:
        """Whether the condition holds."""
        return self._conditions(source).holds(scope)

    def policy(self, source: str, value: Payload) -> bool:
        """Whether the rule holds for this value."""
        return self._policies(source).holds_for(value)

    def template(self, source: str, scope: Scope) -> Payload:
        """The payload that the template builds."""
        return self._templates(source).render(scope)


def _kept(compile_source: Callable[[str], T]) -> Callable[[str], T]:
    return lru_cache(_KEPT_MAX)(compile_source)


def _references(paths: tuple[Path, ...]) -> References:
    """What these paths need to be loaded."""
    steps = {path[1] for path in paths if path[0] == "steps" and len(path) > 1}
    # The bare variable, or a computed key, may be the input.
    job_input = any(path[0] == "job" and (len(path) == 1 or path[1] == "input") for path in paths)
    return References(tuple(sorted(steps)), job_input, any(path[0] == "output" for path in paths))


def installed_cel() -> Cel:
    """The CEL of `esteira.expr` when that part of the SDK is installed, else one that refuses everything."""
    try:
        from ..expr import CelExpressions
    except ImportError:
        return WithoutCel()
    return CelExpressions()
