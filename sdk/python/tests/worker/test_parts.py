"""The parts of a worker that do nothing by themselves: leases, slots, letters, decisions."""

from __future__ import annotations

import unittest
from datetime import timedelta
from typing import Any

from esteira.model import (
    CancelReason,
    Emit,
    Function,
    Invocation,
    NonRetryable,
    Outcome,
    OutputType,
    Payload,
    Retryable,
    Said,
    function,
)
from esteira.model.cancel import Cancellation
from esteira.v1 import types_pb2, worker_pb2
from esteira.worker import SetupError, Worker
from esteira.worker.convert import Unreadable, lease_in
from esteira.worker.heartbeat import Directive, read_directive, read_verdicts
from esteira.worker.leases import Beat, Held, Leases, Lost, interval
from esteira.worker.limits import Limits, limits_of
from esteira.worker.outgoing import Letter, Outgoing
from esteira.worker.report import Abandoned, Append, Ending, Report, decide, released
from esteira.worker.slots import Slots
from esteira.worker.usage import peak_rss_bytes

from .fake import JOB, TASK

TTL = 30.0


class LeaseTests(unittest.TestCase):
    def setUp(self) -> None:
        self.leases, self.cancellation = Leases(), Cancellation()
        self.leases.hold("a", TTL, 0.0, self.cancellation, 0.0)

    def test_a_lease_is_due_after_a_third_of_its_time(self) -> None:
        self.assertEqual(self.leases.due(9, 100, 0), [])
        self.assertEqual(self.leases.wake(), 10)
        self.assertEqual(self.leases.due(10, 100, 0), [Beat("a")])
        self.assertEqual(int(interval(TTL, 0.999_999)), 8)

    def test_a_good_beat_counts_from_when_it_was_sent(self) -> None:
        beats = self.leases.due(10, 100, 0)
        self.assertEqual(self.leases.answered(beats, [Held()], 10, 0.0), [])
        self.assertEqual(self.leases.expire(39), [])
        self.assertEqual(self.leases.expire(40), [self.cancellation])
        self.assertFalse(self.leases.end("a"))

    def test_a_lost_lease_reports_nothing(self) -> None:
        beats = self.leases.due(10, 100, 0)
        cancelled = self.leases.answered(beats, [Lost()], 10, 0.0)
        self.assertEqual(cancelled, [(self.cancellation, CancelReason.LEASE_LOST)])
        self.assertEqual((self.leases.end("a"), self.leases.wake()), (False, None))

    def test_a_finished_function_is_not_lost_by_time(self) -> None:
        self.assertTrue(self.leases.end("a"))
        self.assertEqual(self.leases.expire(100), [])
        self.assertTrue(self.leases.holds("a"))

    def test_a_cancel_request_renews_and_cancels(self) -> None:
        beats = self.leases.due(10, 100, 0)
        cancelled = self.leases.answered(beats, [Held(TTL * 2, CancelReason.JOB)], 10, 0.0)
        self.assertEqual((cancelled, self.leases.wake()), ([(self.cancellation, CancelReason.JOB)], 30))

    def test_a_checkpoint_brings_the_beat_forward_and_survives_a_failed_one(self) -> None:
        saved = Payload.json("1")
        self.leases.checkpoint("a", saved, 0)
        self.assertEqual(self.leases.wake(), 1)
        beats = self.leases.due(1, 100, 1)
        self.assertEqual(beats[0].checkpoint, saved)
        self.leases.unanswered(beats, 2, 0.0, True)
        self.assertEqual(self.leases.due(3, 100, 1)[0].checkpoint, saved)
        self.leases.checkpoint("a", saved, 3)
        self.assertIsNone(self.leases.due(4, 100, 0)[0].checkpoint)

    def test_a_call_never_outlasts_a_lease(self) -> None:
        self.assertEqual([self.leases.patience(now) for now in (0, 28, 31)], [10, 2, 0.02])

    def test_verdicts_are_matched_by_token(self) -> None:
        def verdict(token: str, status: int, reason: str = "") -> worker_pb2.LeaseVerdict:
            written = worker_pb2.LeaseVerdict(lease_token=token, reason=reason)
            written.status = status  # type: ignore[assignment]
            return written

        verdicts = [
            verdict("d", worker_pb2.LEASE_STATUS_CANCEL_REQUESTED, "SOMETHING_NEW"),
            verdict("c", worker_pb2.LEASE_STATUS_LOST, "LEASE_LOST"),
            verdict("b", 99),
            verdict("e", worker_pb2.LEASE_STATUS_CANCEL_REQUESTED, "DRAIN"),
        ]
        read = read_verdicts([Beat(token) for token in "abcde"], verdicts)
        self.assertEqual(read, [None, None, Lost(), Held(None, CancelReason.JOB), Held(None, CancelReason.DRAIN)])

    def test_an_unknown_directive_is_continue(self) -> None:
        read = [read_directive(number) for number in (0, 1, 2, 3, 99)]
        self.assertEqual(read, [None, None, Directive.DRAIN, Directive.REGISTER, None])


class SlotTests(unittest.TestCase):
    def test_a_slot_is_promised_once(self) -> None:
        slots = Slots(4)
        self.assertEqual(slots.promise_to_poll(100), 4)
        self.assertEqual((slots.promise_to_report(100), slots.free, slots.start()), (0, 0, False))
        slots.poll_answered()
        self.assertTrue(slots.start() and slots.start())
        self.assertEqual(slots.promise_to_report(1), 1)
        self.assertEqual(slots.promise_to_poll(100), 1)
        slots.end()
        self.assertEqual(slots.free, 1)
        slots.report_answered()
        self.assertEqual(slots.free, 2)


class OutgoingTests(unittest.TestCase):
    def setUp(self) -> None:
        self.outgoing = Outgoing()

    def letter(self, token: str, size: int) -> Letter:
        report = worker_pb2.TaskReport(lease_token=token, released=worker_pb2.Release(reason="x" * size))
        return Letter(report)

    def take(self) -> str:
        return "".join(letter.token for letter in self.outgoing.take(Limits(), lambda _: True))

    def test_a_batch_holds_what_fits_in_order(self) -> None:
        for token, size in (("a", 3 << 20), ("b", 1), ("c", 2 << 20), ("d", 5 << 20), ("e", 1)):
            self.outgoing.push(self.letter(token, size))
        self.assertEqual([self.take() for _ in range(5)], ["ab", "c", "d", "e", ""])

    def test_no_more_reports_than_a_call_may_carry(self) -> None:
        for _ in range(101):
            self.outgoing.push(self.letter("x", 1))
        self.assertEqual([len(self.take()), len(self.take())], [100, 1])

    def test_a_letter_that_goes_alone_has_no_company(self) -> None:
        self.outgoing.push(self.letter("c", 1))
        self.outgoing.put_back([self.letter("a", 1).by_itself(), self.letter("b", 1).by_itself()])
        self.assertEqual([self.take(), self.take(), self.take()], ["a", "b", "c"])

    def test_what_is_not_wanted_any_more_is_dropped(self) -> None:
        self.outgoing.push(self.letter("a", 1))
        self.outgoing.push(self.letter("b", 1))
        batch = self.outgoing.take(Limits(), lambda letter: letter.token != "a")
        self.assertEqual((len(batch), self.outgoing.is_empty), (1, True))


class ReportTests(unittest.TestCase):
    def report(
        self, ending: Ending, output_type: OutputType, reason: CancelReason | None = None, said: Said | None = None
    ) -> Report:
        invocation = Invocation(output_type=output_type, function_name="f")
        return decide(ending, said or Said(), invocation, reason, Limits())

    def failure(self, report: Report) -> tuple[int, str]:
        self.assertIsInstance(report, worker_pb2.Failing)
        failure: Any = report.failure if isinstance(report, worker_pb2.Failing) else None
        return failure.kind, failure.code

    def test_an_output_of_another_type_is_refused_here(self) -> None:
        cases = (
            (Outcome.none(), OutputType.SINGLE),
            (Outcome.many([]), OutputType.SINGLE),
            (Outcome.one(Payload.json("1")), OutputType.MULTIPLE),
        )
        for outcome, expected in cases:
            found = self.failure(self.report(outcome, expected))
            self.assertEqual(found, (types_pb2.FAILURE_KIND_NON_RETRYABLE, "OUTPUT_TYPE_MISMATCH"))

    def test_errors_keep_their_kind_unless_the_function_was_cancelled(self) -> None:
        retryable, fatal = Retryable("BUSY", "later"), NonRetryable("BAD", "never")
        kinds = types_pb2
        cases: tuple[tuple[Ending, CancelReason | None, int, str], ...] = (
            (retryable, None, kinds.FAILURE_KIND_RETRYABLE, "BUSY"),
            (fatal, None, kinds.FAILURE_KIND_NON_RETRYABLE, "BAD"),
            (fatal, CancelReason.JOB, kinds.FAILURE_KIND_CANCELLED, "CANCELLED"),
            (retryable, CancelReason.TIMEOUT, kinds.FAILURE_KIND_TIMEOUT, "EXECUTION_TIMEOUT"),
            (fatal, CancelReason.TIMEOUT, kinds.FAILURE_KIND_NON_RETRYABLE, "BAD"),
            (Abandoned(), CancelReason.TIMEOUT, kinds.FAILURE_KIND_TIMEOUT, "EXECUTION_TIMEOUT"),
            (RuntimeError("boom"), None, kinds.FAILURE_KIND_RETRYABLE, "UNHANDLED"),
            (NonRetryable("not a code", ""), None, kinds.FAILURE_KIND_NON_RETRYABLE, "UNHANDLED"),
        )
        for ending, reason, kind, code in cases:
            self.assertEqual(self.failure(self.report(ending, OutputType.SINGLE, reason)), (kind, code))

    def test_a_drained_function_costs_no_attempt_unless_it_finished(self) -> None:
        drained = self.report(Retryable("STOPPED", ""), OutputType.NONE, CancelReason.DRAIN)
        self.assertEqual(drained, released())
        done = self.report(Outcome.none(), OutputType.NONE, CancelReason.DRAIN)
        self.assertIsInstance(done, worker_pb2.Completion)

    def test_what_is_too_large_is_said_before_it_is_sent(self) -> None:
        large = Payload.binary(bytes((1 << 20) + 1))
        too_large = (types_pb2.FAILURE_KIND_NON_RETRYABLE, "RESULT_TOO_LARGE")
        self.assertEqual(self.failure(self.report(Outcome.one(large), OutputType.SINGLE)), too_large)
        self.assertEqual(self.failure(self.report(Outcome.many([large]), OutputType.MULTIPLE)), too_large)
        many = Outcome.many([Payload.none()] * 100_001)
        self.assertEqual(self.failure(self.report(many, OutputType.MULTIPLE)), too_large)
        said = Said([Emit("t", "", Payload.binary(bytes(1 << 20)))] * 5)
        self.assertEqual(self.failure(self.report(Outcome.none(), OutputType.NONE, None, said)), too_large)

    def test_large_multiples_are_appended_in_order(self) -> None:
        cases: tuple[tuple[int, int, list[int] | None], ...] = (
            (1_000, 10, None),
            (1_001, 10, [1_000, 1]),
            (6, 1 << 20, [3, 3]),
            (3, 1 << 20, None),
        )
        for count, size, expected in cases:
            items = [Payload.binary(bytes([at % 251]) * size) for at in range(count)]
            report = self.report(Outcome.many(items), OutputType.MULTIPLE)
            if not isinstance(report, Append):
                self.assertIsNone(expected)
                continue
            self.assertEqual([len(chunk) for chunk in report.chunks], expected)
            self.assertEqual(report.completion.appended_items, count)
            for chunk in report.chunks:
                self.assertLessEqual(worker_pb2.AppendOutputsRequest(items=chunk).ByteSize(), 4 << 20)

    def test_a_failure_carries_the_checkpoint_if_it_is_small_enough(self) -> None:
        for checkpoint, expected in ((Payload.json("7"), True), (Payload.binary(bytes(2 << 20)), False)):
            said = Said(checkpoint=checkpoint)
            report = self.report(Retryable("X", ""), OutputType.NONE, None, said)
            self.assertEqual(isinstance(report, worker_pb2.Failing) and report.HasField("checkpoint"), expected)


class SetupTests(unittest.TestCase):
    def named(self, name: str) -> Function:
        return function(name, OutputType.NONE)(lambda cx, payload: None)

    def test_what_cannot_work_is_said_before_anything_runs(self) -> None:
        good, url = [self.named("a")], "http://localhost:1"
        cases: tuple[tuple[str, list[Function], dict[str, Any], str], ...] = (
            (url, [], {}, "1 to 500 functions"),
            (url, [self.named("A")], {}, "not a function name"),
            (url, [self.named("a"), self.named("a")], {}, "two functions"),
            (url, good, {"slots": 0}, "at least one slot"),
            (url, good, {"worker_id": "two words"}, "visible ASCII"),
            (url, good, {"lease_ttl": timedelta(milliseconds=1)}, "a lease lasts"),
            (url, good, {"token": "a\nb"}, "token"),
            (url, good, {"spool": "/dev/null/spool"}, "spool"),
            ("not a uri", good, {}, "endpoint"),
            ("http://host:99999", good, {}, "endpoint"),
        )
        for endpoint, functions, settings, problem in cases:
            with self.assertRaisesRegex(SetupError, problem):
                Worker(endpoint, functions, **settings)
        self.assertTrue(Worker(url, good).id)

    def test_a_lease_that_cannot_be_read_names_the_field(self) -> None:
        def good() -> worker_pb2.TaskLease:
            lease = worker_pb2.TaskLease(job_id=JOB, task_id=TASK, attempt=1, output_type=types_pb2.OUTPUT_TYPE_SINGLE)
            lease.lease_ttl.FromSeconds(30)
            return lease

        self.assertEqual(lease_in(good()).ttl_seconds, 30)
        for field, value in (("job_id", "x"), ("output_type", 99), ("lease_ttl", None), ("attempt", 0)):
            lease = good()
            if value is None:
                lease.ClearField("lease_ttl")
            else:
                setattr(lease, field, value)
            with self.assertRaisesRegex(Unreadable, field):
                lease_in(lease)

    def test_limits_that_are_not_announced_are_those_of_the_contract(self) -> None:
        self.assertEqual(limits_of(worker_pb2.Limits()), Limits())
        announced = limits_of(worker_pb2.Limits(max_reports_per_call=7, max_message_bytes=1 << 20))
        self.assertEqual((announced.reports_per_call, announced.message_bytes), (7, (1 << 20) - (64 << 10)))

    def test_the_peak_memory_is_read_in_bytes(self) -> None:
        self.assertGreater(peak_rss_bytes(), 1 << 20)
