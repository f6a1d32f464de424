"""What a function author and a plan author see."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import unittest
import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

from esteira.model import (
    Aggregate,
    Cancellation,
    CancelReason,
    Context,
    InputInvalid,
    Invocation,
    JsonError,
    NonRetryable,
    Outcome,
    OutputType,
    Payload,
    PlanBuilder,
    PlanInvalid,
    Retryable,
    RetryPolicy,
    StepBuilder,
    check_json,
    condition,
    definition_json,
    failure_of,
    function,
    parse,
    step,
    sub_plan,
    wait,
)
from esteira.model.calling import Threads
from esteira.model.entropy import Ids, fraction, new_id

SOURCE = Path(__file__).resolve().parent.parent / "src"
#: Imports everything of the model with every module refused that the standard library does not have, and runs a plan.
BLOCKED = """
import sys
sys.path.insert(0, sys.argv[1])
allowed = set(sys.stdlib_module_names) | {"esteira"}

class Refuse:
    def find_spec(self, name, path=None, target=None):
        root = name.partition(".")[0]
        if root not in allowed or name.startswith(("esteira.expr", "esteira.client", "esteira.worker", "esteira.v1")):
            raise ImportError(f"{name} is not in the standard library")

sys.meta_path.insert(0, Refuse())
import pkgutil, importlib
import esteira.model, esteira.testing
for package in (esteira.model, esteira.testing):
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        importlib.import_module(module.name)
from esteira.model import *
echo = function("echo")(lambda cx, payload: payload)
plan = PlanBuilder().step(step("a", "echo").input('{"n":{"$ref":"/input"}}')).build()
print(Runner().function(echo).run_blocking(plan, Payload.json("1")).results[0].body)
try:
    import grpc
except ImportError as error:
    print(error)
"""


class StandardLibraryTests(unittest.TestCase):
    def test_the_model_needs_the_standard_library_alone(self) -> None:
        # -S: without the packages that are installed; the hook names whatever else were asked for.
        command = [sys.executable, "-S", "-c", BLOCKED, str(SOURCE)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(done.stdout, '{"n":1}\ngrpc is not in the standard library\n')


class ErrorTests(unittest.TestCase):
    def test_a_library_error_is_retryable_unhandled_with_its_causes(self) -> None:
        def parses() -> int:
            try:
                return int("x")
            except ValueError as error:
                raise LookupError("no number") from error

        with self.assertRaises(LookupError) as raised:
            parses()
        failure = failure_of(raised.exception, "f")
        self.assertEqual((str(failure.kind), failure.code, failure.source), ("RETRYABLE", "UNHANDLED", "f"))
        self.assertEqual(failure.message, "no number: invalid literal for int() with base 10: 'x'")
        self.assertIn("LookupError: no number", failure.stack_trace)

    def test_texts_are_cut_on_a_code_point_boundary(self) -> None:
        cases = (("é" * 3000, 4096), ("€" * 3000, 4095), ("😀" * 2000, 4096), ("ok", 2))
        for text, expected in cases:
            message = failure_of(Retryable("X", text), "f").message
            self.assertEqual(len(message.encode()), expected)
            self.assertTrue(text.startswith(message))

    def test_a_code_of_another_form_moves_into_the_message(self) -> None:
        for code in ("", "not a code", "9LIVES", "é", "X" * 65, "OK\n"):
            failure = failure_of(NonRetryable(code, "why"), "f")
            self.assertEqual((failure.code, failure.message), ("UNHANDLED", f"{code}: why"))
        self.assertEqual(failure_of(NonRetryable("OK_2", "why"), "f").code, "OK_2")

    def test_a_pause_belongs_to_a_retryable_error_only(self) -> None:
        pause = timedelta(seconds=3)
        self.assertEqual(failure_of(Retryable("X", "", after=pause), "f").retry_after, pause)
        with self.assertRaises(TypeError):
            NonRetryable("X", "", after=pause)  # type: ignore[call-arg]


@dataclass
class Line:
    product: str
    quantity: int = 1


@dataclass
class Order(Aggregate):
    kind: ClassVar[str] = "order"
    id: str
    version: int = 0
    lines: list[Line] = field(default_factory=list)
    note: str | None = None

    def apply(self, event: Line) -> None:
        self.lines.append(event)
        self.version += 1


class JsonTests(unittest.TestCase):
    def test_a_payload_decodes_or_is_input_invalid(self) -> None:
        order = Payload.json('{"id":"1","version":9007199254740993,"lines":[{"product":"tea"}],"more":1}')
        self.assertEqual(order.decode(Order), Order("1", 9007199254740993, [Line("tea")]))
        bad = (
            Payload.json('{"id":1}'),
            Payload.json("{"),
            Payload.json('{"id":"1","version":1.5}'),
            Payload.json('{"id":"1","version":true}'),
            Payload.json('{"version":1}'),
            Payload.json('{"id":"1","lines":[1]}'),
            Payload.binary(b"{}"),
            Payload.none(),
        )
        for payload in bad:
            with self.assertRaises(InputInvalid) as raised:
                payload.decode(Order)
            self.assertEqual((raised.exception.code, raised.exception.retryable), ("INPUT_INVALID", False), payload)

    def test_an_error_names_the_place_and_not_the_data(self) -> None:
        with self.assertRaises(InputInvalid) as raised:
            Payload.json('{"id":"1","lines":[{"product":"p","quantity":"secret"}]}').decode(Order)
        expected = "the JSON has another shape than expected (at /lines/0/quantity)"
        self.assertEqual(raised.exception.message, expected)
        with self.assertRaises(InputInvalid) as raised:
            Payload.json('{"a":"secret",}').decode()
        self.assertEqual(raised.exception.message, "the text is not JSON: unexpected character at byte 14")

    def test_a_number_is_never_another_number(self) -> None:
        kept: tuple[tuple[str, Any], ...] = (
            ("9007199254740993", 9007199254740993),
            ("123456789012345678901234567890", 123456789012345678901234567890),
            ("0.1", 0.1),
            ("1.50", 1.5),
            ("1e3", 1000.0),
            ("-0.0", 0.0),
        )
        for text, value in kept:
            self.assertEqual(Payload.json(text).decode(), value)
        refused = (
            "1e400",
            "0.10000000000000000555",
            "1234567890.1234567890123",
            "1e-400",
            "9" * 5000,
            "NaN",
            "[Infinity]",
        )
        for text in refused:
            with self.assertRaises(InputInvalid, msg=text[:40]):
                Payload.json(text).decode()

    def test_a_float_may_be_asked_for_where_a_whole_number_stands(self) -> None:
        self.assertEqual(Payload.json("[1,2.5]").decode(list[float]), [1.0, 2.5])
        with self.assertRaises(InputInvalid):
            Payload.json("9007199254740993").decode(float)

    def test_an_absent_configuration_reads_as_an_empty_object(self) -> None:
        self.assertEqual(Context().config(dict[str, int]), {})
        with self.assertRaises(NonRetryable) as raised:
            Context().config(Order)
        self.assertEqual(raised.exception.code, "CONFIG_INVALID")
        with self.assertRaises(NonRetryable) as raised:
            Context(Invocation(config_json="[")).config()
        self.assertEqual(raised.exception.code, "CONFIG_INVALID")

    def test_values_encode_compact_or_are_output_invalid(self) -> None:
        self.assertEqual(Payload.encode({"é": [1, None, True]}).body, '{"é":[1,null,true]}')
        self.assertEqual(Payload.encode(Line("tea", 2)).body, '{"product":"tea","quantity":2}')
        for bad in (float("nan"), {1, 2}, b"x"):
            with self.assertRaises(NonRetryable) as raised:
                Payload.encode(bad)
            self.assertEqual(raised.exception.code, "OUTPUT_INVALID")

    def test_what_is_not_acceptable_is_named_with_its_place(self) -> None:
        for good in ("1", ' {"a":[1,{"b":"\\ud83d\\ude00"}]} ', "-0.5e+3", '"\\u0000"', "[" * 64 + "]" * 64):
            check_json(good)
        cases = (
            ("", "too early", 0, ""),
            ("{", "too early", 1, ""),
            ('{"a":1,"b":01}', "malformed number", 12, "/b"),
            ('{"a":1,"a":2}', "duplicate", 7, "/a"),
            ('{"a":{"x":1,"\\u0078":2}}', "duplicate", 12, "/a/x"),
            ('["\\ud800"]', "escape", 2, "/0"),
            ('["\t"]', "control", 2, "/0"),
            ("[1] 2", "data after", 4, ""),
            ("[1,]", "unexpected", 3, "/1"),
            ("[" * 65 + "]" * 65, "deeply", 64, "/0" * 64),
            ("nul", "too early", 3, ""),
            ('["é",x]', "unexpected", 6, "/1"),
        )
        for text, problem, offset, path in cases:
            with self.assertRaisesRegex(JsonError, problem, msg=text) as raised:
                check_json(text)
            self.assertEqual((raised.exception.offset, raised.exception.path), (offset, path), text)


class DefinitionTests(unittest.TestCase):
    def check(self, plan: PlanBuilder) -> None:
        document = definition_json(plan.build(), "orders.fulfil")
        parsed = parse(document)
        self.assertEqual((parsed.name, parsed.plan), ("orders.fulfil", plan.build()), document)

    def everything(self, builder: StepBuilder) -> StepBuilder:
        retry = RetryPolicy(7, timedelta(milliseconds=1500), jitter=0.5, non_retryable_codes=("BAD",))
        return (
            builder.config('{"n":9007199254740993}')
            .input('{"$ref":"/input"}')
            .output(OutputType.MULTIPLE)
            .then("b")
            .then_if("c", 'output.s == "a\\"\nb"')
            .first_match()
            .retry(retry)
            .execution_timeout(timedelta(seconds=90))
            .on_failure("c")
            .exclusive_aggregate()
            .input_policy("small")
            .output_policy("small")
            .set(queue="slow", max_in_flight=3, lease_ttl=timedelta(seconds=5), function_version="2")
        )

    def test_a_document_reads_back_as_the_same_plan(self) -> None:
        self.check(PlanBuilder().step(step("a", "f")))
        self.check(
            PlanBuilder()
            .aggregate_type("order")
            .start_steps(["a"])
            .policy("small", "1", "value < 10")
            .observing_policy("odd", "", "value % 2 == 1")
            .step(self.everything(step("a", "order.read")))
            .step(condition("b").then("c"))
            .step(wait("c", timedelta(hours=1)).then("d"))
            .step(sub_plan("d", "orders.child").then("e"))
            .step(step("e", "f").join_all())
        )
        self.check(PlanBuilder().step(step("a", "f")).step(step("b", "f").depends_on(["a"])))

    def test_everything_that_is_wrong_is_said(self) -> None:
        document = '{"name":"A","steps":[{"function":"f","retry":{"max_attempts":0},"zz":1}],"more":{}}'
        with self.assertRaises(PlanInvalid) as raised:
            parse(document)
        found = sorted((issue.path, issue.code) for issue in raised.exception.issues)
        self.assertEqual(
            found,
            [
                ("/more", "FIELD_UNKNOWN"),
                ("/name", "NAME_INVALID"),
                ("/steps/0/retry/max_attempts", "NUMBER_OUT_OF_RANGE"),
                ("/steps/0/step_key", "FIELD_REQUIRED"),
                ("/steps/0/zz", "FIELD_UNKNOWN"),
            ],
        )

    def test_a_step_has_no_other_fields(self) -> None:
        with self.assertRaisesRegex(TypeError, "no field 'quue'"):
            step("a", "f").set(quue="slow")


class CancellationTests(unittest.TestCase):
    def test_the_first_reason_stays_and_wakes(self) -> None:
        async def wakes() -> CancelReason:
            cancellation = Cancellation()
            waiting = asyncio.ensure_future(cancellation.cancelled())
            await asyncio.sleep(0)
            self.assertFalse(waiting.done())
            thread = threading.Thread(target=cancellation.cancel, args=(CancelReason.JOB,))
            thread.start()
            reason = await waiting
            thread.join()
            cancellation.cancel(CancelReason.DRAIN)
            self.assertEqual(cancellation.wait(), reason)
            return reason

        self.assertEqual(asyncio.run(wakes()), CancelReason.JOB)

    def test_a_wait_without_a_cancellation_ends_with_its_time(self) -> None:
        self.assertIsNone(Context().wait_cancelled(timedelta(0)))


class PartTests(unittest.TestCase):
    def test_ids_rise_and_have_the_form_of_version_7(self) -> None:
        ids = Ids()
        made = [uuid.UUID(ids.next(1_700_000_000_123_456)) for _ in range(10_000)]
        self.assertEqual(made, sorted(set(made)))
        self.assertTrue(all(it.version == 7 and it.variant == uuid.RFC_4122 for it in made))
        self.assertEqual(made[0].int >> 80, 1_700_000_000_123)
        self.assertTrue(0.0 <= fraction() < 1.0)
        self.assertNotEqual(new_id(), new_id())

    def test_threads_are_used_again_and_hand_over_what_was_raised(self) -> None:
        async def calls() -> None:
            threads = Threads("test")
            first = await threads.call(threading.get_ident)
            # The thread says that it is free a moment after its result is there.
            for _ in range(1_000):
                if await threads.call(threading.get_ident) == first:
                    break
            else:
                self.fail("no thread was used again")
            with self.assertRaises(SystemExit):
                await threads.call(sys.exit)

        asyncio.run(calls())

    def test_an_outcome_says_what_came_of_a_function(self) -> None:
        reference = Order("1", 3).reference()
        outcome = Outcome.json({"a": 1}).moved(reference)
        self.assertEqual((outcome.payloads[0].body, outcome.aggregate_after), ('{"a":1}', reference))

    def test_a_plain_function_that_returns_a_coroutine_is_told_so(self) -> None:
        async def inner() -> Payload:
            return Payload.none()

        from esteira.testing import Harness

        forgot = function("forgot")(lambda cx, payload: inner())
        failure = Harness().run_blocking(forgot, Payload.none()).failure
        self.assertIn("async def", failure.message if failure else "")


if __name__ == "__main__":
    unittest.main()
