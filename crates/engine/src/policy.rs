//! Policies: named rules over a payload, each with a recorded verdict.

use crate::ports::Evaluate;
use esteira_model::{Failure, FailureKind, Payload, Policy, Verdict};

/// What the policies say of a payload; and the failure when one that is enforced does not pass.
/// A rule without a value counts as not passed: what cannot be judged is not let through.
pub(crate) fn judge(
    evaluate: &dyn Evaluate,
    policies: &[Policy],
    what: &str,
    payload: Option<&Payload>,
) -> (Vec<Verdict>, Option<Failure>) {
    let none = Payload::none();
    let mut verdicts = Vec::with_capacity(policies.len());
    let mut violation = None;
    for policy in policies {
        let (passed, why) = match evaluate.policy(&policy.condition, payload.unwrap_or(&none)) {
            Ok(passed) => (passed, String::new()),
            Err(error) => (false, format!(": {error}")),
        };
        if !passed && policy.enforce && violation.is_none() {
            violation = Some(Failure::engine(
                FailureKind::NonRetryable,
                "POLICY_VIOLATION",
                format!("policy `{}` does not hold for the {what}{why}", policy.name),
            ));
        }
        verdicts.push(Verdict {
            policy: policy.name.to_string(),
            version: policy.version.to_string(),
            passed,
            detail: format!("{what}{why}"),
        });
    }
    (verdicts, violation)
}
