"""A plan as the document that is published."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal

from .duration import millis
from .plan import (
    Join,
    NextStep,
    OutputType,
    Plan,
    Policy,
    RetryPolicy,
    RunCondition,
    RunFunction,
    RunSubPlan,
    RunWait,
    Step,
)

_ESCAPED = re.compile(r'["\\\x00-\x1f]')


def definition_json(plan: Plan, name: str) -> str:
    """The document of a plan, to be published under `name`; the format is described in `docs/plan-format.md`.

    Durations are written in whole milliseconds.
    """
    document = _Object()
    document.text("name", name)
    document.text_unless_empty("aggregate_type", plan.aggregate_type)
    document.each("policies", map(_policy, plan.policies))
    document.each("start_steps", map(_quoted, plan.start_steps))
    document.raw("steps", _array(map(_step, plan.steps)))
    return document.end()


def _policy(policy: Policy) -> str:
    written = _Object()
    written.text("name", policy.name)
    written.text_unless_empty("version", policy.version)
    written.text("condition", policy.condition)
    written.raw("enforce", "true" if policy.enforce else "false")
    return written.end()


def _step(step: Step) -> str:
    written = _Object()
    written.text("step_key", step.step_key)
    _run(written, step)
    written.raw_unless_empty("config", step.config_json)
    written.raw_unless_empty("input", step.input_template_json)
    if step.output_type != OutputType.SINGLE:
        written.text("output", str(step.output_type))
    written.each("next", map(_edge, step.next))
    written.flag("exclusive_next", step.exclusive_next)
    if step.join == Join.ALL and not step.depends_on:
        written.text("join", str(step.join))
    written.each("depends_on", map(_quoted, step.depends_on))
    if step.retry != RetryPolicy():
        written.raw("retry", _retry(step.retry))
    written.text_unless_empty("queue", step.queue)
    written.duration("execution_timeout", step.execution_timeout)
    written.duration("lease_ttl", step.lease_ttl)
    if step.max_in_flight:
        written.raw("max_in_flight", str(step.max_in_flight))
    written.flag("exclusive_aggregate", step.exclusive_aggregate)
    written.text_unless_empty("on_failure_step", step.on_failure_step)
    written.text_unless_empty("function_version", step.function_version)
    written.each("input_policies", map(_quoted, step.input_policies))
    written.each("output_policies", map(_quoted, step.output_policies))
    return written.end()


def _run(written: _Object, step: Step) -> None:
    match step.run:
        case RunFunction(name):
            written.text("function", name)
        case RunCondition():
            written.text("function", "condition")
        case RunWait():
            written.text("function", "wait")
        case RunSubPlan(plan, version):
            child = _Object()
            child.text("plan", plan)
            if version:
                child.raw("version", str(version))
            written.raw("sub_plan", child.end())


def _edge(edge: NextStep) -> str:
    written = _Object()
    written.text("step_key", edge.step_key)
    written.text_unless_empty("condition", edge.condition)
    return written.end()


def _retry(retry: RetryPolicy) -> str:
    written = _Object()
    written.raw("max_attempts", str(retry.max_attempts))
    written.duration("initial_backoff", retry.initial_backoff)
    written.duration("max_backoff", retry.max_backoff)
    written.raw("multiplier", _number(retry.multiplier))
    written.raw("jitter", _number(retry.jitter))
    written.each("non_retryable_codes", map(_quoted, retry.non_retryable_codes))
    return written.end()


def _number(number: float) -> str:
    """The shortest text, without an exponent and without `.0`."""
    return str(int(number)) if float(number).is_integer() else f"{Decimal(repr(number)):f}"


def _quoted(text: str) -> str:
    """A JSON string: quotes, backslashes and control characters are escaped, the latter by number."""
    return '"' + _ESCAPED.sub(lambda found: _escape(found.group()), text) + '"'


def _escape(char: str) -> str:
    return f"\\{char}" if char in '"\\' else f"\\u{ord(char):04x}"


def _array(items: Iterable[str]) -> str:
    return f"[{','.join(items)}]"


class _Object:
    """A JSON object while it is written."""

    def __init__(self) -> None:
        self._members: list[str] = []

    def raw(self, name: str, json_text: str) -> None:
        self._members.append(f'"{name}":{json_text}')

    def raw_unless_empty(self, name: str, json_text: str) -> None:
        if json_text:
            self.raw(name, json_text)

    def text(self, name: str, text: str) -> None:
        self.raw(name, _quoted(text))

    def text_unless_empty(self, name: str, text: str) -> None:
        if text:
            self.text(name, text)

    def flag(self, name: str, is_set: bool) -> None:
        if is_set:
            self.raw(name, "true")

    def duration(self, name: str, duration: timedelta | None) -> None:
        if duration is not None:
            self.text(name, f"{millis(duration)}ms")

    def each(self, name: str, items: Iterable[str]) -> None:
        written = list(items)
        if written:
            self.raw(name, _array(written))

    def end(self) -> str:
        return "{" + ",".join(self._members) + "}"
