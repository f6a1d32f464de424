"""Plans, and how they are composed in code.

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
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from .limits import ATTEMPTS_DEFAULT
from .text_enum import TextEnum


class OutputType(TextEnum):
    """What a step produces."""

    #: One payload.
    SINGLE = "single"
    #: Any number of payloads: one task an item in the next steps.
    MULTIPLE = "multiple"
    #: Nothing: the next step receives this step's input.
    NONE = "none"


class Join(TextEnum):
    """How a step treats what arrives."""

    #: One task for each arrival.
    EACH = "each"
    #: One task a job, when all that leads here has come to rest; its input is the array of what arrived.
    ALL = "all"


@dataclass(frozen=True)
class RunFunction:
    """A step that runs a function that a worker serves."""

    name: str


@dataclass(frozen=True)
class RunCondition:
    """An engine-native step: passes its input on; its `next` conditions do the work."""


@dataclass(frozen=True)
class RunWait:
    """An engine-native step: passes its input on after this long."""

    pause: timedelta


@dataclass(frozen=True)
class RunSubPlan:
    """A child job of another plan."""

    plan: str
    #: As written; 0 = the default version at publish.
    version: int = 0


Run = RunFunction | RunCondition | RunWait | RunSubPlan


@dataclass(frozen=True)
class NextStep:
    """An edge to a following step."""

    #: Key of the following step.
    step_key: str
    #: CEL expression that must hold; "" = always.
    condition: str = ""


@dataclass(frozen=True)
class RetryPolicy:
    """When and how often a failed attempt is tried again."""

    #: Attempts in all, the first included.
    max_attempts: int = ATTEMPTS_DEFAULT
    #: Pause before the second attempt.
    initial_backoff: timedelta = timedelta(seconds=1)
    #: Longest pause.
    max_backoff: timedelta = timedelta(seconds=60)
    #: Each pause is the one before times this.
    multiplier: float = 2.0
    #: Share of the pause that is random, 0 to 1.
    jitter: float = 0.2
    #: Codes that are never retried.
    non_retryable_codes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Policy:
    """A named rule over a step's input or output; its verdict is recorded."""

    #: Unique in the plan.
    name: str
    #: Author's version text, recorded with each verdict.
    version: str
    #: CEL expression over `value`; the policy passes when it is true.
    condition: str
    #: Whether a verdict of false fails the task, or is only recorded.
    enforce: bool


@dataclass
class Step:
    """One place in a plan."""

    #: `[a-z][a-z0-9_]{0,62}`, unique in the plan.
    step_key: str
    #: What it runs.
    run: Run
    #: JSON given to the function, verbatim; "" = none.
    config_json: str = ""
    #: Typed JSON template that builds the input; "" = what arrived.
    input_template_json: str = ""
    #: What it produces.
    output_type: OutputType = OutputType.SINGLE
    #: Edges to the following steps.
    next: list[NextStep] = field(default_factory=list)
    #: Take the first edge that holds instead of all that hold.
    exclusive_next: bool = False
    #: How arrivals are treated.
    join: Join = Join.EACH
    #: Steps that must have ended before this one; the alternative to `next`.
    depends_on: list[str] = field(default_factory=list)
    #: When to try again.
    retry: RetryPolicy = RetryPolicy()
    #: Queue to wait in; "" = the function's name.
    queue: str = ""
    #: Longest run of one attempt.
    execution_timeout: timedelta | None = None
    #: Lease that workers of this step get.
    lease_ttl: timedelta | None = None
    #: Tasks of this step leased at once, over all jobs of the plan; 0 = no limit.
    max_in_flight: int = 0
    #: At most one live task for each aggregate, first come first served.
    exclusive_aggregate: bool = False
    #: Step that receives the failure instead of the job failing; "" = none.
    on_failure_step: str = ""
    #: Version of the function that must serve it; "" = any.
    function_version: str = ""
    #: Policies on the input.
    input_policies: list[str] = field(default_factory=list)
    #: Policies on each output.
    output_policies: list[str] = field(default_factory=list)


@dataclass
class Plan:
    """A plan definition: a composition of steps with one goal."""

    #: Kind of aggregate that the plan moves; "" = none.
    aggregate_type: str = ""
    #: Named rules that the steps refer to.
    policies: list[Policy] = field(default_factory=list)
    #: Steps that a job begins with; empty = all that no other step leads to.
    start_steps: list[str] = field(default_factory=list)
    #: The steps, in the author's order.
    steps: list[Step] = field(default_factory=list)


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
        retry = self._step.retry
        return self.set(retry=RetryPolicy(**{**retry.__dict__, "max_attempts": attempts}))

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
