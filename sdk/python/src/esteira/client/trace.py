"""Where jobs and data come from, and what became of them."""

from __future__ import annotations

from ..v1 import trace_pb2
from .rpc import Caller


class TraceClient:
    """Calls `TraceService`; each method is the RPC of that name, documented in `trace.proto`."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def trace_job(self, request: trace_pb2.TraceJobRequest) -> trace_pb2.TraceJobResponse:
        """Tells where a job comes from and what became of each step of its plan."""
        return self._caller.send("TraceService/TraceJob", request, trace_pb2.TraceJobResponse)

    def list_task_traces(self, request: trace_pb2.ListTaskTracesRequest) -> trace_pb2.ListTaskTracesResponse:
        """Lists the tasks of a job with their attempts and the artifacts that they read and produced."""
        return self._caller.send("TraceService/ListTaskTraces", request, trace_pb2.ListTaskTracesResponse)

    def trace_artifact(self, request: trace_pb2.TraceArtifactRequest) -> trace_pb2.TraceArtifactResponse:
        """Finds artifacts by their digest, with the tasks that read or made them."""
        return self._caller.send("TraceService/TraceArtifact", request, trace_pb2.TraceArtifactResponse)

    def list_error_reports(self, request: trace_pb2.ListErrorReportsRequest) -> trace_pb2.ListErrorReportsResponse:
        """Lists what is known of the tasks of a job that failed, with the data so far."""
        return self._caller.send("TraceService/ListErrorReports", request, trace_pb2.ListErrorReportsResponse)

    def export_statement(self, request: trace_pb2.ExportStatementRequest) -> trace_pb2.ExportStatementResponse:
        """Tells the trace of a job as a signed statement of in-toto."""
        return self._caller.send("TraceService/ExportStatement", request, trace_pb2.ExportStatementResponse)
