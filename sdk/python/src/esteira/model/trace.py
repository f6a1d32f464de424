"""What a job did: the same record for an embedded and for a distributed run."""

from __future__ import annotations

from dataclasses import dataclass

from .errors import Failure
from .outcome import Verdict
from .packet import Emit
from .payload import Payload
from .text_enum import TextEnum


class JobState(TextEnum):
    """Where a job stands. The last four are terminal."""

    PENDING = "PENDING"
    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    CANCELLING = "CANCELLING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    TIMED_OUT = "TIMED_OUT"


class TaskState(TextEnum):
    """Where a task stands. The last four are terminal."""

    WAITING = "WAITING"
    READY = "READY"
    LEASED = "LEASED"
    BACKOFF = "BACKOFF"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    SKIPPED = "SKIPPED"


@dataclass(frozen=True)
class TracedTask:
    """A task after it ended. It holds nothing that differs between two runs of the same plan on the same data."""

    #: Name of the plan; "" for the plan that the run was asked for.
    plan_name: str
    #: The step.
    step_key: str
    #: The item indexes that led to it, outermost fan-out first; empty outside any fan-out.
    item_path: tuple[int, ...]
    #: Attempts that were made; 0 when the engine itself ended the task.
    attempts: int
    #: How it ended.
    state: TaskState
    #: What it ran on; None when it was skipped.
    input: Payload | None
    #: What it produced, in item order.
    outputs: tuple[Payload, ...]
    #: What the policies said.
    verdicts: tuple[Verdict, ...]
    #: Why it failed.
    failure: Failure | None


@dataclass(frozen=True)
class Trace:
    """A job after it ended."""

    #: The job; another one in every run.
    job: str
    #: How it ended.
    state: JobState
    #: Why, if it did not succeed.
    failure: Failure | None
    #: All tasks in the order in which they ended, those of sub-plans among them.
    tasks: tuple[TracedTask, ...]
    #: Outputs of the steps that no step follows, by item path, then step.
    results: tuple[Payload, ...]
    #: What the functions emitted, in order of commit.
    messages: tuple[Emit, ...]

    def step(self, step_key: str) -> list[TracedTask]:
        """The tasks of one step of the plan that the run was asked for, in the order in which they ended."""
        return [task for task in self.tasks if not task.plan_name and task.step_key == step_key]

    def __str__(self) -> str:
        """One line for the job and one for each task, for people."""
        lines = [f"job {self.state}"]
        for task in self.tasks:
            plan = f"{task.plan_name}/" if task.plan_name else ""
            place = ".".join(map(str, task.item_path))
            failed = f": {task.failure.code}" if task.failure else ""
            lines.append(f"  {plan}{task.step_key}[{place}] {task.state} after {task.attempts} attempts{failed}")
        return "\n".join(lines) + "\n"
