"""A CEL value as JSON text. Objects have their keys in order, so that the same value always has the same digest."""

from __future__ import annotations

import math
from typing import Any

from ..model.engine.ports import ExpressionError
from ..model.json_text import quoted
from ..model.template_parts import TYPE


def write(value: Any) -> str:
    """The text; EXPRESSION_TYPE for what JSON does not have: bytes, timestamps, durations, infinities."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():
            return _double(value)
        case str():
            return quoted(value)
        case list():
            return f"[{','.join(map(write, value))}]"
        case dict():
            if not all(isinstance(key, str) for key in value):
                raise ExpressionError(TYPE, "the keys of a JSON object are strings")
            return "{" + ",".join(f"{quoted(key)}:{write(value[key])}" for key in sorted(value)) + "}"
    raise ExpressionError(TYPE, f"JSON has no {type(value).__name__}")


def _double(number: float) -> str:
    """The shortest text that reads back as the same number; always with a point or an exponent."""
    if math.isnan(number) or math.isinf(number):
        raise ExpressionError(TYPE, "JSON has no infinity and no NaN")
    if 1e-5 <= abs(number) < 1e-4:
        return _small(number)
    mantissa, _, exponent = repr(number).partition("e")
    if not exponent:
        return mantissa
    return f"{mantissa.removesuffix('.0')}e{int(exponent)}"


def _small(number: float) -> str:
    """Without an exponent, where Python would write one."""
    mantissa, _, exponent = repr(abs(number)).partition("e")
    digits = mantissa.replace(".", "").rstrip("0") or "0"
    sign = "-" if number < 0 else ""
    return f"{sign}0.{'0' * (-int(exponent) - 1)}{digits}"
