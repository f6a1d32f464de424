"""What can go wrong with a call, by the reason that the contract gives."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import grpc
from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2, status_pb2

from ..v1 import plan_pb2


class ClientError(Exception):
    """A call that did not succeed."""

    #: The stable reason, such as `JOB_NOT_FOUND`; "" when there is none.
    reason: str = ""


class EndpointError(ClientError):
    """The endpoint or the token cannot be used at all."""


class Refused(ClientError):
    """The coordinator refused the call, or could not be reached while patience lasted."""

    def __init__(self, status: Status) -> None:
        super().__init__(f"{status.reason or status.code.name}: {status.message}")
        #: What kind of error it is; decides what to do when the reason is not known.
        self.code = status.code
        self.reason = status.reason
        #: For a person; may change.
        self.message = status.message
        #: What is wrong with a plan definition, when the reason is `PLAN_INVALID`.
        self.plan_issues = status.plan_issues


class Status(Exception):
    """How one sending ended when it was not answered well."""

    def __init__(
        self,
        code: grpc.StatusCode,
        message: str,
        reason: str = "",
        retry_delay: timedelta | None = None,
        plan_issues: tuple[plan_pb2.PlanIssue, ...] = (),
    ) -> None:
        super().__init__(f"{reason or code.name}: {message}")
        self.code = code
        self.message = message
        #: The contract's reason, or "".
        self.reason = reason
        #: How long the coordinator asks to wait.
        self.retry_delay = retry_delay
        self.plan_issues = plan_issues


def status_of(error: grpc.RpcError) -> Status:
    """What a call ended with, its details read."""
    code = error.code() if callable(getattr(error, "code", None)) else grpc.StatusCode.UNKNOWN
    message = error.details() if callable(getattr(error, "details", None)) else str(error)
    metadata: Any = error.trailing_metadata() if callable(getattr(error, "trailing_metadata", None)) else None
    details = dict(metadata or ()).get("grpc-status-details-bin")
    if isinstance(details, bytes):
        return _detailed(code, message or "", details)
    return Status(code, message or "")


def _detailed(code: grpc.StatusCode, message: str, data: bytes) -> Status:
    reason, delay = "", None
    issues: list[plan_pb2.PlanIssue] = []
    try:
        for detail in status_pb2.Status.FromString(data).details:
            info, retry, issue = error_details_pb2.ErrorInfo(), error_details_pb2.RetryInfo(), plan_pb2.PlanIssue()
            if detail.Is(info.DESCRIPTOR) and detail.Unpack(info):
                reason = info.reason
            elif detail.Is(retry.DESCRIPTOR) and detail.Unpack(retry):
                delay = retry.retry_delay.ToTimedelta()
            elif detail.Is(issue.DESCRIPTOR) and detail.Unpack(issue):
                issues.append(issue)
    except DecodeError:
        return Status(code, message)
    return Status(code, message, reason, delay, tuple(issues))
