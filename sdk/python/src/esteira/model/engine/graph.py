"""A plan made ready to run: steps by index, edges resolved, joins with what leads to them."""

from __future__ import annotations

from dataclasses import dataclass

from ..plan import OutputType, Plan, Policy, RunCondition, RunWait, Step
from . import graph_check, graph_expressions
from .graph_shape import Edge, Shape
from .issue import Issue
from .ports import Evaluate


@dataclass(frozen=True)
class Node:
    """One step with what is derived from the whole plan."""

    #: The step as written.
    step: Step
    #: Where its outputs go.
    edges: tuple[Edge, ...]
    #: Where its failure goes.
    on_failure: int | None
    #: Its place among the joins, if it is one.
    join: int | None
    #: Joins that wait while a task of this step lives.
    holds: tuple[int, ...]
    #: The first joins on each way from here; itself when it is a join.
    next_joins: tuple[int, ...]
    #: Steps whose output its end needs.
    end_steps: frozenset[int]
    #: Steps whose output building its input needs.
    begin_steps: frozenset[int]
    #: Policies on its input.
    input_policies: tuple[Policy, ...]
    #: Policies on its outputs.
    output_policies: tuple[Policy, ...]
    #: Steps that lead straight to it.
    predecessors: tuple[int, ...]

    @property
    def output_type(self) -> OutputType:
        """What it produces; native steps pass their input on."""
        return OutputType.NONE if isinstance(self.step.run, RunCondition | RunWait) else self.step.output_type


@dataclass(frozen=True)
class Graph:
    """A plan made ready to run."""

    #: The steps, in the author's order.
    nodes: tuple[Node, ...]
    #: Steps that a job begins with.
    starts: tuple[int, ...]
    #: Step index of each join, in plan order.
    joins: tuple[int, ...]


def compile_graph(plan: Plan, evaluate: Evaluate) -> tuple[Graph | None, list[Issue]]:
    """Checks a plan as a whole and compiles it: all issues, and a graph when there is no error among them."""
    issues = graph_check.check_steps(plan)
    if _has_errors(issues):
        return None, issues
    found = Shape.of(plan)
    if isinstance(found, Issue):
        return None, [*issues, found]
    issues += graph_check.check_reach(plan, found)
    needs, wrong = graph_expressions.check(plan, found, evaluate)
    issues += wrong
    if _has_errors(issues):
        return None, issues
    return _build(plan, found, needs), issues


def _has_errors(issues: list[Issue]) -> bool:
    return any(not issue.warning for issue in issues)


def _build(plan: Plan, shape: Shape, needs: list[tuple[frozenset[int], frozenset[int]]]) -> Graph:
    by_name = {policy.name: policy for policy in reversed(plan.policies)}
    nodes = []
    for index, step in enumerate(plan.steps):
        begin_steps, end_steps = needs[index]
        nodes.append(
            Node(
                step=step,
                edges=tuple(shape.edges[index]),
                on_failure=shape.on_failure[index],
                join=shape.joins.index(index) if index in shape.joins else None,
                holds=tuple(at for at, join in enumerate(shape.joins) if index in shape.ancestors[join]),
                next_joins=shape.next_joins(index),
                end_steps=end_steps,
                begin_steps=begin_steps,
                input_policies=tuple(by_name[name] for name in step.input_policies),
                output_policies=tuple(by_name[name] for name in step.output_policies),
                predecessors=tuple(shape.predecessors[index]),
            )
        )
    return Graph(tuple(nodes), tuple(shape.starts), tuple(shape.joins))
