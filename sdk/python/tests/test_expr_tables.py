"""The coordinator's tables of expressions are the oracle: what it accepts, refuses and answers, Python does too."""

from __future__ import annotations

import unittest
from itertools import groupby
from unittest.mock import patch

from esteira.expr import CelExpressions
from esteira.model import Payload
from esteira.model.engine.ports import ExpressionError, Scope
from esteira.model.expressions import Expressions
from tests.rust_tables import not_supported, pairs

INPUT = """{"n":9007199254740993,"one":1,"big":18446744073709551615,"f":1.5,"s":"x","yes":true,"nothing":null,
  "list":[3,1,2],"empty":[],"map":{"b":2,"a":1},"e-mail":"a@b.c","nested":{"deep":{"er":"found"}},
  "leads":[{"name":"Ana","score":70,"tags":["hot"]},{"name":"Bea","score":30,"tags":[]},{"name":"Caio"}],
  "esc\\"aped\\u0000":"tab\\there","when":"2026-07-01T10:30:00Z"}"""

#: Everything that there can be, as in the coordinator's own tests.
FULL = Scope(
    Payload.json(INPUT),
    Payload.json('{"n":2,"ok":true}'),
    (0, 3),
    {"fetch": Payload.json('{"rows":7}'), "bin": Payload.binary(b"\x00\xff"), "silent": Payload.none()},
    "0190b3f2-0000-7000-8000-000000000000",
    Payload.json('{"campaign":"july"}'),
    {"team": "sales"},
    "QA",
    '{"limit":10}',
)


#: What the coordinator accepts and Python refuses: see `esteira.expr`.
REFUSED = {
    "-(-9223372036854775808) > 0",
    "type(duration('1s')) == google.protobuf.Duration",
    "{1u: 'x'}[1] == 'x' && {1: 'x'}[1.0] == 'x'",
    "{'a': 1, 'a': 2} == {}",
}


def answer(source: str) -> str:
    """`true`, `false`, or the code without its prefix."""
    try:
        return str(Expressions(CelExpressions()).condition(source, FULL)).lower()
    except ExpressionError as error:
        return error.code.removeprefix("EXPRESSION_")


class Tables(unittest.TestCase):
    def test_conditions_agree_with_the_coordinators_tables(self) -> None:
        cases = list(pairs())
        self.assertGreater(len(cases), 200)
        for chapter, group in groupby(cases, lambda case: case[0]):
            with self.subTest(chapter):
                found = [
                    (source, "INVALID" if source in REFUSED else expected, answer(source))
                    for _, source, expected in group
                ]
                wrong = [f"{case[0]}\n    expected {case[1]}, found {case[2]}" for case in found if case[1] != case[2]]
                self.assertEqual("\n".join(wrong), "")

    def test_what_python_refuses_is_in_the_tables(self) -> None:
        self.assertLessEqual(REFUSED, {source for _, source, _ in pairs()})

    def test_work_is_bounded(self) -> None:
        bound = patch("esteira.expr.functions.WORK_MAX", 20_000)
        bound.start()
        self.addCleanup(bound.stop)
        many = "[0,1,2,3,4,5,6,7,8,9]"
        loops = f"{many}.exists(a, {many}.exists(b, {many}.exists(c, {many}.exists(d, {many}.exists(e, {many}.exists("
        endless = [
            f"{loops}f, {many}.exists(g, f + g > 100)))))))",
            # An error that is absorbed around each loop ends none of them.
            f"{loops}f, ({many}.all(g, f >= 0) || true) && false) && false) && false) && false) && false) && false)",
            f"{many}.map(a, {many}.map(b, {many}.map(c, {many}.map(d, {many}.map(e, [input, input, input]))))) == []",
            f"{many}.map(a, {many}.map(b, 'a'.matches('((a{{1000}}){{1000}}){{100}}'))) == []",
        ]
        for source in endless:
            with self.subTest(source[:60]):
                self.assertEqual(answer(source), "FAILED")
        self.assertEqual(answer(f"{many}.all(a, {many}.all(b, {many}.all(c, a + b + c < 30)))"), "true")

    def test_what_the_coordinator_does_not_support_is_refused(self) -> None:
        sources = not_supported()
        self.assertGreaterEqual(len(sources), 20)
        self.assertEqual([source for source in sources if answer(source) != "INVALID"], [])
