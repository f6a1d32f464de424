"""From the parts of a template, and a scope, to text."""

from __future__ import annotations

from .engine.ports import ExpressionError, Scope
from .json_text import follow, quoted
from .limits import PAYLOAD_BYTES_MAX
from .payload import Payload
from .template_parts import FAILED, MISSING_PATH, TYPE, Cel, Concat, Default, Parts, Ref, missing


def render(parts: Parts, scope: Scope) -> str:
    """The text that parts make."""
    rendered: list[str] = []
    size = 0
    for part in parts:
        match part:
            case str():
                text = part
            case Ref():
                text = _reference(part, scope)
            case Cel(program):
                text = program.json(scope)
            case Default(choices):
                text = _first_there(choices, scope)
            case Concat(operands):
                text = _concat(operands, scope)
        size += len(text)
        if size > PAYLOAD_BYTES_MAX:
            raise ExpressionError(FAILED, f"the result is larger than {PAYLOAD_BYTES_MAX} bytes")
        rendered.append(text)
    joined = "".join(rendered)
    if len(joined.encode()) > PAYLOAD_BYTES_MAX:
        raise ExpressionError(FAILED, f"the result is larger than {PAYLOAD_BYTES_MAX} bytes")
    return joined


def _first_there(choices: list[Parts], scope: Scope) -> str:
    last = ExpressionError(FAILED, "`$default` without a choice")
    for choice in choices:
        try:
            return render(choice, scope)
        except ExpressionError as problem:
            if problem.code != MISSING_PATH:
                raise
            last = problem
    raise last


def _concat(operands: list[Parts], scope: Scope) -> str:
    inside = []
    for operand in operands:
        text = render(operand, scope).strip()
        if not (len(text) >= 2 and text.startswith('"') and text.endswith('"')):
            raise ExpressionError(TYPE, "`$concat` joins strings; one of these is not")
        # The escapes of JSON strings stand for themselves in any JSON string.
        inside.append(text[1:-1])
    return f'"{"".join(inside)}"'


def whole(reference: Ref, scope: Scope) -> Payload | None:
    """The payload itself that a reference names; None when it names none."""
    match reference.source:
        case "input":
            payload: Payload | None = scope.input
        case "step":
            payload = scope.steps.get(reference.step_key)
        case "job_input":
            payload = scope.job_input
        case _:
            return None
    if payload is None or payload.body is None:
        raise missing(reference.pointer)
    return payload


def _reference(reference: Ref, scope: Scope) -> str:
    """The text of what a reference names, exactly as it was written."""
    text: str | None
    match reference.source:
        case "item":
            text = item_json(scope.item_path)
        case "job":
            text = _job(scope, with_input=not reference.tokens)
        case "config":
            text = scope.config_json or None
        case _:
            payload = whole(reference, scope)
            if payload is not None and isinstance(payload.body, bytes) and not reference.tokens:
                raise ExpressionError(TYPE, f"{reference.pointer} is binary and cannot stand inside JSON")
            text = payload.as_json if payload else None
    found = None if text is None else follow(text, reference.tokens)
    if found is None:
        raise missing(reference.pointer)
    return found


def item_json(path: tuple[int, ...]) -> str | None:
    """The variable `item` as JSON text; None outside a fan-out."""
    return f'{{"index":{path[-1]},"path":[{",".join(map(str, path))}]}}' if path else None


def _job(scope: Scope, with_input: bool) -> str:
    """The variable `job` as JSON text."""
    labels = ",".join(f"{quoted(name)}:{quoted(scope.labels[name])}" for name in sorted(scope.labels))
    written = ""
    if with_input and scope.job_input is not None:
        if isinstance(scope.job_input.body, bytes):
            raise ExpressionError(TYPE, "/job/input is binary and cannot stand inside JSON")
        if scope.job_input.as_json is not None:
            written = f'"input":{scope.job_input.as_json.strip()},'
    data_class = quoted(scope.data_class)
    return f'{{"id":{quoted(scope.job_id)},{written}"labels":{{{labels}}},"data_class":{data_class}}}'
