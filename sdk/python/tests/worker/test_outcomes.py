"""How an attempt ends, as it is reported."""

from __future__ import annotations

import grpc

from esteira.model import AggregateRef, Context, Outcome, OutputType, Payload, Retryable, Verdict, function
from esteira.v1 import types_pb2, worker_pb2

from .case import WorkerCase, echo
from .fake import Refusal, applied, json, lease, refused


class Outcomes(WorkerCase):
    def test_an_exception_is_retryable_unhandled(self) -> None:
        @function("raises")
        def raises(cx: Context, payload: Payload) -> Payload:
            if payload.body == "1":
                raise ValueError("one is not accepted")
            return payload

        self.start(1, raises)
        self.fake.lease(lease("a", "raises", "1"))
        failure = self.failure(self.fake.accept(lease("b", "raises", "2")))
        self.assertEqual(
            (failure.kind, failure.code, failure.message, failure.source),
            (types_pb2.FAILURE_KIND_RETRYABLE, "UNHANDLED", "one is not accepted", "raises"),
        )
        self.assertIn("ValueError: one is not accepted", failure.stack_trace)
        self.assertNotIn("calling.py", failure.stack_trace)
        # The worker lives on.
        self.assertEqual(self.fake.accept().reports[0].WhichOneof("outcome"), "completed")

    def test_what_ends_a_process_elsewhere_fails_the_task_only(self) -> None:
        @function("exits")
        async def exits(cx: Context, payload: Payload) -> Payload:
            raise SystemExit(3)

        self.start(1, exits)
        for token in ("a", "b"):
            self.fake.lease(lease(token, "exits"))
            self.assertEqual(self.failure(self.fake.accept()).code, "UNHANDLED")

    def test_what_cannot_be_written_fails_the_task_and_not_the_worker(self) -> None:
        class Mute(Exception):
            def __str__(self) -> str:
                raise RuntimeError("no text")

        @function("returns")
        def returns(cx: Context, payload: Payload) -> Outcome:
            outcomes = {
                "1": Outcome.one(Payload.json('"\ud800"')),
                "2": Outcome.one(payload).verdict(Verdict("p", 3, True)),  # type: ignore[arg-type]
                "3": Outcome.one(payload).moved(AggregateRef("order", "o", 1 << 70)),
                "4": Outcome.one(Payload(5)),  # type: ignore[arg-type]
            }
            return outcomes[str(payload.body)]

        @function("speaks")
        def speaks(cx: Context, payload: Payload) -> Payload:
            if payload.body == "1":
                cx.emit(7, "", payload)  # type: ignore[arg-type]
            if payload.body == "2":
                cx.checkpoint(Payload.json('"\ud800"'))
            raise Mute

        self.start(1, returns, speaks)
        for payload in "1234":
            self.fake.lease(lease(payload, "returns", payload))
            self.assertEqual(self.failure(self.fake.accept()).code, "OUTPUT_INVALID", payload)
        for payload, said in (("1", "topic"), ("2", "surrogates not allowed"), ("3", "Mute")):
            self.fake.lease(lease(payload, "speaks", payload))
            failure = self.failure(self.fake.accept())
            self.assertEqual(failure.code, "UNHANDLED")
            self.assertIn(said, failure.message)

    def test_a_large_multiple_is_appended_and_a_lost_chunk_is_sent_again(self) -> None:
        @function("fan", OutputType.MULTIPLE)
        def fan(cx: Context, payload: Payload) -> list[Payload]:
            return [Payload.json(str(n)) for n in range(2_500)]

        self.start(1, fan)
        self.fake.lease(lease("a", "fan", output_type=types_pb2.OUTPUT_TYPE_MULTIPLE))
        lost = self.fake.appends.next()
        lost.lose()
        items: list[types_pb2.Payload] = []
        for index, size in ((0, 1_000), (1, 1_000), (2, 500)):
            call = self.fake.appends.next()
            if index == 0:
                self.assertEqual(call.data, lost.data)
            self.assertEqual((call.request.chunk_index, len(call.request.items)), (index, size))
            items.extend(call.request.items)
            call.answer(worker_pb2.AppendOutputsResponse(total_items=len(items)))
        self.assertEqual(items, [json(str(n)) for n in range(2_500)])
        self.assertEqual(self.fake.accept().reports[0].completed.appended_items, 2_500)

    def test_a_completion_carries_messages_verdicts_usage_and_times(self) -> None:
        @function("rich")
        async def rich(cx: Context, payload: Payload) -> Outcome:
            cx.emit("orders", "o-1", Payload.json("{}"))
            return Outcome.one(payload).verdict(Verdict("total", "2", True))

        self.start(1, rich)
        self.fake.lease(lease("a", "rich"))
        report = self.fake.accept().reports[0]
        emit, verdict = report.completed.emit[0], report.completed.verdicts[0]
        self.assertEqual((emit.topic, emit.key, verdict.passed), ("orders", "o-1", True))
        self.assertTrue(report.usage.HasField("wall_time") and report.usage.HasField("cpu_time"))
        self.assertGreater(report.usage.peak_rss_bytes, 0)
        self.assertTrue(report.HasField("start_time") and report.HasField("end_time"))

    def test_processor_time_is_that_of_the_function(self) -> None:
        def works() -> int:
            return sum(n * n for n in range(400_000))

        @function("plain")
        def plain(cx: Context, payload: Payload) -> Payload:
            return Payload.encode(works())

        @function("coroutine")
        async def coroutine(cx: Context, payload: Payload) -> Payload:
            return Payload.encode(works())

        self.start(1, plain, coroutine)
        for name in ("plain", "coroutine"):
            self.fake.lease(lease(name, name))
            usage = self.fake.accept().reports[0].usage
            self.assertGreater(usage.cpu_time.ToMicroseconds(), 1_000, name)

    def test_a_result_that_is_refused_becomes_a_failure(self) -> None:
        @function("bad")
        def bad(cx: Context, payload: Payload) -> Payload:
            return Payload.json("{not json")

        self.start(1, bad)
        self.fake.lease(lease("a", "bad"))
        answer = worker_pb2.ReportTasksResponse(outcomes=[refused("a", "JSON_INVALID")])
        self.fake.reports.next().answer(answer)
        failure = self.failure(self.fake.accept())
        self.assertEqual((failure.kind, failure.code), (types_pb2.FAILURE_KIND_NON_RETRYABLE, "JSON_INVALID"))

    def test_one_bad_report_does_not_cost_the_others(self) -> None:
        @function("fails")
        def fails(cx: Context, payload: Payload) -> Payload:
            raise Retryable("NO", payload.body)

        self.start(2, fails)
        self.fake.lease(lease("a", "fails", "1"), lease("b", "fails", "2"))
        # Whether the two travel together depends on when they end; in the end each was refused or accepted by itself.
        seen: list[tuple[str, bool]] = []
        while len(seen) < 2:
            call = self.fake.reports.next()
            tokens = [report.lease_token for report in call.request.reports]
            replaced = self.failure(call.request).source == "worker"
            if "a" in tokens and not replaced:
                call.refuse(Refusal(grpc.StatusCode.INVALID_ARGUMENT, message="a is bad"))
            else:
                seen.extend((token, replaced) for token in tokens)
                call.answer(worker_pb2.ReportTasksResponse(outcomes=map(applied, tokens)))
        self.assertEqual(sorted(seen), [("a", True), ("b", False)])

    def test_a_lost_or_settled_lease_is_dropped_without_another_word(self) -> None:
        self.start(1, echo)
        for reason in ("LEASE_LOST", "RESULT_CONFLICT"):
            self.fake.lease(lease("a", "echo"))
            self.fake.reports.next().answer(worker_pb2.ReportTasksResponse(outcomes=[refused("a", reason)]))
        self.fake.polls.next().lose()
        self.fake.reports.assert_none()

    def test_a_report_that_the_coordinator_cannot_look_at_now_is_sent_again(self) -> None:
        self.start(1, echo)
        self.fake.lease(lease("a", "echo"))
        first = self.fake.reports.next()
        first.answer(worker_pb2.ReportTasksResponse(outcomes=[refused("a", "STORE_UNAVAILABLE")]))
        self.assertEqual(self.fake.accept().reports[0], first.request.reports[0])
