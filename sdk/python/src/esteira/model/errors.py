"""Why a function failed, and whether another attempt can help."""

from __future__ import annotations

import os
import re
import traceback
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from .limits import FAILURE_MESSAGE_BYTES_MAX, FAILURE_STACK_BYTES_MAX
from .text_enum import TextEnum

if TYPE_CHECKING:
    from .payload import Payload

#: Code of a failure that the author did not name: an exception of Python or of a library.
UNHANDLED = "UNHANDLED"
#: Code of an input that cannot be decoded.
INPUT_INVALID = "INPUT_INVALID"
#: Code of a configuration that cannot be decoded.
CONFIG_INVALID = "CONFIG_INVALID"
#: Code of a result that is larger than the contract allows.
RESULT_TOO_LARGE = "RESULT_TOO_LARGE"
#: Code of an output that does not agree with the step's output type.
OUTPUT_TYPE_MISMATCH = "OUTPUT_TYPE_MISMATCH"
#: Code of a return value that is no output, or that has no JSON.
OUTPUT_INVALID = "OUTPUT_INVALID"

_CODE = re.compile(r"[A-Z][A-Z0-9_]{0,63}")
_HERE = str(Path(__file__).resolve().parent.parent) + os.sep


class FailureKind(TextEnum):
    """What a failure means for a retry."""

    #: Another attempt may succeed.
    RETRYABLE = "RETRYABLE"
    #: No attempt will succeed with this input.
    NON_RETRYABLE = "NON_RETRYABLE"
    #: The execution time-out of the step passed.
    TIMEOUT = "TIMEOUT"
    #: The job was cancelled or terminated.
    CANCELLED = "CANCELLED"
    #: The worker stopped sending heartbeats, too many times in a row.
    LEASE_EXPIRED = "LEASE_EXPIRED"
    #: The worker or the plan broke a rule of the contract.
    PROTOCOL = "PROTOCOL"


@dataclass(frozen=True)
class Failure:
    """A failure with a stable code. Texts may hold data and are treated like data."""

    #: What it means for a retry.
    kind: FailureKind
    #: Stable UPPER_SNAKE code chosen by the author; retry rules match it exactly.
    code: str
    #: For a person; at most 4 KiB.
    message: str
    #: At most 16 KiB, or "".
    stack_trace: str = ""
    #: The worker asks for at least this pause before the next attempt.
    retry_after: timedelta | None = None
    #: More about it, if the author gave it.
    details: Payload | None = None
    #: Which part failed: a function, `engine`, `worker`, `coordinator`.
    source: str = "engine"


class Error(Exception):
    """Why a function failed; raise :class:`Retryable` or :class:`NonRetryable`.

    Any other exception that leaves a function counts as retryable with code `UNHANDLED`.
    """

    def __init__(self, code: str, message: object = "") -> None:
        super().__init__(code, message)
        #: Stable UPPER_SNAKE code; retry rules and failure edges match it exactly.
        self.code = code
        #: For a person; may hold data and is treated like data.
        self.message = str(message)

    @property
    def retryable(self) -> bool:
        """Whether another attempt may succeed."""
        return not isinstance(self, NonRetryable)

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


class Retryable(Error):
    """Another attempt may succeed."""

    def __init__(self, code: str, message: object = "", *, after: timedelta | None = None) -> None:
        super().__init__(code, message)
        #: Wait at least this long before the next attempt.
        self.after = after


class NonRetryable(Error):
    """No attempt will succeed with this input."""


class InputInvalid(NonRetryable):
    """The input cannot be decoded."""

    def __init__(self, message: object = "") -> None:
        super().__init__(INPUT_INVALID, message)


class ConfigInvalid(NonRetryable):
    """The step's configuration cannot be decoded."""

    def __init__(self, message: object = "") -> None:
        super().__init__(CONFIG_INVALID, message)


def failure_of(error: BaseException, source: str) -> Failure:
    """The failure that is reported for an exception, with its texts cut to the contract's limits.

    A code of another form than `[A-Z][A-Z0-9_]{0,63}` becomes `UNHANDLED` and moves into the message.
    """
    if not isinstance(error, Error):
        stack = _stack(error)
        return truncated(Failure(FailureKind.RETRYABLE, UNHANDLED, _told(error), stack, source=source))
    code, message = str(error.code), error.message
    if not _CODE.fullmatch(code):
        code, message = UNHANDLED, f"{code}: {message}"
    kind = FailureKind.RETRYABLE if error.retryable else FailureKind.NON_RETRYABLE
    after = error.after if isinstance(error, Retryable) else None
    return truncated(Failure(kind, code, message, retry_after=after, source=source))


def _told(error: BaseException) -> str:
    """The messages of the exception and of those that it was raised from."""
    parts: list[str] = []
    cause: BaseException | None = error
    while cause is not None and len(parts) < 10:
        parts.append(_text(cause))
        cause = cause.__cause__
    return ": ".join(parts)


def _text(error: BaseException) -> str:
    """What an exception says; its own `__str__` is user code, too."""
    try:
        return str(error)
    except Exception:
        return type(error).__name__


def _stack(error: BaseException) -> str:
    """Where it was raised, without the frames of the SDK that called the function; and its type."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename.startswith(_HERE):
        trace = trace.tb_next
    return "".join([*traceback.format_tb(trace), f"{type(error).__name__}: {_text(error)}\n"])


def truncated(failure: Failure) -> Failure:
    """The failure with its texts cut to 4 KiB and 16 KiB, on a code point boundary."""
    return replace(
        failure,
        message=cut(failure.message, FAILURE_MESSAGE_BYTES_MAX),
        stack_trace=cut(failure.stack_trace, FAILURE_STACK_BYTES_MAX),
    )


def cut(text: str, bytes_max: int) -> str:
    """At most so many bytes of a text, whole code points; half a surrogate pair becomes `?`."""
    data = text.encode(errors="replace")
    return data[:bytes_max].decode(errors="ignore")
