"""Why a worker did not start, or stopped by itself."""

from __future__ import annotations


class WorkerError(Exception):
    """Why a worker did not start, or stopped by itself."""


class SetupError(WorkerError):
    """The worker was given something that cannot work."""

    def __init__(self, why: str) -> None:
        super().__init__(f"the worker is not set up correctly: {why}")


class RefusedError(WorkerError):
    """The coordinator refused the worker for good, for example because it may not run one of its functions."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(f"the coordinator refused the worker: {reason}: {message}")
        #: The contract's reason, or the status code.
        self.reason = reason


class UndeliveredError(WorkerError):
    """The worker stopped while the coordinator could not be reached, and it has no spool.

    That many results were not delivered; their tasks run again elsewhere once the leases run out.
    """

    def __init__(self, count: int) -> None:
        super().__init__(f"{count} results could not be delivered before the worker had to stop")
        #: How many.
        self.count = count
