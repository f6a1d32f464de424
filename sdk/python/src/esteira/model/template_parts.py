"""What a template is compiled to, and the codes of an expression without a value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .engine.ports import ExpressionError

if TYPE_CHECKING:
    from .expressions import Program

#: The source cannot be accepted; found when it is checked.
INVALID = "EXPRESSION_INVALID"
#: It names data that is not there.
MISSING_PATH = "EXPRESSION_MISSING_PATH"
#: A value has the wrong type.
TYPE = "EXPRESSION_TYPE"
#: Anything else: overflow, division by zero, data that is not JSON.
FAILED = "EXPRESSION_FAILED"

#: A variable and the keys that are read from it.
Path = tuple[str, ...]


def missing(path: str) -> ExpressionError:
    """Data that is not there."""
    return ExpressionError(MISSING_PATH, f"missing path {path}")


@dataclass(frozen=True)
class Ref:
    """A JSON Pointer into the variables."""

    pointer: str
    #: `input`, `item`, `step`, `job_input`, `job` or `config`.
    source: str
    step_key: str
    #: The rest of the pointer, from the source on.
    tokens: list[str]


@dataclass(frozen=True)
class Cel:
    """An expression."""

    program: Program


@dataclass(frozen=True)
class Default:
    """The first choice that is there."""

    choices: list[Parts]


@dataclass(frozen=True)
class Concat:
    """Strings, one after the other."""

    operands: list[Parts]


#: Text that is copied, or an operator.
Part = str | Ref | Cel | Default | Concat
Parts = list[Part]
