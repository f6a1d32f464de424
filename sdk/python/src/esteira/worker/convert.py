"""Between the words of the model and the messages of `WorkerService`."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from ..client.wire import duration_in, duration_out, payload_in, payload_out
from ..model.context import Invocation
from ..model.errors import Failure, FailureKind
from ..model.function import FunctionSpec
from ..model.outcome import Verdict
from ..model.packet import Actor, AggregateRef, Emit
from ..model.payload import Payload
from ..model.plan import OutputType
from ..v1 import types_pb2, worker_pb2

_OUTPUT_TYPES = {
    types_pb2.OUTPUT_TYPE_SINGLE: OutputType.SINGLE,
    types_pb2.OUTPUT_TYPE_MULTIPLE: OutputType.MULTIPLE,
    types_pb2.OUTPUT_TYPE_NONE: OutputType.NONE,
}
_OUTPUT_TYPES_OUT = {output_type: number for number, output_type in _OUTPUT_TYPES.items()}
_KINDS = {
    FailureKind.RETRYABLE: types_pb2.FAILURE_KIND_RETRYABLE,
    FailureKind.NON_RETRYABLE: types_pb2.FAILURE_KIND_NON_RETRYABLE,
    FailureKind.TIMEOUT: types_pb2.FAILURE_KIND_TIMEOUT,
    FailureKind.CANCELLED: types_pb2.FAILURE_KIND_CANCELLED,
    FailureKind.LEASE_EXPIRED: types_pb2.FAILURE_KIND_LEASE_EXPIRED,
    FailureKind.PROTOCOL: types_pb2.FAILURE_KIND_PROTOCOL,
}


class Unreadable(Exception):
    """A lease that cannot be read; names the field."""


@dataclass(frozen=True)
class Lease:
    """A lease as the worker needs it."""

    token: str
    ttl_seconds: float
    timeout_seconds: float | None
    invocation: Invocation
    payload: Payload
    #: For a report that the coordinator cannot take without it.
    capsule: bytes


def lease_in(lease: worker_pb2.TaskLease) -> Lease:
    """Reads a lease; :class:`Unreadable` names the field of one that cannot be read."""
    for field, text in (("job_id", lease.job_id), ("task_id", lease.task_id)):
        try:
            uuid.UUID(text)
        except ValueError:
            raise Unreadable(field) from None
    output_type = _OUTPUT_TYPES.get(lease.output_type)
    if output_type is None:
        raise Unreadable("output_type")
    if lease.attempt < 1:
        raise Unreadable("attempt")
    ttl = duration_in(lease.lease_ttl) if lease.HasField("lease_ttl") else None
    if ttl is None:
        raise Unreadable("lease_ttl")
    timeout = duration_in(lease.execution_timeout) if lease.HasField("execution_timeout") else None
    packet = lease.packet
    aggregate, actor = packet.aggregate, packet.actor
    invocation = Invocation(
        job=lease.job_id,
        task=lease.task_id,
        step_key=lease.step_key,
        function_name=lease.function_name,
        attempt=lease.attempt,
        fence=lease.fence,
        idempotency_key=lease.idempotency_key,
        actor=Actor(actor.user_id, actor.account_id, actor.on_behalf_of),
        aggregate=AggregateRef(aggregate.type, aggregate.id, aggregate.version)
        if packet.HasField("aggregate")
        else None,
        headers=dict(packet.headers),
        config_json=lease.config_json,
        output_type=output_type,
        last_checkpoint=payload_in(lease.checkpoint) if lease.HasField("checkpoint") else None,
    )
    seconds = None if timeout is None else timeout.total_seconds()
    payload = payload_in(packet.data)
    return Lease(lease.lease_token, ttl.total_seconds(), seconds, invocation, payload, lease.capsule)


def aggregate_out(aggregate: AggregateRef) -> types_pb2.AggregateRef:
    """An aggregate as it goes over the wire."""
    return types_pb2.AggregateRef(type=aggregate.kind, id=aggregate.id, version=aggregate.version)


def function_out(spec: FunctionSpec) -> worker_pb2.FunctionSpec:
    """A function as it goes over the wire."""
    return worker_pb2.FunctionSpec(
        name=spec.name, version=spec.version, output_type=_OUTPUT_TYPES_OUT[spec.output_type], summary=spec.summary
    )


def emit_out(emit: Emit) -> worker_pb2.OutboxEmit:
    """A message as it goes over the wire."""
    return worker_pb2.OutboxEmit(
        topic=emit.topic, key=emit.key, payload=payload_out(emit.payload), headers=dict(emit.headers)
    )


def verdict_out(verdict: Verdict) -> types_pb2.PolicyVerdict:
    """A verdict as it goes over the wire."""
    return types_pb2.PolicyVerdict(
        policy=verdict.policy, version=verdict.version, passed=verdict.passed, detail=verdict.detail
    )


def failure_out(failure: Failure) -> types_pb2.Failure:
    """A failure as it goes over the wire."""
    written = types_pb2.Failure(
        kind=_KINDS[failure.kind],
        code=failure.code,
        message=failure.message,
        stack_trace=failure.stack_trace,
        source=failure.source,
    )
    if failure.retry_after is not None:
        written.retry_after.CopyFrom(duration_out(failure.retry_after))
    if failure.details is not None:
        written.details.CopyFrom(payload_out(failure.details))
    return written
