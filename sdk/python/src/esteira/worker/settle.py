"""What becomes of a report once the coordinator has answered."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import grpc

from ..client.errors import Status
from ..v1 import worker_pb2
from . import drain
from .outgoing import Letter
from .report import refused

if TYPE_CHECKING:
    from .dispatch import Dispatcher

_log = logging.getLogger("esteira.worker")
_PAUSE_SECONDS = 1.0
_UNSURE_MAX = 5


def settle(d: Dispatcher, letters: list[Letter], outcomes: list[worker_pb2.ReportOutcome]) -> None:
    """Each report by the outcome of its lease."""
    by_token = {outcome.lease_token: outcome for outcome in outcomes}
    for letter in letters:
        outcome = by_token.get(letter.token)
        if outcome is None:
            _log.error("a report was answered without an outcome and is dropped")
            d.heartbeats.forget(letter.token)
            continue
        match outcome.error_reason:
            case "":
                d.heartbeats.forget(letter.token)
            case "LEASE_LOST" | "RESULT_CONFLICT":
                _log.debug("result dropped: the task is not ours any more: %s", outcome.error_reason)
                d.heartbeats.forget(letter.token)
            case "STORE_UNAVAILABLE" if outcome.capsule_wanted and not letter.report.capsule and letter.capsule:
                # At once: this coordinator can keep it, and only the capsule was missing.
                d.outgoing.push(letter.with_capsule())
            case "STORE_UNAVAILABLE" | "OVERLOADED":
                d.report_pause = _PAUSE_SECONDS
                d.outgoing.push(letter)
            case reason:
                _replace(d, letter, reason, outcome.error_message)


def on_refused(d: Dispatcher, letters: list[Letter], status: Status) -> None:
    """The call as a whole was refused: find the report that is to blame."""
    if d.stop.asked.is_set():
        return d.outgoing.put_back(letters)
    _log.warning("%d reports refused: %s", len(letters), status)
    if status.code in (grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED):
        for letter in letters:
            d.heartbeats.forget(letter.token)
        return drain.fail(d, status)
    if _is_unsure(status) and d.unsure < _UNSURE_MAX:
        d.unsure += 1
        d.report_pause = _PAUSE_SECONDS
        return d.outgoing.put_back(letters)
    d.unsure = 0
    if len(letters) > 1:
        return d.outgoing.put_back([letter.by_itself() for letter in letters])
    for letter in letters:
        _replace(d, letter, status.reason, status.message)


def _replace(d: Dispatcher, letter: Letter, reason: str, message: str) -> None:
    """The lease stays: report a failure in place of the result, once."""
    if letter.replaced:
        _log.error("a report was refused twice and is dropped; its task runs again later: %s: %s", reason, message)
        d.heartbeats.forget(letter.token)
    else:
        _log.warning("result refused; a failure is reported instead: %s: %s", reason, message)
        d.outgoing.push(letter.replace(refused(reason, message)))


def _is_unsure(status: Status) -> bool:
    """Whether the status says nothing about the request: a fault of the coordinator's that may pass."""
    return status.code in (
        grpc.StatusCode.INTERNAL,
        grpc.StatusCode.UNKNOWN,
        grpc.StatusCode.DATA_LOSS,
        grpc.StatusCode.ABORTED,
    )
