"""Jobs and tasks while they run, and what a decision changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..errors import Failure
from ..outcome import Verdict
from ..packet import Actor, AggregateRef, DataClass, Emit
from ..payload import Payload
from ..trace import JobState, TaskState
from .graph import Graph


@dataclass
class WaitingJoin:
    """The task of a join that waits."""

    task: Task
    #: Highest version of the aggregate among what has arrived; 0 when the job moves none.
    aggregate_version: int


@dataclass
class JoinFlow:
    """What one join waits for."""

    #: Tasks at steps that lead to the join and that have not come to rest.
    pending: int = 0
    #: The waiting task, once the join was reached and until it is gathered.
    waiting: WaitingJoin | None = None
    fired: bool = False


@dataclass
class Job:
    """One execution of one plan."""

    id: str
    #: "" for the plan that the run was asked for.
    plan_name: str
    graph: Graph
    actor: Actor
    headers: Mapping[str, str]
    labels: Mapping[str, str]
    data_class: DataClass
    aggregate: AggregateRef | None
    input: Payload
    #: Nesting depth: 0 for a direct job.
    depth: int = 0
    #: The task that waits for it, and that task's job.
    parent: tuple[Job, Task] | None = None
    state: JobState = JobState.RUNNING
    failure: Failure | None = None
    #: Live tasks that can still progress by themselves (waiting joins and failed tasks are not among them).
    open: int = 0
    #: Tasks that failed and that no step took over.
    failed: int = 0
    joins: list[JoinFlow] = field(default_factory=list)


@dataclass(eq=False)
class Task:
    """A live task: one step on one item of data."""

    id: str
    job: Job
    #: Index of its step in the plan.
    step: int
    item_path: tuple[int, ...] = ()
    #: The task whose end created it.
    parent: Task | None = None
    #: The data that it runs on. A waiting join has none until it is gathered.
    input: Payload | None = None
    aggregate: AggregateRef | None = None
    attempts: int = 0
    failures: int = 0
    fence: int = 0
    checkpoint: Payload | None = None
    #: Whether a `wait` or sub-plan step has begun.
    started: bool = False
    #: Set when it has ended.
    ended: Ended | None = None


@dataclass(frozen=True)
class Ended:
    """How a task ended."""

    state: TaskState
    outputs: tuple[Payload, ...]
    #: Whether its branch ended here: its outputs are results of the job.
    leaf: bool
    verdicts: tuple[Verdict, ...]
    failure: Failure | None


@dataclass(frozen=True)
class Arrival:
    """An output that reached a join and waits there; ordered by item path, then by step, then by task."""

    item_path: tuple[int, ...]
    from_step: int
    #: Id of the task that it comes from; ids rise.
    from_task: str
    payload: Payload


@dataclass(frozen=True)
class Queued:
    """A task is ready."""

    task: Task


@dataclass(frozen=True)
class Parked:
    """A task waits; for a time when `due_micros` is set."""

    task: Task
    due_micros: int | None = None


@dataclass(frozen=True)
class TaskEnded:
    """A task ended."""

    task: Task


@dataclass(frozen=True)
class Arrived:
    """An output waits at a join."""

    job: Job
    join_step: int
    arrival: Arrival


@dataclass(frozen=True)
class Emitted:
    """A message was committed."""

    emit: Emit


@dataclass(frozen=True)
class StartChild:
    """A sub-plan begins as a child job."""

    task: Task


@dataclass(frozen=True)
class TellParent:
    """A child job ended."""

    job: Job


@dataclass(frozen=True)
class GatherJoin:
    """A join fired: gather what arrived."""

    task: Task


#: What a decision changes.
Fact = Queued | Parked | TaskEnded | Arrived | Emitted
#: What must follow at once.
FollowUp = StartChild | TellParent | GatherJoin


@dataclass
class Decision:
    """What a command changes, and what must follow."""

    facts: list[Fact] = field(default_factory=list)
    follow_ups: list[FollowUp] = field(default_factory=list)
