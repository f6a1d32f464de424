"""The end of a worker."""

from __future__ import annotations

import asyncio
import queue
import time
import unittest.mock
from datetime import timedelta

from esteira.model import CancelReason, Context, Payload, function
from esteira.v1 import worker_pb2
from esteira.worker import UndeliveredError, Worker

from .case import Gate, Started, WorkerCase, echo
from .fake import lease

DRAINED = worker_pb2.LeaseTasksResponse(directive=worker_pb2.WORKER_DIRECTIVE_DRAIN)


class Shutdown(WorkerCase):
    def test_a_parked_worker_stops_at_once(self) -> None:
        started = self.start(1, Gate().function())
        poll = self.fake.polls.next()
        begun = time.monotonic()
        started.worker.shutdown()
        drain = self.fake.drains.next().answer(worker_pb2.DrainWorkerResponse())
        self.assertEqual((drain.worker_id, drain.grace.seconds), ("w1", 30))
        poll.answer(DRAINED)
        started.ended()
        self.assertLess(time.monotonic() - begun, 2)
        self.fake.reports.assert_none()

    def test_what_runs_finishes_and_what_comes_late_goes_back(self) -> None:
        gate = Gate()
        started = self.start(2, gate.function())
        self.fake.lease(lease("a", "gated"))
        poll = self.fake.polls.next()
        started.worker.shutdown()
        self.fake.drains.next().answer(worker_pb2.DrainWorkerResponse(outstanding_leases=1))
        # Granted just before the drain arrived.
        late = worker_pb2.LeaseTasksResponse()
        late.CopyFrom(DRAINED)
        late.leases.append(lease("b", "gated", "2"))
        poll.answer(late)
        released = self.fake.accept()
        self.assertEqual((released.reports[0].lease_token, released.HasField("lease")), ("b", False))
        self.assertEqual(released.reports[0].WhichOneof("outcome"), "released")
        gate.open()
        finished = self.fake.accept()
        self.assertEqual((finished.reports[0].lease_token, finished.HasField("lease")), ("a", False))
        self.assertEqual(finished.reports[0].WhichOneof("outcome"), "completed")
        started.ended()

    def test_heartbeats_go_on_through_the_drain(self) -> None:
        gate = Gate()
        started = self.start(1, gate.function())
        self.fake.lease(lease("a", "gated", ttl=timedelta(milliseconds=1500)))
        self.fake.beat(worker_pb2.LEASE_STATUS_ACTIVE)
        started.worker.shutdown()
        self.fake.drains.next().answer(worker_pb2.DrainWorkerResponse(outstanding_leases=1))
        for _ in range(4):
            self.fake.beat(worker_pb2.LEASE_STATUS_ACTIVE)
        gate.open()
        self.assertEqual(self.fake.accept().reports[0].WhichOneof("outcome"), "completed")
        started.ended()

    def test_after_the_grace_the_rest_is_cancelled_and_given_back(self) -> None:
        heard: queue.SimpleQueue[CancelReason | None] = queue.SimpleQueue()

        @function("stubborn")
        async def stubborn(cx: Context, payload: Payload) -> Payload:
            heard.put(None)
            heard.put(await cx.cancelled())
            await asyncio.Event().wait()
            return payload

        brief = timedelta(milliseconds=20)
        started = self.start(1, stubborn, drain_grace=brief, cancel_grace=brief)
        self.fake.lease(lease("a", "stubborn"))
        self.assertIsNone(heard.get(timeout=20), "it has begun")
        started.worker.shutdown()
        self.fake.drains.next().answer(worker_pb2.DrainWorkerResponse(outstanding_leases=1))
        self.assertEqual(heard.get(timeout=20), CancelReason.DRAIN)
        self.assertEqual(self.fake.accept().reports[0].WhichOneof("outcome"), "released")
        started.ended()

    def test_a_directive_to_drain_ends_the_worker_without_a_drain_call(self) -> None:
        started = self.start(1, echo)
        self.fake.polls.next().answer(DRAINED)
        started.ended()
        self.fake.drains.assert_none()

    def test_a_worker_that_never_reached_the_coordinator_stops_too(self) -> None:
        started = Started(self.fake, Worker("http://127.0.0.1:1", [echo]))
        started.worker.shutdown()
        started.ended()

    def test_a_result_that_cannot_be_delivered_is_counted(self) -> None:
        started = self.start(1, echo)
        self.fake.lease(lease("a", "echo"))
        report = self.fake.reports.next()
        with unittest.mock.patch("esteira.worker.drain._DELIVERY_GRACE_SECONDS", 0.05):
            started.worker.shutdown()
            self.fake.drains.next().answer(worker_pb2.DrainWorkerResponse())
            with self.assertRaisesRegex(UndeliveredError, "1 results could not be delivered"):
                started.ended()
        report.lose()

    def test_a_loop_that_is_cancelled_drains_first(self) -> None:
        async def cancelled_while_it_serves() -> None:
            serving = asyncio.create_task(Worker(self.fake.endpoint, [echo], worker_id="w1").run())
            await asyncio.to_thread(self.fake.register)
            poll = await asyncio.to_thread(self.fake.polls.next)
            serving.cancel()
            drain = await asyncio.to_thread(self.fake.drains.next)
            drain.answer(worker_pb2.DrainWorkerResponse())
            poll.answer(DRAINED)
            with self.assertRaises(asyncio.CancelledError):
                await serving

        asyncio.run(cancelled_while_it_serves())
