"""The language of conditions for the tests of the C# SDK, which has none of its own: the Python SDK's, behind a pipe.

Reads one JSON object a line and answers one: `{"ok": ..}` or `{"code": .., "message": ..}`.
"""

import base64
import json
import sys

from esteira.expr import CelExpressions
from esteira.model.engine.ports import ExpressionError, Scope
from esteira.model.expressions import TEMPLATE_VARIABLES, Expressions
from esteira.model.payload import Payload

_CEL = CelExpressions()
_EXPRESSIONS = Expressions(_CEL)


def _payload(given):
    if given is None:
        return None
    if "binary" in given:
        return Payload.binary(base64.b64decode(given["binary"]))
    return Payload.json(given["json"]) if "json" in given else Payload.none()


def _scope(given):
    return Scope(
        _payload(given["input"]),
        _payload(given["output"]),
        tuple(given["item"]),
        {key: _payload(value) for key, value in given["steps"].items()},
        given["job_id"],
        _payload(given["job_input"]),
        given["labels"],
        given["data_class"],
        given["config"],
    )


def _references(program):
    steps = {path[1] for path in program.paths if path[0] == "steps" and len(path) > 1}
    return {"steps": sorted(steps), "output": any(path[0] == "output" for path in program.paths)}


def _answer(asked):
    source = asked["source"]
    match asked["do"]:
        case "check_condition":
            references = _EXPRESSIONS.check_condition(source)
            return {"steps": list(references.steps), "output": references.output}
        case "check_policy":
            return _EXPRESSIONS.check_policy(source)
        case "check_expression":
            return _references(_CEL.compile(source, TEMPLATE_VARIABLES, False))
        case "condition":
            return _EXPRESSIONS.condition(source, _scope(asked["scope"]))
        case "policy":
            return _EXPRESSIONS.policy(source, _payload(asked["value"]))
        case "expression":
            return _CEL.compile(source, TEMPLATE_VARIABLES, False).json(_scope(asked["scope"]))
        case other:
            raise ValueError(other)


for line in sys.stdin:
    try:
        told = {"ok": _answer(json.loads(line))}
    except ExpressionError as error:
        told = {"code": error.code, "message": error.message}
    print(json.dumps(told), flush=True)
