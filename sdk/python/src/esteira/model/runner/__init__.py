"""Runs a whole plan in this process, with no server, by the coordinator's rules.

The same plan on the same data gives the same :class:`esteira.model.Trace` here and there. Nothing is persisted: what
the process forgets is gone. Tasks run one after the other, in the order in which they became ready, so that a trace is
the same in every run.

Read in this order: `runner` (the surface), `drive` (the loop), `execute` (one attempt), `refusal` (what a report may
not hold), `memory` (what is kept).
"""

from .runner import FunctionMissing, RunError, Runner, Start, Stuck, TooDeep

__all__ = ["FunctionMissing", "RunError", "Runner", "Start", "Stuck", "TooDeep"]
