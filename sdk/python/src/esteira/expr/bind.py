"""The variables of an evaluation: only those that the expression reads.

Integers of JSON become `int` (64 bits, signed), never `uint`; what does not fit, or is written with a point or an
exponent, becomes `double`. A variable without a value is not bound: reading it is an error, never null.
"""

from __future__ import annotations

import json
from typing import Any

from ..model.engine.ports import ExpressionError, Scope
from ..model.payload import Payload
from ..model.template_parts import FAILED, Path

_MISSING = object()


def _int(text: str) -> int | float:
    # More digits than any 64-bit number has.
    if len(text) < 25:
        number = int(text)
        if -(1 << 63) <= number < 1 << 63:
            return number
    return float(text)


_READER = json.JSONDecoder(parse_int=_int)


def of_scope(scope: Scope, paths: list[Path]) -> dict[str, Any]:
    """The variables of a condition or template."""
    bound: dict[str, Any] = {}
    for name in {path[0] for path in paths}:
        value: Any = _MISSING
        match name:
            case "input":
                value = _payload(scope.input, name)
            case "output":
                value = _payload(scope.output, name)
            case "item" if scope.item_path:
                value = {"index": scope.item_path[-1], "path": list(scope.item_path)}
            case "steps":
                value = _steps(scope, {path[1] for path in paths if path[0] == "steps"})
            case "job":
                value = _job(scope)
            case "config" if scope.config_json:
                value = _json(scope.config_json, name)
        if value is not _MISSING:
            bound[name] = value
    return bound


def of_value(value: Payload) -> dict[str, Any]:
    """The one variable of a policy."""
    bound = _payload(value, "value")
    return {} if bound is _MISSING else {"value": bound}


def _payload(payload: Payload | None, name: str) -> Any:
    if payload is None or payload.body is None:
        return _MISSING
    return payload.body if isinstance(payload.body, bytes) else _json(payload.body, name)


def _steps(scope: Scope, keys: set[str]) -> dict[str, Any]:
    """Every step that is read has an entry, so that `has(steps.a.output)` can be asked of a step that did not run."""
    steps: dict[str, Any] = {}
    for key in keys:
        output = _payload(scope.steps.get(key), f"steps.{key}.output")
        steps[key] = {} if output is _MISSING else {"output": output}
    return steps


def _job(scope: Scope) -> dict[str, Any]:
    job: dict[str, Any] = {"id": scope.job_id, "labels": dict(scope.labels), "data_class": scope.data_class}
    data = _payload(scope.job_input, "job.input")
    return job if data is _MISSING else {**job, "input": data}


def _json(text: str, name: str) -> Any:
    try:
        return _READER.decode(text)
    except (ValueError, RecursionError):
        raise ExpressionError(FAILED, f"`{name}` is not acceptable JSON") from None
