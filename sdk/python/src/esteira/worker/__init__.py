"""Serves functions to the coordinator: leases tasks, runs them, keeps their leases, reports; the extra `worker`.

What holds, whatever the functions do:

- no more than `slots` of them run at once, and no more tasks are leased than slots are free;
- every request is sent again, byte for byte, until there is an answer;
- heartbeats leave from a thread of their own, which no function can block;
- a lease that is lost, or that was not renewed in time, cancels its function, and nothing is reported.

Read in this order: `worker`, `dispatch` (the loop), `poll`, `attempt` (one execution), `heartbeat`, `drain`, `spool`.
"""

from .errors import RefusedError, SetupError, UndeliveredError, WorkerError
from .worker import Worker

__all__ = ["RefusedError", "SetupError", "UndeliveredError", "Worker", "WorkerError"]
