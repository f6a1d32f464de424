"""Reports that wait to be sent."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

from ..v1 import worker_pb2
from .limits import Limits


@dataclass(frozen=True)
class Letter:
    """One report on its way."""

    report: worker_pb2.TaskReport
    #: The lease's capsule, until it is wanted.
    capsule: bytes = b""
    #: Its lease is kept until it is answered; a task that never started has none to keep.
    kept: bool = True
    #: A call with several reports was refused as a whole: this one is sent by itself.
    alone: bool = False
    #: The coordinator did not take the result; this is the failure that takes its place.
    replaced: bool = False

    @property
    def token(self) -> str:
        """Its lease."""
        return self.report.lease_token

    def by_itself(self) -> Letter:
        """The same report, to be sent by itself."""
        return replace(self, alone=True)

    def with_capsule(self) -> Letter:
        """The same report with the lease's capsule, for a coordinator without its database."""
        if self.report.capsule or not self.capsule:
            return self
        report = worker_pb2.TaskReport()
        report.CopyFrom(self.report)
        report.capsule = self.capsule
        return replace(self, report=report)

    def replace(self, failing: worker_pb2.Failing) -> Letter:
        """The same lease with a failure instead of what was refused."""
        report = worker_pb2.TaskReport()
        report.CopyFrom(self.report)
        report.failed.CopyFrom(failing)
        return replace(self, report=report, replaced=True)


def without_result(token: str, *, release: str = "", failing: worker_pb2.Failing | None = None) -> Letter:
    """The report of a task that did not start, or that is given up."""
    report = worker_pb2.TaskReport(lease_token=token)
    if failing is None:
        report.released.reason = release
    else:
        report.failed.CopyFrom(failing)
    return Letter(report, kept=False)


class Outgoing:
    """The reports that wait, oldest first."""

    def __init__(self) -> None:
        self._letters: deque[Letter] = deque()

    def push(self, letter: Letter) -> None:
        """Adds one."""
        self._letters.append(letter)

    def put_back(self, letters: list[Letter]) -> None:
        """Puts letters that were not delivered back to the front."""
        self._letters.extendleft(reversed(letters))

    @property
    def is_empty(self) -> bool:
        """Whether none waits."""
        return not self._letters

    def results(self) -> list[Letter]:
        """The results that wait; what never started does not count."""
        return [letter for letter in self._letters if letter.kept]

    def take(self, limits: Limits, wanted: Callable[[Letter], bool]) -> list[Letter]:
        """Takes what fits into one call: at least one, unless all of them are dropped by `wanted`."""
        self._letters = deque(letter for letter in self._letters if wanted(letter))
        batch: list[Letter] = []
        size = 0
        while self._letters:
            following = self._letters[0]
            bytes_more = following.report.ByteSize() + 6
            full = len(batch) >= limits.reports_per_call or size + bytes_more > limits.message_bytes
            apart = following.alone or (bool(batch) and batch[-1].alone)
            if batch and (full or apart):
                break
            size += bytes_more
            batch.append(self._letters.popleft())
        return batch
