"""Where the coordinator is, and how patient the client is with it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import ParamSpec, TypeVar

from ..model.calling import Threads
from .admin import AdminClient
from .audit import AuditClient
from .job import JobClient
from .link import Link
from .outbox import OutboxClient
from .plan import PlanClient
from .rpc import Caller
from .send import Call
from .trace import TraceClient

P = ParamSpec("P")
R = TypeVar("R")


class Client:
    """A client of one coordinator, for any number of threads. The connection opens with the first call.

    `endpoint` has the form `http://127.0.0.1:7440`; `token` is sent as `authorization: Bearer`; `timeout` is how long
    to wait for one answer before the request is sent again (a wait that the request asks for comes on top), and
    `patience` how long to go on sending it.
    """

    def __init__(
        self,
        endpoint: str,
        *,
        token: str | None = None,
        timeout: timedelta = timedelta(seconds=10),
        patience: timedelta = timedelta(seconds=60),
    ) -> None:
        self._link = Link(endpoint, token)
        self._threads = Threads("esteira-client")
        caller = Caller(self._link, Call(timeout.total_seconds(), patience.total_seconds()))
        #: Plans and their versions.
        self.plans = PlanClient(caller)
        #: Jobs and their tasks.
        self.jobs = JobClient(caller)
        #: Committed messages that wait to be delivered.
        self.outbox = OutboxClient(caller)
        #: The coordinator itself, its workers and queues.
        self.admin = AdminClient(caller)
        #: Where jobs and data come from, and what became of them.
        self.traces = TraceClient(caller)
        #: Who did what, and whether what is recorded is what happened.
        self.audit = AuditClient(caller)

    async def aio(self, method: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Awaits a method of this client without blocking the event loop."""
        return await self._threads.call(lambda: method(*args, **kwargs))

    def close(self) -> None:
        """Closes the connection."""
        self._link.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
