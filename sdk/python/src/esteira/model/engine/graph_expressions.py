"""Checks every expression of a plan and derives which outputs have to be loaded for it."""

from __future__ import annotations

from ..plan import Plan, RunCondition
from .graph_shape import Shape, is_join
from .issue import Issue
from .ports import Evaluate, ExpressionError, References

#: Steps whose outputs building a step's input needs, and those that its end needs.
Needs = tuple[frozenset[int], frozenset[int]]


def check(plan: Plan, shape: Shape, evaluate: Evaluate) -> tuple[list[Needs], list[Issue]]:
    """For each step what building its input needs and what its end needs, and what is wrong."""
    issues: list[Issue] = []
    for index, policy in enumerate(plan.policies):
        try:
            evaluate.check_policy(policy.condition)
        except ExpressionError as error:
            issues.append(Issue(f"/policies/{index}/condition", error.code, error.message))
    templates: list[frozenset[int]] = []
    conditions: list[frozenset[int]] = []
    for index, step in enumerate(plan.steps):
        template: set[int] = set()
        if step.input_template_json:
            path = f"/steps/{index}/input"
            try:
                references = evaluate.check_template(step.input_template_json)
                if references.output:
                    message = "a template builds the input: there is no `output` yet"
                    issues.append(Issue(path, "EXPRESSION_INVALID", message))
                else:
                    template = _resolve(references, path, index, shape, issues)
            except ExpressionError as error:
                issues.append(Issue(path, error.code, error.message))
        templates.append(frozenset(template))
        condition: set[int] = set()
        for place, edge in enumerate(step.next):
            if not edge.condition:
                continue
            path = f"/steps/{index}/next/{place}/condition"
            try:
                condition |= _resolve(evaluate.check_condition(edge.condition), path, index, shape, issues)
            except ExpressionError as error:
                issues.append(Issue(path, error.code, error.message))
        conditions.append(frozenset(condition))
    return _combine(plan, shape, templates, conditions), issues


def _resolve(references: References, path: str, at: int, shape: Shape, issues: list[Issue]) -> set[int]:
    found: set[int] = set()
    for key in references.steps:
        of = shape.index.get(key)
        if of is None:
            issues.append(Issue(path, "STEP_UNKNOWN", f"there is no step `{key}`"))
            continue
        why = shape.unreadable(of, at)
        if why is None:
            found.add(of)
        else:
            issues.append(Issue(path, "STEP_NOT_READABLE", f"`{key}` {why}"))
    return found


def _combine(
    plan: Plan, shape: Shape, templates: list[frozenset[int]], conditions: list[frozenset[int]]
) -> list[Needs]:
    """Beginning a native step ends it in the same transition, so its needs include those of what follows."""
    done: dict[int, Needs] = {}

    def begins(step: int) -> frozenset[int]:
        return done[step][0] if step in done else templates[step]

    # Followers first: a step has more ancestors than each of its own ancestors.
    for at in sorted(range(len(plan.steps)), key=lambda step: -len(shape.ancestors[step])):
        step, handler = plan.steps[at], shape.on_failure[at]
        end = conditions[at].union(*(begins(edge.to) for edge in shape.edges[at]))
        if handler is not None:
            end |= begins(handler)
        begin = templates[at]
        if isinstance(step.run, RunCondition):
            begin |= end
        # An input that cannot be built or is refused goes to the step that takes the failure, in the same transition.
        refusable = bool(step.input_template_json) or bool(step.input_policies) or is_join(step)
        if handler is not None and refusable:
            begin |= begins(handler)
        done[at] = (begin, end)
    return [done[at] for at in range(len(plan.steps))]
