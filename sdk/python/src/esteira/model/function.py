"""The one thing that a function author implements."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from .context import Context
from .outcome import Outcome, outcome_of
from .payload import Payload
from .plan import OutputType

#: What a function may return; see :func:`esteira.model.outcome_of`.
Returned = Outcome | Payload | list[Payload] | None
#: A plain function or a coroutine function of a context and an input.
Body = Callable[[Context, Payload], Returned | Awaitable[Returned]]


@dataclass(frozen=True)
class FunctionSpec:
    """What a function says about itself when its worker registers."""

    #: The name that plans use: `[a-z][a-z0-9_.-]{0,62}`, for example `order.reserve`.
    name: str
    #: What it produces; must agree with the step that runs it.
    output_type: OutputType
    #: The author's version text; recorded with every attempt. "" when the author counts none.
    version: str = ""
    #: What it does, in one sentence of at most 256 characters.
    summary: str = ""


class Function(ABC):
    """A named, versioned, stateless unit of code with one entry. It does exactly one thing and persists nothing.

    `execute` may be called many times at once, and again for the same task: an attempt can be repeated after a lost
    lease. Hand `cx.idempotency_key` to outside services, and return soon after `cx.cancelled()`.
    """

    @property
    @abstractmethod
    def spec(self) -> FunctionSpec:
        """Name, version, output type and summary. Must give the same answer every time."""

    @abstractmethod
    def execute(self, cx: Context, payload: Payload) -> Returned | Awaitable[Returned]:
        """Runs it once on one input. A plain method runs in a thread, a coroutine method on the event loop.

        An exception counts as retryable `UNHANDLED`, unless it is a :class:`esteira.model.Error`.
        """

    @property
    def is_coroutine(self) -> bool:
        """Whether `execute` runs on the event loop."""
        return inspect.iscoroutinefunction(self.execute)


class FunctionOf(Function):
    """A :class:`Function` made by the decorator :func:`function`."""

    def __init__(self, spec: FunctionSpec, body: Body) -> None:
        self._spec = spec
        self._body = body

    @property
    def spec(self) -> FunctionSpec:
        """What the decorator was given."""
        return self._spec

    def execute(self, cx: Context, payload: Payload) -> Returned | Awaitable[Returned]:
        """Calls the decorated function."""
        return self._body(cx, payload)

    @property
    def is_coroutine(self) -> bool:
        """Whether the decorated function runs on the event loop."""
        called = getattr(self._body, "__call__", None)  # noqa: B004 - an object whose `__call__` is a coroutine counts
        return inspect.iscoroutinefunction(self._body) or inspect.iscoroutinefunction(called)

    def __call__(self, cx: Context, payload: Payload) -> Any:
        """Calls the decorated function itself."""
        return self._body(cx, payload)


def function(
    name: str, output_type: OutputType = OutputType.SINGLE, *, version: str = "", summary: str = ""
) -> Callable[[Body], FunctionOf]:
    """Makes a :class:`Function` of a plain function or of a coroutine function; a decorator.

    >>> @function("kit.echo")
    ... def echo(cx, payload):
    ...     return payload
    >>> echo.spec.name
    'kit.echo'
    """
    spec = FunctionSpec(name, output_type, version, summary)
    return lambda body: FunctionOf(spec, body)


__all__ = ["Body", "Function", "FunctionOf", "FunctionSpec", "Returned", "function", "outcome_of"]
