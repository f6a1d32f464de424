"""What a function author and a plan author see. Standard library only: no transport, no database.

A function receives a payload and a :class:`Context`, does exactly one thing, and says what it produced or why it
failed. The worker, the embedded :class:`Runner` and the test harness all call it through the same :class:`Function`.
"""

from .aggregate import Aggregate
from .builder import PlanBuilder, StepBuilder, condition, step, sub_plan, wait
from .cancel import Cancellation, CancelReason
from .context import Context, Invocation, Level, Observer, Said
from .definition import definition_json
from .document import Parsed, PlanInvalid, parse
from .duration import parse_millis
from .engine.issue import Issue
from .engine.ports import Evaluate, ExpressionError, References, Scope
from .errors import ConfigInvalid, Error, Failure, FailureKind, InputInvalid, NonRetryable, Retryable, failure_of
from .expressions import Cel, Expressions, Program
from .function import Function, FunctionSpec, Returned, function
from .json_text import JsonError, check_json
from .outcome import Outcome, Verdict
from .packet import Actor, AggregateRef, DataClass, Emit, Packet
from .payload import Payload
from .plan import Join, NextStep, OutputType, Plan, Policy, RetryPolicy, Step
from .runner import FunctionMissing, RunError, Runner, Start, Stuck, TooDeep
from .trace import JobState, TaskState, Trace, TracedTask

__all__ = [
    "Actor",
    "Aggregate",
    "AggregateRef",
    "CancelReason",
    "Cancellation",
    "Cel",
    "ConfigInvalid",
    "Context",
    "DataClass",
    "Emit",
    "Error",
    "Evaluate",
    "ExpressionError",
    "Expressions",
    "Failure",
    "FailureKind",
    "Function",
    "FunctionMissing",
    "FunctionSpec",
    "InputInvalid",
    "Invocation",
    "Issue",
    "JobState",
    "Join",
    "JsonError",
    "Level",
    "NextStep",
    "NonRetryable",
    "Observer",
    "Outcome",
    "OutputType",
    "Packet",
    "Parsed",
    "Payload",
    "Plan",
    "PlanBuilder",
    "PlanInvalid",
    "Policy",
    "Program",
    "References",
    "RetryPolicy",
    "Retryable",
    "Returned",
    "RunError",
    "Runner",
    "Said",
    "Scope",
    "Start",
    "Step",
    "StepBuilder",
    "Stuck",
    "TaskState",
    "TooDeep",
    "Trace",
    "TracedTask",
    "Verdict",
    "check_json",
    "condition",
    "definition_json",
    "failure_of",
    "function",
    "parse",
    "parse_millis",
    "step",
    "sub_plan",
    "wait",
]
