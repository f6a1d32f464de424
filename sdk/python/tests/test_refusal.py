"""What the coordinator would not take of a report, the embedded runner does not take either."""

from __future__ import annotations

import unittest
from dataclasses import replace
from datetime import timedelta
from typing import Any

from esteira.model import AggregateRef, Emit, Failure, FailureKind, Outcome, Payload, Said, Verdict, limits
from esteira.model.runner.refusal import of_failure, of_success

OWN = AggregateRef("order", "o", 1)
EMIT = Emit("t", "k", Payload.json("1"))
RULE = Verdict("p", "1", True, "a\nb")


class RefusalTests(unittest.TestCase):
    def check(self, expected: str, emits: list[Emit] | None = None, **changes: Any) -> None:
        outcome = replace(Outcome.one(Payload.json("1")).moved(OWN).verdict(RULE), **changes)
        said = Said([EMIT] if emits is None else emits, Payload.json("broken"))
        found = of_success(outcome, said, OWN)
        self.assertEqual(found.code if found else "", expected, found)
        self.assertIn(found and found.kind, (None, FailureKind.NON_RETRYABLE))

    def test_what_the_coordinator_takes_is_taken(self) -> None:
        self.check("")
        self.check("", [EMIT] * limits.EMIT_MAX)
        self.check("", [replace(EMIT, headers={"0-a.b_c": "é"})])
        self.check("", [replace(EMIT, key="é" * limits.TEXT_CHARS_MAX)])
        self.check("", aggregate_after=None)

    def test_a_field_without_its_form_is_refused(self) -> None:
        emits = (
            replace(EMIT, topic="T"),
            replace(EMIT, topic="t" * (limits.TOPIC_BYTES_MAX + 1)),
            replace(EMIT, topic="t\n"),
            replace(EMIT, key="a\nb"),
            replace(EMIT, headers={"A": ""}),
            replace(EMIT, headers={"a": "\t"}),
            replace(EMIT, headers={"a": "x" * 9_000}),
        )
        for emit in emits:
            self.check("FIELD_INVALID", [emit])
        self.check("FIELD_INVALID", [EMIT] * (limits.EMIT_MAX + 1))
        self.check("FIELD_INVALID", verdicts=(RULE,) * (limits.VERDICTS_MAX + 1))
        for rule in (replace(RULE, policy=""), replace(RULE, version="1" * 65), replace(RULE, detail="\0")):
            self.check("FIELD_INVALID", verdicts=(rule,))
        for moved in (AggregateRef("order", "p", 1), AggregateRef("order", "o", -1), AggregateRef("Order", "o", 1)):
            self.check("FIELD_INVALID", aggregate_after=moved)

    def test_payloads_are_checked_wherever_they_are(self) -> None:
        large = Payload.binary(bytes(limits.PAYLOAD_BYTES_MAX + 1))
        self.check("JSON_INVALID", payloads=(Payload.json("broken"),))
        self.check("JSON_INVALID", [replace(EMIT, payload=Payload.json("broken"))])
        self.check("PAYLOAD_TOO_LARGE", [replace(EMIT, payload=large)])

    def test_a_failure_is_refused_for_its_pause_and_its_checkpoint(self) -> None:
        given = Failure(FailureKind.RETRYABLE, "BUSY", "a\0b")
        said = Said(checkpoint=Payload.json("1"))
        self.assertEqual(of_failure(given, said).message, "a\ufffdb")
        self.assertIsNotNone(said.checkpoint)
        long = replace(given, retry_after=limits.RETRY_AFTER_MAX + timedelta(milliseconds=1))
        self.assertEqual(of_failure(long, said).code, "FIELD_INVALID")
        said.checkpoint = Payload.json("broken")
        self.assertEqual(of_failure(given, said).code, "JSON_INVALID")
        self.assertIsNone(said.checkpoint)


if __name__ == "__main__":
    unittest.main()
