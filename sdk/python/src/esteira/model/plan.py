"""Plans: what an author composes. `builder` makes them in code, `document` reads them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

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
