"""One attempt of one task."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta

from .. import clock
from ..calling import Threads, call_coroutine, call_plain
from ..cancel import Cancellation, CancelReason
from ..context import Context, Invocation, Observer, Said
from ..engine.fail import TIMED_OUT
from ..errors import Failure, failure_of
from ..function import Function
from ..limits import FAN_OUT_ITEMS_MAX, PAYLOAD_BYTES_MAX
from ..outcome import Outcome, unwritable
from ..payload import Payload
from . import refusal
from .pace import Pace


@dataclass(frozen=True)
class Attempted:
    """An attempt after it ended: with an outcome or with a failure."""

    outcome: Outcome | None
    failure: Failure | None
    said: Said


async def execute(
    function: Function,
    invocation: Invocation,
    payload: Payload,
    timeout: timedelta | None,
    surroundings: tuple[Pace, Threads, Observer],
) -> Attempted:
    """Runs the function once; a time-out stops a coroutine at its next wait, and leaves a thread to itself."""
    pace, threads, observer = surroundings
    if timeout is not None:
        invocation = replace(invocation, deadline=clock.monotonic() + timeout.total_seconds())
    cancellation = Cancellation()
    cx = Context(invocation, cancellation, observer)
    try:
        called = call_coroutine(function, cx, payload) if function.is_coroutine else None
        running = asyncio.ensure_future(called or threads.call(lambda: call_plain(function, cx, payload)))
        outcome = await _until(running, pace.limit_seconds(timeout), cancellation)
        if outcome is None:
            return Attempted(None, TIMED_OUT, cx.take_said())
        outcome = outcome.checked(cx.output_type, PAYLOAD_BYTES_MAX, FAN_OUT_ITEMS_MAX)
    except BaseException as error:
        if _is_ours(error):
            raise
        said = cx.take_said()
        return Attempted(None, refusal.of_failure(failure_of(error, invocation.function_name), said), said)
    said = cx.take_said()
    try:
        refused = refusal.of_success(outcome, said, cx.aggregate)
    except Exception as error:
        refused = failure_of(unwritable(error), invocation.function_name)
    if refused is not None:
        said.checkpoint = None
        return Attempted(None, refused, said)
    return Attempted(outcome, None, said)


def _is_ours(error: BaseException) -> bool:
    """Whether the run itself is to end, rather than the function alone."""
    if isinstance(error, asyncio.CancelledError):
        task = asyncio.current_task()
        return task is not None and getattr(task, "cancelling", lambda: 0)() > 0
    return isinstance(error, KeyboardInterrupt)


async def _until(
    running: asyncio.Future[Outcome], limit_seconds: float | None, cancellation: Cancellation
) -> Outcome | None:
    """Until it ends; when the time is over, warns the function, lets it take one more step, and gives up."""
    try:
        if limit_seconds is None:
            return await running
        done, _ = await asyncio.wait({running}, timeout=limit_seconds)
        if not done:
            cancellation.cancel(CancelReason.TIMEOUT)
            # A coroutine that waits for its cancellation gets the chance to end by itself.
            for _ in range(3):
                await asyncio.sleep(0)
        if running.done():
            return running.result()
        return None
    finally:
        running.cancel()
