"""What an expression refers to, and whether it may; the same rules as the coordinator's."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ..model.engine.ports import ExpressionError
from ..model.template_parts import INVALID, Path
from .parse import SyntaxRefused, parse
from .tree import EXPRESSION_DEPTH_MAX, MACROS, Brackets, Call, Ident, Literal, Macro, Node, Select, TooNested

#: Functions of the form `f(x)`: name and number of arguments.
_GLOBAL = {
    "bool": 1,
    "bytes": 1,
    "double": 1,
    "duration": 1,
    "dyn": 1,
    "int": 1,
    "matches": 2,
    "size": 1,
    "string": 1,
    "timestamp": 1,
    "type": 1,
    "uint": 1,
}
#: Functions of the form `x.f(..)`: name, fewest and most arguments.
_MEMBER = {
    "contains": (1, 1),
    "endsWith": (1, 1),
    "getDate": (0, 1),
    "getDayOfMonth": (0, 1),
    "getDayOfWeek": (0, 1),
    "getDayOfYear": (0, 1),
    "getFullYear": (0, 1),
    "getHours": (0, 1),
    "getMilliseconds": (0, 1),
    "getMinutes": (0, 1),
    "getMonth": (0, 1),
    "getSeconds": (0, 1),
    "matches": (1, 1),
    "size": (0, 0),
    "startsWith": (1, 1),
}
_TYPES = {"bool", "bytes", "double", "int", "list", "map", "null_type", "string", "type", "uint"}
#: The interpreter does not know them.
_QUALIFIED_TYPES = {"google.protobuf.Duration", "google.protobuf.Timestamp"}
_NEGATED_MIN = re.compile(r"[-()\s]*-[-()\s]*-9223372036854775808[()\s]*")
_DOUBLE = re.compile(r"[0-9]*\.|[0-9]+[eE]")
_NEVER_BOOLEAN = {"_+_", "_-_", "_*_", "_/_", "_%_", "-_", "bytes", "double", "duration", "int", "size", "string"}
_NEVER_BOOLEAN |= {"timestamp", "type", "uint"}


@dataclass
class Checked:
    """What was found out about an expression."""

    tree: Node
    #: Paths that it reads from its variables, in the order of the source.
    paths: list[Path] = field(default_factory=list)
    #: Those among them that it reads, and does not only ask for with `has`.
    read: list[Path] = field(default_factory=list)
    #: Paths of the variables of its own macros.
    local: list[Path] = field(default_factory=list)


def check(source: str, variables: tuple[str, ...]) -> Checked:
    """Walks the expression once; refuses names and functions that there are not."""
    try:
        checked = Checked(parse(source))
        _Walk(source, checked, variables).walk(checked.tree, ())
    except SyntaxRefused as problem:
        line = source.count("\n", 0, problem.at) + 1
        column = problem.at - source.rfind("\n", 0, problem.at)
        raise ExpressionError(INVALID, f"{line}:{column}: {problem.why}") from None
    except TooNested:
        raise ExpressionError(INVALID, f"nested more than {EXPRESSION_DEPTH_MAX} deep") from None
    return checked


def never_boolean(tree: Node) -> bool:
    """Whether an expression has, by its outermost form alone, a value that is not a boolean."""
    match tree:
        case Literal():
            return tree.kind != "bool"
        case Brackets():
            return True
        case Ident():
            return tree.name in _TYPES
        case Call():
            return tree.name in _NEVER_BOOLEAN
    return False


def path_of(node: Node) -> Path | None:
    """The path that an expression spells, if it is nothing but a path. `has(a.b)` spells `a.b`."""
    match node:
        case Ident():
            return (node.name,)
        case Select():
            inner = node.children[0]
            before = None if isinstance(inner, Select) and inner.test else path_of(inner)
            return None if before is None else (*before, node.field_name)
        case Call(name="_[_]"):
            inner, key = node.children
            before = None if isinstance(inner, Select) and inner.test else path_of(inner)
            if before is not None and isinstance(key, Literal) and key.kind == "string":
                return (*before, key.value)
    return None


class _Walk:
    def __init__(self, source: str, checked: Checked, variables: tuple[str, ...]) -> None:
        self.source = source
        self.checked = checked
        self.variables = variables

    def walk(self, node: Node, local: tuple[str, ...]) -> None:
        self.refuse_misread(node)
        path = path_of(node)
        if path is not None:
            return self.refer(node, path, local)
        match node:
            case Call():
                why = _refused(node)
                if why:
                    raise SyntaxRefused(node.begin, why)
            case Macro():
                return self.macro(node, local)
        for child in node.children:
            self.walk(child, local)

    def refuse_misread(self, node: Node) -> None:
        """Refuses the few things that the coordinator accepts and the interpreter would read otherwise."""
        texts = [self.source[child.begin : child.end] for child in node.children]
        match node:
            case Brackets(kind="{"):
                keys = [
                    text if key.kind != "string" else key.value
                    for key, text in zip(node.children[::2], texts[::2], strict=True)
                    if isinstance(key, Literal)
                ]
                if any(key[-1:] in "uU" and key[:1].isdigit() for key in texts[::2]) or len(set(keys)) < len(keys):
                    raise SyntaxRefused(node.begin, "a map with a uint for a key, or with one key twice")
            case Call(name="_[_]") if isinstance(node.children[1], Literal) and _DOUBLE.match(texts[1]):
                raise SyntaxRefused(node.children[1].begin, "a double is no key here")
            case Literal() if _NEGATED_MIN.fullmatch(self.source[node.begin : node.end]):
                raise SyntaxRefused(node.begin, "a number is out of range")

    def macro(self, node: Macro, local: tuple[str, ...]) -> None:
        self.walk(node.children[0], local)
        # Two meanings of one name in one expression help nobody, and would hide what is read.
        if node.variable in self.variables or node.variable in _TYPES:
            raise SyntaxRefused(node.begin, f"`{node.variable}` is taken; name the macro's variable otherwise")
        for body in node.children[1:]:
            self.walk(body, (*local, node.variable))

    def refer(self, node: Node, path: Path, local: tuple[str, ...]) -> None:
        """Records a path, unless it names nothing that there is."""
        if path[0] in local:
            self.checked.local.append(path)
            return
        if path[0] not in self.variables:
            if ".".join(path) in _TYPES:
                return
            if ".".join(path) in _QUALIFIED_TYPES:
                raise SyntaxRefused(node.begin, f"there is no type `{'.'.join(path)}` in an embedded run")
            known = ", ".join(self.variables)
            raise SyntaxRefused(node.begin, f"unknown name `{path[0]}`; there is {known}")
        if path[0] == "steps" and (len(path) < 3 or path[2] != "output"):
            raise SyntaxRefused(node.begin, '`steps` is read as `steps.<key>.output` or `steps["key"].output`')
        self.checked.paths.append(path)
        if not (isinstance(node, Select) and node.test):
            self.checked.read.append(path)


def _refused(call: Call) -> str | None:
    """Why a call is refused, or None when it is allowed."""
    if "_" in (call.name[0], call.name[-1]):
        return None
    if call.name in MACROS or call.name == "has":
        return f"`{call.name}` is not called like this"
    count = len(call.children) - int(call.is_member)
    if call.is_member:
        few, most = _MEMBER.get(call.name, (0, -1))
    else:
        few = most = _GLOBAL.get(call.name, -1)
    if most < 0:
        return f"unknown function `{call.name}`"
    return None if few <= count <= most else f"`{call.name}` does not take {count} arguments"
