"""What must be true of the steps of a plan, before and after its shape is known."""

from __future__ import annotations

from ..limits import PLAN_STEPS_MAX
from ..plan import Join, Plan, RetryPolicy, RunFunction, Step
from .graph_shape import Shape
from .issue import Issue


def check_steps(plan: Plan) -> list[Issue]:
    """References and rules of single steps."""
    issues: list[Issue] = []
    if not plan.steps:
        issues.append(Issue("/steps", "STEPS_EMPTY", "a plan has at least one step"))
    if len(plan.steps) > PLAN_STEPS_MAX:
        issues.append(Issue("/steps", "STEPS_TOO_MANY", f"a plan has at most {PLAN_STEPS_MAX} steps"))
        return issues
    keys: set[str] = set()
    for index, step in enumerate(plan.steps):
        if step.step_key in keys:
            issues.append(Issue(f"/steps/{index}/step_key", "STEP_KEY_TAKEN", f"`{step.step_key}` is used twice"))
        keys.add(step.step_key)
    for place, key in enumerate(plan.start_steps):
        path = f"/start_steps/{place}"
        if key not in keys:
            issues.append(_unknown(path, key))
        elif key in plan.start_steps[:place]:
            issues.append(Issue(path, "EDGE_TWICE", f"`{key}` stands here twice"))
    for index, step in enumerate(plan.steps):
        issues += _check_edges(index, step, keys)
        issues += _check_references(plan, index, step, keys)
        issues += _check_rules(plan, index, step)
    return issues


def _unknown(path: str, key: str) -> Issue:
    return Issue(path, "STEP_UNKNOWN", f"there is no step `{key}`")


def _check_edges(index: int, step: Step, keys: set[str]) -> list[Issue]:
    issues: list[Issue] = []
    targets: set[str] = set()
    for place, edge in enumerate(step.next):
        path = f"/steps/{index}/next/{place}"
        if edge.step_key not in keys:
            issues.append(_unknown(path, edge.step_key))
        if edge.step_key in targets:
            issues.append(Issue(path, "EDGE_TWICE", f"`{edge.step_key}` follows twice; join the two conditions"))
        targets.add(edge.step_key)
        if step.exclusive_next and not edge.condition and place + 1 < len(step.next):
            message = "the edges after one without a condition are never taken"
            issues.append(Issue(path, "EDGE_UNREACHABLE", message))
    return issues


def _check_references(plan: Plan, index: int, step: Step, keys: set[str]) -> list[Issue]:
    issues: list[Issue] = []
    for place, key in enumerate(step.depends_on):
        path = f"/steps/{index}/depends_on/{place}"
        if key not in keys:
            issues.append(_unknown(path, key))
        if key in step.depends_on[:place]:
            issues.append(Issue(path, "EDGE_TWICE", f"`{key}` stands here twice"))
    handler = step.on_failure_step
    if handler:
        path = f"/steps/{index}/on_failure_step"
        follows = any(edge.step_key == handler for edge in step.next)
        depends = any(other.step_key == handler and step.step_key in other.depends_on for other in plan.steps)
        if handler not in keys:
            issues.append(_unknown(path, handler))
        elif follows or depends:
            issues.append(Issue(path, "EDGE_TWICE", "one step cannot take both the output and the failure"))
    policies = {policy.name for policy in plan.policies}
    for field, names in (("input_policies", step.input_policies), ("output_policies", step.output_policies)):
        for place, name in enumerate(names):
            if name not in policies:
                path = f"/steps/{index}/{field}/{place}"
                issues.append(Issue(path, "POLICY_UNKNOWN", f"there is no policy `{name}`"))
    return issues


def _check_rules(plan: Plan, index: int, step: Step) -> list[Issue]:
    issues: list[Issue] = []
    if step.depends_on:
        if any(edge.step_key == step.step_key for other in plan.steps for edge in other.next):
            message = "a step is led to by `next` or has `depends_on`, not both"
            issues.append(Issue(f"/steps/{index}/depends_on", "EDGES_MIXED", message))
        if step.join == Join.EACH:
            message = "`depends_on` is a barrier: the step runs once"
            issues.append(Issue(f"/steps/{index}/join", "JOIN_EACH_WITH_DEPENDS_ON", message))
    if step.exclusive_aggregate and not plan.aggregate_type:
        path = f"/steps/{index}/exclusive_aggregate"
        issues.append(Issue(path, "AGGREGATE_TYPE_MISSING", "the plan names no `aggregate_type`"))
    if not isinstance(step.run, RunFunction):
        worker_only = (
            ("queue", bool(step.queue)),
            ("lease_ttl", step.lease_ttl is not None),
            ("execution_timeout", step.execution_timeout is not None),
            ("max_in_flight", step.max_in_flight > 0),
            ("exclusive_aggregate", step.exclusive_aggregate),
            ("function_version", bool(step.function_version)),
            ("retry", step.retry != RetryPolicy()),
        )
        for field, is_set in worker_only:
            if is_set:
                message = f"`{field}` is for functions that a worker runs"
                issues.append(Issue(f"/steps/{index}/{field}", "FIELD_UNSUPPORTED", message))
    return issues


def check_reach(plan: Plan, shape: Shape) -> list[Issue]:
    """Rules that need the shape: everything can be reached, joins have something to wait for."""
    issues: list[Issue] = []
    starts = set(shape.starts)
    for index, step in enumerate(plan.steps):
        led = shape.predecessors[index]
        if index not in starts and not shape.ancestors[index] & starts:
            message = f"no way from the start leads to `{step.step_key}`"
            issues.append(Issue(f"/steps/{index}", "STEP_UNREACHABLE", message))
        if index in starts and led:
            message = f"`{step.step_key}` starts the plan and follows another step"
            issues.append(Issue(f"/steps/{index}", "START_STEP_FOLLOWS", message))
        if step.join == Join.ALL and not led:
            issues.append(Issue(f"/steps/{index}/join", "JOIN_WITHOUT_EDGE", "nothing leads to this join"))
        leads_on = bool(shape.edges[index]) or shape.on_failure[index] is not None
        if not led and not leads_on and len(plan.steps) > 1 and not plan.start_steps:
            message = f"`{step.step_key}` is linked to no other step: it runs beside the rest"
            issues.append(Issue(f"/steps/{index}", "STEP_ISOLATED", message, warning=True))
    return issues
