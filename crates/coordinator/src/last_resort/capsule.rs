//! What must be known of a lease to write its result whole without the store. It travels with the lease, sealed, and comes
//! back with the report when it is wanted: also to a coordinator that was started anew while the store was gone.

use crate::{
    catalog::Compiled,
    grant::Grant,
    token::{TaskToken, Tokens},
    work::{Report, Reported, ReportedOutput},
};
use esteira_model::{AggregateRef, OutputType};
use serde::{Deserialize, Serialize};

/// A lease as a record of the last resort tells it. Ids and enums are in their text forms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeaseRecord {
    /// Tenant.
    pub account: String,
    /// The job.
    pub job: String,
    /// The task.
    pub task: String,
    /// The grant.
    pub fence: i64,
    /// Counts from 1.
    pub attempt: u32,
    /// The plan's name; empty when it was not at hand.
    pub plan: String,
    /// Its version.
    pub version: i32,
    /// The version's id.
    pub plan_version: String,
    /// The step.
    pub step: String,
    /// What was run.
    pub function: String,
    /// The operator.
    pub user: String,
    /// For whom the operator acted.
    pub on_behalf_of: String,
    /// Purge label.
    pub data_class: String,
    /// The aggregate that the task moves.
    pub aggregate: Option<Aggregate>,
    /// What the function must produce.
    pub output_type: String,
}

/// See [`AggregateRef`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Aggregate {
    /// Kind of object.
    pub kind: String,
    /// Which one.
    pub id: String,
    /// Its version.
    pub version: i64,
}

impl From<&AggregateRef> for Aggregate {
    fn from(aggregate: &AggregateRef) -> Self {
        Self { kind: aggregate.kind.to_string(), id: aggregate.id.to_string(), version: aggregate.version }
    }
}

impl From<Aggregate> for AggregateRef {
    fn from(aggregate: Aggregate) -> Self {
        Self { kind: aggregate.kind.into(), id: aggregate.id.into(), version: aggregate.version }
    }
}

impl LeaseRecord {
    /// Of a grant, with the plan where it is at hand.
    pub(crate) fn of(grant: &Grant, compiled: Option<&Compiled>) -> Self {
        let plan = compiled.map(|compiled| &compiled.record);
        Self {
            account: grant.actor.account_id.clone(),
            job: grant.lease.job.to_string(),
            task: grant.lease.task.to_string(),
            fence: grant.lease.fence,
            attempt: grant.attempt,
            plan: plan.map(|plan| plan.plan_name.clone()).unwrap_or_default(),
            version: plan.map_or(0, |plan| plan.version),
            plan_version: grant.plan_version.to_string(),
            step: grant.step_key.to_string(),
            function: grant.function.to_string(),
            user: grant.actor.user_id.clone(),
            on_behalf_of: grant.actor.on_behalf_of.clone(),
            data_class: grant.data_class.as_str().to_owned(),
            aggregate: grant.aggregate.as_ref().map(Into::into),
            output_type: grant.output_type.as_str().to_owned(),
        }
    }

    /// Sealed, for the worker.
    pub(crate) fn seal(&self, tokens: &Tokens) -> Vec<u8> {
        // A record of texts and numbers is always JSON.
        tokens.seal_capsule(serde_json::to_vec(self).unwrap_or_default())
    }

    /// Reads a capsule; none when it is not one of ours, or of another lease.
    pub(crate) fn open(capsule: &[u8], lease: &TaskToken, tokens: &Tokens) -> Option<Self> {
        let said: Self = serde_json::from_slice(tokens.read_capsule(capsule)?).ok()?;
        let same = said.job == lease.job.to_string() && said.task == lease.task.to_string();
        (same && said.fence == lease.fence).then_some(said)
    }

    /// What the engine would refuse about a report, as far as it shows without the store.
    pub(crate) fn objection(&self, report: &Report) -> Option<(crate::error::Reason, String)> {
        let Reported::Completed { output, aggregate_after, .. } = &report.outcome else { return None };
        let given = match output {
            ReportedOutput::None => OutputType::None,
            ReportedOutput::Single(_) => OutputType::Single,
            ReportedOutput::Multiple(_) | ReportedOutput::Appended(_) => OutputType::Multiple,
        };
        if given.as_str() != self.output_type {
            let message = format!("the step's output is `{}`, the report's is `{given}`", self.output_type);
            return Some((crate::error::Reason::OutputTypeMismatch, message));
        }
        let other = |own: &Aggregate, after: &AggregateRef| own.kind != *after.kind || own.id != *after.id;
        if self.aggregate.as_ref().zip(aggregate_after.as_ref()).is_some_and(|(own, after)| other(own, after)) {
            let message = "aggregate_after names another aggregate than the task's".to_owned();
            return Some((crate::error::Reason::FieldInvalid, message));
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{error::Reason, grant};
    use esteira_model::{JobId, Payload, TaskId, Usage, Uuid};

    fn lease(fence: i64) -> TaskToken {
        TaskToken { job: JobId(Uuid::from_bytes([1; 16])), task: TaskId(Uuid::from_bytes([2; 16])), fence }
    }

    /// INV-FENCE.
    #[test]
    fn a_capsule_is_of_its_lease_and_of_our_key() {
        let tokens = Tokens::new([7; 32]);
        let said = LeaseRecord::of(&grant::of_lease(lease(3)), None);
        let capsule = said.seal(&tokens);
        assert_eq!(LeaseRecord::open(&capsule, &lease(3), &tokens), Some(said));
        assert_eq!(LeaseRecord::open(&capsule, &lease(4), &tokens), None);
        assert_eq!(LeaseRecord::open(&capsule, &lease(3), &Tokens::new([8; 32])), None);
        for at in 0..capsule.len() {
            let mut forged = capsule.clone();
            forged[at] ^= 1;
            assert_eq!(LeaseRecord::open(&forged, &lease(3), &tokens), None, "byte {at}");
        }
        assert_eq!(LeaseRecord::open(&[], &lease(3), &tokens), None);
    }

    #[test]
    fn what_the_engine_would_refuse_is_refused() {
        let aggregate = |id: &str| AggregateRef { kind: "order".into(), id: id.into(), version: 1 };
        let grant = Grant { aggregate: Some(aggregate("1")), ..grant::of_lease(lease(3)) };
        let said = LeaseRecord::of(&grant, None);
        let report = |output, after: Option<&str>| Report {
            token: lease(3),
            outcome: Reported::Completed {
                output,
                aggregate_after: after.map(aggregate),
                emits: Vec::new(),
                verdicts: Vec::new(),
            },
            usage: Usage::default(),
            worker_start_time: None,
            worker_end_time: None,
            digest: [1; 16],
            capsule: Vec::new(),
        };
        let single = || ReportedOutput::Single(Payload::none());
        let objection = |report: Report| said.objection(&report).map(|(reason, _)| reason);
        assert_eq!(objection(report(single(), Some("1"))), None);
        assert_eq!(objection(report(single(), Some("2"))), Some(Reason::FieldInvalid));
        assert_eq!(objection(report(ReportedOutput::None, None)), Some(Reason::OutputTypeMismatch));
    }
}
