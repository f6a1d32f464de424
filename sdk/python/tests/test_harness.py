"""The harness: functions in a test, with no server."""

from __future__ import annotations

import unittest
from datetime import timedelta

from esteira.model import CancelReason, Context, Level, Outcome, OutputType, Payload, Retryable, function
from esteira.testing import Harness


class HarnessTests(unittest.TestCase):
    def test_everything_that_is_said_is_kept_in_order(self) -> None:
        @function("chatty", OutputType.NONE)
        async def chatty(cx: Context, payload: Payload) -> None:
            cx.log(Level.INFO, f"attempt {cx.attempt} of {cx.config_json}")
            cx.checkpoint(Payload.json("1"))
            cx.checkpoint(Payload.json("2"))
            cx.emit("t", "k", cx.last_checkpoint or Payload.none())

        harness = Harness().attempt(3).config("{}").last_checkpoint(Payload.json("0"))
        execution = harness.run_blocking(chatty, Payload.none())
        self.assertEqual(execution.logs, [(Level.INFO, "attempt 3 of {}")])
        self.assertEqual(execution.checkpoints, [Payload.json("1"), Payload.json("2")])
        self.assertEqual(execution.emits[0].payload, Payload.json("0"))
        self.assertEqual(execution.outcome, Outcome.none())

    def test_an_exception_and_a_wrong_output_are_errors_as_in_a_worker(self) -> None:
        @function("wrong")
        def wrong(cx: Context, payload: Payload) -> None:
            return None

        @function("raises", OutputType.NONE)
        def raises(cx: Context, payload: Payload) -> None:
            raise RuntimeError("oh")

        failure = Harness().run_blocking(wrong, Payload.none()).failure
        self.assertEqual(failure and failure.code, "OUTPUT_TYPE_MISMATCH")
        failure = Harness().run_blocking(raises, Payload.none()).failure
        self.assertEqual(failure and failure.message, "oh")

    def test_a_cancelled_function_sees_why(self) -> None:
        @function("waits", OutputType.NONE)
        async def waits(cx: Context, payload: Payload) -> None:
            raise Retryable(str(await cx.cancelled()), "")

        harness = Harness()
        harness.cancel(CancelReason.LEASE_LOST)
        failure = harness.run_blocking(waits, Payload.none()).failure
        self.assertEqual(failure and failure.code, "LEASE_LOST")

    def test_the_time_that_is_left_is_told(self) -> None:
        @function("asks", OutputType.NONE)
        def asks(cx: Context, payload: Payload) -> None:
            much = cx.remaining is not None and cx.remaining > timedelta(seconds=3000)
            cx.log(Level.DEBUG, "much" if much else "little")

        def said(harness: Harness) -> str:
            return harness.run_blocking(asks, Payload.none()).logs[0][1]

        self.assertEqual((said(Harness().remaining(timedelta(hours=1))), said(Harness())), ("much", "little"))


if __name__ == "__main__":
    unittest.main()
