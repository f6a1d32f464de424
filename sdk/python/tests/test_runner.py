"""The embedded runner."""

from __future__ import annotations

import asyncio
import threading
import unittest
from collections.abc import Callable
from datetime import timedelta

from esteira.model import (
    Context,
    Function,
    FunctionMissing,
    JobState,
    NonRetryable,
    Outcome,
    OutputType,
    Payload,
    PlanBuilder,
    PlanInvalid,
    Retryable,
    RunError,
    Runner,
    TaskState,
    Trace,
    Verdict,
    condition,
    function,
    step,
    sub_plan,
    wait,
)
from esteira.model.limits import PAYLOAD_BYTES_MAX


def number(name: str, change: Callable[[int], int]) -> Function:
    """A function on one JSON number."""

    @function(name)
    def changed(cx: Context, payload: Payload) -> Payload:
        return Payload.encode(change(payload.decode(int)))

    return changed


@function("count", OutputType.MULTIPLE)
async def count(cx: Context, payload: Payload) -> list[Payload]:
    """The numbers from 0 up to the input."""
    return [Payload.encode(n) for n in range(payload.decode(int))]


@function("echo")
def echo(cx: Context, payload: Payload) -> Payload:
    return payload


def runner(*more: Function) -> Runner:
    add, double = number("add", lambda n: n + 1), number("double", lambda n: n * 2)
    return Runner().skip_waits().functions([add, double, count, echo, *more])


def run(plan: PlanBuilder, payload: str, *more: Function) -> Trace:
    return runner(*more).run_blocking(plan.build(), Payload.json(payload))


def texts(trace: Trace) -> list[str | bytes | None]:
    return [result.body for result in trace.results]


class RunnerTests(unittest.TestCase):
    def test_steps_follow_one_another(self) -> None:
        trace = run(PlanBuilder().step(step("a", "add").then("b")).step(step("b", "double")), "3")
        self.assertEqual((trace.state, texts(trace)), (JobState.SUCCEEDED, ["8"]))
        self.assertEqual([task.step_key for task in trace.tasks], ["a", "b"])
        self.assertEqual(trace.tasks[1].input, Payload.json("4"))

    def test_a_fan_out_joins_in_order(self) -> None:
        plan = (
            PlanBuilder()
            .step(step("count", "count").output(OutputType.MULTIPLE).then("double"))
            .step(step("double", "double").then("all"))
            .step(step("all", "echo").join_all())
        )
        trace = run(plan, "4")
        self.assertEqual(texts(trace), ["[0,2,4,6]"])
        self.assertEqual([task.item_path for task in trace.step("double")], [(0,), (1,), (2,), (3,)])
        empty = run(plan, "0")
        self.assertEqual((texts(empty), empty.step("double")[0].state), (["[]"], TaskState.SKIPPED))

    def test_conditions_and_templates_decide_and_build(self) -> None:
        which = condition("which").first_match().then_if("small", "input < 10").then("large")
        plan = (
            PlanBuilder()
            .step(which)
            .step(step("small", "echo").input('{"small":{"$ref":"/input"}}'))
            .step(step("large", "echo").input('{"large":{"$ref":"/input"}}'))
        )
        self.assertEqual(texts(run(plan, "3")), ['{"small":3}'])
        self.assertEqual(texts(run(plan, "30")), ['{"large":30}'])

    def test_a_wait_passes_its_input_on_and_is_skipped_in_tests(self) -> None:
        plan = PlanBuilder().step(wait("night", timedelta(hours=8)).then("a")).step(step("a", "add"))
        self.assertEqual(texts(run(plan, "1")), ["2"])

    def test_failures_are_tried_again_with_the_checkpoint_until_they_succeed(self) -> None:
        @function("flaky")
        def flaky(cx: Context, payload: Payload) -> Payload:
            if cx.attempt < 3:
                cx.checkpoint(Payload.json(f'"attempt {cx.attempt}"'))
                raise Retryable("BUSY", "later")
            return cx.last_checkpoint or payload

        trace = run(PlanBuilder().step(step("a", "flaky")), "1", flaky)
        self.assertEqual((texts(trace), trace.tasks[0].attempts), (['"attempt 2"'], 3))

    def test_a_failure_ends_the_job_or_goes_where_the_plan_says(self) -> None:
        @function("bad")
        async def bad(cx: Context, payload: Payload) -> Payload:
            raise NonRetryable("BAD", "never")

        trace = run(PlanBuilder().step(step("a", "bad").then("b")).step(step("b", "echo")), "1", bad)
        self.assertEqual((trace.state, len(trace.tasks), len(trace.results)), (JobState.FAILED, 1, 0))
        self.assertEqual(trace.failure and trace.failure.code, "BAD")
        caught = PlanBuilder().step(step("a", "bad").on_failure("c")).step(step("c", "echo"))
        trace = run(caught, "1", bad)
        self.assertEqual(trace.state, JobState.SUCCEEDED)
        self.assertIn('"code":"BAD"', str(texts(trace)[0]))

    def test_an_exception_and_a_wrong_output_fail_the_task_and_not_the_process(self) -> None:
        @function("raises")
        def raises(cx: Context, payload: Payload) -> Payload:
            raise LookupError("oh")

        @function("none", OutputType.NONE)
        def none(cx: Context, payload: Payload) -> None:
            return None

        @function("json")
        def json(cx: Context, payload: Payload) -> Payload:
            return Payload.json("{")

        @function("number")
        def returns_a_number(cx: Context, payload: Payload) -> Payload:
            return 1  # type: ignore[return-value]

        trace = run(PlanBuilder().step(step("a", "raises").max_attempts(2)), "1", raises)
        failure = trace.failure
        self.assertEqual((trace.tasks[0].attempts, failure and failure.code), (2, "UNHANDLED"))
        self.assertEqual(failure and failure.message, "step `a`: oh")
        expected = (("none", "OUTPUT_TYPE_MISMATCH"), ("json", "JSON_INVALID"), ("number", "OUTPUT_INVALID"))
        for name, code in expected:
            failure = run(PlanBuilder().step(step("a", name)), "1", none, json, returns_a_number).failure
            self.assertEqual(failure and failure.code, code)

    def test_what_cannot_be_written_fails_the_task(self) -> None:
        @function("returns")
        def returns(cx: Context, payload: Payload) -> Outcome:
            if payload.body == "2":
                return Outcome.one(Payload.json('"\ud800"'))
            return Outcome.one(payload).verdict(Verdict("p", 3, True))  # type: ignore[arg-type]

        for payload in ("1", "2"):
            trace = run(PlanBuilder().step(step("a", "returns")), payload, returns)
            failure = trace.failure
            self.assertEqual((failure and failure.code, trace.tasks[0].attempts), ("OUTPUT_INVALID", 1))

    def test_an_execution_timeout_ends_an_attempt_in_real_time(self) -> None:
        forever = threading.Event()
        self.addCleanup(forever.set)

        @function("hangs")
        async def hangs(cx: Context, payload: Payload) -> Payload:
            await cx.cancelled()
            await asyncio.Event().wait()
            return payload

        @function("blocks")
        def blocks(cx: Context, payload: Payload) -> Payload:
            forever.wait()
            return payload

        for name in ("hangs", "blocks"):
            only = step("a", name).max_attempts(1).execution_timeout(timedelta(milliseconds=5))
            plan = PlanBuilder().step(only).build()
            trace = Runner().functions([hangs, blocks]).run_blocking(plan, Payload.json("1"))
            self.assertEqual(trace.failure and trace.failure.code, "EXECUTION_TIMEOUT")

    def test_a_coroutine_that_heeds_its_time_out_may_still_end(self) -> None:
        @function("heeds")
        async def heeds(cx: Context, payload: Payload) -> Payload:
            return Payload.encode(str(await cx.cancelled()))

        only = step("a", "heeds").execution_timeout(timedelta(milliseconds=5))
        trace = Runner().function(heeds).run_blocking(PlanBuilder().step(only).build(), Payload.json("1"))
        self.assertEqual(texts(trace), ['"TIMEOUT"'])

    def test_a_sub_plan_is_part_of_the_trace(self) -> None:
        child = PlanBuilder().step(step("a", "add").then("b")).step(step("b", "double")).build()
        plan = PlanBuilder().step(sub_plan("nested", "child").then("last")).step(step("last", "add")).build()
        trace = runner().plan("child", child).run_blocking(plan, Payload.json("1"))
        self.assertEqual(texts(trace), ["5"])
        places = [f"{task.plan_name}.{task.step_key}" for task in trace.tasks]
        self.assertEqual(places, ["child.a", "child.b", ".nested", ".last"])

    def test_policies_judge_and_messages_are_kept_with_success_only(self) -> None:
        @function("speaks")
        def speaks(cx: Context, payload: Payload) -> Outcome:
            cx.emit("said", "", payload)
            if cx.attempt < 2:
                raise Retryable("AGAIN", "")
            return Outcome.one(payload)

        plan = PlanBuilder().policy("small", "1", "value < 10").step(step("a", "speaks").output_policy("small"))
        trace = run(plan, "3", speaks)
        self.assertEqual((len(trace.messages), trace.tasks[0].verdicts[0].passed), (1, True))
        self.assertEqual(trace.messages[0].key, trace.job)
        trace = run(plan, "30", speaks)
        self.assertEqual((len(trace.messages), trace.failure and trace.failure.code), (0, "POLICY_VIOLATION"))

    def test_what_cannot_run_is_said_before_it_runs(self) -> None:
        with self.assertRaises(FunctionMissing) as missing:
            run(PlanBuilder().step(step("a", "nobody")), "1")
        self.assertEqual(missing.exception.names, ["nobody"])
        for plan in (step("a", "echo").then("b"), sub_plan("a", "none")):
            with self.assertRaises(PlanInvalid):
                run(PlanBuilder().step(plan), "1")
        with self.assertRaises(RunError) as invalid:
            run(PlanBuilder().step(step("a", "echo")), "{")
        self.assertEqual(invalid.exception.code, "INPUT_INVALID")

    def test_a_start_that_the_coordinator_would_not_take_is_refused(self) -> None:
        plan = PlanBuilder().step(step("a", "echo")).build()
        runner().run_blocking(plan, Payload.binary(bytes(PAYLOAD_BYTES_MAX)))
        with self.assertRaises(RunError) as invalid:
            runner().run_blocking(plan, Payload.binary(bytes(PAYLOAD_BYTES_MAX + 1)))
        self.assertEqual(invalid.exception.code, "INPUT_INVALID")

    def test_two_runs_give_the_same_trace(self) -> None:
        plan = (
            PlanBuilder()
            .step(step("count", "count").output(OutputType.MULTIPLE).then("add").then("double"))
            .step(step("add", "add").then("all"))
            .step(step("double", "double").then("all"))
            .step(step("all", "echo").join_all())
        )
        first, second = run(plan, "3"), run(plan, "3")
        self.assertEqual((first.tasks, texts(first)), (second.tasks, ["[1,0,2,2,3,4]"]))

    def test_skipped_pauses_end_in_the_same_order_in_every_run(self) -> None:
        @function("once")
        def once(cx: Context, payload: Payload) -> Payload:
            if cx.attempt == 1:
                raise Retryable("AGAIN", "")
            return payload

        plan = (
            PlanBuilder()
            .step(step("count", "count").output(OutputType.MULTIPLE).then("once"))
            .step(step("once", "once"))
        )
        paths = [task.item_path for task in run(plan, "20", once).step("once")]
        self.assertEqual(paths, [(n,) for n in range(20)])

    def test_a_trace_is_written_for_people(self) -> None:
        trace = run(PlanBuilder().step(step("a", "add")), '"x"')
        self.assertEqual(str(trace), "job FAILED\n  a[] FAILED after 1 attempts: INPUT_INVALID\n")


if __name__ == "__main__":
    unittest.main()
