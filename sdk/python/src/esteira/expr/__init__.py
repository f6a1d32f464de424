"""Conditions, policies and `$cel` for the embedded runner; the extra `expr`.

The interpreter is `common-expression-language`, which binds the CEL library that the coordinator evaluates with, so
that both agree. Around it stand the coordinator's own rules: which names and functions there are, which paths are read,
integers that are always 64-bit signed, maps whose keys are in order, and errors that never repeat data.

What the coordinator has and this has not: a bound on the work of one evaluation; `timestamp` of a number, the time
zones of `getHours(..)` and its like, `string` of bytes, `bool` of a text. An expression that uses one of these is
accepted by both, and has no value here.
"""

from .evaluator import CelExpressions, CelProgram

__all__ = ["CelExpressions", "CelProgram"]
