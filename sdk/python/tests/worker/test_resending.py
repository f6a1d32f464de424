"""What was lost is sent again, byte for byte (INV-REPLAY, INV-POLL)."""

from __future__ import annotations

import grpc

from esteira.v1 import worker_pb2
from esteira.worker import RefusedError

from .case import WorkerCase, echo
from .fake import Refusal, applied, lease


class Resending(WorkerCase):
    def test_a_lost_poll_is_sent_again_with_the_same_request_id(self) -> None:
        self.start(2, echo)
        first, second = self.fake.polls.next(), None
        first.lose()
        second = self.fake.polls.next()
        self.assertEqual(first.data, second.data)
        second.answer(worker_pb2.LeaseTasksResponse(leases=[lease("a", "echo")]))
        poll = second.request
        self.assertTrue(poll.request_id)
        self.assertEqual((poll.worker_id, poll.max_leases, list(poll.function_names)), ("w1", 2, ["echo"]))
        self.fake.accept()
        third = self.fake.polls.next().lose()
        self.assertNotEqual(third.request_id, poll.request_id)

    def test_a_lost_report_is_sent_again_and_the_answer_to_the_first_counts(self) -> None:
        self.start(1, echo)
        self.fake.lease(lease("a", "echo", '{"n":9007199254740993}'))
        first = self.fake.reports.next()
        first.lose()
        again = self.fake.reports.next()
        self.assertEqual(again.data, first.data)
        again.answer(worker_pb2.ReportTasksResponse(outcomes=[applied("a", already=True)]))
        # Settled: the slot is free and nothing is reported again.
        self.assertEqual(self.fake.polls.next().lose().max_leases, 1)
        self.fake.reports.assert_none()

    def test_a_worker_registers_again_when_it_is_asked_to(self) -> None:
        self.start(1, echo)
        directive = worker_pb2.WORKER_DIRECTIVE_REGISTER
        self.fake.polls.next().answer(worker_pb2.LeaseTasksResponse(directive=directive))
        info = self.fake.register().worker
        self.assertEqual((info.worker_id, info.functions[0].name, info.max_concurrency), ("w1", "echo", 1))
        self.assertTrue(info.sdk.startswith("python/"))

    def test_a_reused_request_id_is_replaced_and_a_forbidden_function_ends_the_worker(self) -> None:
        started = self.start(1, echo)
        reused = Refusal(grpc.StatusCode.FAILED_PRECONDITION, "REQUEST_ID_REUSED")
        first = self.fake.polls.next().refuse(reused)
        forbidden = Refusal(grpc.StatusCode.PERMISSION_DENIED, "FUNCTION_NOT_ALLOWED")
        second = self.fake.polls.next().refuse(forbidden)
        self.assertNotEqual(first.request_id, second.request_id)
        with self.assertRaisesRegex(RefusedError, "FUNCTION_NOT_ALLOWED"):
            started.ended()
