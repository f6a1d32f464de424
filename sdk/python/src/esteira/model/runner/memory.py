"""What a run keeps: the place that the coordinator's store has in a distributed one."""

from __future__ import annotations

import base64
import heapq
from collections import deque

from ..engine.graph import Graph
from ..engine.job import Arrival, Arrived, Decision, Emitted, Job, Parked, Queued, Task, TaskEnded
from ..packet import Emit
from ..payload import Payload
from ..plan import OutputType
from ..trace import TaskState


class Memory:
    """Tasks that are ready, that wait for a time, and that have ended; what arrived at joins; messages."""

    def __init__(self) -> None:
        #: Ended tasks in the order in which they ended.
        self.ended: list[Task] = []
        self.messages: list[Emit] = []
        self._arrivals: dict[tuple[str, int], list[Arrival]] = {}
        self._ready: deque[Task] = deque()
        self._timers: list[tuple[int, int, Task]] = []
        self._turn = 0

    def keep(self, decision: Decision) -> None:
        """Writes what a decision changes."""
        for fact in decision.facts:
            match fact:
                case Queued(task):
                    self._ready.append(task)
                case Parked(task, due_micros):
                    if due_micros is not None:
                        # Of two that are due at once, the one that has waited for longer comes first.
                        self._turn += 1
                        heapq.heappush(self._timers, (due_micros, self._turn, task))
                case TaskEnded(task):
                    self.ended.append(task)
                case Arrived(job, join_step, arrival):
                    self._arrivals.setdefault((job.id, join_step), []).append(arrival)
                case Emitted(emit):
                    self.messages.append(emit)

    def next_ready(self) -> Task | None:
        """The task that has been ready for longest."""
        return self._ready.popleft() if self._ready else None

    def next_due(self) -> tuple[int, Task] | None:
        """The next task that waits for a time, and until when."""
        if not self._timers:
            return None
        due_micros, _, task = heapq.heappop(self._timers)
        return due_micros, task

    def arrivals(self, job: Job, join_step: int) -> list[Arrival]:
        """What arrived at a join, by item path, then by step, then by which task of it began first."""
        found = self._arrivals.get((job.id, join_step), [])
        return sorted(found, key=lambda arrival: (arrival.item_path, arrival.from_step, arrival.from_task))

    def gather(self, task: Task) -> Payload:
        """The input of a join: the JSON array of what arrived, each element verbatim; binary as Base64 text."""
        texts = [_element(arrival.payload) for arrival in self.arrivals(task.job, task.step)]
        return Payload.json(f"[{','.join(texts)}]")

    def results(self, job: Job) -> list[Payload]:
        """Results of a job: outputs of its leaf tasks by item path, then step, then task."""
        leaves = [task for task in self.ended if task.job is job and task.ended and task.ended.leaf]
        leaves.sort(key=lambda task: (task.item_path, task.step, task.id))
        return [payload for task in leaves if task.ended for payload in task.ended.outputs]

    def step_outputs(self, task: Task, wanted: frozenset[int]) -> dict[str, Payload]:
        """Outputs of earlier steps of a task's branch: up the chain of parents, and through joins on the way."""
        if not wanted:
            return {}
        graph: Graph = task.job.graph
        found: dict[int, Payload] = {}
        at_step, parent = task.step, task.parent
        while True:
            node = graph.nodes[at_step]
            if node.join is not None:
                for arrival in self.arrivals(task.job, at_step):
                    if arrival.from_step in wanted and arrival.from_step in node.predecessors:
                        found.setdefault(arrival.from_step, arrival.payload)
            if parent is None or parent.ended is None or len(found) >= len(wanted):
                break
            if parent.step in wanted:
                produced = _produced(graph, parent, task.item_path)
                if produced is not None:
                    found.setdefault(parent.step, produced)
            at_step, parent = parent.step, parent.parent
        return {graph.nodes[step].step.step_key: payload for step, payload in found.items()}


def _produced(graph: Graph, parent: Task, item_path: tuple[int, ...]) -> Payload | None:
    """What a task of this branch handed on."""
    outputs = parent.ended.outputs if parent.ended and parent.ended.state == TaskState.SUCCEEDED else ()
    match graph.nodes[parent.step].output_type:
        case OutputType.NONE:
            return parent.input
        case OutputType.SINGLE:
            return outputs[0] if outputs else None
        case OutputType.MULTIPLE:
            depth = len(parent.item_path)
            if depth >= len(item_path) or item_path[depth] >= len(outputs):
                return None
            return outputs[item_path[depth]]


def _element(payload: Payload) -> str:
    if isinstance(payload.body, bytes):
        return f'"{base64.b64encode(payload.body).decode()}"'
    return payload.body or "null"
