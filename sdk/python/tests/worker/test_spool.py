"""A result that cannot be delivered is written to the spool and sent later (rule 8)."""

from __future__ import annotations

import hashlib
import json
import tempfile
import unittest.mock
from pathlib import Path

import grpc

from esteira.client.link import Link
from esteira.client.send import Stop
from esteira.v1 import worker_pb2
from esteira.worker.rpc import Rpc
from esteira.worker.spool import Spool

from .case import WorkerCase, echo
from .fake import Refusal, applied, lease, refused


class SpoolTests(WorkerCase):
    def setUp(self) -> None:
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name) / "spool"

    def files(self, pattern: str = "*.report") -> list[Path]:
        return sorted(self.folder.glob(pattern))

    def spooled(self, *tokens: str) -> list[bytes]:
        """Keeps a report for each token, oldest first; answers the requests."""
        spool = Spool(self.folder, self.fake.endpoint)
        requests = []
        for token in tokens:
            report = worker_pb2.TaskReport(lease_token=token)
            report.completed.none.SetInParent()
            requests.append(worker_pb2.ReportTasksRequest(worker_id="w0", reports=[report]).SerializeToString())
            spool.write(requests[-1])
        return requests

    def test_an_undelivered_result_is_on_the_disk_when_the_worker_ends(self) -> None:
        started = self.start(1, echo, spool=self.folder)
        self.fake.lease(lease("a", "echo", '{"n":9007199254740993}'))
        report = self.fake.reports.next()
        with unittest.mock.patch("esteira.worker.drain._DELIVERY_GRACE_SECONDS", 0.05):
            started.worker.shutdown()
            self.fake.drains.next().answer(worker_pb2.DrainWorkerResponse())
            started.ended()
        report.lose()
        [path] = self.files()
        line, _, body = path.read_bytes().partition(b"\n")
        header = json.loads(line)
        self.assertEqual(list(header), ["format", "sha256", "bytes", "target", "created"])
        self.assertEqual(header["format"], "esteira.spool.v1")
        self.assertEqual((header["sha256"], header["bytes"]), (hashlib.sha256(body).hexdigest(), len(body)))
        self.assertEqual(header["target"], self.fake.endpoint)
        request = worker_pb2.ReportTasksRequest.FromString(body)
        self.assertEqual(request.reports[0], report.request.reports[0])
        self.assertFalse(request.HasField("lease"))
        self.assertEqual(self.files("*.tmp"), [])

    def test_what_is_kept_is_sent_first_and_oldest_first(self) -> None:
        requests = self.spooled("a", "b")
        self.start(1, echo, spool=self.folder)
        for token, request in zip("ab", requests, strict=True):
            self.fake.polls.assert_none()
            call = self.fake.reports.next()
            self.assertEqual(call.data, request)
            call.answer(worker_pb2.ReportTasksResponse(outcomes=[applied(token, already=True)]))
        self.fake.polls.next().lose()
        self.assertEqual(self.files(), [])

    def test_a_final_verdict_ends_a_file_and_anything_else_keeps_it(self) -> None:
        self.spooled("a", "b", "c", "d", "e")
        spool, rpc = Spool(self.folder, self.fake.endpoint), Rpc(Link(self.fake.endpoint))
        self.addCleanup(rpc.link.close)
        answers: list[worker_pb2.ReportOutcome | Refusal] = [
            refused("a", "LEASE_LOST"),
            refused("b", "JSON_INVALID"),
            Refusal(grpc.StatusCode.INVALID_ARGUMENT, "FIELD_INVALID"),
            refused("d", "STORE_UNAVAILABLE"),
            Refusal(grpc.StatusCode.UNAUTHENTICATED, "TOKEN_INVALID"),
        ]
        with unittest.mock.patch.object(rpc, "report", side_effect=list(map(_answer, answers))):
            self.assertEqual(spool.send(rpc, Stop()), 2)
        self.assertEqual(len(self.files()), 2)

    def test_a_coordinator_that_is_away_costs_nothing_that_is_kept(self) -> None:
        self.spooled("a")
        spool, rpc = Spool(self.folder, self.fake.endpoint), Rpc(Link("http://127.0.0.1:1"))
        self.addCleanup(rpc.link.close)
        with unittest.mock.patch("esteira.worker.spool._PATIENCE_SECONDS", 0.05):
            self.assertEqual(spool.send(rpc, Stop()), 1)
        self.assertEqual(len(self.files()), 1)

    def test_a_file_that_is_not_whole_is_set_aside(self) -> None:
        self.spooled("a", "b")
        first, second = self.files()
        first.write_bytes(first.read_bytes()[:-1])
        second.write_bytes(b"not a header\nbody")
        rpc = Rpc(Link(self.fake.endpoint))
        self.addCleanup(rpc.link.close)
        self.assertEqual(Spool(self.folder, self.fake.endpoint).send(rpc, Stop()), 0)
        self.assertEqual(self.files(), [])
        self.assertEqual(
            [path.name for path in self.files("*.corrupt")], [f"{first.name}.corrupt", f"{second.name}.corrupt"]
        )
        self.fake.reports.assert_none()

    def test_a_capsule_that_is_wanted_is_sent_and_only_then(self) -> None:
        self.start(1, echo)
        self.fake.lease(lease("a", "echo", change=lambda it: setattr(it, "capsule", b"sealed")))
        first = self.fake.reports.next()
        plain = first.request.reports[0]
        self.assertEqual(plain.capsule, b"")
        wanted = refused("a", "STORE_UNAVAILABLE")
        wanted.capsule_wanted = True
        first.answer(worker_pb2.ReportTasksResponse(outcomes=[wanted]))
        second = self.fake.reports.next()
        again = second.request.reports[0]
        self.assertEqual(again.capsule, b"sealed")
        again.ClearField("capsule")
        self.assertEqual(again, plain)
        second.answer(worker_pb2.ReportTasksResponse(outcomes=[applied("a")]))
        self.fake.polls.next().lose()

    def test_a_kept_report_has_its_capsule(self) -> None:
        started = self.start(1, echo, spool=self.folder)
        self.fake.lease(lease("a", "echo", change=lambda it: setattr(it, "capsule", b"sealed")))
        report = self.fake.reports.next()
        with unittest.mock.patch("esteira.worker.drain._DELIVERY_GRACE_SECONDS", 0.05):
            started.worker.shutdown()
            self.fake.drains.next().answer(worker_pb2.DrainWorkerResponse())
            started.ended()
        report.lose()
        [path] = self.files()
        body = path.read_bytes().partition(b"\n")[2]
        self.assertEqual(worker_pb2.ReportTasksRequest.FromString(body).reports[0].capsule, b"sealed")


def _answer(answer: worker_pb2.ReportOutcome | Refusal) -> object:
    from esteira.client.errors import Status
    from esteira.client.send import Answer

    if isinstance(answer, Refusal):
        return Status(answer.code, str(answer), answer.reason)
    return Answer(worker_pb2.ReportTasksResponse(outcomes=[answer]), 0.0)
