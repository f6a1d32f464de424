"""What decisions ask of the language of conditions and templates, which stands behind a port."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from ..payload import Payload


class ExpressionError(Exception):
    """Why an expression has no value. The code is stable and becomes the failure's code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        #: `EXPRESSION_INVALID`, `EXPRESSION_MISSING_PATH`, `EXPRESSION_TYPE` or `EXPRESSION_FAILED`.
        self.code = code
        #: For a person; never holds payload bytes.
        self.message = message


@dataclass(frozen=True)
class References:
    """What an expression refers to, so that only that is loaded."""

    #: Keys of the steps whose output it reads (`steps.<key>.output`), sorted, each once.
    steps: tuple[str, ...] = ()
    #: Whether it reads the job's input (`job.input`).
    job_input: bool = False
    #: Whether it reads `output`; a template may not, there is none yet.
    output: bool = False


@dataclass(frozen=True)
class Scope:
    """The variables of an expression.

    | variable | in a condition of step `s` | in the input template of step `t` |
    | --- | --- | --- |
    | `input` | the input of the task that ended | what arrived at `t` |
    | `output` | what flows along the edge: the output, or one item of a MULTIPLE | not there |
    | `item` | `{"index": 3, "path": [0, 3]}` of what flows along the edge | the same of the new task |
    | `steps.<key>.output` | output of an earlier step of this branch | the same |
    | `job` | `{"id": .., "input": .., "labels": {..}, "data_class": ".."}` | the same |
    | `config` | the config of `s` | the config of `t` |
    """

    input: Payload = field(default_factory=Payload.none)
    output: Payload | None = None
    item_path: tuple[int, ...] = ()
    steps: Mapping[str, Payload] = field(default_factory=dict)
    job_id: str = ""
    job_input: Payload | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    data_class: str = "DEVTEST"
    #: JSON text, or "" when the step has none: then `config` is not there.
    config_json: str = ""


class Evaluate(Protocol):
    """Conditions, policies and templates: their language is a detail behind this port. Errors are ExpressionError."""

    def check_condition(self, source: str) -> References:
        """Parses a condition and says what it refers to."""
        ...

    def check_policy(self, source: str) -> None:
        """Parses a policy rule: a condition over the one variable `value`."""
        ...

    def check_template(self, source: str) -> References:
        """Parses a template and says what it refers to."""
        ...

    def condition(self, source: str, scope: Scope) -> bool:
        """Whether the condition holds. Anything but a boolean is an error."""
        ...

    def policy(self, source: str, value: Payload) -> bool:
        """Whether the rule holds for this value."""
        ...

    def template(self, source: str, scope: Scope) -> Payload:
        """The payload that the template builds."""
        ...
