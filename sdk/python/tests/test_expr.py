"""Conditions, policies and templates: what is accepted, what is refused, and by which code."""

from __future__ import annotations

import unittest

from esteira.expr import CelExpressions
from esteira.model import ExpressionError, Expressions, Payload, References, Scope
from esteira.model.expressions import WithoutCel

INPUT = """{"n":9007199254740993,"one":1,"big":18446744073709551615,"f":1.5,"s":"x","yes":true,"nothing":null,
    "list":[3,1,2],"empty":[],"map":{"b":2,"a":1},"e-mail":"a@b.c","nested":{"deep":{"er":"found"}},"e":"é",
    "leads":[{"name":"Ana","score":70,"tags":["hot"]},{"name":"Bea","score":30,"tags":[]},{"name":"Caio"}],
    "esc\\"aped\\u0000":"tab\\there","when":"2026-07-01T10:30:00Z"}"""


def full() -> Scope:
    return Scope(
        Payload.json(INPUT),
        Payload.json('{"n":2,"ok":true}'),
        (0, 3),
        {"fetch": Payload.json('{"rows":7}'), "bin": Payload.binary(b"\0\xff"), "silent": Payload.none()},
        "0190b3f2-0000-7000-8000-000000000000",
        Payload.json('{"campaign":"july"}'),
        {"team": "sales"},
        "QA",
        '{"limit":10}',
    )


class ExpressionCase(unittest.TestCase):
    def setUp(self) -> None:
        self.expressions = Expressions(CelExpressions())

    def condition(self, source: str, scope: Scope | None = None) -> str:
        try:
            return str(self.expressions.condition(source, scope or full())).lower()
        except ExpressionError as error:
            return error.code.removeprefix("EXPRESSION_")

    def problem(self, source: str, scope: Scope | None = None) -> ExpressionError:
        with self.assertRaises(ExpressionError, msg=source) as raised:
            self.expressions.condition(source, scope or full())
        return raised.exception


class ConditionTests(ExpressionCase):
    def test_what_conditions_refer_to(self) -> None:
        cases: tuple[tuple[str, tuple[str, ...], bool, bool], ...] = (
            ("true", (), False, False),
            ("input.steps.a.output == 1", (), False, False),
            ("output.n > 1", (), False, True),
            ("steps.b.output.x && steps['a'].output == steps.b.output", ("a", "b"), False, False),
            ("has(steps.a.output) ? steps.c.output : [steps.d.output].exists(s, s)", ("a", "c", "d"), False, False),
            ("input.l.all(x, x == steps.a.output[x])", ("a",), False, False),
            ('steps["with space"].output', ("with space",), False, False),
            ("job.id == 'a' && job.labels['x'] == 'y'", (), False, False),
            ("job.input.a", (), True, False),
            ("job['input'].a", (), True, False),
            ("size(job) > 1", (), True, False),
            ("job[input.k]", (), True, False),
        )
        for source, steps, job_input, output in cases:
            found = self.expressions.check_condition(source)
            self.assertEqual(found, References(steps, job_input, output), source)

    def test_refused_at_check_with_a_position(self) -> None:
        cases = (
            ("", "1:1"),
            ("input.a ==", "1:11"),
            ("input.a\n  && )", "2:6"),
            ("inputs.a == 1", "1:1: unknown name `inputs`"),
            ("true &&\n foo", "2:2: unknown name `foo`"),
            ("now() > 1", "unknown function `now`"),
            ("input.a.upper() == 'A'", "unknown function `upper`"),
            ("size(input.a, 1) == 1", "`size` does not take 2 arguments"),
            ("input.a.size(1) == 1", "`size` does not take 1 arguments"),
            ("contains(input.a, 'b')", "unknown function `contains`"),
            ("input.l.map(x)", "`map` is not called like this"),
            ("steps == 1", "1:1: `steps` is read as"),
            ("size(steps) == 1", "`steps` is read as"),
            ("steps.a == 1", "`steps` is read as"),
            ("steps.a.input == 1", "`steps` is read as"),
            ("steps[input.k].output == 1", "`steps` is read as"),
            ("has(steps.a)", "`steps` is read as"),
            ("input.l.all(steps, steps > 1)", "`steps` is taken"),
            ("value > 1", "unknown name `value`"),
            ("x{a: 1}", "messages are not supported"),
            ("true //" + " " * 2042, "at most 2048 are allowed"),
            ("(" * 40 + "true" + ")" * 40, "deep"),
            ("1" + "+1" * 200 + " == 1", "nested more than 100 deep"),
        )
        for source, named in cases:
            problem = self.problem(source)
            self.assertEqual(problem.code, "EXPRESSION_INVALID", source)
            self.assertIn(named, problem.message, source)
        never = ("1 + input.n", "'yes'", "[true]", "{'a': true}", "size(input.l)", "-input.n", "null", "int")
        for source in never:
            self.assertEqual(self.problem(source).code, "EXPRESSION_TYPE", source)

    def test_integers_are_signed_and_what_does_not_fit_is_a_double(self) -> None:
        for source in (
            "type(input.n) == int && input.n == 9007199254740993",
            "type(input.big) == double && type(input.f) == double",
            "input.one == 1 && input.one != 2 && -input.one < 0",
            "input.n + 1 > input.n",
            "7 / 2 == 3 && -7 % 3 == -1",
        ):
            self.assertEqual(self.condition(source), "true", source)
        self.assertEqual(self.condition("9223372036854775807 + input.one > 0"), "FAILED")
        self.assertEqual(self.condition("input.one + 1u == 2"), "TYPE")

    def test_macros_and_functions(self) -> None:
        for source in (
            "has(input.s) && !has(input.zz)",
            "input.list.all(x, x > 0) && input.list.exists(x, x == 2) && input.list.exists_one(x, x == 3)",
            "input.list.map(x, x * 2) == [6, 2, 4] && input.list.filter(x, x > 1) == [3, 2]",
            "input.list.map(x, x > 1, x * 10) == [30, 20]",
            "input.leads.filter(l, has(l.score) && l.score > 50).map(l, l.name) == ['Ana']",
            "input.leads.map(l, size(l.name)) == [3, 3, 4]",
            "input.s.startsWith('x') && 'abc'.contains('b') && 'abc'.endsWith('c')",
            "'abc'.matches('^a.c$') && matches('abc', 'b')",
            "size(input.e) == 1 && input.e.size() == 1 && ('a' + input.e).size() == 2",
            "size(steps.bin.output) == 2 && size(input.map) == 2 && size(input.list) == 3",
            "input['e-mail'] == 'a@b.c' && item.index == 3 && item.path == [0, 3]",
            "job.labels.team == 'sales' && job.data_class == 'QA' && config.limit == 10",
            "input.yes ? input.one == 1 : input.zz",
            "'hot' in input.leads[0].tags && !('hot' in input.leads[1].tags)",
        ):
            self.assertEqual(self.condition(source), "true", source)

    def test_maps_have_an_order(self) -> None:
        members = ",".join(f'"k{at * 7919 % 50:02}":{at}' for at in range(50))
        scope = Scope(Payload.json(f"{{{members}}}"))
        for source in (
            "input.map(k, k)[0] == 'k00' && input.map(k, k)[49] == 'k49'",
            "input.filter(k, k > 'k30')[0] == 'k31'",
            "(has(input.zz) ? {} : input).map(k, [k].map(j, size(j)))[0] == [3]",
        ):
            self.assertEqual(self.condition(source, scope), "true", source)

    def test_a_missing_path_is_named(self) -> None:
        cases = (
            ("input.zz == 1", "input.zz"),
            ("input.nested.zz.yy == 1", "input.nested.zz"),
            ("input['no such'].a == 1", 'input["no such"]'),
            ("has(input.zz) || input.nested.deep.yy == 1", "input.nested.deep.yy"),
            ("input.leads.all(l, size(l.tags) < 5)", "l.tags"),
            ("steps.other.output.n == 1", "steps.other.output"),
            ("steps.silent.output == null", "steps.silent.output"),
            ("steps['fetch'].output.n == 1", "steps.fetch.output.n"),
            ("job.labels.none == ''", "job.labels.none"),
            ("input.nothing.a == 1", "input.nothing.a"),
            ("input.one.a == 1", "input.one.a"),
            ("input.list.a == 1", "input.list.a"),
            ("input.s['a'] == 1", "input.s.a"),
        )
        bare = (("output.n == 1", "output"), ("item.index == 1", "item"), ("input == null", "input"))
        for source, path in cases:
            problem = self.problem(source)
            self.assertEqual(problem.code, "EXPRESSION_MISSING_PATH", source)
            self.assertEqual(problem.message.removeprefix("missing path ").split(": ")[0], path)
        for source, path in bare:
            problem = self.problem(source, Scope())
            self.assertEqual(problem.code, "EXPRESSION_MISSING_PATH", source)
            self.assertTrue(problem.message.startswith(f"missing path {path}"), problem)

    def test_errors_hold_no_data(self) -> None:
        scope = Scope(Payload.json('{"secret":"hunter2","n":424242,"zero":0,"list":["hunter2"],"map":{"hunter2":1}}'))
        for source in (
            "input.secret + input.n == ''",
            "input.secret < input.n",
            "input.n / input.zero == input.n",
            "input.map[input.secret + 'x'] == 1",
            "{'a': 1}[input.secret] == 1",
            "int(input.secret) == 1",
            "timestamp(input.secret) == timestamp(input.secret)",
            "duration(input.secret) == duration('1s')",
            "'a'.matches(input.secret + '(')",
            "input.list[input.n] == ''",
            "input.secret in input.n",
            "input.secret ? true : false",
            "-input.secret == 1",
            "input.secret",
        ):
            message = str(self.problem(source, scope))
            self.assertNotRegex(message, "hunter2|424242", source)

    def test_policies_see_only_their_value(self) -> None:
        value = Payload.json('{"email":"a@b.c","age":17}')
        holds = self.expressions.policy
        self.expressions.check_policy("value.age >= 18")
        self.assertFalse(holds("value.age >= 18", value))
        self.assertTrue(holds("value.email.matches('^[^@]+@[^@]+$')", value))
        self.assertTrue(holds("size(value) == 3", Payload.binary(b"abc")))
        for source in ("input.a == 1", "job.id == ''", "steps.a.output", "output"):
            with self.assertRaises(ExpressionError):
                self.expressions.check_policy(source)
        with self.assertRaisesRegex(ExpressionError, "missing path value"):
            holds("value == null", Payload.none())


class TemplateTests(ExpressionCase):
    def check(self, template: str, expected: str) -> None:
        try:
            self.expressions.check_template(template)
            found = self.expressions.template(template, full()).as_json
        except ExpressionError as error:
            found = f"{error.code} {error.message}"
        self.assertTrue(
            found is not None and (found == expected or found.startswith(f"{expected} ")), f"{template}: {found}"
        )

    def test_operators_build_and_everything_else_is_copied(self) -> None:
        self.check(
            '{"id":{"$ref":"/input/n"},"t":{"$concat":["o-",{"$ref":"/input/s"}]}}', '{"id":9007199254740993,"t":"o-x"}'
        )
        self.check('{"$default":[{"$ref":"/input/zz"},null]}', "null")
        self.check('{"$cel":"input.n + 1 > 10 && has(input.s)"}', "true")
        self.check('{"$literal":{"$ref":"/input/n"}}', '{"$ref":"/input/n"}')
        self.check(' { "a" : [ 1.50 , {"$ref":"/item/index"} ] } ', '{ "a" : [ 1.50 , 3 ] }')
        self.check('{"$ref":"/job/labels"}', '{"team":"sales"}')
        self.check(
            "{\"$cel\":\"{'b': 1.0, 'a': [1e16, 0.00001234, 1e-7, input.map]}\"}",
            '{"a":[1e16,0.00001234,1e-7,{"a":1,"b":2}],"b":1.0}',
        )

    def test_what_has_no_value_says_why(self) -> None:
        self.check('{"$ref":"/input/zz"}', "EXPRESSION_MISSING_PATH missing path /input/zz")
        self.check('{"$ref":"/zz"}', "EXPRESSION_INVALID")
        self.check('{"$ref":"/input","x":1}', "EXPRESSION_INVALID")
        self.check('{"$foo":1}', "EXPRESSION_INVALID")
        self.check('{"$concat":[1]}', "EXPRESSION_TYPE")
        self.check('{"$concat":[{"$ref":"/input/n"}]}', "EXPRESSION_TYPE")
        self.check('{"a":{"$ref":"/steps/bin/output"}}', "EXPRESSION_TYPE")
        self.check('{"$cel":"b\'a\'"}', "EXPRESSION_TYPE")
        self.check("{", "EXPRESSION_INVALID")

    def test_a_lone_reference_is_the_payload_itself(self) -> None:
        payload = self.expressions.template(' {"$ref":"/steps/bin/output"} ', full())
        self.assertEqual(payload, Payload.binary(b"\0\xff"))

    def test_without_cel_templates_still_build(self) -> None:
        self.expressions = Expressions(WithoutCel())
        self.check('{"$ref":"/input/one"}', "1")
        self.check('{"$cel":"1"}', "EXPRESSION_INVALID CEL is not installed: pip install esteira-sdk[expr]")


if __name__ == "__main__":
    unittest.main()
