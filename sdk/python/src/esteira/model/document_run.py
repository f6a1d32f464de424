"""What a step runs, and which fields that leaves without a use."""

from __future__ import annotations

from datetime import timedelta

from .document_ranges import WAIT
from .document_reader import NAME, Field, Object
from .plan import Run, RunCondition, RunFunction, RunSubPlan, RunWait

#: Fields that only a function of a worker has a use for.
_WORKER_ONLY = (
    "function_version",
    "queue",
    "execution_timeout",
    "lease_ttl",
    "max_in_flight",
    "exclusive_aggregate",
    "retry",
)


def read_run(whole: Object, config: Field | None) -> Run | None:
    """Reads `function` or `sub_plan`, and refuses what the step could not use. `config` was taken by the caller."""
    function = whole.take("function", lambda it: it)
    sub_plan = whole.take("sub_plan", lambda it: it)
    if function and sub_plan:
        return sub_plan.refuse("RUN_AMBIGUOUS", "a step has a `function` or a `sub_plan`, not both")
    if sub_plan:
        _refuse(whole, _WORKER_ONLY, "a sub-plan is a job of its own; set this on its steps")
        return _sub_plan(sub_plan)
    if not function:
        return whole.refuse("RUN_AMBIGUOUS", "a step has a `function` or a `sub_plan`")
    name = function.name(NAME)
    if name in ("condition", "wait"):
        _refuse(whole, _WORKER_ONLY, f"`{name}` is run by the engine: nothing is leased or tried again")
    if name == "condition":
        return RunCondition()
    if name == "wait":
        pause = _wait(whole, config)
        return None if pause is None else RunWait(pause)
    return None if name is None else RunFunction(name)


def _refuse(whole: Object, names: tuple[str, ...], why: str) -> None:
    for name in names:
        whole.refuse_field(name, why)


def _sub_plan(field: Field) -> Run | None:
    whole = field.object()
    if whole is None:
        return None
    plan = whole.require("plan", lambda it: it.name(NAME))
    version = whole.take("version", lambda it: it.whole((0, (1 << 31) - 1)))
    whole.finish()
    return None if plan is None else RunSubPlan(plan, version or 0)


def _wait(whole: Object, config: Field | None) -> timedelta | None:
    """The `config` of a `wait`."""
    if config is None:
        return whole.refuse_missing("config", "`wait` takes its duration from `config`")
    settings = config.object()
    if settings is None:
        return None
    duration = settings.require("duration", lambda it: it.duration(WAIT))
    settings.finish()
    return duration
