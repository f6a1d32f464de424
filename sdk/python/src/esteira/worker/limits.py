"""The limits that the coordinator announced, or those of the contract where it did not."""

from __future__ import annotations

from dataclasses import dataclass

from ..client.wire import duration_in
from ..model import limits
from ..v1 import worker_pb2

#: Left free in every message for what frames the part that was measured: ids, and the functions of a lease request.
_MESSAGE_SLACK_BYTES = 64 << 10


@dataclass(frozen=True)
class Limits:
    """What fits into messages and calls."""

    #: Of the measured part of a message.
    message_bytes: int = limits.MESSAGE_BYTES_MAX - _MESSAGE_SLACK_BYTES
    payload_bytes: int = limits.PAYLOAD_BYTES_MAX
    append_items: int = limits.APPEND_ITEMS_MAX
    fan_out_items: int = limits.FAN_OUT_ITEMS_MAX
    leases_per_call: int = limits.BATCH_MAX
    reports_per_call: int = limits.BATCH_MAX
    wait_seconds: float = limits.WAIT_MAX.total_seconds()


def limits_of(announced: worker_pb2.Limits) -> Limits:
    """The announced limits; those of the contract where nothing is announced."""
    default = Limits()
    message_bytes = announced.max_message_bytes if announced.max_message_bytes > 0 else limits.MESSAGE_BYTES_MAX
    wait = duration_in(announced.max_wait)
    return Limits(
        max(0, message_bytes - _MESSAGE_SLACK_BYTES),
        announced.max_inline_payload_bytes or default.payload_bytes,
        announced.max_outputs_per_append or default.append_items,
        announced.max_fan_out_items or default.fan_out_items,
        announced.max_leases_per_call or default.leases_per_call,
        announced.max_reports_per_call or default.reports_per_call,
        wait.total_seconds() if wait else default.wait_seconds,
    )
