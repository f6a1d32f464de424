"""Typed JSON for inputs, outputs and configurations, with the standard library.

A number that the target type cannot hold is an error, never another number; an error says what is wrong and where,
and never repeats the data itself.
"""

from __future__ import annotations

import dataclasses
import json
import math
import re
import types
import typing
from decimal import Decimal
from typing import Any

from .errors import ConfigInvalid, InputInvalid, NonRetryable
from .json_text import JsonError, check_json

_SHAPE = "the JSON has another shape than expected"
#: A float of so few digits reads back as it was written.
_EXACT_DIGITS = 15
_LONE_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class ShapeError(ValueError):
    """A value has another shape than the type that was asked for."""

    def __init__(self, path: str) -> None:
        super().__init__(f"{_SHAPE} (at {path or 'the root'})")


class NumberError(ValueError):
    """A number that cannot be held as it is written."""


def encode(value: Any) -> str:
    """Compact JSON text of a value; dataclasses become objects."""
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=_plain)
    except (TypeError, ValueError, RecursionError) as error:
        raise NonRetryable("OUTPUT_INVALID", str(error)) from error


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    raise TypeError(f"a {type(value).__name__} has no JSON")


def decode_input(text: str | None, as_type: Any) -> Any:
    """The value of an input; `INPUT_INVALID` when there is none of that type."""
    if text is None:
        raise InputInvalid("the payload is not JSON")
    try:
        return decode(text, as_type)
    except ValueError as error:
        raise InputInvalid(str(error)) from error


def decode_config(text: str, as_type: Any) -> Any:
    """The value of a configuration; `CONFIG_INVALID` when it has another type. An absent one reads as `{}`."""
    try:
        return decode(text or "{}", as_type)
    except ValueError as error:
        raise ConfigInvalid(str(error)) from error


def decode(text: str, as_type: Any = None) -> Any:
    """The value of JSON text; `ValueError` says why there is none."""
    try:
        value = _READER.decode(text)
    except NumberError:
        raise
    except (ValueError, RecursionError):
        raise ValueError(_why(text)) from None
    if _LONE_SURROGATE.search(text):
        _refuse(text)
    return value if as_type is None or as_type is Any else shape(value, as_type, "")


def _why(text: str) -> str:
    try:
        _refuse(text)
    except ValueError as error:
        return str(error)
    return "the text is not JSON that can be read here"


def _refuse(text: str) -> None:
    try:
        check_json(text)
    except JsonError as error:
        raise ValueError(f"the text is not JSON: {error}") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("duplicate object key")
    return members


def _constant(name: str) -> Any:
    raise ValueError(name)


def _int(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise NumberError("a number has too many digits to be read") from None


def _float(text: str) -> float:
    number = float(text)
    if math.isinf(number) or (len(text) > _EXACT_DIGITS and Decimal(text) != Decimal(repr(number))):
        raise NumberError("a number cannot be held as it is written")
    if number == 0.0 and Decimal(text) != 0:
        raise NumberError("a number cannot be held as it is written")
    return number


_READER = json.JSONDecoder(parse_float=_float, parse_int=_int, parse_constant=_constant, object_pairs_hook=_object)


def shape(value: Any, as_type: Any, path: str) -> Any:
    """The value as that type; :class:`ShapeError` names the place where it is not."""
    origin = typing.get_origin(as_type)
    if as_type is Any:
        return value
    if origin in (typing.Union, types.UnionType):
        return _union(value, typing.get_args(as_type), path)
    if origin is list or as_type is list:
        return _list(value, typing.get_args(as_type), path)
    if origin is dict or as_type is dict:
        return _dict(value, typing.get_args(as_type), path)
    if dataclasses.is_dataclass(as_type):
        return _dataclass(value, as_type, path)
    if as_type is type(None) and value is None:
        return None
    if as_type is float and isinstance(value, int) and not isinstance(value, bool) and int(float(value)) == value:
        return float(value)
    if as_type in (bool, int, float, str) and type(value) is as_type:
        return value
    raise ShapeError(path)


def _union(value: Any, choices: tuple[Any, ...], path: str) -> Any:
    for choice in choices:
        try:
            return shape(value, choice, path)
        except ShapeError:
            continue
    raise ShapeError(path)


def _list(value: Any, arguments: tuple[Any, ...], path: str) -> Any:
    if not isinstance(value, list):
        raise ShapeError(path)
    return [shape(item, arguments[0], f"{path}/{at}") for at, item in enumerate(value)] if arguments else value


def _dict(value: Any, arguments: tuple[Any, ...], path: str) -> Any:
    if not isinstance(value, dict):
        raise ShapeError(path)
    return {key: shape(item, arguments[1], f"{path}/{key}") for key, item in value.items()} if arguments else value


def _dataclass(value: Any, as_type: Any, path: str) -> Any:
    if not isinstance(value, dict):
        raise ShapeError(path)
    hints = typing.get_type_hints(as_type)
    members: dict[str, Any] = {}
    for field in dataclasses.fields(as_type):
        if field.name in value:
            members[field.name] = shape(value[field.name], hints[field.name], f"{path}/{field.name}")
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise ShapeError(f"{path}/{field.name}")
    return as_type(**members)
