"""Policies: named rules over a payload, each with a recorded verdict."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import Failure, FailureKind
from ..outcome import Outcome, Verdict
from ..payload import Payload
from ..plan import OutputType, Policy
from .job import Task
from .ports import Evaluate, ExpressionError
from .transition import Transition

#: What the policies said, and the failure when one that is enforced does not pass.
Judged = tuple[list[Verdict], Failure | None]


def judge(evaluate: Evaluate, policies: Sequence[Policy], what: str, payload: Payload | None) -> Judged:
    """What the policies say of a payload.

    A rule without a value counts as not passed: what cannot be judged is not let through.
    """
    verdicts: list[Verdict] = []
    violation: Failure | None = None
    for policy in policies:
        passed, why = False, ""
        try:
            passed = evaluate.policy(policy.condition, payload or Payload.none())
        except ExpressionError as error:
            why = f": {error}"
        if not passed and policy.enforce and violation is None:
            message = f"policy `{policy.name}` does not hold for the {what}{why}"
            violation = Failure(FailureKind.NON_RETRYABLE, "POLICY_VIOLATION", message)
        verdicts.append(Verdict(policy.name, policy.version, passed, f"{what}{why}"))
    return verdicts, violation


def judge_input(t: Transition, task: Task, payload: Payload | None) -> Judged:
    """Verdicts on the input."""
    return judge(t.world.evaluate, t.node(task).input_policies, "input", payload)


def judge_end(t: Transition, task: Task, payload: Payload | None, outcome: Outcome) -> Judged:
    """Verdicts on the input, for the record, and on each output. The input was let in when the task began."""
    verdicts = judge_input(t, task, payload)[0]
    policies = t.node(task).output_policies
    judged = [payload] if outcome.output_type == OutputType.NONE else list(outcome.payloads)
    for index, output in enumerate(judged if policies else []):
        more, violation = judge(t.world.evaluate, policies, f"output {index}", output)
        verdicts.extend(more)
        if violation:
            return verdicts, violation
    return verdicts, None
