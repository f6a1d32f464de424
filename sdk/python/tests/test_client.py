"""Calls to the coordinator: what is sent again, and what an error says."""

from __future__ import annotations

import asyncio
import re
import unittest
import unittest.mock
from datetime import timedelta
from typing import Any

import grpc
from google.protobuf.duration_pb2 import Duration
from google.rpc import error_details_pb2, status_pb2

from esteira.client import Client, EndpointError, Refused
from esteira.client.backoff import Backoff
from esteira.client.errors import Status, status_of
from esteira.client.link import Link
from esteira.client.send import Call, pause_seconds
from esteira.client.wire import duration_in, duration_out, payload_in, payload_out
from esteira.model import Payload
from esteira.v1 import admin_pb2, audit_pb2, job_pb2, outbox_pb2, plan_pb2, trace_pb2, worker_pb2
from tests.worker.fake import Calls, Refusal

Code = grpc.StatusCode
METHOD = "/esteira.v1.WorkerService/DrainWorker"


def answer(*details: Any, code: grpc.StatusCode = Code.RESOURCE_EXHAUSTED) -> Any:
    """An error as gRPC raises it."""
    status = status_pb2.Status(code=code.value[0], message="too busy")
    for detail in details:
        status.details.add().Pack(detail)
    error = unittest.mock.Mock(spec=["code", "details", "trailing_metadata"])
    error.code.return_value = code
    error.details.return_value = "too busy"
    error.trailing_metadata.return_value = (("grpc-status-details-bin", status.SerializeToString()),)
    return error


class MethodTests(unittest.TestCase):
    def test_every_call_of_the_contract_has_its_method(self) -> None:
        with Client("http://127.0.0.1:1") as client:
            services = {
                "PlanService": (plan_pb2, client.plans),
                "JobService": (job_pb2, client.jobs),
                "OutboxService": (outbox_pb2, client.outbox),
                "AdminService": (admin_pb2, client.admin),
                "TraceService": (trace_pb2, client.traces),
                "AuditService": (audit_pb2, client.audit),
            }
            for name, (messages, methods) in services.items():
                for method in messages.DESCRIPTOR.services_by_name[name].methods:
                    snake = re.sub(r"(?<!^)([A-Z])", r"_\1", method.name).lower()
                    self.assertTrue(callable(getattr(methods, snake, None)), f"{name} has no {snake}")


class SendTests(unittest.TestCase):
    def serve(self) -> tuple[Calls[worker_pb2.DrainWorkerRequest], Link]:
        from tests.worker.fake import Fake

        fake = Fake()
        self.addCleanup(fake.stop)
        link = Link(fake.endpoint)
        self.addCleanup(link.close)
        return fake.drains, link

    def test_only_what_may_pass_is_sent_again(self) -> None:
        def again(code: grpc.StatusCode, message: str = "") -> bool:
            return pause_seconds(Status(code, message), Backoff(), 0.5) is not None

        for code in (Code.UNAVAILABLE, Code.DEADLINE_EXCEEDED, Code.CANCELLED):
            self.assertTrue(again(code), code)
        final = (
            Code.INVALID_ARGUMENT,
            Code.NOT_FOUND,
            Code.FAILED_PRECONDITION,
            Code.RESOURCE_EXHAUSTED,
            Code.INTERNAL,
            Code.UNKNOWN,
            Code.UNAUTHENTICATED,
        )
        for code in final:
            self.assertFalse(again(code), code)
        self.assertTrue(again(Code.INTERNAL, "Received RST_STREAM with error code 2"))

    def test_the_same_bytes_are_sent_until_there_is_an_answer(self) -> None:
        calls, link = self.serve()
        request = worker_pb2.DrainWorkerRequest(worker_id="w1", reason="why")
        sent = []

        async def answers() -> int:
            call = Call(0.3)
            sending = asyncio.create_task(
                asyncio.to_thread(call.send, link, METHOD, request, worker_pb2.DrainWorkerResponse)
            )
            for turn in range(3):
                arrived = await asyncio.to_thread(calls.next)
                sent.append(arrived.data)
                if turn == 0:
                    arrived.lose()
                elif turn == 2:
                    arrived.answer(worker_pb2.DrainWorkerResponse(outstanding_leases=3))
            return (await sending).value.outstanding_leases

        self.assertEqual(asyncio.run(answers()), 3)
        self.assertEqual(sent, [request.SerializeToString()] * 3)
        # The second sending found the connection silent, so the third used another.
        self.assertEqual(link.channel()[0], 1)

    def test_patience_has_an_end_and_a_refusal_is_final(self) -> None:
        for refusal in (Refusal(Code.UNAVAILABLE), Refusal(Code.NOT_FOUND)):
            calls, link = self.serve()

            async def refused(
                calls: Any = calls, link: Link = link, refusal: Refusal = refusal
            ) -> tuple[grpc.StatusCode, int]:
                call = Call(1.0, 0.05)
                request = worker_pb2.DrainWorkerRequest()
                sending = asyncio.create_task(
                    asyncio.to_thread(call.send, link, METHOD, request, worker_pb2.DrainWorkerResponse)
                )
                count = 0
                while not sending.done():
                    try:
                        arrived = calls._calls.get_nowait()
                    except Exception:
                        await asyncio.sleep(0.001)
                        continue
                    arrived.refuse(refusal)
                    count += 1
                try:
                    await sending
                except Status as status:
                    return status.code, count
                raise AssertionError("answered")

            code, count = asyncio.run(refused())
            self.assertEqual(code, refusal.code)
            self.assertTrue(count == 1 or code == Code.UNAVAILABLE)

    def test_an_overloaded_coordinator_is_obeyed(self) -> None:
        status = status_of(answer(error_details_pb2.RetryInfo(retry_delay=Duration(seconds=7))))
        self.assertEqual(pause_seconds(status, Backoff(), 0.5), 7.0)

    def test_pauses_double_up_to_ten_seconds(self) -> None:
        backoff = Backoff()
        pauses = [round(backoff.next_seconds(1.0) * 1000) for _ in range(9)]
        self.assertEqual(pauses, [100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000])
        self.assertEqual(backoff.next_seconds(0.0), 0.0)


class ErrorTests(unittest.TestCase):
    def test_reason_and_pause_are_read_from_the_details(self) -> None:
        info = error_details_pb2.ErrorInfo(reason="OVERLOADED", domain="esteira.v1")
        retry = error_details_pb2.RetryInfo(retry_delay=Duration(nanos=250_000_000))
        issue = plan_pb2.PlanIssue(path="/steps/0", code="STEP_UNKNOWN")
        status = status_of(answer(info, retry, issue))
        self.assertEqual(status.retry_delay, timedelta(milliseconds=250))
        refused = Refused(status)
        self.assertEqual((str(refused), refused.reason), ("OVERLOADED: too busy", "OVERLOADED"))
        self.assertEqual(refused.plan_issues[0].path, "/steps/0")

    def test_a_status_without_details_is_named_by_its_code(self) -> None:
        refused = Refused(Status(Code.UNAVAILABLE, "gone"))
        self.assertEqual((refused.reason, str(refused)), ("", "UNAVAILABLE: gone"))

    def test_an_endpoint_that_cannot_be_used_is_refused(self) -> None:
        for endpoint in ("localhost:7440", "ftp://host", "http://", "http://host:x", "http://host/path"):
            with self.assertRaises(EndpointError, msg=endpoint):
                Client(endpoint)
        with self.assertRaises(EndpointError):
            Client("http://host", token="a\nb")


class WireTests(unittest.TestCase):
    def test_payloads_keep_their_bytes(self) -> None:
        payloads = (
            Payload.json('{"n":9007199254740993,"t":"\\u0000"}'),
            Payload.json("null"),
            Payload.json(""),
            Payload.binary(bytes([0, 159, 146, 150])),
            Payload.binary(b""),
            Payload.none(),
            Payload(b"a,b", "text/csv", "s/1"),
        )
        for payload in payloads:
            self.assertEqual(payload_in(payload_out(payload)), payload)

    def test_durations_stay_what_they_are(self) -> None:
        durations = (timedelta(0), timedelta(microseconds=1), timedelta(milliseconds=1500), timedelta(days=366))
        for duration in durations:
            self.assertEqual(duration_in(duration_out(duration)), duration)
        self.assertIsNone(duration_in(Duration(seconds=-1)))


class RequestTests(unittest.TestCase):
    def test_a_mutation_gets_a_request_id_and_the_request_stays_as_it_is(self) -> None:
        client = Client("http://127.0.0.1:1")
        sent: list[job_pb2.StartJobRequest] = []

        def send(self: Call, link: Link, method: str, request: Any, answer_type: Any) -> Any:
            sent.append(request)
            return unittest.mock.Mock(value=job_pb2.StartJobResponse())

        request = job_pb2.StartJobRequest(plan_name="p")
        with unittest.mock.patch.object(Call, "send", send):
            client.jobs.start_job(request)
            client.jobs.start_job(job_pb2.StartJobRequest(plan_name="p", request_id="mine"))
            asyncio.run(client.aio(client.jobs.start, "p", Payload.json("1")))
        self.assertEqual((request.request_id, len(sent[0].request_id), sent[1].request_id), ("", 36, "mine"))
        self.assertEqual(sent[2].packet.data.json, "1")


if __name__ == "__main__":
    unittest.main()
