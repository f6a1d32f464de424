"""The coordinator itself, its workers and queues."""

from __future__ import annotations

from ..v1 import admin_pb2
from .rpc import Caller


class AdminClient:
    """Calls `AdminService`; each method is the RPC of that name, documented in `admin.proto`."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def get_system_info(self, request: admin_pb2.GetSystemInfoRequest) -> admin_pb2.GetSystemInfoResponse:
        """Tells what the coordinator is and which limits it has."""
        return self._caller.send("AdminService/GetSystemInfo", request, admin_pb2.GetSystemInfoResponse)

    def list_workers(self, request: admin_pb2.ListWorkersRequest) -> admin_pb2.ListWorkersResponse:
        """Lists the workers that were heard from within the last hour."""
        return self._caller.send("AdminService/ListWorkers", request, admin_pb2.ListWorkersResponse)

    def list_queues(self, request: admin_pb2.ListQueuesRequest) -> admin_pb2.ListQueuesResponse:
        """Lists the queues that hold tasks or are paused."""
        return self._caller.send("AdminService/ListQueues", request, admin_pb2.ListQueuesResponse)

    def update_queue(self, request: admin_pb2.UpdateQueueRequest) -> admin_pb2.UpdateQueueResponse:
        """Pauses a queue or lets it go on."""
        return self._caller.send("AdminService/UpdateQueue", request, admin_pb2.UpdateQueueResponse)

    def evict_worker(self, request: admin_pb2.EvictWorkerRequest) -> admin_pb2.EvictWorkerResponse:
        """Takes all leases from a worker now."""
        return self._caller.send("AdminService/EvictWorker", request, admin_pb2.EvictWorkerResponse)

    def list_retention(self, request: admin_pb2.ListRetentionRequest) -> admin_pb2.ListRetentionResponse:
        """Lists how long jobs are kept after their end."""
        return self._caller.send("AdminService/ListRetention", request, admin_pb2.ListRetentionResponse)

    def set_retention(self, request: admin_pb2.SetRetentionRequest) -> admin_pb2.SetRetentionResponse:
        """Sets how long the jobs of a project and data class are kept."""
        return self._caller.send("AdminService/SetRetention", request, admin_pb2.SetRetentionResponse)

    def apply_retention(self, request: admin_pb2.ApplyRetentionRequest) -> admin_pb2.ApplyRetentionResponse:
        """Removes, or counts, what is kept no longer. A token in the answer says that there is more to do."""
        return self._caller.send("AdminService/ApplyRetention", request, admin_pb2.ApplyRetentionResponse)

    def purge_jobs(self, request: admin_pb2.PurgeJobsRequest) -> admin_pb2.PurgeJobsResponse:
        """Counts QA or DEVTEST jobs of a filter, or removes those that a dry run has counted."""
        return self._caller.send("AdminService/PurgeJobs", request, admin_pb2.PurgeJobsResponse)

    def erase_job(self, request: admin_pb2.EraseJobRequest) -> admin_pb2.EraseJobResponse:
        """Erases the data of a job that has ended."""
        return self._caller.send("AdminService/EraseJob", request, admin_pb2.EraseJobResponse)

    def list_last_resort(self, request: admin_pb2.ListLastResortRequest) -> admin_pb2.ListLastResortResponse:
        """Lists what the last resort of the coordinator that is asked holds."""
        return self._caller.send("AdminService/ListLastResort", request, admin_pb2.ListLastResortResponse)

    def get_last_resort_record(
        self, request: admin_pb2.GetLastResortRecordRequest
    ) -> admin_pb2.GetLastResortRecordResponse:
        """Reads one of its records."""
        return self._caller.send("AdminService/GetLastResortRecord", request, admin_pb2.GetLastResortRecordResponse)

    def ingest_last_resort(self, request: admin_pb2.IngestLastResortRequest) -> admin_pb2.IngestLastResortResponse:
        """Has it bring back now what waits."""
        return self._caller.send("AdminService/IngestLastResort", request, admin_pb2.IngestLastResortResponse)
