"""Conditions, policies and `$cel` for the embedded runner; the extra `expr`.

The interpreter is `common-expression-language`, which binds the CEL library that the coordinator evaluates with, so
that both agree. Around it stand the coordinator's own rules: which names and functions there are, which paths are read,
integers that are always 64-bit signed, maps whose keys are in order, and errors that never repeat data.

What the coordinator accepts and this refuses: `type(x) == google.protobuf.Duration` and `Timestamp`; a map written with
a uint for a key or with one key twice; a double as an index; the negation of the least integer. In an `all` or `exists`
that holds another macro an item without a value is an error even when another item decides.
"""

from .evaluator import CelExpressions, CelProgram

__all__ = ["CelExpressions", "CelProgram"]
