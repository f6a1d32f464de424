"""A transition while it is decided.

Tokens: every live task is one token. `job.open` counts those that can still progress by themselves, and each join
counts the tokens at steps that lead to it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ..errors import Failure
from ..limits import FAN_OUT_TASKS_MAX
from ..outcome import Verdict
from ..packet import AggregateRef
from ..payload import Payload
from ..trace import JobState, TaskState
from .graph import Graph, Node
from .job import (
    Arrival,
    Arrived,
    Decision,
    Ended,
    GatherJoin,
    Job,
    JoinFlow,
    Parked,
    Task,
    TaskEnded,
    TellParent,
    WaitingJoin,
)
from .ports import Evaluate, ExpressionError, Scope


@dataclass(frozen=True)
class Flowing:
    """Data on its way along an edge."""

    payload: Payload
    item_path: tuple[int, ...]
    aggregate: AggregateRef | None


@dataclass(frozen=True)
class Newcomer:
    """A task that came to life and has not begun."""

    task: Task
    #: Key and output of the step that it comes from, when expressions on the way read it.
    read: tuple[str, Payload] | None


@dataclass(frozen=True)
class World:
    """Everything that decisions need besides the job: expressions, ids, randomness, time."""

    evaluate: Evaluate
    new_id: Callable[[], str]
    fraction: Callable[[], float]
    now_micros: Callable[[], int]


class Transition:
    """One decision about one job."""

    def __init__(self, job: Job, world: World, steps: dict[str, Payload]) -> None:
        self.job = job
        self.graph: Graph = job.graph
        self.world = world
        #: Outputs of earlier steps that expressions read, by step key.
        self.steps = steps
        self.decision = Decision()
        #: What arrived and has not begun: a list, not the stack, which a long chain of native steps would use up.
        self.arrived: list[Newcomer] = []
        self._routed = 0
        if not job.joins:
            job.joins = [JoinFlow() for _ in job.graph.joins]

    def node(self, task: Task) -> Node:
        """The node of a task's step."""
        return self.graph.nodes[task.step]

    def settle(self) -> Decision:
        """Fires the joins that have all, and ends the job when it is at rest."""
        if self.job.state == JobState.RUNNING:
            self._fire_joins()
            if self.job.open == 0:
                self._end_job(JobState.FAILED if self.job.failed else JobState.SUCCEEDED)
        return self.decision

    # --- tokens ------------------------------------------------------------------------------------------

    def enter(self, step: int) -> None:
        """A token comes to life at a step."""
        self.job.open += 1
        self._hold(step)

    def _hold(self, step: int) -> None:
        for join in self.graph.nodes[step].holds:
            self.job.joins[join].pending += 1

    def leave(self, step: int) -> None:
        """A token comes to its end at a step."""
        self.job.open -= 1
        for join in self.graph.nodes[step].holds:
            self.job.joins[join].pending -= 1

    def reach_join(self, join: int, parent: Task, aggregate: AggregateRef | None) -> None:
        """Something reached a join, if only the news that nothing comes: its task waits from here on."""
        version = aggregate.version if aggregate else 0
        flow = self.job.joins[join]
        if flow.waiting is not None:
            flow.waiting.aggregate_version = max(flow.waiting.aggregate_version, version)
            return
        if flow.fired:
            return
        step = self.graph.joins[join]
        moved = replace(self.job.aggregate, version=version) if self.job.aggregate else None
        task = Task(self.world.new_id(), self.job, step, parent=parent, aggregate=moved)
        flow.waiting = WaitingJoin(task, version)
        self._hold(step)
        self.decision.facts.append(Parked(task))

    def _fire_joins(self) -> None:
        for flow in self.job.joins:
            # What it waited with stays until it is gathered.
            if flow.pending == 0 and not flow.fired and flow.waiting is not None:
                flow.fired = True
                self.job.open += 1
                self.decision.follow_ups.append(GatherJoin(flow.waiting.task))

    # --- data on its way ---------------------------------------------------------------------------------

    def route(self, origin: Task, payload: Payload, flowing: Sequence[Flowing]) -> list[list[int]]:
        """Which edges each piece of data takes; an error when a condition has no value, or for too many tasks."""
        node = self.node(origin)
        routes = []
        for data in flowing:
            taken: list[int] = []
            chosen = False
            for place, edge in enumerate(node.edges):
                # The edges of `depends_on` come after those of `next` and are nobody's choice.
                choice = node.step.exclusive_next and place < len(node.step.next)
                if choice and chosen:
                    continue
                holds = not edge.condition or self.world.evaluate.condition(
                    edge.condition, self.scope(payload, data.payload, data.item_path, node.step.config_json)
                )
                if holds:
                    taken.append(edge.to)
                    chosen = chosen or choice
            self._routed += len(taken)
            routes.append(taken)
        if self._routed > FAN_OUT_TASKS_MAX:
            message = f"one task's end would begin more than {FAN_OUT_TASKS_MAX} tasks"
            raise ExpressionError("FAN_OUT_TOO_LARGE", message)
        return routes

    def scope(self, payload: Payload, output: Payload | None, item_path: tuple[int, ...], config_json: str) -> Scope:
        """The variables of an expression here."""
        return Scope(
            payload,
            output,
            item_path,
            self.steps,
            self.job.id,
            self.job.input,
            self.job.labels,
            str(self.job.data_class),
            config_json,
        )

    def follow(self, origin: Task, flowing: Sequence[Flowing], routes: list[list[int]]) -> None:
        """Sends the outputs of an ended task on their routes. The ended task's own token is still there."""
        node = self.node(origin)
        reads_itself = any(origin.step in self.graph.nodes[edge.to].begin_steps for edge in node.edges)
        for data, taken in zip(flowing, routes, strict=True):
            for to in taken:
                self.arrive(origin, to, data, (node.step.step_key, data.payload) if reads_itself else None)
            # Inside a fan-out a condition filters a collection: what follows knows that it went on, if only empty.
            if data.item_path:
                for edge in node.edges:
                    if edge.to not in taken:
                        for join in self.graph.nodes[edge.to].next_joins:
                            self.reach_join(join, origin, data.aggregate)
        if not flowing:
            self._skip(origin)

    def _skip(self, origin: Task) -> None:
        """A fan-out of no items: the steps that follow are skipped, each once, and a join gets `[]`."""
        seen: set[int] = set()
        ways = [(origin, edge.to) for edge in reversed(self.node(origin).edges)]
        while ways:
            source, step = ways.pop()
            node = self.graph.nodes[step]
            if node.join is not None:
                self.reach_join(node.join, source, source.aggregate)
            elif step not in seen:
                seen.add(step)
                task = self._new_task(source, step, None, source.item_path, source.aggregate)
                ways.extend((task, edge.to) for edge in reversed(node.edges))
                self.end_task(task, TaskState.SKIPPED)

    def arrive(self, origin: Task, to: int, data: Flowing, read: tuple[str, Payload] | None) -> None:
        """Data arrives at a step: at a join it waits, elsewhere a task begins."""
        join = self.graph.nodes[to].join
        if join is not None:
            self.reach_join(join, origin, data.aggregate)
            arrival = Arrival(data.item_path, origin.step, origin.id, data.payload)
            self.decision.facts.append(Arrived(self.job, to, arrival))
            return
        task = self._new_task(origin, to, data.payload, data.item_path, data.aggregate)
        self.enter(to)
        self.arrived.append(Newcomer(task, read))

    def _new_task(
        self,
        parent: Task,
        step: int,
        payload: Payload | None,
        item_path: tuple[int, ...],
        aggregate: AggregateRef | None,
    ) -> Task:
        return Task(self.world.new_id(), self.job, step, item_path, parent, payload, aggregate)

    # --- ends --------------------------------------------------------------------------------------------

    def end_task(
        self,
        task: Task,
        state: TaskState,
        outputs: Sequence[Payload] = (),
        verdicts: Sequence[Verdict] = (),
        failure: Failure | None = None,
    ) -> None:
        """Records the end of a task."""
        leaf = state == TaskState.SUCCEEDED and not self.node(task).edges
        task.ended = Ended(state, tuple(outputs), leaf, tuple(verdicts), failure)
        self.decision.facts.append(TaskEnded(task))

    def _end_job(self, state: JobState) -> None:
        """Ends the job with its last task; joins that still wait can no longer fire."""
        ended = TaskState.SKIPPED if state == JobState.FAILED else TaskState.CANCELLED
        for flow in self.job.joins:
            if flow.waiting is not None:
                task = flow.waiting.task
                moved = task.aggregate
                task.aggregate = replace(moved, version=flow.waiting.aggregate_version) if moved else None
                flow.waiting = None
                # One that this very decision reached is not placed at all.
                facts = self.decision.facts
                self.decision.facts = [it for it in facts if not (isinstance(it, Parked) and it.task is task)]
                self.end_task(task, ended)
        self.job.state = state
        if self.job.parent is not None:
            self.decision.follow_ups.append(TellParent(self.job))
