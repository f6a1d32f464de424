"""Slots are never exceeded, and in steady state one call a task is enough."""

from __future__ import annotations

import queue
import threading

from esteira.model import Context, Payload, function
from esteira.v1 import worker_pb2

from .case import Gate, WorkerCase, echo
from .fake import applied, lease


class Batching(WorkerCase):
    def test_one_call_a_task_in_steady_state(self) -> None:
        self.start(1, echo)
        self.fake.lease(lease("t0", "echo", "0"))
        for n in range(1, 6):
            report = self.fake.accept(lease(f"t{n}", "echo", "0"))
            self.assertEqual(len(report.reports), 1)
            more = report.lease
            self.assertEqual((more.max_leases, more.HasField("wait"), more.worker_id), (1, False, "w1"))
            self.fake.polls.assert_none()
        # Nothing more to do: the report brings nothing, and a poll is parked instead.
        self.fake.accept()
        self.assertEqual(self.fake.polls.next().lose().max_leases, 1)

    def test_reports_that_wait_travel_together(self) -> None:
        gate, heard = Gate(), queue.SimpleQueue[int]()
        gated = gate.function()

        @function("heard")
        def says(cx: Context, payload: Payload) -> Payload:
            gated.execute(cx, payload)
            heard.put(1)
            return payload

        self.start(3, says)
        self.fake.lease(*(lease(token, "heard") for token in "abc"))
        gate.open()
        first = self.fake.reports.next()
        self.assertEqual((len(first.request.reports), first.request.lease.max_leases), (1, 1))
        # While that call is under way the other two end; the next call carries both, and asks for all three slots.
        gate.open(2)
        for _ in range(3):
            heard.get(timeout=20)
        outcomes = [applied(first.request.reports[0].lease_token)]
        self._settled(2)
        first.answer(worker_pb2.ReportTasksResponse(outcomes=outcomes, lease=worker_pb2.LeaseTasksResponse()))
        rest = self.fake.accept()
        self.assertEqual((len(rest.reports), rest.lease.max_leases), (2, 3))

    def _settled(self, count: int) -> None:
        """Until the worker's own thread has taken so many results in."""
        dispatcher = self.started_worker()._dispatcher
        assert dispatcher is not None
        reached = threading.Event()

        def look() -> None:
            if len(dispatcher.outgoing.results()) >= count:
                reached.set()
            else:
                dispatcher.post(look)

        dispatcher.post(look)
        self.assertTrue(reached.wait(20))

    def test_slots_are_never_exceeded_and_what_is_too_much_goes_back(self) -> None:
        gate, lock, counts = Gate(), threading.Lock(), {"now": 0, "most": 0}
        gated = gate.function()

        @function("counted")
        def counted(cx: Context, payload: Payload) -> Payload:
            with lock:
                counts["now"] += 1
                counts["most"] = max(counts["most"], counts["now"])
            gated.execute(cx, payload)
            with lock:
                counts["now"] -= 1
            return payload

        self.start(3, counted)
        self.assertEqual(self.fake.lease(lease("a", "counted")).max_leases, 3)
        self.assertEqual(self.fake.lease(lease("b", "counted")).max_leases, 2)
        # Asked for one, given three: two go back unstarted.
        three = (lease(token, "counted") for token in "cde")
        self.assertEqual(self.fake.lease(*three).max_leases, 1)
        report = self.fake.accept()
        released = [it.lease_token for it in report.reports if it.WhichOneof("outcome") == "released"]
        self.assertEqual(released, ["d", "e"])
        self.assertFalse(report.HasField("lease"), "no slot is free")
        self.fake.polls.assert_none()
        gate.open(3)
        done = 0
        while done < 3:
            done += len(self.fake.accept().reports)
        self.assertEqual(counts["most"], 3)

    def test_an_unknown_function_is_given_back(self) -> None:
        self.start(1, echo)
        self.fake.lease(lease("a", "other"))
        self.assertEqual(self.fake.accept().reports[0].WhichOneof("outcome"), "released")
