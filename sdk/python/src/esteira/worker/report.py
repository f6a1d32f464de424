"""What is reported about an attempt: decided from how it ended, with nothing done yet."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..client.wire import payload_out
from ..model.cancel import CancelReason
from ..model.context import Invocation, Said
from ..model.errors import UNHANDLED, Error, Failure, FailureKind, Retryable, failure_of, truncated
from ..model.outcome import Outcome, too_large, unwritable
from ..model.plan import OutputType
from ..v1 import types_pb2, worker_pb2
from . import convert
from .limits import Limits

_STOPPING = "the worker shuts down"


class Abandoned:
    """The function was cancelled, did not stop, and was dropped."""


#: How an execution ended: it returned, it raised, or it was dropped.
Ending = Outcome | BaseException | Abandoned


@dataclass(frozen=True)
class Append:
    """First append these chunks, then report the completion."""

    chunks: list[list[types_pb2.Payload]]
    completion: worker_pb2.Completion


#: What to report.
Report = worker_pb2.Completion | worker_pb2.Failing | worker_pb2.Release | Append


def decide(ending: Ending, said: Said, invocation: Invocation, reason: CancelReason | None, limits: Limits) -> Report:
    """Decides what to report. `reason` is why the function was cancelled, if it was."""
    if isinstance(ending, Outcome):
        try:
            return _completion(ending, said, invocation, limits)
        except Error as error:
            ending = error
        except Exception as error:
            ending = unwritable(error)
    elif isinstance(ending, Abandoned):
        ending = Retryable(UNHANDLED, "the function did not stop when it was cancelled")
    if reason == CancelReason.DRAIN:
        return released()
    failure = failure_of(ending, invocation.function_name)
    if reason == CancelReason.JOB:
        failure = replace(failure, kind=FailureKind.CANCELLED, code="CANCELLED")
    elif reason == CancelReason.TIMEOUT and failure.kind == FailureKind.RETRYABLE:
        failure = replace(failure, kind=FailureKind.TIMEOUT, code="EXECUTION_TIMEOUT")
    failing = worker_pb2.Failing(failure=convert.failure_out(failure))
    if said.checkpoint is not None and said.checkpoint.size_bytes <= limits.payload_bytes:
        failing.checkpoint.CopyFrom(payload_out(said.checkpoint))
    return failing


def released(reason: str = _STOPPING) -> worker_pb2.Release:
    """The task goes back unharmed."""
    return worker_pb2.Release(reason=reason)


def refused(reason: str, message: str) -> worker_pb2.Failing:
    """The coordinator does not take the result; it gets this instead."""
    kind = FailureKind.RETRYABLE if reason == "CHUNK_GAP" else FailureKind.NON_RETRYABLE
    failure = truncated(Failure(kind, reason or "RESULT_REFUSED", message, source="worker"))
    return worker_pb2.Failing(failure=convert.failure_out(failure))


def _completion(outcome: Outcome, said: Said, invocation: Invocation, limits: Limits) -> Report:
    outcome = outcome.checked(invocation.output_type, limits.payload_bytes, limits.fan_out_items)
    completion = worker_pb2.Completion(
        emit=[convert.emit_out(emit) for emit in said.emits],
        verdicts=[convert.verdict_out(verdict) for verdict in outcome.verdicts],
    )
    if outcome.aggregate_after is not None:
        completion.aggregate_after.CopyFrom(convert.aggregate_out(outcome.aggregate_after))
    frame = completion.ByteSize()
    size = frame
    match outcome.output_type:
        case OutputType.NONE:
            completion.none.SetInParent()
        case OutputType.SINGLE:
            completion.single.CopyFrom(payload_out(outcome.payloads[0]))
            size += completion.single.ByteSize()
        case OutputType.MULTIPLE:
            items = [payload_out(payload) for payload in outcome.payloads]
            size += sum(map(_framed, items))
            large = len(items) > limits.append_items or size > limits.message_bytes
            if large and frame <= limits.message_bytes:
                completion.appended_items = len(items)
                return Append(_chunks(items, limits), completion)
            completion.multiple.items.extend(items)
            completion.multiple.SetInParent()
    if size > limits.message_bytes:
        raise too_large("bytes in the completion", size, limits.message_bytes)
    return completion


def _chunks(items: list[types_pb2.Payload], limits: Limits) -> list[list[types_pb2.Payload]]:
    """As few chunks as the limits allow, in order."""
    chunks: list[list[types_pb2.Payload]] = []
    size = 0
    for item in items:
        bytes_more = _framed(item)
        if chunks and len(chunks[-1]) < limits.append_items and size + bytes_more <= limits.message_bytes:
            size += bytes_more
            chunks[-1].append(item)
        else:
            size = bytes_more
            chunks.append([item])
    return chunks


def _framed(item: types_pb2.Payload) -> int:
    """Bytes of an item inside a message, with its tag and length."""
    return item.ByteSize() + 6
