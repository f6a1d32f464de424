"""Calls the coordinator: plans, jobs, outbox, administration, traces and audit; the extra `client`.

Every method sends the same bytes again on UNAVAILABLE, DEADLINE_EXCEEDED and a broken connection, with backoff, and on
RESOURCE_EXHAUSTED after the pause that the coordinator asks for; mutations get a `request_id` when they have none, so
that sending again never has a second effect. The messages are those of the contract, `esteira.v1`.

Methods block; in a coroutine, write `await client.aio(client.jobs.run, "order.fulfil", payload)`.
"""

from .connect import Client
from .errors import ClientError, EndpointError, Refused
from .wire import payload_in, payload_out

__all__ = ["Client", "ClientError", "EndpointError", "Refused", "payload_in", "payload_out"]
