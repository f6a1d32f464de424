"""A CEL expression as a tree with places, for what is checked before it is evaluated."""

from __future__ import annotations

from dataclasses import dataclass, field

#: Deepest nesting of an expression.
EXPRESSION_DEPTH_MAX = 100
#: Macros of the form `range.name(variable, ..)`: name, fewest and most arguments.
MACROS = {"all": (2, 2), "exists": (2, 2), "exists_one": (2, 2), "existsOne": (2, 2), "map": (2, 3), "filter": (2, 2)}


class TooNested(Exception):
    """The expression is nested too deeply."""


@dataclass
class Node:
    """A part of an expression, from `begin` up to `end` in the source."""

    begin: int
    end: int
    children: list[Node] = field(default_factory=list)
    depth: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self.depth = 1 + max((child.depth for child in self.children), default=0)
        if self.depth > EXPRESSION_DEPTH_MAX:
            raise TooNested


@dataclass
class Literal(Node):
    """A constant; `value` is set for strings."""

    kind: str = ""
    value: str = ""


@dataclass
class Ident(Node):
    """A name."""

    name: str = ""


@dataclass
class Select(Node):
    """`operand.field`, or `has(operand.field)` when `test`."""

    field_name: str = ""
    test: bool = False


@dataclass
class Call(Node):
    """A function, a member function (its target is the first child) or an operator such as `_+_`."""

    name: str = ""
    is_member: bool = False


@dataclass
class Macro(Node):
    """`range.name(variable, ..)`: the children are the range and the bodies."""

    name: str = ""
    variable: str = ""


@dataclass
class Brackets(Node):
    """A list (`kind` = `[`) or a map (`{`)."""

    kind: str = ""
