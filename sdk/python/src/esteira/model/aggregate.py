"""The one data object that a plan moves."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from .packet import AggregateRef


class Aggregate(ABC):
    """A data object whose state only its own behaviours change.

    A behaviour is a method that checks its rule and, if it holds, hands an event to :meth:`apply`; nothing else writes
    a field. Loading and saving is not its business: a function receives it in its input and returns it in its output.
    Subclasses set `kind` and have the fields `id` and `version`.
    """

    #: Kind of aggregate, for example `order`.
    kind: ClassVar[str]
    #: Identity within its kind.
    id: str
    #: Counts the events that were applied.
    version: int

    @abstractmethod
    def apply(self, event: Any) -> None:
        """Changes the state: the only place that does. Never fails: the behaviour checked before."""

    def reference(self) -> AggregateRef:
        """What the coordinator is told about it."""
        return AggregateRef(self.kind, self.id, self.version)
