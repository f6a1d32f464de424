"""What a function produced."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from .errors import OUTPUT_INVALID, OUTPUT_TYPE_MISMATCH, RESULT_TOO_LARGE, NonRetryable
from .packet import AggregateRef
from .payload import Payload
from .plan import OutputType


@dataclass(frozen=True)
class Verdict:
    """What a policy said about one input or output."""

    #: The policy's name.
    policy: str
    #: Its version.
    version: str
    #: Whether the rule held.
    passed: bool
    #: For a person; names `input` or `output N`.
    detail: str = ""


@dataclass(frozen=True)
class Outcome:
    """A finished execution: the output, and what else the function has to say about it."""

    #: Which kind of output it is.
    output_type: OutputType
    #: The payloads in order; none for `NONE`.
    payloads: tuple[Payload, ...] = ()
    #: The aggregate after its behaviours ran, if the function moved one.
    aggregate_after: AggregateRef | None = None
    #: What the function's own checks said; recorded with the task.
    verdicts: tuple[Verdict, ...] = ()

    @staticmethod
    def none() -> Outcome:
        """Nothing produced: the next step receives this step's input."""
        return Outcome(OutputType.NONE)

    @staticmethod
    def one(payload: Payload) -> Outcome:
        """One payload."""
        return Outcome(OutputType.SINGLE, (payload,))

    @staticmethod
    def many(payloads: Iterable[Payload]) -> Outcome:
        """Any number of payloads: one task an item in the next steps. None at all ends the branch as SKIPPED."""
        return Outcome(OutputType.MULTIPLE, tuple(payloads))

    @staticmethod
    def json(value: Any) -> Outcome:
        """One payload with the JSON of the value."""
        return Outcome.one(Payload.encode(value))

    def moved(self, aggregate: AggregateRef) -> Outcome:
        """Says how the aggregate stands now."""
        return replace(self, aggregate_after=aggregate)

    def verdict(self, verdict: Verdict) -> Outcome:
        """Adds a verdict."""
        return replace(self, verdicts=(*self.verdicts, verdict))

    def checked(self, expected: OutputType, payload_bytes_max: int, items_max: int) -> Outcome:
        """The same outcome, if the step can take it: the expected type, and no payload and no list too large."""
        if self.output_type != expected:
            raise NonRetryable(
                OUTPUT_TYPE_MISMATCH, f"the step's output is `{expected}`, the function's is `{self.output_type}`"
            )
        if len(self.payloads) > items_max:
            raise too_large("items", len(self.payloads), items_max)
        for payload in self.payloads:
            try:
                size_bytes = payload.size_bytes
            except (TypeError, ValueError) as error:
                raise unwritable(error) from error
            if size_bytes > payload_bytes_max:
                raise too_large("bytes in one payload", size_bytes, payload_bytes_max)
        return self


def too_large(what: str, count: int, most: int) -> NonRetryable:
    """More than the contract allows."""
    return NonRetryable(RESULT_TOO_LARGE, f"{count} {what}, and {most} is the most")


def unwritable(error: Exception) -> NonRetryable:
    """What a function produced cannot be written: a text that is no Unicode, a number where a text belongs."""
    return NonRetryable(OUTPUT_INVALID, f"the output cannot be written: {type(error).__name__}: {error}")


def outcome_of(returned: object) -> Outcome:
    """The outcome that a return value stands for: None, a payload, a list of payloads, or an outcome."""
    if isinstance(returned, Outcome):
        return returned
    if returned is None:
        return Outcome.none()
    if isinstance(returned, Payload):
        return Outcome.one(returned)
    if isinstance(returned, list | tuple) and all(isinstance(item, Payload) for item in returned):
        return Outcome.many(returned)
    raise NonRetryable(
        OUTPUT_INVALID,
        f"the function returned {type(returned).__name__}: return None, a Payload, a list of payloads or an Outcome",
    )
