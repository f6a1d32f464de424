"""From a plan document to a :class:`Plan`: reads the JSON of an author, and says everything that is wrong."""

from __future__ import annotations

from dataclasses import dataclass

from .document_ranges import (
    BACKOFF,
    CODES_MAX,
    DISPLAY_NAME_CHARS_MAX,
    EXECUTION_TIMEOUT,
    JITTER,
    MAX_IN_FLIGHT,
    MULTIPLIER,
    POLICIES_MAX,
    VERSION_CHARS_MAX,
)
from .document_reader import CODE, KEY, NAME, Field, Object
from .document_run import read_run
from .engine.issue import Issue
from .json_text import JsonError, check_json
from .limits import ATTEMPTS_MAX, LEASE_TTL_MAX, LEASE_TTL_MIN, PLAN_BYTES_MAX, PLAN_STEPS_MAX, STEP_NEXT_MAX
from .plan import Join, NextStep, OutputType, Plan, Policy, RetryPolicy, RunCondition, RunWait, Step


class PlanInvalid(Exception):
    """Everything that is wrong with a plan, by place."""

    def __init__(self, issues: list[Issue], plan_name: str = "") -> None:
        listed = "; ".join(f"{issue.path} {issue.code}: {issue.message}" for issue in issues)
        super().__init__(f"the plan {plan_name!r} has {len(issues)} issues; {listed}")
        #: What is wrong, in the order in which it was found.
        self.issues = issues
        #: Name of the sub-plan; "" for the plan itself.
        self.plan_name = plan_name


@dataclass(frozen=True)
class Parsed:
    """A plan document that was read."""

    #: The plan's name, `[a-z][a-z0-9_.-]{0,62}`.
    name: str
    #: For people; "" = none.
    display_name: str
    #: The definition itself.
    plan: Plan


def parse(document: str) -> Parsed:
    """Reads a plan document; :class:`PlanInvalid` names everything that is wrong with its form."""
    size = len(document.encode(errors="replace"))
    if size > PLAN_BYTES_MAX:
        raise PlanInvalid([Issue("", "PLAN_TOO_LARGE", f"{size} bytes; at most {PLAN_BYTES_MAX} are allowed")])
    try:
        check_json(document)
    except JsonError as problem:
        raise PlanInvalid([Issue(problem.path, "JSON_INVALID", str(problem))]) from None
    issues: list[Issue] = []
    parsed = _document(Field("", document.strip(" \t\n\r"), issues))
    if parsed is None or issues:
        raise PlanInvalid(issues)
    return parsed


def _document(field: Field) -> Parsed | None:
    whole = field.object()
    if whole is None:
        return None
    name = whole.require("name", lambda it: it.name(NAME))
    display_name = whole.take("display_name", lambda it: it.short_text(DISPLAY_NAME_CHARS_MAX))
    aggregate_type = whole.take("aggregate_type", lambda it: it.name(NAME))
    policies = whole.take("policies", _policies)
    start_steps = whole.take("start_steps", lambda it: it.names(KEY, PLAN_STEPS_MAX))
    fields = whole.require("steps", lambda it: it.list(PLAN_STEPS_MAX, "STEPS_TOO_MANY"))
    whole.finish()
    keys: set[str] = set()
    steps = [_step(it, keys) for it in fields or []]
    if name is None:
        return None
    plan = Plan(aggregate_type or "", policies or [], start_steps or [], [step for step in steps if step])
    return Parsed(name, display_name or "", plan)


def _policies(field: Field) -> list[Policy]:
    names: set[str] = set()
    read = [_policy(it, names) for it in field.list(POLICIES_MAX) or []]
    return [policy for policy in read if policy]


def _policy(field: Field, names: set[str]) -> Policy | None:
    whole = field.object()
    if whole is None:
        return None
    name = whole.require("name", lambda it: _unique(it, NAME, names, "POLICY_NAME_TAKEN"))
    version = whole.take("version", lambda it: it.short_text(VERSION_CHARS_MAX))
    condition = whole.require("condition", _condition)
    enforce = whole.take("enforce", Field.boolean)
    whole.finish()
    return None if name is None or condition is None else Policy(name, version or "", condition, bool(enforce))


def _condition(field: Field) -> str | None:
    text = field.text()
    if text is not None and not text.strip():
        return field.refuse("TEXT_INVALID", "an empty condition; leave the field out if there is none")
    return text


def _unique(field: Field, form: str, taken: set[str], code: str) -> str | None:
    name = field.name(form)
    if name in taken:
        return field.refuse(code, f"`{name}` is used twice")
    if name is not None:
        taken.add(name)
    return name


def _step(field: Field, keys: set[str]) -> Step | None:
    whole = field.object()
    if whole is None:
        return None
    step_key = whole.require("step_key", lambda it: _unique(it, KEY, keys, "STEP_KEY_TAKEN"))
    config = whole.take("config", lambda it: it)
    run = read_run(whole, config)
    native = isinstance(run, RunCondition | RunWait)
    output_type = whole.take("output", lambda it: _output_type(it, native))
    depends_on = whole.take("depends_on", _depends_on)
    step = Step(
        # Read to the end even when it cannot be kept: everything that is wrong is reported.
        step_key or "",
        run or RunCondition(),
        config_json=config.raw if config else "",
        output_type=output_type or OutputType.SINGLE,
        join=_join(whole, depends_on is not None),
        depends_on=depends_on or [],
        input_template_json=whole.take("input", lambda it: it.raw) or "",
        next=whole.take("next", _next) or [],
        exclusive_next=bool(whole.take("exclusive_next", Field.boolean)),
        retry=whole.take("retry", _retry) or RetryPolicy(),
        queue=whole.take("queue", lambda it: it.name(NAME)) or "",
        execution_timeout=whole.take("execution_timeout", lambda it: it.duration(EXECUTION_TIMEOUT)),
        lease_ttl=whole.take("lease_ttl", lambda it: it.duration((LEASE_TTL_MIN, LEASE_TTL_MAX))),
        max_in_flight=whole.take("max_in_flight", lambda it: it.whole(MAX_IN_FLIGHT)) or 0,
        exclusive_aggregate=bool(whole.take("exclusive_aggregate", Field.boolean)),
        on_failure_step=whole.take("on_failure_step", lambda it: it.name(KEY)) or "",
        function_version=whole.take("function_version", lambda it: it.short_text(VERSION_CHARS_MAX)) or "",
        input_policies=whole.take("input_policies", lambda it: it.names(NAME, POLICIES_MAX)) or [],
        output_policies=whole.take("output_policies", lambda it: it.names(NAME, POLICIES_MAX)) or [],
    )
    whole.finish()
    return step if step_key is not None and run is not None else None


def _output_type(field: Field, native: bool) -> OutputType | None:
    output = field.choice(OutputType)
    if native and output not in (None, OutputType.SINGLE):
        return field.refuse("FIELD_UNSUPPORTED", "this step passes its input on as one output")
    return output


def _join(whole: Object, is_barrier: bool) -> Join:
    def read(field: Field) -> Join | None:
        written = field.choice(Join)
        if is_barrier and written == Join.EACH:
            field.refuse("JOIN_EACH_WITH_DEPENDS_ON", "`depends_on` is a barrier: the step runs once")
        return written

    written = whole.take("join", read)
    return Join.ALL if is_barrier else written or Join.EACH


def _depends_on(field: Field) -> list[str] | None:
    fields = field.list(PLAN_STEPS_MAX)
    if fields is None:
        return None
    if not fields:
        return field.refuse("TEXT_INVALID", "empty; leave the field out instead")
    return [name for name in (it.name(KEY) for it in fields) if name is not None]


def _next(field: Field) -> list[NextStep]:
    return [edge for edge in map(_edge, field.list(STEP_NEXT_MAX) or []) if edge]


def _edge(field: Field) -> NextStep | None:
    """A bare key is an edge that is always taken."""
    if field.is_text:
        key = field.name(KEY)
        return None if key is None else NextStep(key)
    whole = field.object()
    if whole is None:
        return None
    step_key = whole.require("step_key", lambda it: it.name(KEY))
    condition = whole.take("condition", _condition)
    whole.finish()
    return None if step_key is None else NextStep(step_key, condition or "")


def _retry(field: Field) -> RetryPolicy | None:
    default = RetryPolicy()
    whole = field.object()
    if whole is None:
        return None
    max_attempts = whole.take("max_attempts", lambda it: it.whole((1, ATTEMPTS_MAX)))
    initial_field = whole.take("initial_backoff", lambda it: it)
    initial = initial_field.duration(BACKOFF) if initial_field else None
    longest = whole.take("max_backoff", lambda it: it.duration(BACKOFF))
    multiplier = whole.take("multiplier", lambda it: it.number(MULTIPLIER))
    jitter = whole.take("jitter", lambda it: it.number(JITTER))
    codes = whole.take("non_retryable_codes", lambda it: it.names(CODE, CODES_MAX))
    whole.finish()
    # A first pause above the default longest one is meant; both given the wrong way round are not.
    if initial_field and initial is not None and longest is not None and initial > longest:
        return initial_field.refuse("NUMBER_OUT_OF_RANGE", "longer than `max_backoff`")
    if longest is None:
        longest = max(initial, default.max_backoff) if initial is not None else default.max_backoff
    return RetryPolicy(
        default.max_attempts if max_attempts is None else max_attempts,
        min(default.initial_backoff, longest) if initial is None else initial,
        longest,
        default.multiplier if multiplier is None else multiplier,
        default.jitter if jitter is None else jitter,
        tuple(codes or ()),
    )


__all__ = ["Parsed", "PlanInvalid", "parse"]
