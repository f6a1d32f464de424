"""A complete esteira worker on the generated stubs alone: leases tasks, runs `python.upper`, reports."""

import json
import os
import random
import signal
import sys
import threading
import uuid
from pathlib import Path

import grpc

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "sdk/python/gen"))
from esteira.v1 import types_pb2, worker_pb2 as v1, worker_pb2_grpc

FUNCTIONS = {"python.upper": str.upper}
WORKER_ID = f"python-{uuid.uuid4()}"
SEND_AGAIN = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)
stopping = threading.Event()


def call(rpc, request, timeout, give_up=lambda: False):
    """Sends the same bytes until there is an answer; None when it gave up first."""
    pause = 0.1
    while True:
        try:
            return rpc(request, timeout=timeout)
        except grpc.RpcError as error:
            if error.code() not in SEND_AGAIN:
                raise
        if give_up():
            return None
        stopping.wait(random.uniform(0, pause))
        pause = min(2 * pause, 10)


def run(lease):
    """Runs the function of a lease, and makes the report of it."""
    report = v1.TaskReport(lease_token=lease.lease_token)
    try:
        output = FUNCTIONS[lease.function_name](json.loads(lease.packet.data.json))
        report.completed.single.json = json.dumps(output)
    except (TypeError, ValueError) as error:  # not what the function takes: no other attempt will do better
        report.failed.failure.MergeFrom(types_pb2.Failure(
            kind=types_pb2.FAILURE_KIND_NON_RETRYABLE, code="INPUT_INVALID", message=str(error)))
    return report


def main():
    address = (sys.argv[1:] or [os.environ.get("ESTEIRA_SERVER", "127.0.0.1:7440")])[0].removeprefix("http://")
    stub = worker_pb2_grpc.WorkerServiceStub(
        grpc.insecure_channel(address, options=[("grpc.max_reconnect_backoff_ms", 2_000)]))

    def stop(*_):
        # The coordinator then ends the parked poll: nothing is leased to a worker that is gone.
        stopping.set()
        drain = v1.DrainWorkerRequest(worker_id=WORKER_ID, reason="SIGTERM")
        threading.Thread(target=call, args=(stub.DrainWorker, drain, 2, stopping.is_set)).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    while not stopping.is_set():
        request = v1.LeaseTasksRequest(worker_id=WORKER_ID, request_id=str(uuid.uuid4()), function_names=FUNCTIONS)
        answer = call(stub.LeaseTasks, request, 30, stopping.is_set)  # it waits 20 s for a task
        for lease in answer.leases if answer else ():
            call(stub.ReportTasks, v1.ReportTasksRequest(worker_id=WORKER_ID, reports=[run(lease)]), 10)
        if answer and answer.directive == v1.WORKER_DIRECTIVE_DRAIN:
            break


main()
