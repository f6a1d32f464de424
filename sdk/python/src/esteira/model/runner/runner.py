"""The surface of the embedded runner."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ..calling import Threads
from ..context import Observer, Unheard
from ..document import PlanInvalid
from ..engine.ports import Evaluate
from ..errors import INPUT_INVALID
from ..expressions import Expressions, installed_cel
from ..function import Function
from ..packet import DataClass, Packet
from ..payload import Payload
from ..plan import Plan
from ..trace import Trace
from . import refusal
from .pace import Pace


@dataclass(frozen=True)
class Start:
    """What a run starts with. A payload alone is a start on nobody's behalf."""

    #: On whose behalf, about which aggregate, on what data.
    packet: Packet
    #: Free labels; conditions can read them.
    labels: Mapping[str, str] = field(default_factory=dict)
    #: What the data is for.
    data_class: DataClass = DataClass.DEVTEST


class RunError(Exception):
    """Why a plan could not be run to its end. A job that fails is not an error: its trace says how.

    A plan with errors raises :class:`esteira.model.PlanInvalid` instead.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        #: `FUNCTION_MISSING`, `INPUT_INVALID`, `TOO_DEEP` or `STUCK`.
        self.code = code


class FunctionMissing(RunError):
    """The plan uses functions that the runner does not have."""

    def __init__(self, names: list[str]) -> None:
        super().__init__("FUNCTION_MISSING", f"no function serves {', '.join(names)}")
        #: Their names, sorted.
        self.names = names


class TooDeep(RunError):
    """Sub-plans nest deeper than the contract allows."""

    def __init__(self) -> None:
        super().__init__("TOO_DEEP", "sub-plans nest too deeply")


class Stuck(RunError):
    """Nothing can happen any more although the job has not ended."""

    def __init__(self, why: str) -> None:
        super().__init__("STUCK", f"the run cannot go on: {why}")


class Runner:
    """Runs plans in this process.

    >>> from esteira.model import OutputType, Payload, PlanBuilder, function, step
    >>> @function("hello")
    ... def hello(cx, payload):
    ...     return Payload.json('"hello"')
    >>> plan = PlanBuilder().step(step("greet", "hello")).build()
    >>> Runner().function(hello).run_blocking(plan, Payload.json("null")).results[0].body
    '"hello"'
    """

    def __init__(self, evaluate: Evaluate | None = None) -> None:
        """A runner without functions, with esteira's own expressions unless others are given."""
        self.functions_by_name: dict[str, Function] = {}
        self.plans_by_name: dict[str, Plan] = {}
        self.evaluate: Evaluate = evaluate or Expressions(installed_cel())
        self.observed_by: Observer = Unheard()
        self.threads = Threads("esteira-runner")
        self.skips_waits = False

    def function(self, function: Function) -> Runner:
        """Adds a function; one of the same name takes the place of the earlier one."""
        self.functions_by_name[function.spec.name] = function
        return self

    def functions(self, functions: Iterable[Function]) -> Runner:
        """Adds functions."""
        for function in functions:
            self.function(function)
        return self

    def plan(self, name: str, plan: Plan) -> Runner:
        """Adds a plan that other plans can run as a step."""
        self.plans_by_name[name] = plan
        return self

    def observer(self, observer: Observer) -> Runner:
        """Sees what functions log and save while they run."""
        self.observed_by = observer
        return self

    def skip_waits(self) -> Runner:
        """Does not wait: pauses before retries and `wait` steps pass at once on a clock of the runner's own, and
        execution time-outs never come. For tests.
        """
        self.skips_waits = True
        return self

    async def run(self, plan: Plan, start: Payload | Packet | Start) -> Trace:
        """Runs a plan to its end. Coroutine functions run on this loop, plain functions in a thread.

        Raises :class:`esteira.model.PlanInvalid` or :class:`RunError` when the plan cannot be run.
        """
        from .drive import Drive, compile_all

        packet = Packet(start) if isinstance(start, Payload) else start
        begin = Start(packet) if isinstance(packet, Packet) else packet
        refused = refusal.of_start(begin)
        if refused is not None:
            raise RunError(INPUT_INVALID, f"the input is not acceptable: {refused}")
        graphs = compile_all(self, plan)
        return await Drive(self, graphs, Pace(self.skips_waits)).run(begin)

    def run_blocking(self, plan: Plan, start: Payload | Packet | Start) -> Trace:
        """Runs a plan to its end on this thread, which must have no event loop that runs."""
        return asyncio.run(self.run(plan, start))


__all__ = ["FunctionMissing", "PlanInvalid", "RunError", "Runner", "Start", "Stuck", "TooDeep"]
