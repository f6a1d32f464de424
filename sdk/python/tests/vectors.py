"""Where the shared vectors are, and what each kind of case does."""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import kit
from google.protobuf.message import Message

from esteira.model import (
    Actor,
    AggregateRef,
    ConfigInvalid,
    ExpressionError,
    Expressions,
    Failure,
    FailureKind,
    InputInvalid,
    NonRetryable,
    Packet,
    Payload,
    PlanInvalid,
    Retryable,
    RunError,
    Runner,
    Scope,
    Start,
    Trace,
    definition_json,
    failure_of,
    parse,
    parse_millis,
)
from esteira.model.errors import truncated
from esteira.model.expressions import installed_cel
from esteira.testing import Harness
from esteira.v1 import job_pb2, types_pb2, worker_pb2

FOLDER = Path(os.environ.get("ESTEIRA_VECTORS") or Path(__file__).resolve().parents[3] / "tests" / "vectors")
#: Codes whose message the engine or an SDK writes, and not the function's author.
OWN_WORDS = {"CONFIG_INVALID", "INPUT_INVALID", "JSON_INVALID", "OUTPUT_TYPE_MISMATCH", "RESULT_TOO_LARGE"}
#: A message with a field of each enum.
ENUMS: dict[str, tuple[type[Message], str]] = {
    "esteira.v1.JobState": (job_pb2.Job, "state"),
    "esteira.v1.TaskState": (job_pb2.Task, "state"),
    "esteira.v1.WaitReason": (job_pb2.Task, "wait_reason"),
    "esteira.v1.FailureKind": (types_pb2.Failure, "kind"),
    "esteira.v1.OutputType": (worker_pb2.FunctionSpec, "output_type"),
    "esteira.v1.Lineage.Kind": (types_pb2.Lineage, "kind"),
    "esteira.v1.WorkerDirective": (worker_pb2.LeaseTasksResponse, "directive"),
    "esteira.v1.LeaseStatus": (worker_pb2.LeaseVerdict, "status"),
}


def files() -> list[Path]:
    """All files of vectors; that there is none is an error."""
    found = sorted(FOLDER.glob("*.json"))
    if not found:
        raise FileNotFoundError(f"no vectors in {FOLDER}: set ESTEIRA_VECTORS")
    return found


def run(case: dict[str, Any]) -> str | None:
    """The first field in which what came differs from what is expected; None when nothing does."""
    if case["kind"] not in _KINDS:
        return f"there is no kind {case['kind']!r}"
    if case["kind"] == "echo":
        return _echo(case)
    return difference(case["expected"], _KINDS[case["kind"]](case), "expected")


def difference(expected: Any, found: Any, path: str) -> str | None:
    """The first difference. A `message` that is not expected is not compared."""
    if isinstance(expected, dict) and isinstance(found, dict):
        for key in [*expected, *(key for key in found if key not in expected and key != "message")]:
            if (key in expected) != (key in found):
                return f"{path}/{key}: expected {expected.get(key, 'nothing')!r}, found {found.get(key, 'nothing')!r}"
            differs = difference(expected[key], found[key], f"{path}/{key}")
            if differs:
                return differs
        return None
    if isinstance(expected, list) and isinstance(found, list):
        for at in range(max(len(expected), len(found))):
            if at >= len(expected) or at >= len(found):
                return f"{path}: expected {len(expected)} items, found {len(found)}: {(expected + found)[-1]!r}"
            differs = difference(expected[at], found[at], f"{path}/{at}")
            if differs:
                return differs
        return None
    return None if expected == found else f"{path}: expected {expected!r}, found {found!r}"


def payload_in(given: dict[str, Any]) -> Payload:
    match given:
        case {"json": text}:
            return Payload.json(text)
        case {"binary": text}:
            return Payload.binary(base64.b64decode(text))
        case {"none": True}:
            return Payload.none()
    raise ValueError(f"{given!r} is no payload")


def payload_out(payload: Payload) -> dict[str, Any]:
    if payload.body is None:
        return {"none": True}
    if isinstance(payload.body, bytes):
        return {"binary": base64.b64encode(payload.body).decode()}
    # The id of a task is another one in every run.
    return {"json": re.sub('("task_id":")[0-9a-f-]{36}', r"\1<task>", payload.body)}


def start_in(given: dict[str, Any]) -> Start:
    moved = given.get("aggregate")
    actor = Actor(given.get("operator", ""), given.get("account", ""))
    aggregate = AggregateRef(moved["type"], moved["id"], moved["version"]) if moved else None
    packet = Packet(payload_in(given["input"]), actor, aggregate, given.get("headers", {}))
    return Start(packet, given.get("labels", {}))


def run_plan(case: dict[str, Any]) -> Trace:
    runner = Runner().skip_waits().functions(kit.functions())
    for name, text in case.get("plans", {}).items():
        runner.plan(name, parse(text).plan)
    plan = parse(case["plan"]).plan
    return runner.run_blocking(plan, start_in(case.get("start", {"input": {"json": "null"}})))


def trace_out(trace: Trace, rules: set[str]) -> dict[str, Any]:
    return {
        "state": str(trace.state),
        "failure": failure_out(trace.failure),
        "tasks": [
            {
                "plan": task.plan_name,
                "step": task.step_key,
                "item": "/".join(map(str, task.item_path)),
                "attempts": task.attempts,
                "state": str(task.state),
                "input": None if task.input is None else payload_out(task.input),
                "outputs": [payload_out(output) for output in task.outputs],
                "verdicts": [
                    {
                        "policy": verdict.policy,
                        "version": verdict.version,
                        "passed": verdict.passed,
                        # Why the language of expressions cannot judge is said in its own words.
                        "detail": verdict.detail.split(":")[0] if verdict.policy in rules else verdict.detail,
                    }
                    for verdict in task.verdicts
                ],
                "failure": failure_out(task.failure),
            }
            for task in trace.tasks
        ],
        "results": [payload_out(result) for result in trace.results],
        "messages": [
            {
                "topic": emit.topic,
                # The id of the job, or of a sub-plan's job, is another one in every run.
                "key": re.sub("^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", "<job>", emit.key),
                "payload": payload_out(emit.payload),
            }
            for emit in trace.messages
        ],
    }


def failure_out(failure: Failure | None) -> dict[str, Any] | None:
    if failure is None:
        return None
    said = failure.source == "kit.script" and failure.code not in OWN_WORDS
    told = {"message": failure.message} if said else {}
    return {"kind": str(failure.kind), "code": failure.code, **told}


def _trace(case: dict[str, Any]) -> Any:
    texts = [case["plan"], *case.get("plans", {}).values()]
    rules = {policy.name for text in texts for policy in parse(text).plan.policies}
    return trace_out(run_plan(case), rules)


def _refused(case: dict[str, Any]) -> Any:
    try:
        trace = run_plan(case)
    except PlanInvalid as problem:
        found = sorted((issue.path, issue.code) for issue in problem.issues if not issue.warning)
        return {"error": "PLAN_INVALID", "issues": [{"path": path, "code": code} for path, code in found]}
    except RunError as problem:
        return {"error": problem.code}
    return {"error": f"nothing refuses it: {trace}"}


def _digest(case: dict[str, Any]) -> Any:
    return {"sha256": payload_in(case["payload"]).sha256}


def _template(case: dict[str, Any]) -> Any:
    given = case.get("variables", {})
    job = given.get("job", {"id": "", "input": None, "data_class": "DEVTEST"})
    scope = Scope(
        Payload(given.get("input")),
        item_path=tuple(given.get("item", ())),
        steps={key: Payload.json(text) for key, text in given.get("steps", {}).items()},
        job_id=job["id"],
        job_input=None if job["input"] is None else Payload.json(job["input"]),
        labels=job.get("labels", {}),
        data_class=job["data_class"],
        config_json=given.get("config", ""),
    )
    expressions = Expressions(installed_cel())
    try:
        expressions.check_template(case["template"])
        return {"json": expressions.template(case["template"], scope).as_json or ""}
    except ExpressionError as error:
        path = error.message.removeprefix("missing path ")
        return {"error": error.code, **({"path": path} if path.startswith("/") else {})}


def _error(case: dict[str, Any]) -> Any:
    from datetime import timedelta

    raised = case["raised"]
    after = timedelta(milliseconds=raised["after_ms"]) if "after_ms" in raised else None
    match raised["type"]:
        case "retryable":
            error: Exception = Retryable(raised["code"], raised["message"], after=after)
        case "non_retryable":
            error = NonRetryable(raised["code"], raised["message"])
        case "input_invalid":
            error = InputInvalid(raised["message"])
        case "config_invalid":
            error = ConfigInvalid(raised["message"])
        case "other":
            error = RuntimeError(raised["message"])
        case other:
            raise ValueError(other)
    failure = failure_of(error, "kit.script")
    told: dict[str, Any] = {"kind": str(failure.kind), "code": failure.code, "message": failure.message}
    if failure.retry_after is not None:
        told["retry_after_ms"] = failure.retry_after // timedelta(milliseconds=1)
    return told


def _truncate(case: dict[str, Any]) -> Any:
    text = case["text_unit"] * case["count"]
    if case["limit"] == 4096:
        left = truncated(Failure(FailureKind.RETRYABLE, "X", text)).message
    elif case["limit"] == 16384:
        left = truncated(Failure(FailureKind.RETRYABLE, "X", "", text)).stack_trace
    else:
        return {"error": f"nothing is cut at {case['limit']} bytes"}
    return {"bytes": len(left.encode()) if text.startswith(left) else -1}


def _duration(case: dict[str, Any]) -> Any:
    ms = parse_millis(case["text"])
    return {"error": True} if ms is None else {"ms": ms}


def _echo(case: dict[str, Any]) -> str | None:
    execution = Harness().run_blocking(kit.echo, Payload.json(case["json"]))
    same, code = None, execution.failure.code if execution.failure else None
    if execution.payloads:
        same = exact(execution.payloads[0].body) == exact(case["json"])
    match case["expected"]:
        case {"same_value": True}:
            kept = same is True
        case {"same_value_or": other}:
            kept = same is True or code == other
        case {"error": other}:
            kept = code == other
        case _:
            kept = False
    return None if kept else f"expected: {case['expected']!r}, found same={same} code={code}"


def exact(text: Any) -> Any:
    """The value of JSON text with its numbers as they are written; a number is never equal to a text or a boolean."""

    def number(written: str) -> tuple[str, Decimal]:
        return ("number", Decimal(written))

    return json.loads(text, parse_int=number, parse_float=number)


def _enum(case: dict[str, Any]) -> Any:
    kind, field = ENUMS[case["enum"]]
    message = kind()
    setattr(message, field, case["number"])
    data = message.SerializeToString()
    again = kind.FromString(data)
    return {"kept": getattr(again, field) == case["number"] and again.SerializeToString() == data}


def _document(case: dict[str, Any]) -> Any:
    parsed = parse(case["plan"])
    return {"document": definition_json(parsed.plan, parsed.name)}


_KINDS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "trace": _trace,
    "refused": _refused,
    "digest": _digest,
    "template": _template,
    "error": _error,
    "truncate": _truncate,
    "duration": _duration,
    "echo": _echo,
    "enum": _enum,
    "document": _document,
}
