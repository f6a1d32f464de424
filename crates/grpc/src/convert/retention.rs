//! How long jobs are kept, and what a purge did.

use crate::{
    convert::{at::At, check, enums, time},
    status::{Answer, Refusal},
};
use esteira_contract::v1;
use esteira_coordinator::{
    purge::Applied,
    retention::{Policy, Rule},
};
use esteira_model::limits;
use std::time::Duration;

/// What an operator sets.
pub fn rule(rule: Option<v1::set_retention_request::Rule>) -> Answer<Rule> {
    use v1::set_retention_request::Rule as Sent;
    let must_be_true = |value: bool, name: &'static str, rule: Rule| match value {
        true => Ok(rule),
        false => Err(Refusal::field(At::Top(name), "must be true where it is set")),
    };
    match check::required(rule, At::Top("keep"))? {
        Sent::KeepForever(value) => must_be_true(value, "keep_forever", Rule::KeepForever),
        Sent::UseDefault(value) => must_be_true(value, "use_default", Rule::UseDefault),
        Sent::Keep(keep) => {
            let at = At::Top("keep");
            let keep = time::duration(Some(keep), at, Duration::ZERO, limits::KEEP_MAX)?.unwrap_or_default();
            match keep.subsec_nanos() {
                0 => Ok(Rule::Keep(keep)),
                _ => Err(Refusal::field(at, "is not in whole seconds")),
            }
        }
    }
}

/// On the wire.
pub fn policy_out(policy: Policy) -> v1::RetentionPolicy {
    v1::RetentionPolicy {
        project: policy.project,
        data_class: enums::data_class_out(policy.data_class) as i32,
        keep: policy.keep.map(time::duration_out),
        is_default: policy.is_default,
    }
}

/// On the wire.
pub fn applied_out(applied: &Applied, next_page_token: String) -> v1::ApplyRetentionResponse {
    let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    v1::ApplyRetentionResponse {
        jobs: count(applied.removed.jobs),
        tasks: count(applied.removed.tasks),
        artifacts: count(applied.removed.artifacts),
        bytes: count(applied.removed.bytes),
        held_open: count(applied.open),
        held_undelivered: count(applied.undelivered),
        held_referred: count(applied.referred),
        next_page_token,
        partitions: count(applied.partitions),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use v1::set_retention_request::Rule as Sent;

    #[test]
    fn a_rule_is_one_of_three() {
        let keep = |seconds, nanos| Some(Sent::Keep(prost_types::Duration { seconds, nanos }));
        for (sent, read) in [
            (keep(0, 0), Some(Rule::Keep(Duration::ZERO))),
            (keep(86_400, 0), Some(Rule::Keep(Duration::from_secs(86_400)))),
            (keep(1, 1), None),
            (keep(-1, 0), None),
            (keep(i64::MAX, 0), None),
            (Some(Sent::KeepForever(true)), Some(Rule::KeepForever)),
            (Some(Sent::KeepForever(false)), None),
            (Some(Sent::UseDefault(true)), Some(Rule::UseDefault)),
            (Some(Sent::UseDefault(false)), None),
            (None, None),
        ] {
            assert_eq!(rule(sent).ok(), read, "{sent:?}");
        }
    }
}
