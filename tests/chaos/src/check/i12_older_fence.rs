//! I12: an older fence never overrides a newer one: neither a report of a task nor an acknowledgement of messages.

use super::{Judge, view::View};
use crate::history::{Answer, Said};
use std::collections::HashMap;

pub(super) fn judge(view: &View<'_>) -> Judge {
    let mut judge = Judge::of("I12", "an older fence never overrides");
    for report in view.all_reports() {
        // What was applied before the newer grant may be acknowledged again at any time; what the last resort has is applied later.
        let Answer::Reported { again: false, held: false } = report.op.answer else { continue };
        let grants = view.grants.get(report.task).into_iter().flatten();
        let newer = grants.into_iter().find(|it| it.grant.fence > report.fence && it.op.heard < report.op.sent);
        judge.case(newer.is_none(), || {
            let fence = newer.map(|newer| newer.grant.fence);
            format!(
                "task {}: a report under fence {} was applied after {fence:?} was granted",
                report.task, report.fence
            )
        });
    }
    let mut leases: HashMap<&str, Vec<(&str, u64, u64)>> = HashMap::new();
    for op in &view.history.ops {
        if let Answer::Runs(runs) = &op.answer {
            for run in runs {
                leases.entry(&run.key).or_default().push((&run.lease, op.sent, op.heard));
            }
        }
    }
    for op in &view.history.ops {
        let (Said::AckOutbox { lease, key, .. }, Answer::Acked(1..)) = (&op.said, &op.answer) else { continue };
        let all = leases.get(key.as_str()).map_or(&[][..], Vec::as_slice);
        let Some(own) = all.iter().filter(|(id, ..)| id == lease).map(|(_, _, heard)| *heard).min() else { continue };
        let newer = all.iter().find(|(id, sent, heard)| id != lease && *sent > own && *heard < op.sent);
        judge.case(newer.is_none(), || format!("key {key}: an older lease acknowledged messages after {newer:?}"));
    }
    judge
}

#[cfg(test)]
mod tests {
    use crate::{
        check::{broken, made},
        history::{Answer, Run, Said},
    };

    #[test]
    fn a_report_under_an_older_fence() {
        made::kept(|history, end| {
            history.granted("t1", 1, 10);
            history.granted("t1", 2, 20);
            history.own("t1", 10, 20);
            history.completed("t1", 1, "o1", 30);
            assert_eq!(broken(history, end), ["I12"]);
        });
    }

    #[test]
    fn an_older_lease_of_messages() {
        made::kept(|history, end| {
            for (lease, at) in [("old", 10), ("new", 20)] {
                let run = Run { lease: lease.into(), key: "k".into(), messages: Vec::new() };
                history.op(Said::LeaseOutbox { request: lease.into() }, Answer::Runs(vec![run]), at);
            }
            let acked = Said::AckOutbox { lease: "old".into(), key: "k".into(), through: 1 };
            history.op(acked, Answer::Acked(1), 30);
            assert_eq!(broken(history, end), ["I12"]);
        });
    }
}
