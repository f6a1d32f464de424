"""Payloads: bytes that are kept and hashed exactly as received."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, TypeVar, overload

from . import typed

T = TypeVar("T")


@dataclass(frozen=True)
class Payload:
    """A body with what the sender said about it.

    The body is JSON text, bytes, or nothing at all (which is not the same as JSON `null`). Build one with
    :meth:`json`, :meth:`binary`, :meth:`none` or :meth:`encode`.
    """

    #: JSON text (`str`), anything else (`bytes`), or no data (`None`).
    body: str | bytes | None
    #: "" means `application/json` for JSON and `application/octet-stream` for binary.
    content_type: str = ""
    #: Schema id that the producing function declared, or "".
    schema: str = ""

    @staticmethod
    def none() -> Payload:
        """A payload without data."""
        return Payload(None)

    @staticmethod
    def json(text: str) -> Payload:
        """JSON text, as it is."""
        return Payload(text)

    @staticmethod
    def binary(data: bytes) -> Payload:
        """Bytes, as they are."""
        return Payload(bytes(data))

    @staticmethod
    def encode(value: Any) -> Payload:
        """A JSON payload of the value; `OUTPUT_INVALID` and not retryable when the value has no JSON."""
        return Payload(typed.encode(value))

    @overload
    def decode(self) -> Any: ...
    @overload
    def decode(self, as_type: type[T]) -> T: ...
    def decode(self, as_type: Any = None) -> Any:
        """The value; `INPUT_INVALID` and not retryable when the body is not JSON of that type.

        Without a type: dicts, lists, strings, ints of any size, floats, booleans, None. With a type: a dataclass,
        `list[..]`, `dict[str, ..]`, `X | None` or a scalar. A number that Python cannot hold as written is an error,
        never another number.
        """
        return typed.decode_input(self.body if isinstance(self.body, str) else None, as_type)

    @property
    def data(self) -> bytes:
        """The body bytes: what is stored and hashed."""
        if isinstance(self.body, str):
            return self.body.encode()
        return self.body or b""

    @property
    def size_bytes(self) -> int:
        """How many bytes the body has."""
        if isinstance(self.body, str) and self.body.isascii():
            return len(self.body)
        return len(self.data)

    @property
    def as_json(self) -> str | None:
        """The JSON text, unless the body is binary or absent."""
        return self.body if isinstance(self.body, str) else None

    @property
    def sha256(self) -> str:
        """The digest of the body bytes, in hexadecimal."""
        return hashlib.sha256(self.data).hexdigest()
