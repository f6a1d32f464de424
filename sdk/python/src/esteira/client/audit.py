"""Who did what, and whether what is recorded is what happened."""

from __future__ import annotations

from ..v1 import audit_pb2
from .rpc import Caller


class AuditClient:
    """Calls `AuditService`; each method is the RPC of that name, documented in `audit.proto`."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def list_audit_records(self, request: audit_pb2.ListAuditRecordsRequest) -> audit_pb2.ListAuditRecordsResponse:
        """Lists records of operators' calls, the newest first."""
        return self._caller.send("AuditService/ListAuditRecords", request, audit_pb2.ListAuditRecordsResponse)

    def report_usage(self, request: audit_pb2.ReportUsageRequest) -> audit_pb2.ReportUsageResponse:
        """Counts who did what."""
        return self._caller.send("AuditService/ReportUsage", request, audit_pb2.ReportUsageResponse)

    def report_errors(self, request: audit_pb2.ReportErrorsRequest) -> audit_pb2.ReportErrorsResponse:
        """Counts the attempts that failed."""
        return self._caller.send("AuditService/ReportErrors", request, audit_pb2.ReportErrorsResponse)

    def report_performance(self, request: audit_pb2.ReportPerformanceRequest) -> audit_pb2.ReportPerformanceResponse:
        """Tells how long attempts waited and ran and what they used."""
        return self._caller.send("AuditService/ReportPerformance", request, audit_pb2.ReportPerformanceResponse)

    def get_ledger(self, request: audit_pb2.GetLedgerRequest) -> audit_pb2.GetLedgerResponse:
        """Tells the state of the ledger's log."""
        return self._caller.send("AuditService/GetLedger", request, audit_pb2.GetLedgerResponse)

    def verify_artifact(self, request: audit_pb2.VerifyArtifactRequest) -> audit_pb2.VerifyArtifactResponse:
        """Verifies one body."""
        return self._caller.send("AuditService/VerifyArtifact", request, audit_pb2.VerifyArtifactResponse)

    def verify_job(self, request: audit_pb2.VerifyJobRequest) -> audit_pb2.VerifyJobResponse:
        """Verifies all that is recorded of a job."""
        return self._caller.send("AuditService/VerifyJob", request, audit_pb2.VerifyJobResponse)

    def verify_range(self, request: audit_pb2.VerifyRangeRequest) -> audit_pb2.VerifyRangeResponse:
        """Verifies leaves by their index. A token in the answer says that there is more to do."""
        return self._caller.send("AuditService/VerifyRange", request, audit_pb2.VerifyRangeResponse)

    def verify_store(self, request: audit_pb2.VerifyStoreRequest) -> audit_pb2.VerifyStoreResponse:
        """Verifies everything. A token in the answer says that there is more to do."""
        return self._caller.send("AuditService/VerifyStore", request, audit_pb2.VerifyStoreResponse)

    def get_consistency_proof(
        self, request: audit_pb2.GetConsistencyProofRequest
    ) -> audit_pb2.GetConsistencyProofResponse:
        """Proves that the log of one size begins with the log of a smaller one."""
        return self._caller.send("AuditService/GetConsistencyProof", request, audit_pb2.GetConsistencyProofResponse)

    def export_evidence(self, request: audit_pb2.ExportEvidenceRequest) -> audit_pb2.ExportEvidenceResponse:
        """Exports the evidence on one body."""
        return self._caller.send("AuditService/ExportEvidence", request, audit_pb2.ExportEvidenceResponse)
