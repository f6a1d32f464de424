"""What is wrong with a plan, named by its place."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Issue:
    """One finding about a plan document. An error refuses the plan; a warning does not."""

    #: JSON Pointer into the plan document, for example `/steps/2/next/0/condition`.
    path: str
    #: Stable UPPER_SNAKE code, for example `STEP_UNKNOWN`.
    code: str
    #: For a person.
    message: str
    #: Whether the plan may be published all the same.
    warning: bool = False
