"""What the interpreter does otherwise than the coordinator, rewritten in the source; `functions` has what is called.

- Maps have no order there: `map` and `filter` go through their keys in order, so that a result does not depend on it.
- `size` of a text counts bytes there, `string` and `int` know no times, parts of times know no zones: ours do.
- A list and a map are added there; with us they have no sum.
- In `all` and `exists` an item that decides outvotes one that has no value, whichever comes first.
- Work is not bounded there: each round of a macro, and what it looks at as a whole, takes from a budget.
"""

from __future__ import annotations

from .tree import Brackets, Call, Ident, Literal, Macro, Node, Select

_CONVERSIONS = ("string", "bool", "bytes", "timestamp")
_WHOLE = {"_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_", "_in_", "_+_"}
_LOOKS_THROUGH = {"contains", "startsWith", "endsWith", "matches"}


def rewritten(source: str, tree: Node) -> str:
    """The same expression, as the interpreter must be given it."""
    return _Rewriter(source).text(tree, False)


def _is_path(node: Node) -> bool:
    """Whether reading it again costs nothing."""
    if isinstance(node, Select):
        return not node.test and _is_path(node.children[0])
    if isinstance(node, Call) and node.name == "_[_]":
        return _is_path(node.children[0]) and isinstance(node.children[1], Literal | Ident)
    return isinstance(node, Ident)


def _is_list(node: Node) -> bool:
    if isinstance(node, Macro):
        return node.name in ("map", "filter")
    return isinstance(node, Brackets) and node.kind == "["


def _has(node: Node, wanted: type[Node], name: str | None = None) -> bool:
    return any(
        (isinstance(child, wanted) and name in (None, getattr(child, "name", None))) or _has(child, wanted, name)
        for child in node.children
    )


class _Rewriter:
    def __init__(self, source: str) -> None:
        self.source = source

    def text(self, node: Node, in_loop: bool) -> str:
        """The text of a node; `in_loop` when it is read for each item of something."""
        if isinstance(node, Macro):
            return self.macro(node, in_loop)
        if isinstance(node, Call) and not node.name.startswith("_"):
            called = self.call(node, in_loop)
            if called is not None:
                return called
        return self.spliced(node, [self.child(node, child, in_loop) for child in node.children])

    def spliced(self, node: Node, texts: list[str]) -> str:
        """The source of a node with other texts in the place of its children."""
        written, at = [], node.begin
        for child, text in zip(node.children, texts, strict=True):
            written += [self.source[at : child.begin], text]
            at = child.end
        return "".join(written) + self.source[at : node.end]

    def child(self, parent: Node, child: Node, in_loop: bool) -> str:
        text = self.text(child, in_loop)
        adds = isinstance(parent, Call) and parent.name == "_+_"
        if adds and (_is_path(child) or (isinstance(child, Brackets) and child.kind == "{")):
            text = f"(esteira_addend({text})?{text}:false)"
        whole = isinstance(parent, Brackets) or (isinstance(parent, Call) and parent.name in _WHOLE | _LOOKS_THROUGH)
        if in_loop and whole and _is_path(child):
            text = f"(esteira_weigh({self.text(child, in_loop)})?{text}:false)"
        return text

    def call(self, node: Call, in_loop: bool) -> str | None:
        """A call of what the interpreter has otherwise, or not; None when it is as it should be."""
        texts = [self.child(node, child, in_loop) for child in node.children]
        if node.name == "matches":
            text, pattern = texts
            # Outside of loops a pattern is compiled once.
            text = f"(esteira_pattern({pattern})?({text}):'')" if in_loop else f"({text})"
            return f"{text}.matches({pattern})"
        if node.name == "size":
            return f"esteira_size({texts[0]})"
        if node.name in _CONVERSIONS:
            return f"esteira_{node.name}({texts[0]})"
        if node.name == "int" and not _has(node, Call, "int"):
            return f"(esteira_is_time({texts[0]})?esteira_seconds({texts[0]}):int({texts[0]}))"
        if node.name.startswith("get") and len(texts) == 2:
            return f'esteira_in_zone({texts[0]},"{node.name}",{texts[1]})'
        return None

    def macro(self, node: Macro, in_loop: bool) -> str:
        range_, *bodies = node.children
        over = self.text(range_, in_loop)
        if node.name in ("map", "filter") and not _is_list(range_):
            over = f"(type({over})==map?esteira_keys({over}):{over})" if _is_path(range_) else f"esteira_range({over})"
        over = f"(esteira_goes_on()?{over}:[])"
        if node.name in ("all", "exists") and not _has(node, Macro):
            return self.vote(node, over, self.text(bodies[0], True))
        texts = []
        for body in bodies:
            text = self.text(body, True)
            weighed = f"esteira_weigh({text})" if _is_path(body) else "esteira_round()"
            texts.append(f"({weighed}?({text}):false)")
        return f"{over}.{node.name}({node.variable},{','.join(texts)})"

    def vote(self, node: Macro, over: str, body: str) -> str:
        """`all` or `exists` with a body that has no macro: first with every error left out, then, if there was one that
        was not outvoted, as it stands, for its error.
        """
        counted = f"(esteira_round()&&esteira_voted({body}))"
        plain = f"{over}.{node.name}({node.variable},{body})"
        if node.name == "exists":
            voted = f"{over}.exists({node.variable},{counted}&&!esteira_failed())"
            return f"((esteira_vote()&&{voted})||(esteira_any_failed()&&{plain}))"
        voted = f"{over}.all({node.variable},{counted}||esteira_failed())"
        return f"((esteira_vote()&&{voted})&&(!esteira_any_failed()||{plain}))"
