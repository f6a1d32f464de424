"""The functions that the shared vectors and the conformance tests run: the same in every SDK.

They use the SDK's public surface only; whatever they need that it lacks is missing in the SDK.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

from esteira.model import (
    Aggregate,
    ConfigInvalid,
    Context,
    Function,
    Level,
    NonRetryable,
    Outcome,
    OutputType,
    Payload,
    Retryable,
    Verdict,
    function,
)

_INT_MAX = (1 << 63) - 1


@function("kit.raw")
def raw(cx: Context, payload: Payload) -> Payload:
    """Returns its input as it is."""
    return payload


@function("kit.echo")
def echo(cx: Context, payload: Payload) -> Payload:
    """Decodes its input and encodes it again: all values stay what they are, or the input is refused."""
    return Payload.encode(payload.decode())


@function("kit.none", OutputType.NONE)
async def none(cx: Context, payload: Payload) -> None:
    """Produces nothing."""


@function("kit.fan", OutputType.MULTIPLE)
def fan(cx: Context, payload: Payload) -> list[Payload]:
    """Produces the items that its configuration names, whatever its input is."""
    match _config(cx):
        case {"items": list(texts), **rest} if not rest and all(isinstance(text, str) for text in texts):
            return [Payload.json(text) for text in texts]
        case {"count": int(count), **rest} if not rest and not isinstance(count, bool) and 0 <= count < 1 << 32:
            return [Payload.json(str(n)) for n in range(count)]
    raise ConfigInvalid("either `items` or `count`")


@dataclass
class Counter(Aggregate):
    """Counts up to a limit. The order of the fields is the order in its JSON."""

    kind: ClassVar[str] = "counter"
    id: str
    version: int
    count: int

    def apply(self, event: int) -> None:
        """Counts."""
        self.count += event
        self.version += 1

    def add(self, amount: int, limit: int) -> None:
        """The rule stands here and nowhere else."""
        if amount <= 0:
            raise NonRetryable("AMOUNT_INVALID", f"{amount} is not positive")
        if self.count + amount > limit:
            raise NonRetryable("LIMIT_REACHED", f"{self.count} and {amount} pass {limit}")
        self.apply(amount)


@dataclass
class CounterConfig:
    """How much to add, and up to where."""

    add: int
    limit: int | None = None


@function("kit.counter")
def counter(cx: Context, payload: Payload) -> Outcome:
    """Adds to the counter that it receives, and says so."""
    config = cx.config(CounterConfig)
    counted = payload.decode(Counter)
    counted.add(config.add, _INT_MAX if config.limit is None else config.limit)
    cx.emit("counter.added", counted.id, Payload.encode(config.add))
    return Outcome.json(counted).moved(counted.reference())


@function("kit.ctx")
def ctx(cx: Context, payload: Payload) -> Payload:
    """Tells its context as JSON; the configuration and the checkpoint stand in it as they are."""
    moved = f"{cx.aggregate.kind}/{cx.aggregate.id}@{cx.aggregate.version}" if cx.aggregate else ""
    checkpoint = cx.last_checkpoint.as_json if cx.last_checkpoint else None
    parts = {
        "step": _json(cx.step_key),
        "attempt": str(cx.attempt),
        "account": _json(cx.operator.account_id),
        "operator": _json(cx.operator.user_id),
        "aggregate": _json(moved),
        "headers": _json(dict(sorted(cx.headers.items()))),
        "config": cx.config_json or "null",
        "checkpoint": checkpoint or "null",
    }
    return Payload.json("{" + ",".join(f'"{name}":{text}' for name, text in parts.items()) + "}")


@function("kit.script")
async def script(cx: Context, payload: Payload) -> Outcome:
    """Plays the list of operations of this attempt; beyond the last list, the last one."""
    attempts = _attempts(_config(cx))
    operations = attempts[min(cx.attempt, len(attempts)) - 1]
    verdicts: list[Verdict] = []
    for name, argument in operations:
        if name == "verdict":
            verdicts.append(Verdict(**argument))
        elif name.startswith("return"):
            return _with(_returned(name, argument, cx, payload), verdicts)
        else:
            await _act(cx, name, argument)
    return _with(Outcome.one(Payload.json("null")), verdicts)


def functions() -> list[Function]:
    """All functions of the kit."""
    return [raw, echo, none, fan, counter, ctx, script]


#: Each operation with the type of its argument; for an object the types of its members, those with `?` optional.
_OPERATIONS: dict[str, Any] = {
    "emit": {"topic": str, "key?": str, "json": str},
    "checkpoint": str,
    "log": str,
    "verdict": {"policy": str, "version": str, "passed": bool, "detail": str},
    "sleep_ms": int,
    "block_ms": int,
    "wait_cancel": True,
    "fail": {"code": str, "message": str, "retryable": bool, "after_ms?": int},
    "throw": str,
    "return": str,
    "return_binary": bytes,
    "return_input": True,
    "return_checkpoint": True,
    "return_type": ("NONE", "MULTIPLE"),
}


def _config(cx: Context) -> Any:
    return cx.config()


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _attempts(config: Any) -> list[list[tuple[str, Any]]]:
    """The configuration, read whole before anything is done."""
    match config:
        case {"attempts": [_, *_] as attempts, **rest} if not rest and all(isinstance(it, list) for it in attempts):
            return [[_operation(operation) for operation in operations] for operations in attempts]
    raise ConfigInvalid("`attempts` is a list of lists")


def _operation(operation: Any) -> tuple[str, Any]:
    if isinstance(operation, dict) and len(operation) == 1:
        [(name, argument)] = operation.items()
        if name in _OPERATIONS and _fits(argument, _OPERATIONS[name]):
            return name, argument
    raise ConfigInvalid("an operation is an object with one known member of the right type")


def _fits(argument: Any, expected: Any) -> bool:
    if expected is True:
        return argument is True
    if isinstance(expected, tuple):
        return argument in expected
    if isinstance(expected, dict):
        known = {name.rstrip("?"): kind for name, kind in expected.items()}
        needed = {name for name in expected if not name.endswith("?")}
        given = argument if isinstance(argument, dict) else {"": None}
        return needed <= given.keys() <= known.keys() and all(_fits(it, known[name]) for name, it in given.items())
    if expected is bytes:
        return isinstance(argument, str) and _bytes(argument) is not None
    return type(argument) is expected and (expected is not int or argument >= 0)


def _bytes(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        return None


async def _act(cx: Context, name: str, argument: Any) -> None:
    """What does not return."""
    match name:
        case "emit":
            cx.emit(argument["topic"], argument.get("key", ""), Payload.json(argument["json"]))
        case "checkpoint":
            cx.checkpoint(Payload.json(argument))
        case "log":
            cx.log(Level.INFO, argument)
        case "block_ms":
            # That it blocks the loop is what it is for.
            time.sleep(argument / 1000)  # noqa: ASYNC251
        case "fail":
            _fail(argument)
        case "throw":
            raise RuntimeError(argument)
        case _:
            await _until_cancelled(cx, argument / 1000 if name == "sleep_ms" else None)


async def _until_cancelled(cx: Context, seconds: float | None) -> None:
    """Ends early, with the cancel, when the function is cancelled."""
    try:
        reason = await asyncio.wait_for(cx.cancelled(), seconds)
    except (TimeoutError, asyncio.TimeoutError):
        return
    raise Retryable("CANCELLED", reason)


def _fail(failing: dict[str, Any]) -> None:
    if not failing["retryable"]:
        raise NonRetryable(failing["code"], failing["message"])
    after = timedelta(milliseconds=failing["after_ms"]) if "after_ms" in failing else None
    raise Retryable(failing["code"], failing["message"], after=after)


def _returned(name: str, argument: Any, cx: Context, payload: Payload) -> Outcome:
    match name:
        case "return":
            return Outcome.one(Payload.json(argument))
        case "return_binary":
            return Outcome.one(Payload.binary(_bytes(argument) or b""))
        case "return_input":
            return Outcome.one(payload)
        case "return_checkpoint":
            return Outcome.one(cx.last_checkpoint or Payload.json("null"))
    return Outcome.none() if argument == "NONE" else Outcome.many([])


def _with(outcome: Outcome, verdicts: list[Verdict]) -> Outcome:
    for verdict in verdicts:
        outcome = outcome.verdict(verdict)
    return outcome
