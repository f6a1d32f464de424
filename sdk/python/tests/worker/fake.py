"""A coordinator that answers what the test tells it to."""

from __future__ import annotations

import queue
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any, Generic, TypeVar

import grpc
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2

from esteira.v1 import types_pb2, worker_pb2

Q = TypeVar("Q", bound=Message)

#: Longer than anything takes that works.
PATIENCE_SECONDS = 20.0
TASK = "01932c07-209b-7e9a-8b2c-ffeeddccbbab"
JOB = "01932c07-209b-7e9a-8b2c-ffeeddccbbaa"


class Refusal(Exception):
    """A status to answer with."""

    def __init__(self, code: grpc.StatusCode, reason: str = "", message: str = "because") -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason


class Call(Generic[Q]):
    """One call that waits for its answer."""

    def __init__(self, request: Q, data: bytes) -> None:
        self.request = request
        #: The bytes as they were sent.
        self.data = data
        self.reply: queue.SimpleQueue[Message | Refusal] = queue.SimpleQueue()

    def answer(self, answer: Message) -> Q:
        self.reply.put(answer)
        return self.request

    def refuse(self, refusal: Refusal) -> Q:
        self.reply.put(refusal)
        return self.request

    def lose(self) -> Q:
        """The reply gets lost on its way."""
        return self.refuse(Refusal(grpc.StatusCode.UNAVAILABLE, message="lost"))


class Calls(Generic[Q]):
    """The calls of one RPC, in the order of their arrival."""

    def __init__(self, request_type: type[Q]) -> None:
        self._request_type = request_type
        self._calls: queue.SimpleQueue[Call[Q]] = queue.SimpleQueue()

    def next(self) -> Call[Q]:
        return self._calls.get(timeout=PATIENCE_SECONDS)

    def assert_none(self) -> None:
        """Nothing has arrived and is not taken yet."""
        try:
            call = self._calls.get_nowait()
        except queue.Empty:
            return
        raise AssertionError(f"unexpected call: {call.request}")

    def handle(self, data: bytes, context: grpc.ServicerContext) -> bytes:
        call = Call(self._request_type.FromString(data), data)
        gone = Refusal(grpc.StatusCode.CANCELLED, message="nobody waits for the answer")
        # What nobody waits for any more must not keep its thread.
        if not context.add_callback(lambda: call.reply.put(gone)):
            call.reply.put(gone)
        self._calls.put(call)
        reply = call.reply.get()
        if isinstance(reply, Refusal):
            if reply.reason:
                status = status_pb2.Status(code=reply.code.value[0], message=str(reply))
                status.details.add().Pack(error_details_pb2.ErrorInfo(reason=reply.reason, domain="esteira.v1"))
                context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
            context.abort(reply.code, str(reply))
        return reply.SerializeToString()


class Fake:
    """The coordinator's side of the worker's calls."""

    def __init__(self) -> None:
        self.registers = Calls(worker_pb2.RegisterWorkerRequest)
        self.polls = Calls(worker_pb2.LeaseTasksRequest)
        self.reports = Calls(worker_pb2.ReportTasksRequest)
        self.beats = Calls(worker_pb2.HeartbeatLeasesRequest)
        self.appends = Calls(worker_pb2.AppendOutputsRequest)
        self.drains = Calls(worker_pb2.DrainWorkerRequest)
        by_name: dict[str, Calls[Any]] = {
            "RegisterWorker": self.registers,
            "LeaseTasks": self.polls,
            "ReportTasks": self.reports,
            "HeartbeatLeases": self.beats,
            "AppendOutputs": self.appends,
            "DrainWorker": self.drains,
        }
        # No deserializer: what was sent is looked at byte for byte.
        handlers: dict[str, Any] = {
            name: grpc.unary_unary_rpc_method_handler(calls.handle) for name, calls in by_name.items()
        }
        service = grpc.method_handlers_generic_handler("esteira.v1.WorkerService", handlers)
        self._threads = ThreadPoolExecutor(64)
        self._server = grpc.server(self._threads, options=[("grpc.max_receive_message_length", 8 << 20)])
        self._server.add_generic_rpc_handlers((service,))
        self.port = self._server.add_insecure_port("127.0.0.1:0")
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self._server.start()

    def stop(self) -> None:
        self._server.stop(None).wait()
        self._threads.shutdown()

    def register(self) -> worker_pb2.RegisterWorkerRequest:
        """Lets the worker register."""
        return self.registers.next().answer(worker_pb2.RegisterWorkerResponse(protocol=1))

    def lease(self, *leases: worker_pb2.TaskLease) -> worker_pb2.LeaseTasksRequest:
        """Answers the next poll with these leases."""
        return self.polls.next().answer(worker_pb2.LeaseTasksResponse(leases=leases))

    def accept(self, *leases: worker_pb2.TaskLease) -> worker_pb2.ReportTasksRequest:
        """Accepts the next report and leases with it."""
        call = self.reports.next()
        answer = worker_pb2.ReportTasksResponse(
            outcomes=[applied(report.lease_token) for report in call.request.reports]
        )
        if call.request.HasField("lease"):
            answer.lease.leases.extend(leases)
            answer.lease.SetInParent()
        return call.answer(answer)

    def beat(self, status: worker_pb2.LeaseStatus, reason: str = "") -> worker_pb2.HeartbeatLeasesRequest:
        """Renews the leases of the next heartbeat with this verdict."""
        call = self.beats.next()
        answer = worker_pb2.HeartbeatLeasesResponse()
        for beat in call.request.beats:
            answer.verdicts.add(lease_token=beat.lease_token, status=status, reason=reason)
        return call.answer(answer)


def applied(token: str, already: bool = False) -> worker_pb2.ReportOutcome:
    return worker_pb2.ReportOutcome(
        lease_token=token, durability=types_pb2.DURABILITY_COMMITTED, already_applied=already
    )


def refused(token: str, reason: str) -> worker_pb2.ReportOutcome:
    return worker_pb2.ReportOutcome(lease_token=token, error_reason=reason, error_message="because")


def json(text: str) -> types_pb2.Payload:
    return types_pb2.Payload(json=text)


def lease(
    token: str,
    function_name: str,
    payload: str = "1",
    *,
    output_type: types_pb2.OutputType = types_pb2.OUTPUT_TYPE_SINGLE,
    ttl: timedelta = timedelta(seconds=30),
    change: Callable[[worker_pb2.TaskLease], None] | None = None,
) -> worker_pb2.TaskLease:
    """A lease of 30 s for `function_name` on JSON."""
    written = worker_pb2.TaskLease(
        lease_token=token,
        task_id=TASK,
        job_id=JOB,
        step_key="only",
        function_name=function_name,
        attempt=1,
        fence=1,
        idempotency_key="key",
        packet=types_pb2.DataPacket(data=json(payload)),
        output_type=output_type,
    )
    written.lease_ttl.FromTimedelta(ttl)
    if change is not None:
        change(written)
    return written
