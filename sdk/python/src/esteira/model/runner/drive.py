"""The loop of a run: what follows at once, then what is ready, then what waits for a time."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from ..context import Invocation
from ..document import PlanInvalid
from ..engine.begin import begin_arrived, due, gather, start
from ..engine.complete import child_ended, complete
from ..engine.fail import fail
from ..engine.graph import Graph, compile_graph
from ..engine.issue import Issue
from ..engine.job import FollowUp, GatherJoin, Job, StartChild, Task, TellParent
from ..engine.transition import Transition, World
from ..entropy import Ids
from ..limits import SUB_PLAN_DEPTH_MAX
from ..payload import Payload
from ..plan import Plan, RunFunction, RunSubPlan
from ..trace import JobState, Trace, TracedTask
from .execute import execute
from .memory import Memory
from .pace import Pace
from .runner import FunctionMissing, Start, Stuck, TooDeep

if TYPE_CHECKING:
    from .runner import Runner


def compile_all(runner: Runner, plan: Plan) -> dict[str, Graph]:
    """The plan of a run ("") and the plans that it runs as steps, checked and made ready."""
    graphs: dict[str, Graph] = {}
    missing: set[str] = set()
    left: list[tuple[str, Plan]] = [("", plan)]
    while left:
        name, current = left.pop()
        if name in graphs:
            continue
        issues = _unresolved(runner, current)
        graph = None
        if not issues:
            graph, issues = compile_graph(current, runner.evaluate)
        if graph is None:
            raise PlanInvalid(issues, name)
        graphs[name] = graph
        for step in current.steps:
            match step.run:
                case RunFunction(function) if function not in runner.functions_by_name:
                    missing.add(function)
                case RunSubPlan(child):
                    left.append((child, runner.plans_by_name[child]))
    if missing:
        raise FunctionMissing(sorted(missing))
    return graphs


def _unresolved(runner: Runner, plan: Plan) -> list[Issue]:
    """References to sub-plans that publishing could not resolve."""
    issues = []
    for index, step in enumerate(plan.steps):
        if not isinstance(step.run, RunSubPlan):
            continue
        path = f"/steps/{index}/sub_plan"
        if step.run.plan not in runner.plans_by_name:
            issues.append(Issue(path, "SUB_PLAN_UNKNOWN", f"the runner has no plan `{step.run.plan}`"))
        elif step.run.version != 0:
            issues.append(Issue(path, "SUB_PLAN_UNKNOWN", "an embedded plan has no versions: refer to version 0"))
    return issues


class Drive:
    """One run."""

    def __init__(self, runner: Runner, graphs: dict[str, Graph], pace: Pace) -> None:
        self._runner = runner
        self._graphs = graphs
        self._pace = pace
        self._memory = Memory()
        self._ids = Ids()
        self._acts: deque[FollowUp | Job] = deque()
        self._world = World(runner.evaluate, self._new_id, pace.fraction, pace.now_micros)

    def _new_id(self) -> str:
        return self._ids.next(self._pace.now_micros())

    async def run(self, begin: Start) -> Trace:
        """Until nothing can happen any more."""
        packet = begin.packet
        root = Job(
            self._new_id(),
            "",
            self._graphs[""],
            packet.actor,
            packet.headers,
            begin.labels,
            begin.data_class,
            packet.aggregate,
            packet.data,
        )
        self._acts.append(root)
        while True:
            if self._acts:
                self._act(self._acts.popleft())
            elif (ready := self._memory.next_ready()) is not None:
                await self._attempt(ready)
            elif (timed := self._memory.next_due()) is not None:
                due_micros, task = timed
                await self._pace.wait_until(due_micros)
                node = task.job.graph.nodes[task.step]
                t = self._transition(task, node.begin_steps | node.end_steps)
                due(t, task)
                self._keep(t)
            else:
                break
        if root.state not in (JobState.SUCCEEDED, JobState.FAILED):
            raise Stuck(f"the job is {root.state} and nothing can happen")
        return self._trace(root)

    def _transition(self, task: Task, wanted: frozenset[int]) -> Transition:
        if task.job.state != JobState.RUNNING:
            raise Stuck("the job has ended")
        return Transition(task.job, self._world, self._memory.step_outputs(task, wanted))

    def _keep(self, t: Transition) -> None:
        """Begins what arrived, and keeps what the decision changes."""
        begin_arrived(t)
        decision = t.settle()
        self._memory.keep(decision)
        for follow_up in decision.follow_ups:
            if isinstance(follow_up, StartChild):
                self._start_child(follow_up.task)
            else:
                self._acts.append(follow_up)

    def _act(self, act: FollowUp | Job) -> None:
        match act:
            case Job():
                t = Transition(act, self._world, {})
                start(t)
                self._keep(t)
            case GatherJoin(task):
                t = self._transition(task, task.job.graph.nodes[task.step].begin_steps)
                gather(t, task, self._memory.gather(task))
                self._keep(t)
            case TellParent(job) if job.parent is not None:
                task = job.parent[1]
                t = self._transition(task, task.job.graph.nodes[task.step].end_steps)
                child_ended(t, task, job, self._memory.results(job))
                self._keep(t)

    def _start_child(self, task: Task) -> None:
        """A sub-plan is a child job; its id is the id of the task that waits for it."""
        parent, run = task.job, task.job.graph.nodes[task.step].step.run
        if parent.depth + 1 > SUB_PLAN_DEPTH_MAX:
            raise TooDeep
        name = run.plan if isinstance(run, RunSubPlan) else ""
        child = Job(
            task.id,
            name,
            self._graphs[name],
            parent.actor,
            parent.headers,
            parent.labels,
            parent.data_class,
            task.aggregate,
            parent.input if task.input is None else task.input,
            parent.depth + 1,
            (parent, task),
        )
        self._acts.append(child)

    async def _attempt(self, task: Task) -> None:
        """Grants a ready task, runs it, and decides what follows."""
        job, node = task.job, task.job.graph.nodes[task.step]
        step = node.step
        if not isinstance(step.run, RunFunction):
            raise Stuck(f"step `{step.step_key}` has no function")
        function = self._runner.functions_by_name[step.run.name]
        task.attempts += 1
        task.fence += 1
        invocation = Invocation(
            job=job.id,
            task=task.id,
            step_key=step.step_key,
            function_name=step.run.name,
            attempt=task.attempts,
            fence=task.fence,
            idempotency_key=task.id,
            actor=job.actor,
            aggregate=task.aggregate,
            headers=job.headers,
            config_json=step.config_json,
            output_type=step.output_type,
            last_checkpoint=task.checkpoint,
        )
        payload = task.input or Payload.none()
        around = (self._pace, self._runner.threads, self._runner.observed_by)
        attempted = await execute(function, invocation, payload, step.execution_timeout, around)
        t = self._transition(task, node.end_steps)
        if attempted.outcome is not None:
            complete(t, task, attempted.outcome, attempted.said)
        elif attempted.failure is not None:
            fail(t, task, attempted.failure, attempted.said.checkpoint)
        self._keep(t)

    def _trace(self, root: Job) -> Trace:
        tasks = tuple(_traced(task) for task in self._memory.ended)
        results = self._memory.results(root) if root.state == JobState.SUCCEEDED else []
        return Trace(root.id, root.state, root.failure, tasks, tuple(results), tuple(self._memory.messages))


def _traced(task: Task) -> TracedTask:
    ended = task.ended
    if ended is None:
        raise Stuck(f"task {task.id} has not ended")
    return TracedTask(
        task.job.plan_name,
        task.job.graph.nodes[task.step].step.step_key,
        task.item_path,
        task.attempts,
        ended.state,
        task.input,
        ended.outputs,
        ended.verdicts,
        ended.failure,
    )
