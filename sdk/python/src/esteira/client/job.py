"""Jobs and the tasks that they consist of."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import grpc

from ..model.limits import WAIT_DEFAULT
from ..model.payload import Payload
from ..v1 import job_pb2, types_pb2
from .errors import Refused, status_of
from .rpc import Caller
from .wire import duration_out, payload_out


class JobClient:
    """Calls `JobService`; each method is the RPC of that name, documented in `job.proto`."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def start_job(self, request: job_pb2.StartJobRequest) -> job_pb2.StartJobResponse:
        """Starts one execution of a plan version; with `wait`, answers when it has ended or that time is over."""
        return self._caller.send_waiting("JobService/StartJob", request, job_pb2.StartJobResponse, timedelta(0))

    def await_job(self, request: job_pb2.AwaitJobRequest) -> job_pb2.AwaitJobResponse:
        """Waits once until the job ends or the request's `wait` is over."""
        return self._caller.send_waiting("JobService/AwaitJob", request, job_pb2.AwaitJobResponse)

    def get_job(self, request: job_pb2.GetJobRequest) -> job_pb2.GetJobResponse:
        """Reads one job."""
        return self._caller.send("JobService/GetJob", request, job_pb2.GetJobResponse)

    def list_jobs(self, request: job_pb2.ListJobsRequest) -> job_pb2.ListJobsResponse:
        """Lists jobs, payloads omitted."""
        return self._caller.send("JobService/ListJobs", request, job_pb2.ListJobsResponse)

    def control_job(self, request: job_pb2.ControlJobRequest) -> job_pb2.ControlJobResponse:
        """Pauses, resumes, cancels or terminates a job."""
        return self._caller.send("JobService/ControlJob", request, job_pb2.ControlJobResponse)

    def retry_tasks(self, request: job_pb2.RetryTasksRequest) -> job_pb2.RetryTasksResponse:
        """Makes failed tasks ready again."""
        return self._caller.send("JobService/RetryTasks", request, job_pb2.RetryTasksResponse)

    def reprocess_job(self, request: job_pb2.ReprocessJobRequest) -> job_pb2.ReprocessJobResponse:
        """Processes a job again that has ended, as a new job."""
        return self._caller.send("JobService/ReprocessJob", request, job_pb2.ReprocessJobResponse)

    def reprocess_jobs(self, request: job_pb2.ReprocessJobsRequest) -> job_pb2.ReprocessJobsResponse:
        """Processes a page of jobs again."""
        return self._caller.send("JobService/ReprocessJobs", request, job_pb2.ReprocessJobsResponse)

    def get_task(self, request: job_pb2.GetTaskRequest) -> job_pb2.GetTaskResponse:
        """Reads one task with its attempts."""
        return self._caller.send("JobService/GetTask", request, job_pb2.GetTaskResponse)

    def list_tasks(self, request: job_pb2.ListTasksRequest) -> job_pb2.ListTasksResponse:
        """Lists the tasks of one job."""
        return self._caller.send("JobService/ListTasks", request, job_pb2.ListTasksResponse)

    def run(self, plan_name: str, data: Payload) -> job_pb2.Job:
        """Starts a job of a plan's default version on one payload and waits until it ends, as long as that takes."""
        request = _start_of(plan_name, data)
        request.wait.CopyFrom(duration_out(WAIT_DEFAULT))
        answer = self.start_job(request)
        return answer.job if answer.completed else self.wait(answer.job.job_id)

    def start(self, plan_name: str, data: Payload) -> job_pb2.Job:
        """Starts a job of a plan's default version on one payload."""
        return self.start_job(_start_of(plan_name, data)).job

    def wait(self, job_id: str) -> job_pb2.Job:
        """Waits until the job ends, as long as that takes."""
        while True:
            answer = self.await_job(job_pb2.AwaitJobRequest(job_id=job_id))
            if answer.completed:
                return answer.job

    def pause(self, job_id: str, reason: str) -> job_pb2.Job:
        """Lets running tasks end and starts nothing new."""
        return self._control(job_id, job_pb2.JOB_ACTION_PAUSE, reason)

    def resume(self, job_id: str, reason: str) -> job_pb2.Job:
        """Undoes a pause."""
        return self._control(job_id, job_pb2.JOB_ACTION_RESUME, reason)

    def cancel(self, job_id: str, reason: str) -> job_pb2.Job:
        """Asks running tasks to stop and starts nothing new."""
        return self._control(job_id, job_pb2.JOB_ACTION_CANCEL, reason)

    def terminate(self, job_id: str, reason: str) -> job_pb2.Job:
        """Ends the job now; running tasks lose their leases."""
        return self._control(job_id, job_pb2.JOB_ACTION_TERMINATE, reason)

    def watch_jobs(self, request: job_pb2.WatchJobsRequest) -> Iterator[job_pb2.WatchJobsResponse]:
        """Shows jobs live, for consoles; not sent again when it breaks. What must not miss anything uses `wait`."""
        link = self._caller.link
        call = link.channel()[1].unary_stream(
            "/esteira.v1.JobService/WatchJobs",
            request_serializer=job_pb2.WatchJobsRequest.SerializeToString,
            response_deserializer=job_pb2.WatchJobsResponse.FromString,
        )
        try:
            yield from call(request, metadata=link.metadata)
        except grpc.RpcError as error:
            raise Refused(status_of(error)) from None

    def _control(self, job_id: str, action: job_pb2.JobAction, reason: str) -> job_pb2.Job:
        request = job_pb2.ControlJobRequest(job_id=job_id, action=action, reason=reason)
        return self.control_job(request).job


def _start_of(plan_name: str, data: Payload) -> job_pb2.StartJobRequest:
    packet = types_pb2.DataPacket(data=payload_out(data))
    return job_pb2.StartJobRequest(plan_name=plan_name, packet=packet)
