"""What the coordinator would not take of a report: worker and runner then report a failure in its place.

And what it would not take of a start: nothing runs then. The rules are those of the edge (`TaskReport` in
`worker.proto`, `StartJobRequest` in `job.proto`); which of them is broken first decides the code.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from .. import limits
from ..context import Said
from ..errors import Failure, FailureKind, truncated
from ..json_text import JsonError, check_json
from ..outcome import Outcome, Verdict
from ..packet import AggregateRef, Emit
from ..payload import Payload

if TYPE_CHECKING:
    from .runner import Start

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
_HEADER = re.compile("[a-z0-9][a-z0-9_.-]*")


class _Refused(Exception):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def of_success(outcome: Outcome, said: Said, own: AggregateRef | None) -> Failure | None:
    """The failure in the place of a success that the coordinator would not take. `own` is what the task moves."""
    try:
        for payload in outcome.payloads:
            _payload(payload, "output")
        after = outcome.aggregate_after
        if after is not None:
            _aggregate(after, "aggregate_after")
        _count(len(said.emits), limits.EMIT_MAX, "emit")
        _count(len(outcome.verdicts), limits.VERDICTS_MAX, "verdicts")
        for emit in said.emits:
            _message(emit)
        for verdict in outcome.verdicts:
            _verdict(verdict)
        if own is not None and after is not None and (own.kind, own.id) != (after.kind, after.id):
            raise _invalid("aggregate_after", "names another aggregate than the task's")
    except _Refused as refused:
        return _failure(refused)
    return None


def of_failure(given: Failure, said: Said) -> Failure:
    """The failure as it is taken, with the checkpoint that comes with it; or the one in its place."""
    try:
        if given.retry_after is not None and given.retry_after > limits.RETRY_AFTER_MAX:
            raise _invalid("retry_after", "is more than 24 hours")
        if said.checkpoint is not None:
            _payload(said.checkpoint, "checkpoint")
    except _Refused as refused:
        said.checkpoint = None
        return _failure(refused)
    # Not every database can hold a NUL.
    return truncated(replace(given, message=given.message.replace("\0", "\ufffd")))


def of_start(start: Start) -> str | None:
    """What is wrong with what a run starts with."""
    packet = start.packet
    try:
        _line(packet.actor.on_behalf_of, limits.ID_CHARS_MAX, "packet.actor.on_behalf_of")
        if packet.aggregate is not None:
            _aggregate(packet.aggregate, "packet.aggregate")
        _payload(packet.data, "packet.data")
        _headers(packet.headers, "packet.headers")
        _count(len(start.labels), limits.LABELS_MAX, "labels")
        for name, value in start.labels.items():
            _name(name, limits.NAME_BYTES_MAX, "labels")
            _line(value, limits.LABEL_CHARS_MAX, "labels")
    except _Refused as refused:
        return str(refused)
    return None


def _failure(refused: _Refused) -> Failure:
    return Failure(FailureKind.NON_RETRYABLE, refused.code, str(refused), source="worker")


def _invalid(field: str, why: str) -> _Refused:
    return _Refused("FIELD_INVALID", f"{field}: {why}")


def _payload(payload: Payload, field: str) -> None:
    if payload.size_bytes > limits.PAYLOAD_BYTES_MAX:
        raise _Refused("PAYLOAD_TOO_LARGE", f"{field}: has {payload.size_bytes} bytes")
    if payload.as_json is not None:
        try:
            check_json(payload.as_json)
        except JsonError as problem:
            raise _Refused("JSON_INVALID", f"{field}: {problem}") from None
    _line(payload.content_type, limits.ID_CHARS_MAX, field)
    _line(payload.schema, limits.TEXT_CHARS_MAX, field)


def _aggregate(named: AggregateRef, field: str) -> None:
    _name(named.kind, limits.NAME_BYTES_MAX, f"{field}.type")
    if not named.id or named.version < 0:
        raise _invalid(field, "has no id, or a version below 0")
    _line(named.id, limits.TEXT_CHARS_MAX, f"{field}.id")


def _message(emit: Emit) -> None:
    _name(emit.topic, limits.TOPIC_BYTES_MAX, "emit.topic")
    _line(emit.key, limits.TEXT_CHARS_MAX, "emit.key")
    _payload(emit.payload, "emit.payload")
    _headers(emit.headers, "emit.headers")


def _headers(headers: Mapping[str, str], field: str) -> None:
    _count(len(headers), limits.HEADERS_MAX, field)
    size = 0
    for name, value in headers.items():
        if len(name) > limits.NAME_BYTES_MAX or not _HEADER.fullmatch(name) or _CONTROL.search(value):
            raise _invalid(field, "has a name or value without its form")
        size += len(name) + len(value.encode())
    if size > limits.HEADER_BYTES_MAX:
        raise _invalid(field, "takes too many bytes")


def _verdict(verdict: Verdict) -> None:
    if not verdict.policy:
        raise _invalid("verdicts.policy", "is required")
    _line(verdict.policy, limits.ID_CHARS_MAX, "verdicts.policy")
    _line(verdict.version, limits.VERSION_CHARS_MAX, "verdicts.version")
    if len(verdict.detail) > limits.REASON_CHARS_MAX or "\0" in verdict.detail:
        raise _invalid("verdicts.detail", "is too long, or holds a NUL")


def _name(text: str, bytes_max: int, field: str) -> None:
    if len(text) > bytes_max or not re.fullmatch("[a-z][a-z0-9_.-]*", text):
        raise _invalid(field, "is not a name of its form")


def _line(text: str, chars_max: int, field: str) -> None:
    """One line, of so many characters at most."""
    if len(text) > chars_max or _CONTROL.search(text):
        raise _invalid(field, "is too long, or holds a control character")


def _count(count: int, most: int, field: str) -> None:
    if count > most:
        raise _invalid(field, "has too many elements")
