"""The functions of the kit: strict about their configuration, verbatim where they must be."""

from __future__ import annotations

import unittest
from datetime import timedelta

import kit

from esteira.model import Actor, AggregateRef, CancelReason, Function, Outcome, Payload
from esteira.testing import Harness

ZERO = '{"id":"c","version":0,"count":0}'


class KitTests(unittest.TestCase):
    def code(self, function: Function, config: str, payload: str = "1", harness: Harness | None = None) -> str:
        execution = (harness or Harness()).config(config).run_blocking(function, Payload.json(payload))
        return execution.failure.code if execution.failure else ""

    def test_the_kit_has_seven_functions_of_one_name_each(self) -> None:
        names = sorted(function.spec.name for function in kit.functions())
        expected = ["kit.counter", "kit.ctx", "kit.echo", "kit.fan", "kit.none", "kit.raw", "kit.script"]
        self.assertEqual(names, expected)

    def test_items_are_verbatim_or_counted(self) -> None:
        cases: tuple[tuple[str, list[str]], ...] = (
            ('{"items":["{ \\"a\\":1.0}","null"]}', ['{ "a":1.0}', "null"]),
            ('{"items":[]}', []),
            ('{"count":3}', ["0", "1", "2"]),
        )
        for config, expected in cases:
            execution = Harness().config(config).run_blocking(kit.fan, Payload.none())
            self.assertEqual([payload.body for payload in execution.payloads], expected)
        bad = ("", "{}", '{"count":1,"items":[]}', '{"count":-1}', '{"count":1,"more":1}', '{"items":[1]}')
        for config in bad:
            self.assertEqual(self.code(kit.fan, config), "CONFIG_INVALID", config)

    def test_an_increment_moves_the_aggregate_and_says_so(self) -> None:
        execution = Harness().config('{"add":5}').run_blocking(kit.counter, Payload.json(ZERO))
        reference = AggregateRef("counter", "c", 1)
        expected = Outcome.one(Payload.json('{"id":"c","version":1,"count":5}')).moved(reference)
        self.assertEqual(execution.outcome, expected)
        emit = execution.emits[0]
        self.assertEqual((emit.topic, emit.key, emit.payload), ("counter.added", "c", Payload.json("5")))

    def test_what_breaks_the_rule_changes_nothing(self) -> None:
        most = (1 << 63) - 1
        cases = (
            ('{"add":0}', ZERO, "AMOUNT_INVALID"),
            ('{"add":-1}', ZERO, "AMOUNT_INVALID"),
            ('{"add":4,"limit":3}', ZERO, "LIMIT_REACHED"),
            (f'{{"add":{most}}}', '{"id":"c","version":0,"count":1}', "LIMIT_REACHED"),
            ('{"add":"1"}', ZERO, "CONFIG_INVALID"),
            ("", ZERO, "CONFIG_INVALID"),
            ('{"add":1}', '{"id":"c"}', "INPUT_INVALID"),
        )
        for config, payload, code in cases:
            self.assertEqual(self.code(kit.counter, config, payload), code, config)

    def test_everything_is_told_in_one_order(self) -> None:
        told = Harness().run_blocking(kit.ctx, Payload.none()).payloads[0].body
        nothing = '"account":"","operator":"","aggregate":"","headers":{},"config":null,"checkpoint":null}'
        self.assertEqual(told, f'{{"step":"step","attempt":1,{nothing}')
        harness = (
            Harness()
            .attempt(2)
            .operator(Actor("ana", "acme"))
            .headers({"b": "2", "a": "1"})
            .aggregate(AggregateRef("order", "o-1", 3))
            .config('{ "n":1.0}')
            .last_checkpoint(Payload.json("[ 7]"))
        )
        self.assertEqual(
            harness.run_blocking(kit.ctx, Payload.none()).payloads[0].body,
            '{"step":"step","attempt":2,"account":"acme","operator":"ana","aggregate":"order/o-1@3",'
            '"headers":{"a":"1","b":"2"},"config":{ "n":1.0},"checkpoint":[ 7]}',
        )

    def test_a_script_is_read_whole_before_anything_is_done(self) -> None:
        bad = (
            "",
            '{"attempts":[]}',
            '{"attempts":[[{"emit":{"topic":"t","json":"1"}},{"zz":1}]]}',
            '{"attempts":[[{"log":1}]]}',
            '{"attempts":[[{"sleep_ms":-1}]]}',
            '{"attempts":[[{"wait_cancel":false}]]}',
            '{"attempts":[[{"return_binary":"?"}]]}',
            '{"attempts":[[{"return_type":"SINGLE"}]]}',
            '{"attempts":[[{"fail":{"code":"X","message":"","retryable":true,"more":1}}]]}',
            '{"attempts":[[{"log":"a","throw":"b"}]]}',
            '{"attempts":[[]],"more":1}',
        )
        for config in bad:
            execution = Harness().config(config).run_blocking(kit.script, Payload.none())
            code = execution.failure.code if execution.failure else ""
            self.assertEqual((code, execution.emits), ("CONFIG_INVALID", []), config)

    def test_a_script_that_is_cancelled_ends_early(self) -> None:
        for operation in ('{"sleep_ms":60000}', '{"wait_cancel":true}'):
            harness = Harness().remaining(timedelta(seconds=1))
            harness.cancel(CancelReason.JOB)
            config = f'{{"attempts":[[{operation}]]}}'
            self.assertEqual(self.code(kit.script, config, harness=harness), "CANCELLED")

    def test_an_operation_does_what_it_says(self) -> None:
        operations = '{"log":"hi"},{"checkpoint":"[1]"},{"sleep_ms":1},{"block_ms":1},{"return_binary":"AP8="}'
        config = f'{{"attempts":[[{operations}]]}}'
        execution = Harness().config(config).attempt(7).run_blocking(kit.script, Payload.none())
        self.assertEqual(execution.payloads, [Payload.binary(b"\x00\xff")])
        self.assertEqual([payload.body for payload in execution.checkpoints], ["[1]"])
        self.assertEqual([text for _, text in execution.logs], ["hi"])


if __name__ == "__main__":
    unittest.main()
