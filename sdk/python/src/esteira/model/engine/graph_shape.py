"""The shape of a plan: edges, order, ancestors, dominators, fan-out depth. Refuses cycles."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..plan import Join, OutputType, Plan, RunCondition, RunWait, Step
from .issue import Issue


@dataclass(frozen=True)
class Edge:
    """An edge to a following step."""

    #: Index of the following step.
    to: int
    #: Condition; "" = always.
    condition: str = ""


def is_join(step: Step) -> bool:
    """Whether a step collects all that arrives."""
    return step.join == Join.ALL or bool(step.depends_on)


@dataclass
class Shape:
    """What follows from the references of a plan's steps to one another."""

    index: dict[str, int]
    edges: list[list[Edge]]
    on_failure: list[int | None]
    predecessors: list[list[int]]
    starts: list[int]
    joins: list[int]
    #: Steps from which each step can be reached, itself not among them; failure edges count.
    ancestors: list[set[int]] = field(default_factory=list)
    #: Steps that every way to a step passes, itself not among them.
    dominators: list[set[int]] = field(default_factory=list)
    #: How many fan-outs are open where the step's output flows, at most; its own among them.
    fan_depth: list[int] = field(default_factory=list)

    @staticmethod
    def of(plan: Plan) -> Shape | Issue:
        """The shape of a plan whose step references are all known."""
        index = {step.step_key: at for at, step in enumerate(plan.steps)}
        edges = [[Edge(index[edge.step_key], edge.condition) for edge in step.next] for step in plan.steps]
        for to, step in enumerate(plan.steps):
            for key in step.depends_on:
                edges[index[key]].append(Edge(to))
        on_failure = [index.get(step.on_failure_step) for step in plan.steps]
        predecessors: list[list[int]] = [[] for _ in plan.steps]
        for origin, leaving in enumerate(edges):
            failed = on_failure[origin]
            for to in [edge.to for edge in leaving] + ([] if failed is None else [failed]):
                if origin not in predecessors[to]:
                    predecessors[to].append(origin)
        starts = [index[key] for key in plan.start_steps] or [at for at, led in enumerate(predecessors) if not led]
        joins = [at for at, step in enumerate(plan.steps) if is_join(step)]
        shape = Shape(index, edges, on_failure, predecessors, starts, joins)
        order = shape._order(plan)
        if isinstance(order, Issue):
            return order
        shape._derive(plan, order)
        return shape

    def _order(self, plan: Plan) -> list[int] | Issue:
        """Steps so that each comes after all that lead to it; a cycle is named by its steps."""
        waits = [len(led) for led in self.predecessors]
        order = [at for at, count in enumerate(waits) if count == 0]
        for at in order:
            for to in sorted(self._successors(at)):
                waits[to] -= 1
                if waits[to] == 0:
                    order.append(to)
        stuck = [at for at, count in enumerate(waits) if count > 0]
        if not stuck:
            return order
        keys = ", ".join(plan.steps[at].step_key for at in stuck)
        return Issue(f"/steps/{stuck[0]}", "PLAN_CYCLE", f"these steps form a cycle or follow one: {keys}")

    def _successors(self, at: int) -> set[int]:
        failed = self.on_failure[at]
        return {edge.to for edge in self.edges[at]} | (set() if failed is None else {failed})

    def _derive(self, plan: Plan, order: list[int]) -> None:
        count = len(plan.steps)
        self.ancestors = [set() for _ in range(count)]
        self.dominators = [set() for _ in range(count)]
        self.fan_depth = [0] * count
        for at in order:
            dominators: set[int] | None = None
            depth = 0
            for before in self.predecessors[at]:
                self.ancestors[at] |= {before} | self.ancestors[before]
                through = self.dominators[before] | {before}
                dominators = through if dominators is None else dominators & through
                depth = max(depth, self.fan_depth[before])
            step = plan.steps[at]
            fans_out = step.output_type == OutputType.MULTIPLE and not isinstance(step.run, RunCondition | RunWait)
            self.fan_depth[at] = (0 if is_join(step) else depth) + int(fans_out)
            self.dominators[at] = dominators or set()

    def next_joins(self, at: int) -> tuple[int, ...]:
        """The first joins on each way from a step; the step itself when it is one."""
        found: set[int] = set()
        seen: set[int] = set()
        ways = [at]
        while ways:
            step = ways.pop()
            if step in seen:
                continue
            seen.add(step)
            if step in self.joins:
                found.add(self.joins.index(step))
            else:
                ways.extend(edge.to for edge in self.edges[step])
        return tuple(sorted(found))

    def unreadable(self, of: int, at: int) -> str | None:
        """Why the output of `of` cannot be read where a task of `at` begins or ends; None when it can be.

        It can be when it is on every way there, or arrives at a join on every way there, and there is one of it.
        """
        here = self.dominators[at] | {at}
        before = self.ancestors[at]
        leads_to = {edge.to for edge in self.edges[of]}
        arrived = any(join in here and join in leads_to for join in self.joins)
        if not arrived and (of == at or of not in here):
            return "is not on every way to this step"
        if not any(to == at or to in before for to in leads_to):
            return "has no output on the way to this step: only its failure leads here"
        joined = any((join == at or join in before) and of in self.ancestors[join] for join in self.joins)
        if self.fan_depth[of] > 0 and joined:
            return "has an output for each item, and they were joined since: read the join's input instead"
        return None
