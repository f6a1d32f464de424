"""The last resort for results that cannot be delivered: a directory with one file a report.

A file `<uuid7>.report` is one line of JSON, `{"format":"esteira.spool.v1","sha256":..,"bytes":..,"target":..,
"created":..}`, followed by the serialized `ReportTasksRequest` of that one task. It is written to a temporary name,
synced, renamed, and the directory is synced: a file that has its name is whole. The format is the same in every SDK.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
from pathlib import Path

import grpc

from ..client.errors import Status
from ..client.send import Stop
from ..model import clock
from ..model.entropy import new_id
from .rpc import Rpc

_log = logging.getLogger("esteira.worker")
_FORMAT = "esteira.spool.v1"
#: How long one file is tried before it is kept for later.
_PATIENCE_SECONDS = 5.0
#: No other attempt will have another end.
_FINAL = {
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.ALREADY_EXISTS,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.ABORTED,
    grpc.StatusCode.OUT_OF_RANGE,
}
#: What a coordinator says of a report that it could not look at now.
_NOT_NOW = {"STORE_UNAVAILABLE", "OVERLOADED"}


class Spool:
    """One directory. Several workers may share it: a report that is sent twice is applied once."""

    def __init__(self, directory: Path, target: str) -> None:
        self._directory = directory
        self._target = target
        directory.mkdir(parents=True, exist_ok=True)

    def write(self, request: bytes) -> Path:
        """Keeps a serialized `ReportTasksRequest` of one task; it is on the disk when this returns."""
        created = clock.wall().isoformat(timespec="milliseconds").replace("+00:00", "Z")
        header = {
            "format": _FORMAT,
            "sha256": hashlib.sha256(request).hexdigest(),
            "bytes": len(request),
            "target": self._target,
            "created": created,
        }
        path = self._directory / f"{new_id()}.report"
        temporary = path.with_suffix(".tmp")
        with temporary.open("wb") as file:
            file.write(json.dumps(header, separators=(",", ":")).encode() + b"\n" + request)
            file.flush()
            os.fsync(file.fileno())
        temporary.rename(path)
        _sync(self._directory)
        return path

    def send(self, rpc: Rpc, stop: Stop) -> int:
        """Sends what is kept, oldest first; says how many files are left for later."""
        left = 0
        for path in sorted(self._directory.glob("*.report")):
            if stop.asked.is_set():
                return left + 1
            request = _read(path)
            if request is None:
                continue
            if self._is_settled(path.name, request, rpc, stop):
                path.unlink(missing_ok=True)
                _sync(self._directory)
            else:
                left += 1
        return left

    def _is_settled(self, name: str, request: bytes, rpc: Rpc, stop: Stop) -> bool:
        try:
            outcomes = rpc.report(request, stop, _PATIENCE_SECONDS).value.outcomes
        except Status as status:
            if status.code in _FINAL:
                _log.warning("spooled report %s was refused and is dropped: %s", name, status)
                return True
            _log.warning("spooled report %s is kept: %s", name, status)
            return False
        reasons = {outcome.error_reason for outcome in outcomes}
        if reasons & _NOT_NOW or not outcomes:
            return False
        _log.info("spooled report %s is settled: %s", name, ", ".join(sorted(reasons - {""})) or "applied")
        return True


def _read(path: Path) -> bytes | None:
    """The request in a file; one that is not whole is set aside."""
    try:
        line, _, request = path.read_bytes().partition(b"\n")
    except FileNotFoundError:
        return None
    try:
        header = json.loads(line)
        digest = hashlib.sha256(request).hexdigest()
        if header["format"] == _FORMAT and header["sha256"] == digest and header["bytes"] == len(request):
            return request
    except (ValueError, KeyError, TypeError):
        pass
    _log.error("spooled report %s is not whole and is set aside", path.name)
    path.rename(path.with_name(f"{path.name}.corrupt"))
    return None


def _sync(directory: Path) -> None:
    """Makes a name that changed last; where directories cannot be synced, the system does so by itself."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
