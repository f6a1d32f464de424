"""From CEL text to a tree. The interpreter parsed the text before: what it refuses never comes here."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from .tree import MACROS, Brackets, Call, Ident, Literal, Macro, Node, Select

#: Deepest nesting of brackets, calls and ternaries.
_SOURCE_DEPTH_MAX = 32
_TOKEN = re.compile(
    r"""(?P<space>(?:[ \t\r\n\f]|//[^\n]*)+)
    |(?P<text>[rR]?[bB]?[rR]?(?:\"\"\"(?:\\.|[^\\])*?\"\"\"|'''(?:\\.|[^\\])*?'''|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'))
    |(?P<number>0x[0-9a-fA-F]+[uU]?|(?:[0-9]+\.[0-9]+|\.[0-9]+|[0-9]+)(?:[eE][+-]?[0-9]+)?[uU]?)
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<sign>\|\||&&|==|!=|<=|>=|[-+*/%!<>?:.,()\[\]{}])""",
    re.VERBOSE | re.DOTALL,
)
_BINARY = (("||",), ("&&",), ("<", "<=", ">", ">=", "==", "!=", "in"), ("+", "-"), ("*", "/", "%"))
_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|X[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{3}|.)", re.DOTALL)
_ESCAPES = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


class SyntaxRefused(Exception):
    """What the expression has and may not have, and where it stands."""

    def __init__(self, at: int, why: str) -> None:
        super().__init__(why)
        self.at = at
        self.why = why


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    begin: int
    end: int


def parse(source: str) -> Node:
    """The tree of an expression."""
    return _Parser(source).whole()


class _Parser:
    def __init__(self, source: str) -> None:
        self.tokens = _tokens(source)
        self.at = 0
        self.depth = 0

    def whole(self) -> Node:
        node = self.expression()
        if self.look().kind != "end":
            raise self.unexpected()
        return node

    def look(self, ahead: int = 0) -> _Token:
        return self.tokens[min(self.at + ahead, len(self.tokens) - 1)]

    def unexpected(self) -> SyntaxRefused:
        return SyntaxRefused(self.look().begin, "not understood from here on")

    def accept(self, *texts: str) -> _Token | None:
        token = self.look()
        if token.kind in ("sign", "name") and token.text in texts:
            self.at += 1
            return token
        return None

    def expect(self, text: str) -> _Token:
        token = self.accept(text)
        if token is None:
            raise self.unexpected()
        return token

    def expression(self) -> Node:
        self.depth += 1
        if self.depth > _SOURCE_DEPTH_MAX:
            raise SyntaxRefused(self.look().begin, f"nested more than {_SOURCE_DEPTH_MAX} deep")
        node = self.binary(0)
        if self.accept("?"):
            then = self.binary(0)
            self.expect(":")
            otherwise = self.expression()
            node = Call(node.begin, otherwise.end, [node, then, otherwise], name="_?_:_")
        self.depth -= 1
        return node

    def binary(self, level: int) -> Node:
        if level == len(_BINARY):
            return self.unary()
        operands = [self.binary(level + 1)]
        while (operator := self.accept(*_BINARY[level])) is not None:
            operands.append(self.binary(level + 1))
            if level > 1:
                left, right = operands
                operands = [Call(left.begin, right.end, [left, right], name=f"_{operator.text}_")]
        if len(operands) == 1:
            return operands[0]
        # Chains of `||` and `&&` are one call: as balanced as the interpreter makes them.
        return Call(operands[0].begin, operands[-1].end, operands, name=f"_{_BINARY[level][0]}_")

    def unary(self) -> Node:
        signs = []
        while (sign := self.accept("!", "-")) is not None:
            signs.append(sign)
        node = self.member()
        if not signs:
            return node
        if signs[0].text == "-" and len(signs) == 1 and isinstance(node, Literal):
            return Literal(signs[0].begin, node.end, kind=node.kind)
        return Call(signs[0].begin, node.end, [node], name="!_" if signs[0].text == "!" else "-_")

    def member(self) -> Node:
        node = self.primary()
        while True:
            if self.accept("."):
                node = self.selection(node)
            elif self.accept("["):
                index = self.expression()
                node = Call(node.begin, self.expect("]").end, [node, index], name="_[_]")
            else:
                return node

    def selection(self, node: Node) -> Node:
        name = self.look()
        if name.kind != "name":
            raise self.unexpected()
        self.at += 1
        if not self.accept("("):
            return Select(node.begin, name.end, [node], field_name=name.text)
        arguments, end = self.arguments(")")
        few, most = MACROS.get(name.text, (0, -1))
        variable = arguments[0] if arguments else None
        if few <= len(arguments) <= most and isinstance(variable, Ident):
            return Macro(node.begin, end, [node, *arguments[1:]], name=name.text, variable=variable.name)
        return Call(node.begin, end, [node, *arguments], name=name.text, is_member=True)

    def primary(self) -> Node:
        token = self.look()
        self.at += 1
        if token.kind == "number":
            return Literal(token.begin, token.end, kind="number")
        if token.kind == "text":
            return _text(token)
        if token.kind == "name":
            return self.name(token)
        if token.text == "(":
            node = self.expression()
            node.begin, node.end = token.begin, self.expect(")").end
            return node
        if token.text == "[":
            elements, end = self.arguments("]")
            return Brackets(token.begin, end, elements, kind="[")
        if token.text == "{":
            return self.entries(token)
        self.at -= 1
        raise self.unexpected()

    def name(self, token: _Token) -> Node:
        if token.text in ("true", "false"):
            return Literal(token.begin, token.end, kind="bool")
        if token.text == "null":
            return Literal(token.begin, token.end, kind="null")
        if self.look().text == "{":
            raise SyntaxRefused(token.begin, "messages are not supported")
        if not self.accept("("):
            return Ident(token.begin, token.end, name=token.text)
        arguments, end = self.arguments(")")
        if token.text == "has" and len(arguments) == 1 and isinstance(arguments[0], Select):
            tested = arguments[0]
            return Select(token.begin, end, tested.children, field_name=tested.field_name, test=True)
        return Call(token.begin, end, arguments, name=token.text)

    def arguments(self, closing: str) -> tuple[list[Node], int]:
        return self.separated(closing, lambda: [self.expression()])

    def entries(self, token: _Token) -> Node:
        def entry() -> list[Node]:
            key = self.expression()
            self.expect(":")
            return [key, self.expression()]

        children, end = self.separated("}", entry)
        return Brackets(token.begin, end, children, kind="{")

    def separated(self, closing: str, read: Callable[[], list[Node]]) -> tuple[list[Node], int]:
        found: list[Node] = []
        while True:
            end = self.accept(closing)
            if end is not None:
                return found, end.end
            found.extend(read())
            if not self.accept(","):
                return found, self.expect(closing).end


def _tokens(source: str) -> list[_Token]:
    tokens = []
    at = 0
    while at < len(source):
        found = _TOKEN.match(source, at)
        if found is None or found.lastgroup is None:
            raise SyntaxRefused(at, "not understood from here on")
        if found.lastgroup != "space":
            tokens.append(_Token(found.lastgroup, found.group(), at, found.end()))
        at = found.end()
    tokens.append(_Token("end", "", len(source), len(source)))
    return tokens


def _text(token: _Token) -> Node:
    prefix = token.text[: min(token.text.find(quote) for quote in "\"'" if quote in token.text)].lower()
    body = token.text[len(prefix) :]
    width = 3 if body[:3] in ('"""', "'''") else 1
    inside = body[width:-width]
    if "b" in prefix:
        return Literal(token.begin, token.end, kind="bytes")
    value = inside if "r" in prefix else _ESCAPE.sub(lambda found: _unescape(found.group(1)), inside)
    return Literal(token.begin, token.end, kind="string", value=value)


def _unescape(escape: str) -> str:
    if escape[0] in "xXuU":
        return chr(int(escape[1:], 16))
    if len(escape) == 3:
        return chr(int(escape, 8))
    return _ESCAPES.get(escape, escape)
