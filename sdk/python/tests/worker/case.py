"""A worker that runs beside the test."""

from __future__ import annotations

import asyncio
import logging
import threading
import unittest
from typing import Any

from esteira.model import Context, Function, OutputType, Payload, Retryable, function
from esteira.v1 import worker_pb2
from esteira.worker import Worker

from .fake import PATIENCE_SECONDS, Fake


class Started:
    """A worker on a thread and a loop of its own."""

    def __init__(self, fake: Fake, worker: Worker) -> None:
        self.fake = fake
        self.worker = worker
        self.error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            asyncio.run(self.worker.run())
        except BaseException as error:
            self.error = error

    def ended(self) -> None:
        """Waits for its end; raises what it raised."""
        self._thread.join(PATIENCE_SECONDS)
        if self._thread.is_alive():
            raise AssertionError("the worker did not end")
        if self.error is not None:
            raise self.error


class WorkerCase(unittest.TestCase):
    """Starts workers against a scripted coordinator."""

    def setUp(self) -> None:
        logging.getLogger("esteira.worker").setLevel(logging.CRITICAL + 1)
        self.fake = Fake()
        self.addCleanup(self.fake.stop)

    def start(self, slots: int, *functions: Function, **settings: Any) -> Started:
        """Starts a worker with these functions, and lets it register."""
        worker = Worker(self.fake.endpoint, functions, worker_id="w1", slots=slots, **settings)
        started = self._started = Started(self.fake, worker)
        self.fake.register()
        self.addCleanup(worker.shutdown)
        return started

    def started_worker(self) -> Worker:
        """The worker that was started last."""
        return self._started.worker

    def failure(self, request: worker_pb2.ReportTasksRequest) -> Any:
        """The failure of the first report."""
        report = request.reports[0]
        self.assertEqual(report.WhichOneof("outcome"), "failed", report)
        return report.failed.failure


@function("echo")
def echo(cx: Context, payload: Payload) -> Payload:
    return payload


class Gate:
    """Lets attempts through one by one, from any thread."""

    def __init__(self) -> None:
        self._permits = threading.Semaphore(0)

    def open(self, count: int = 1) -> None:
        self._permits.release(count)

    def function(self, name: str = "gated") -> Function:
        @function(name)
        def gated(cx: Context, payload: Payload) -> Payload:
            self._permits.acquire()
            return payload

        return gated


def patient(said: Any, name: str = "patient") -> Function:
    """Waits to be cancelled, says why, and then fails."""

    @function(name)
    async def waits(cx: Context, payload: Payload) -> Payload:
        said.put(await cx.cancelled())
        raise Retryable("STOPPED", "as asked")

    return waits


__all__ = ["Gate", "OutputType", "Started", "WorkerCase", "echo", "patient"]
