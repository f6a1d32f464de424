"""Leases are kept whatever the functions do, and what is lost is not reported."""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from datetime import timedelta

from esteira.model import CancelReason, Context, Payload, Retryable, function
from esteira.v1 import types_pb2, worker_pb2

from .case import WorkerCase, patient
from .fake import json, lease

MILLIS = timedelta(milliseconds=1)


class Leases(WorkerCase):
    def setUp(self) -> None:
        super().setUp()
        self.said: queue.SimpleQueue[CancelReason] = queue.SimpleQueue()

    def heard(self) -> CancelReason:
        return self.said.get(timeout=20)

    def _keeps_its_lease(self, is_coroutine: bool) -> None:
        unblock = threading.Event()

        def blocks(cx: Context, payload: Payload) -> Payload:
            unblock.wait()
            return payload

        async def blocks_the_loop(cx: Context, payload: Payload) -> Payload:
            return blocks(cx, payload)

        self.start(1, function("blocking")(blocks_the_loop if is_coroutine else blocks))
        self.fake.lease(lease("a", "blocking", ttl=1500 * MILLIS))
        # Five beats are more than one lease time.
        for _ in range(5):
            self.assertEqual(self.fake.beat(worker_pb2.LEASE_STATUS_ACTIVE).beats[0].lease_token, "a")
        unblock.set()
        self.assertEqual(self.fake.accept().reports[0].WhichOneof("outcome"), "completed")

    def test_heartbeats_leave_while_user_code_blocks_its_thread(self) -> None:
        self._keeps_its_lease(is_coroutine=False)

    def test_heartbeats_leave_while_a_coroutine_blocks_the_loop(self) -> None:
        self._keeps_its_lease(is_coroutine=True)

    def test_a_lost_lease_cancels_and_reports_nothing(self) -> None:
        self.start(1, patient(self.said))
        self.fake.lease(lease("a", "patient", ttl=900 * MILLIS))
        self.fake.beat(worker_pb2.LEASE_STATUS_LOST, "LEASE_LOST")
        self.assertEqual(self.heard(), CancelReason.LEASE_LOST)
        # The slot is free again, and the next thing that is sent is a poll.
        self.assertEqual(self.fake.polls.next().lose().max_leases, 1)
        self.fake.reports.assert_none()

    def test_a_lease_that_no_good_beat_renewed_counts_as_lost(self) -> None:
        self.start(1, patient(self.said))
        self.fake.lease(lease("a", "patient", ttl=900 * MILLIS))
        unanswered = self.fake.beats.next()
        self.assertEqual(self.heard(), CancelReason.LEASE_LOST)
        self.assertEqual(self.fake.polls.next().lose().max_leases, 1)
        self.fake.reports.assert_none()
        unanswered.lose()

    def test_a_beat_without_an_answer_is_followed_by_another(self) -> None:
        self.start(1, patient(self.said))
        self.fake.lease(lease("a", "patient", ttl=1500 * MILLIS))
        # A half-open connection: no answer, no error.
        silent = self.fake.beats.next()
        self.fake.beat(worker_pb2.LEASE_STATUS_ACTIVE)
        self.fake.beat(worker_pb2.LEASE_STATUS_CANCEL_REQUESTED, "JOB")
        self.assertEqual(self.heard(), CancelReason.JOB)
        silent.lose()

    def test_a_cancel_request_reaches_the_function_and_is_reported_as_cancelled(self) -> None:
        self.start(1, patient(self.said))
        self.fake.lease(lease("a", "patient", ttl=1500 * MILLIS))
        self.fake.beat(worker_pb2.LEASE_STATUS_CANCEL_REQUESTED, "JOB")
        self.assertEqual(self.heard(), CancelReason.JOB)
        failure = self.failure(self.fake.accept())
        self.assertEqual((failure.kind, failure.code), (types_pb2.FAILURE_KIND_CANCELLED, "CANCELLED"))

    def test_a_cancel_request_reaches_a_plain_function(self) -> None:
        @function("plain")
        def plain(cx: Context, payload: Payload) -> Payload:
            reason = cx.wait_cancelled(timedelta(seconds=20))
            assert reason is not None
            self.said.put(reason)
            raise Retryable("STOPPED", "as asked")

        self.start(1, plain)
        self.fake.lease(lease("a", "plain", ttl=1500 * MILLIS))
        self.fake.beat(worker_pb2.LEASE_STATUS_CANCEL_REQUESTED, "JOB")
        self.assertEqual(self.heard(), CancelReason.JOB)
        self.assertEqual(self.failure(self.fake.accept()).code, "CANCELLED")

    def test_the_execution_timeout_cancels_and_is_reported_as_such(self) -> None:
        self.start(1, patient(self.said))
        timed = lease("a", "patient", change=lambda it: it.execution_timeout.FromMilliseconds(10))
        self.fake.lease(timed)
        self.assertEqual(self.heard(), CancelReason.TIMEOUT)
        failure = self.failure(self.fake.accept())
        self.assertEqual((failure.kind, failure.code), (types_pb2.FAILURE_KIND_TIMEOUT, "EXECUTION_TIMEOUT"))

    def test_a_function_that_does_not_stop_is_dropped_after_its_grace(self) -> None:
        @function("deaf")
        async def deaf(cx: Context, payload: Payload) -> Payload:
            await asyncio.Event().wait()
            return payload

        forever = threading.Event()
        self.addCleanup(forever.set)

        @function("blocked")
        def blocked(cx: Context, payload: Payload) -> Payload:
            forever.wait()
            return payload

        self.start(2, deaf, blocked, cancel_grace=timedelta(milliseconds=10))
        for name in ("deaf", "blocked"):
            self.fake.lease(lease(name, name, ttl=1500 * MILLIS))
            self.fake.beat(worker_pb2.LEASE_STATUS_CANCEL_REQUESTED, "JOB")
            failure = self.failure(self.fake.accept())
            self.assertEqual((failure.kind, failure.code), (types_pb2.FAILURE_KIND_CANCELLED, "CANCELLED"), name)

    def test_a_checkpoint_travels_with_the_next_beat_and_comes_back_with_the_lease(self) -> None:
        @function("resumed")
        async def resumed(cx: Context, payload: Payload) -> Payload:
            if cx.last_checkpoint is not None:
                return cx.last_checkpoint
            cx.checkpoint(Payload.json("7"))
            await cx.cancelled()
            raise Retryable("STOPPED", "")

        self.start(1, resumed)
        begun = time.monotonic()
        self.fake.lease(lease("a", "resumed"))
        # The lease lasts 30 s: without the checkpoint the first beat would come after 8 s.
        beat = self.fake.beat(worker_pb2.LEASE_STATUS_LOST)
        self.assertEqual(beat.beats[0].checkpoint, json("7"))
        self.assertLess(time.monotonic() - begun, 6)
        self.fake.lease(lease("b", "resumed", change=lambda it: it.checkpoint.CopyFrom(json("7"))))
        self.assertEqual(self.fake.accept().reports[0].completed.single, json("7"))
