"""A plan through the real coordinator and a worker: the same trace as embedded, also when a worker is killed."""

from __future__ import annotations

import hashlib
import json
import signal
import time
import unittest
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import kit

from esteira.model import OutputType, Payload, Plan, PlanBuilder, Runner, Trace, condition, definition_json, step
from esteira.v1 import audit_pb2, job_pb2, outbox_pb2, trace_pb2, types_pb2
from tests.coordinator import Coordinator, start_worker
from tests.half_open import HalfOpen
from tests.vectors import payload_out

DONE: list[dict[str, Any]] = [{"emit": {"topic": "live.done", "key": "k", "json": "7"}}, {"return_input": True}]
BUSY: list[dict[str, Any]] = [{"fail": {"code": "BUSY", "message": "later", "retryable": True, "after_ms": 1}}]
#: Ends with its worker only.
STUCK: list[dict[str, Any]] = [{"wait_cancel": True}]


def plan(*attempts: list[dict[str, Any]]) -> Plan:
    """Fans out, runs the script on each item, and joins."""
    script = json.dumps({"attempts": attempts})
    fan = json.dumps({"items": ['{ "n": 9007199254740993 }', '{"n":1.0}', '{"n":2}', '{"n":3}']})
    return (
        PlanBuilder()
        .observing_policy("small", "1", "value.n < 3")
        .step(step("fan", "kit.fan").output(OutputType.MULTIPLE).config(fan).then("slow"))
        .step(step("slow", "kit.script").config(script).max_attempts(9).output_policy("small").then("which"))
        .step(condition("which").first_match().then_if("low", "input.n < 3").then("all"))
        .step(step("low", "kit.raw").input('{"low":{"$ref":"/input/n"}}').then("all"))
        .step(step("all", "kit.raw").join_all())
        .build()
    )


def embedded(*attempts: list[dict[str, Any]]) -> dict[str, Any]:
    trace: Trace = Runner().skip_waits().functions(kit.functions()).run_blocking(plan(*attempts), Payload.json('"go"'))
    tasks = [
        (task.step_key, task.item_path, str(task.state), payload_out(task.input or Payload.none()))
        for task in trace.tasks
    ]
    made = sorted((task.step_key, task.item_path, task.attempts) for task in trace.tasks)
    messages = [(emit.topic, emit.key, emit.payload.body) for emit in trace.messages]
    results = [payload_out(result) for result in trace.results]
    return {
        "state": str(trace.state),
        "tasks": sorted(tasks, key=repr),
        "outputs": sorted((t.step_key, t.item_path, [payload_out(it) for it in t.outputs]) for t in trace.tasks),
        "verdicts": sorted(
            (t.step_key, t.item_path, [(it.policy, it.passed) for it in t.verdicts]) for t in trace.tasks
        ),
        "results": results,
        "messages": messages,
        "attempts": made,
    }


class LiveTests(unittest.TestCase):
    def setUp(self) -> None:
        self.coordinator = Coordinator(self)
        self.client = self.coordinator.client

    def distributed(self, job: job_pb2.Job) -> dict[str, Any]:
        """What the coordinator has of a job, in the form of :func:`embedded`."""
        listed = self.client.jobs.list_tasks(job_pb2.ListTasksRequest(job_id=job.job_id, page_size=100)).tasks
        requests = [job_pb2.GetTaskRequest(job_id=job.job_id, task_id=task.task_id) for task in listed]
        tasks = [self.client.jobs.get_task(request).task for request in requests]
        messages: list[tuple[str, str, str]] = []
        while len(messages) < 4:
            request = outbox_pb2.LeaseOutboxRequest(worker_id="relay", topics=["live.done"], max_messages=100)
            leased = self.client.outbox.lease_outbox(request)
            for lease in leased.leases:
                messages.extend((it.topic, it.key, it.payload.json) for it in lease.messages)
                last = lease.messages[-1].commit_sequence
                self.client.outbox.ack_outbox(
                    outbox_pb2.AckOutboxRequest(lease_token=lease.lease_token, through_sequence=last)
                )
        return {
            "state": job_pb2.JobState.Name(job.state).removeprefix("JOB_STATE_"),
            "tasks": sorted(
                (
                    (
                        task.step_key,
                        tuple(task.item_path),
                        job_pb2.TaskState.Name(task.state).removeprefix("TASK_STATE_"),
                        _payload(task.input.data),
                    )
                    for task in tasks
                ),
                key=repr,
            ),
            "outputs": sorted((t.step_key, tuple(t.item_path), [_payload(it) for it in t.outputs]) for t in tasks),
            "verdicts": sorted(
                (t.step_key, tuple(t.item_path), [(it.policy, it.passed) for it in t.verdicts]) for t in tasks
            ),
            "results": [_payload(result) for result in job.results],
            "messages": messages,
            "attempts": sorted((task.step_key, tuple(task.item_path), len(task.attempts)) for task in tasks),
        }

    def test_the_distributed_trace_is_the_embedded_one(self) -> None:
        self.client.plans.publish("live", definition_json(plan(BUSY, DONE), "live"))
        worker = start_worker(self, self.coordinator.endpoint, "w1", "--slots", "4")
        job = self.client.jobs.run("live", Payload.json('"go"'))
        self.assertEqual(self.distributed(job), embedded(BUSY, DONE))
        worker.send_signal(signal.SIGTERM)
        self.assertEqual(worker.wait(10), 0)

    def test_a_job_is_traced_and_verified(self) -> None:
        echo = PlanBuilder().step(step("only", "kit.raw")).build()
        self.client.plans.publish("echo", definition_json(echo, "echo"))
        start_worker(self, self.coordinator.endpoint, "w1", "--slots", "1")
        text = '{"n":9007199254740993}'
        job_id = self.client.jobs.run("echo", Payload.json(text)).job_id
        traced = self.client.traces.trace_job(trace_pb2.TraceJobRequest(job_id=job_id)).trace
        self.assertEqual([it.step_key for it in traced.steps], ["only"])
        found = self.client.audit.verify_job(audit_pb2.VerifyJobRequest(job_id=job_id)).verification
        self.assertEqual((found.checked, found.failed), (3, 0))
        digest = hashlib.sha256(text.encode()).digest()
        uses = self.client.traces.trace_artifact(trace_pb2.TraceArtifactRequest(sha256=digest)).artifacts[0].uses
        self.assertIn(job_id, [use.job_id for use in uses])
        selector = audit_pb2.ArtifactSelector(job_id=job_id, sha256=digest)
        verdicts = [
            self.client.audit.verify_artifact(
                audit_pb2.VerifyArtifactRequest(artifact=selector, content=content, plan="echo")
            ).verification.verdict
            for content in (text.encode(), text.encode() + b" ")
        ]
        self.assertIn(verdicts[0], (audit_pb2.VERDICT_VALID, audit_pb2.VERDICT_VALID_NOT_ANCHORED))
        self.assertEqual(verdicts[1], audit_pb2.VERDICT_MISMATCH_CONTENT)

    def test_a_worker_that_is_killed_costs_attempts_and_nothing_else(self) -> None:
        self.client.plans.publish("live", definition_json(plan(STUCK, DONE), "live"))
        settings = ("--slots", "4", "--lease-ttl-ms", "1000")
        first = start_worker(self, self.coordinator.endpoint, "w1", *settings)
        job = self.client.jobs.start("live", Payload.json('"go"'))
        leased = job_pb2.TASK_STATE_LEASED
        self._until(job.job_id, lambda it: it.step_key == "slow" and it.state == leased, count=4)
        first.kill()
        first.wait()
        # The next attempt of a task whose lease ran out is its second.
        start_worker(self, self.coordinator.endpoint, "w2", "--slots", "1", "--lease-ttl-ms", "1000")
        found, expected = self.distributed(self.client.jobs.wait(job.job_id)), embedded(DONE)
        lost = sum(n for _, _, n in found.pop("attempts")) - sum(n for _, _, n in expected.pop("attempts"))
        self.assertEqual(lost, 4, "the killed worker held four tasks")
        self.assertEqual(found, expected)

    def _until(self, job_id: str, holds: Callable[[job_pb2.Task], bool], count: int = 1) -> None:
        """Until it holds for so many tasks of the job."""
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            tasks = self.client.jobs.list_tasks(job_pb2.ListTasksRequest(job_id=job_id, page_size=100)).tasks
            if sum(map(holds, tasks)) >= count:
                return
        self.fail("it never held")

    def test_a_connection_that_falls_silent_costs_no_lease(self) -> None:
        way = HalfOpen(int(self.coordinator.endpoint.rpartition(":")[2]))
        self.addCleanup(way.close)
        block = '{"attempts":[[{"block_ms":6000},{"return_input":true}]]}'
        only = PlanBuilder().step(step("only", "kit.script").config(block)).build()
        self.client.plans.publish("only", definition_json(only, "only"))
        start_worker(self, f"http://127.0.0.1:{way.port}", "w1", "--slots", "2", "--lease-ttl-ms", "2000")
        job = self.client.jobs.start("only", Payload.json("7"))
        self._until(job.job_id, lambda task: task.state == job_pb2.TASK_STATE_LEASED)
        # Three lease times lie ahead, and every connection of the worker's is dead.
        self.assertGreaterEqual(way.fall_silent(), 1)
        ended = self.client.jobs.wait(job.job_id)
        [task] = self.client.jobs.list_tasks(job_pb2.ListTasksRequest(job_id=job.job_id)).tasks
        self.assertEqual(job_pb2.JobState.Name(ended.state), "JOB_STATE_SUCCEEDED")
        self.assertEqual([(it.worker_id, it.failure.code) for it in task.attempts], [("w1", "")])

    def test_a_result_is_spooled_while_the_coordinator_is_away_and_sent_later(self) -> None:
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        block = '{"attempts":[[{"block_ms":400},{"return_input":true}]]}'
        only = PlanBuilder().step(step("only", "kit.script").config(block)).build()
        self.client.plans.publish("only", definition_json(only, "only"))
        worker = start_worker(self, self.coordinator.endpoint, "w1", "--spool", folder.name)
        job = self.client.jobs.start("only", Payload.json("7"))
        self._until(job.job_id, lambda task: task.state == job_pb2.TASK_STATE_LEASED)
        self.coordinator.kill()
        worker.send_signal(signal.SIGTERM)
        self.assertEqual(worker.wait(40), 0)
        self.assertEqual([path.suffix for path in Path(folder.name).iterdir()], [".report"])
        self.coordinator.start()
        second = start_worker(self, self.coordinator.endpoint, "w2", "--spool", folder.name)
        ended = self.client.jobs.wait(job.job_id)
        self.assertEqual([result.json for result in ended.results], ["7"])
        [task] = self.client.jobs.list_tasks(job_pb2.ListTasksRequest(job_id=job.job_id)).tasks
        self.assertEqual([attempt.worker_id for attempt in task.attempts], ["w1"])
        second.send_signal(signal.SIGTERM)
        self.assertEqual(second.wait(10), 0)
        self.assertEqual(list(Path(folder.name).iterdir()), [])


def _payload(payload: types_pb2.Payload) -> dict[str, Any]:
    from esteira.client import payload_in

    return payload_out(payload_in(payload))


if __name__ == "__main__":
    unittest.main()
