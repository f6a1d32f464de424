"""What a worker is made of, and how it is run."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import threading
from collections.abc import Awaitable, Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from types import FrameType

from ..client.errors import EndpointError
from ..client.link import Link
from ..model import limits
from ..model.entropy import new_id
from ..model.function import Function
from ..v1 import worker_pb2
from ..version import VERSION
from .convert import function_out
from .dispatch import Dispatcher, Setup
from .errors import SetupError, WorkerError
from .rpc import Rpc
from .spool import Spool

#: How long tasks that are left on the loop may take to end with it.
_LOOP_GRACE_SECONDS = 1.0


class Worker:
    """Serves functions to the coordinator at `endpoint`, for example `http://127.0.0.1:7440`.

    | setting | meaning | default |
    | --- | --- | --- |
    | `slots` | how many functions may run at once | one for each processor |
    | `worker_id` | the id under which the coordinator knows this process | a new one |
    | `display_name`, `build_id`, `labels` | for people | empty |
    | `queues` | leases from these queues | those named like its functions |
    | `lease_ttl` | how long to hold each lease between two heartbeats | as the step says |
    | `drain_grace` | how long running functions may go on after a shutdown was asked for | 30 s |
    | `cancel_grace` | how long a cancelled function may go on before it is dropped | 10 s |
    | `token` | sent as `authorization: Bearer` | none |
    | `spool` | a directory for results that cannot be delivered | none |

    Raises :class:`SetupError` for what cannot work; connects to nothing yet.
    """

    def __init__(
        self,
        endpoint: str,
        functions: Iterable[Function],
        *,
        slots: int | None = None,
        worker_id: str | None = None,
        display_name: str = "",
        build_id: str = "",
        labels: Mapping[str, str] | None = None,
        queues: Iterable[str] = (),
        lease_ttl: timedelta | None = None,
        drain_grace: timedelta = timedelta(seconds=30),
        cancel_grace: timedelta = timedelta(seconds=10),
        token: str | None = None,
        spool: str | Path | None = None,
    ) -> None:
        try:
            self._link = Link(endpoint, token)
        except EndpointError as error:
            raise SetupError(str(error)) from None
        by_name = _by_name(functions)
        slots = (os.cpu_count() or 1) if slots is None else slots
        if slots < 1:
            raise SetupError("a worker has at least one slot")
        worker_id = new_id() if worker_id is None else worker_id
        most = limits.REQUEST_ID_BYTES_MAX
        if not re.fullmatch(f"[!-~]{{1,{most}}}", worker_id):
            raise SetupError(f"a worker id has 1 to {most} visible ASCII characters")
        if lease_ttl is not None and not limits.LEASE_TTL_MIN <= lease_ttl <= limits.LEASE_TTL_MAX:
            raise SetupError(f"a lease lasts {limits.LEASE_TTL_MIN} to {limits.LEASE_TTL_MAX}")
        info = worker_pb2.WorkerInfo(
            worker_id=worker_id,
            display_name=display_name,
            build_id=build_id,
            sdk=f"python/{VERSION}",
            host=socket.gethostname(),
            pid=os.getpid(),
            max_concurrency=slots,
            labels=dict(labels or {}),
            functions=[function_out(by_name[name].spec) for name in sorted(by_name)],
        )
        self._setup = Setup(
            info,
            by_name,
            slots,
            tuple(queues),
            None if lease_ttl is None else lease_ttl.total_seconds(),
            drain_grace.total_seconds(),
            cancel_grace.total_seconds(),
            _spool(spool, endpoint),
        )
        self._dispatcher: Dispatcher | None = None
        self._is_stopping = False

    @property
    def id(self) -> str:
        """The id under which the coordinator knows this worker."""
        return self._setup.info.worker_id

    def shutdown(self) -> None:
        """Asks a worker that runs to drain; from any thread, and from signal handlers."""
        self._is_stopping = True
        if self._dispatcher is not None:
            self._dispatcher.shutdown()

    async def run(self, until: Awaitable[object] | None = None) -> None:
        """Serves until `until` completes, :meth:`shutdown` is called, or the coordinator drains the worker.

        Then finishes what runs within the grace, gives back the rest, and returns. Coroutine functions run on this
        loop. Raises :class:`WorkerError`. A worker runs once.
        """
        if self._dispatcher is not None:
            raise WorkerError("a worker runs once")
        loop = asyncio.get_running_loop()
        dispatcher = self._dispatcher = Dispatcher(self._setup, Rpc(self._link), loop)
        ended: asyncio.Future[None] = loop.create_future()
        thread = threading.Thread(target=_run, args=(dispatcher, ended), name="esteira-dispatch", daemon=True)
        thread.start()
        if self._is_stopping:
            dispatcher.shutdown()
        asked = None if until is None else asyncio.ensure_future(until)
        if asked is not None:
            asked.add_done_callback(lambda _: self.shutdown())
        try:
            await asyncio.shield(ended)
        except asyncio.CancelledError:
            self.shutdown()
            await asyncio.shield(ended)
            raise
        finally:
            if asked is not None:
                asked.cancel()

    def run_blocking(self) -> None:
        """Serves until the process receives SIGTERM or SIGINT (Ctrl-C), or the coordinator drains the worker.

        Must be called on the main thread, where Python receives signals.
        """
        before = {number: signal.signal(number, self._on_signal) for number in (signal.SIGTERM, signal.SIGINT)}
        loop = asyncio.new_event_loop()
        try:
            loop.run_until_complete(self.run())
        finally:
            _close(loop)
            for number, handler in before.items():
                signal.signal(number, handler)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self.shutdown()


def _by_name(functions: Iterable[Function]) -> dict[str, Function]:
    by_name: dict[str, Function] = {}
    for function in functions:
        name = function.spec.name
        if not re.fullmatch("[a-z][a-z0-9_.-]{0,62}", name):
            raise SetupError(f"{name!r} is not a function name: [a-z][a-z0-9_.-]{{0,62}}")
        if name in by_name:
            raise SetupError(f"two functions are named {name!r}")
        by_name[name] = function
    if not 1 <= len(by_name) <= limits.FUNCTIONS_MAX:
        raise SetupError(f"a worker has 1 to {limits.FUNCTIONS_MAX} functions, not {len(by_name)}")
    return by_name


def _spool(directory: str | Path | None, endpoint: str) -> Spool | None:
    if directory is None:
        return None
    try:
        return Spool(Path(directory), endpoint)
    except OSError as error:
        raise SetupError(f"the spool {str(directory)!r} cannot be used: {error}") from None


def _run(dispatcher: Dispatcher, ended: asyncio.Future[None]) -> None:
    error: BaseException | None = None
    try:
        dispatcher.run()
    except BaseException as raised:
        error = raised
    if not dispatcher.loop.is_closed():
        dispatcher.loop.call_soon_threadsafe(_settle, ended, error)


def _settle(ended: asyncio.Future[None], error: BaseException | None) -> None:
    if ended.done():
        return
    if error is None:
        ended.set_result(None)
    else:
        ended.set_exception(error)


def _close(loop: asyncio.AbstractEventLoop) -> None:
    """Ends what is left on the loop, within a bound: a coroutine that ignores its end must not keep the process."""
    left = asyncio.all_tasks(loop)
    for task in left:
        task.cancel()
    if left:
        loop.run_until_complete(asyncio.wait(left, timeout=_LOOP_GRACE_SECONDS))
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()
