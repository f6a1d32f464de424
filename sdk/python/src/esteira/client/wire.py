"""Between values of the model and messages of the contract."""

from __future__ import annotations

from datetime import timedelta

from google.protobuf.duration_pb2 import Duration

from ..model.payload import Payload
from ..v1 import types_pb2


def payload_in(payload: types_pb2.Payload) -> Payload:
    """A payload as it came over the wire."""
    body: str | bytes | None = None
    match payload.WhichOneof("body"):
        case "json":
            body = payload.json
        case "binary":
            body = payload.binary
    return Payload(body, payload.content_type, payload.schema)


def payload_out(payload: Payload) -> types_pb2.Payload:
    """A payload as it goes over the wire; the digest is the coordinator's business."""
    written = types_pb2.Payload(content_type=payload.content_type, schema=payload.schema)
    if isinstance(payload.body, str):
        written.json = payload.body
    elif payload.body is not None:
        written.binary = payload.body
    return written


def duration_in(message: Duration) -> timedelta | None:
    """A duration as it came over the wire; None when it is negative or out of range."""
    try:
        duration = message.ToTimedelta()
    except (OverflowError, ValueError):
        return None
    return None if duration < timedelta(0) else duration


def duration_out(duration: timedelta) -> Duration:
    """A duration as it goes over the wire."""
    written = Duration()
    written.FromTimedelta(duration)
    return written
