"""The calls that a worker makes. All can be sent again, and are."""

from __future__ import annotations

from ..client.link import Link
from ..client.send import Answer, Call, Stop
from ..v1 import worker_pb2

#: Longest wait for an answer that the coordinator gives at once.
_TIMEOUT_SECONDS = 10.0
_SERVICE = "/esteira.v1.WorkerService/"


class Rpc:
    """The worker's side of `WorkerService`; each method raises `Status` when there is no answer to be had."""

    def __init__(self, link: Link) -> None:
        self.link = link

    def apart(self) -> Rpc:
        """The same over a connection of its own."""
        return Rpc(self.link.apart())

    def register(
        self, request: worker_pb2.RegisterWorkerRequest, stop: Stop
    ) -> Answer[worker_pb2.RegisterWorkerResponse]:
        """Until there is an answer."""
        call = Call(_TIMEOUT_SECONDS)
        return call.send(self.link, f"{_SERVICE}RegisterWorker", request, worker_pb2.RegisterWorkerResponse, stop)

    def lease(
        self, request: worker_pb2.LeaseTasksRequest, wait_seconds: float, stop: Stop
    ) -> Answer[worker_pb2.LeaseTasksResponse]:
        """Until there is an answer; the same `request_id` each time (INV-POLL)."""
        call = Call(wait_seconds + _TIMEOUT_SECONDS)
        return call.send(self.link, f"{_SERVICE}LeaseTasks", request, worker_pb2.LeaseTasksResponse, stop)

    def report(
        self, data: bytes, stop: Stop, patience_seconds: float | None = None
    ) -> Answer[worker_pb2.ReportTasksResponse]:
        """Until there is an answer, or for as long as patience lasts: a serialized `ReportTasksRequest`."""
        call = Call(_TIMEOUT_SECONDS, patience_seconds)
        return call.send_bytes(self.link, f"{_SERVICE}ReportTasks", data, worker_pb2.ReportTasksResponse, stop)

    def append(self, request: worker_pb2.AppendOutputsRequest, stop: Stop) -> Answer[worker_pb2.AppendOutputsResponse]:
        """Until there is an answer."""
        call = Call(_TIMEOUT_SECONDS)
        return call.send(self.link, f"{_SERVICE}AppendOutputs", request, worker_pb2.AppendOutputsResponse, stop)

    def heartbeat(
        self, request: worker_pb2.HeartbeatLeasesRequest, timeout_seconds: float, stop: Stop
    ) -> Answer[worker_pb2.HeartbeatLeasesResponse]:
        """Sent once: the next beat carries what this one did not."""
        call = Call(timeout_seconds, 0.0)
        return call.send(self.link, f"{_SERVICE}HeartbeatLeases", request, worker_pb2.HeartbeatLeasesResponse, stop)

    def drain(self, request: worker_pb2.DrainWorkerRequest, stop: Stop) -> Answer[worker_pb2.DrainWorkerResponse]:
        """For a few seconds."""
        call = Call(2.0, 4.0)
        return call.send(self.link, f"{_SERVICE}DrainWorker", request, worker_pb2.DrainWorkerResponse, stop)
