"""The standard data packet that a step receives, and what travels with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .payload import Payload
from .text_enum import TextEnum


@dataclass(frozen=True)
class Actor:
    """On whose behalf a job runs. Set at start, immutable, inherited by all that the job produces."""

    #: The operator: the authenticated principal.
    user_id: str = ""
    #: The operator's account.
    account_id: str = ""
    #: Whom the operator acts for, or "".
    on_behalf_of: str = ""


@dataclass(frozen=True)
class AggregateRef:
    """Which aggregate a task moves."""

    #: Kind of aggregate, for example `order`.
    kind: str
    #: Identity within its kind.
    id: str
    #: The version that its own behaviours count.
    version: int


@dataclass(frozen=True)
class Packet:
    """Actor, aggregate, data and headers together: what a job starts with."""

    #: The data itself.
    data: Payload
    #: On whose behalf.
    actor: Actor = Actor()
    #: The aggregate to move, if the plan moves one.
    aggregate: AggregateRef | None = None
    #: Copied to every packet of the job; W3C `traceparent` travels here.
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Emit:
    """A message that a function emits with its completion."""

    #: Where to.
    topic: str
    #: Messages of one topic and key keep their order.
    key: str
    #: The message.
    payload: Payload
    #: Delivered with it.
    headers: Mapping[str, str] = field(default_factory=dict)


class DataClass(TextEnum):
    """Label that decides whether a job's data may be purged."""

    PRODUCTION = "PRODUCTION"
    QA = "QA"
    DEVTEST = "DEVTEST"


def replace_version(aggregate: AggregateRef | None, version: int) -> AggregateRef | None:
    """The same aggregate at another version."""
    return AggregateRef(aggregate.kind, aggregate.id, version) if aggregate else None
