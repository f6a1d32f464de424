"""What the interpreter does otherwise than the coordinator, rewritten in the source.

- Maps have no order there: `map` and `filter` go through their keys in order, so that a result does not depend on it.
- `size` of a text counts bytes there: it counts code points.
- `matches(text, pattern)` is there as `text.matches(pattern)` only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .tree import Brackets, Call, Macro, Node

_KEYS = "esteira_keys"
_SIZE = "esteira_size"
_RANK = {int: 0, bool: 1, str: 2}


def _keys(value: dict[Any, Any]) -> list[Any]:
    """The keys of a map in order."""
    return sorted(value, key=lambda key: (_RANK.get(type(key), 3), key))


#: The functions that a rewritten expression calls.
FUNCTIONS: dict[str, Callable[..., Any]] = {_KEYS: _keys, _SIZE: len}


@dataclass(frozen=True)
class _Change:
    """In the place of `outer` stands `template` with `{}` for the text of `inner`."""

    outer: Node
    inner: Node
    template: str


def rewritten(source: str, tree: Node) -> str:
    """The same expression, as the interpreter must be given it."""
    return _span(source, 0, len(source), _changes(source, tree))


def _changes(source: str, node: Node) -> list[_Change]:
    """What must change in a tree, outer changes first."""
    found = []
    if isinstance(node, Macro) and node.name in ("map", "filter") and not _is_list(node.children[0]):
        range_ = node.children[0]
        found.append(_Change(range_, range_, f"(type({{0}})==map?{_KEYS}({{0}}):{{0}})"))
    if isinstance(node, Call) and node.name == "matches" and not node.is_member:
        text, pattern = node.children
        found.append(_Change(node, text, f"({{0}}).matches({source[pattern.begin : pattern.end]})"))
    if isinstance(node, Call) and node.name == "size":
        found.append(_Change(node, node.children[0], f"{_SIZE}({{0}})"))
    return found + [change for child in node.children for change in _changes(source, child)]


def _is_list(node: Node) -> bool:
    if isinstance(node, Macro):
        return node.name in ("map", "filter")
    return isinstance(node, Brackets) and node.kind == "["


def _span(source: str, begin: int, end: int, changes: list[_Change]) -> str:
    written = []
    at = begin
    inside = [change for change in changes if begin <= change.outer.begin and change.outer.end <= end]
    # The order of the source; of two that begin alike the outer one, which comes first in the list.
    for change in sorted(inside, key=lambda change: (change.outer.begin, -change.outer.end)):
        if change.outer.begin < at:
            continue
        within = [other for other in inside if other is not change]
        text = _span(source, change.inner.begin, change.inner.end, within)
        written.append(source[at : change.outer.begin] + change.template.replace("{0}", text))
        at = change.outer.end
    return "".join(written) + source[at:end]
