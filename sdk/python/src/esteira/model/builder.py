"""Composes functions into a plan, in code.

>>> from esteira.model import OutputType
>>> plan = (
...     PlanBuilder()
...     .step(step("read", "orders.read").output(OutputType.MULTIPLE).then("check"))
...     .step(step("check", "order.check").then_if("ship", "output.ok == true"))
...     .step(step("ship", "order.ship").output(OutputType.NONE))
...     .build()
... )
>>> len(plan.steps)
3

Nothing is checked here: a plan is checked as a whole, when it is run or published.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from .plan import (
    Join,
    NextStep,
    OutputType,
    Plan,
    Policy,
    RetryPolicy,
    Run,
    RunCondition,
    RunFunction,
    RunSubPlan,
    RunWait,
    Step,
)


class StepBuilder:
    """Builds one step of a plan; begun by :func:`step`, :func:`condition`, :func:`wait` or :func:`sub_plan`."""

    def __init__(self, step_key: str, run: Run, config_json: str = "") -> None:
        self._step = Step(step_key, run, config_json)

    def output(self, output_type: OutputType) -> StepBuilder:
        """What the step produces."""
        return self.set(output_type=output_type)

    def config(self, json_text: str) -> StepBuilder:
        """JSON given to the function as its configuration."""
        return self.set(config_json=json_text)

    def input(self, template_json: str) -> StepBuilder:
        """Typed JSON template that builds the input."""
        return self.set(input_template_json=template_json)

    def then(self, step_key: str) -> StepBuilder:
        """Each output goes to this step."""
        return self.then_if(step_key, "")

    def then_if(self, step_key: str, condition: str) -> StepBuilder:
        """Each output for which the CEL expression holds goes to this step."""
        self._step.next.append(NextStep(step_key, condition))
        return self

    def first_match(self) -> StepBuilder:
        """Takes the first edge that holds instead of all that hold."""
        return self.set(exclusive_next=True)

    def join_all(self) -> StepBuilder:
        """Runs once, on the array of all that arrived, when everything that leads here has come to rest."""
        return self.set(join=Join.ALL)

    def depends_on(self, step_keys: Iterable[str]) -> StepBuilder:
        """Runs once, when these steps have ended, on the array of their outputs; the alternative to edges."""
        return self.set(depends_on=list(step_keys), join=Join.ALL)

    def retry(self, retry: RetryPolicy) -> StepBuilder:
        """When and how often a failed attempt is tried again."""
        return self.set(retry=retry)

    def max_attempts(self, attempts: int) -> StepBuilder:
        """Attempts in all, the first included."""
        return self.set(retry=replace(self._step.retry, max_attempts=attempts))

    def execution_timeout(self, timeout: timedelta) -> StepBuilder:
        """Longest run of one attempt."""
        return self.set(execution_timeout=timeout)

    def on_failure(self, step_key: str) -> StepBuilder:
        """The step that receives a failure instead of the job failing."""
        return self.set(on_failure_step=step_key)

    def exclusive_aggregate(self) -> StepBuilder:
        """At most one task at a time for each aggregate."""
        return self.set(exclusive_aggregate=True)

    def input_policy(self, name: str) -> StepBuilder:
        """A policy on the input, by name."""
        self._step.input_policies.append(name)
        return self

    def output_policy(self, name: str) -> StepBuilder:
        """A policy on each output, by name."""
        self._step.output_policies.append(name)
        return self

    def set(self, **fields: Any) -> StepBuilder:
        """Sets any other fields of :class:`Step` by name."""
        for name, value in fields.items():
            if name not in Step.__dataclass_fields__:
                raise TypeError(f"a step has no field {name!r}")
            setattr(self._step, name, value)
        return self

    def build(self) -> Step:
        """The step as described."""
        return self._step


class PlanBuilder:
    """Builds a :class:`Plan` step by step."""

    def __init__(self) -> None:
        self._plan = Plan()

    def aggregate_type(self, kind: str) -> PlanBuilder:
        """The kind of aggregate that the plan moves."""
        self._plan.aggregate_type = kind
        return self

    def start_steps(self, step_keys: Iterable[str]) -> PlanBuilder:
        """The steps that a job begins with; without them all that no other step leads to."""
        self._plan.start_steps = list(step_keys)
        return self

    def policy(self, name: str, version: str, condition: str) -> PlanBuilder:
        """A rule that fails the step when it does not hold: a CEL expression over `value`."""
        self._plan.policies.append(Policy(name, version, condition, True))
        return self

    def observing_policy(self, name: str, version: str, condition: str) -> PlanBuilder:
        """A rule whose verdict is only recorded."""
        self._plan.policies.append(Policy(name, version, condition, False))
        return self

    def step(self, step: StepBuilder) -> PlanBuilder:
        """Adds a step."""
        self._plan.steps.append(step.build())
        return self

    def build(self) -> Plan:
        """The plan as described."""
        return self._plan


def step(key: str, function_name: str) -> StepBuilder:
    """A step that runs a function; it produces one payload unless :meth:`StepBuilder.output` says otherwise."""
    return StepBuilder(key, RunFunction(function_name))


def condition(key: str) -> StepBuilder:
    """A step that only decides where its input goes on, by its edges' conditions."""
    return StepBuilder(key, RunCondition())


def wait(key: str, pause: timedelta) -> StepBuilder:
    """A step that passes its input on after a pause."""
    return StepBuilder(key, RunWait(pause), f'{{"duration":"{pause // timedelta(milliseconds=1)}ms"}}')


def sub_plan(key: str, plan_name: str) -> StepBuilder:
    """A step that runs another plan, by name, in its default version."""
    return StepBuilder(key, RunSubPlan(plan_name))
