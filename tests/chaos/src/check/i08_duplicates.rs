//! I8: a task runs twice and a message is delivered twice only when something was broken in between.

use super::{Judge, view::View};
use crate::history::{Answer, Reported, Said};
use std::collections::HashMap;

pub(super) fn judge(view: &View<'_>) -> Judge {
    let mut judge = Judge::of("I8", "duplicates only inside a fault window");
    for (task, grants) in &view.grants {
        for pair in grants.windows(2) {
            let (before, after) = (&pair[0], &pair[1]);
            if before.grant.fence == after.grant.fence {
                continue;
            }
            let reports = view.reports.get(task).into_iter().flatten();
            let handed_back = reports.into_iter().any(|report| {
                report.fence == before.grant.fence && !matches!(report.report, Reported::Completed { .. })
            });
            let holds = handed_back || view.history.broken(task, before.op.sent, after.op.heard);
            judge.case(holds, || {
                format!("task {task} was granted under fences {} and {}", before.grant.fence, after.grant.fence)
            });
        }
    }
    let mut nacked: HashMap<&str, Vec<u64>> = HashMap::new();
    for op in &view.history.ops {
        if let (Said::NackOutbox { key, .. }, Answer::Nacked | Answer::Unknown) = (&op.said, &op.answer) {
            nacked.entry(key).or_default().push(op.sent);
        }
    }
    for (key, deliveries) in &view.delivered {
        let mut first: HashMap<&str, u64> = HashMap::new();
        for delivery in deliveries {
            let Some(before) = first.insert(&delivery.message, delivery.at) else {
                judge.case(true, String::new);
                continue;
            };
            let failed = nacked.get(key).is_some_and(|all| all.iter().any(|at| (before..delivery.at).contains(at)));
            judge.case(failed || view.history.broken(key, before, delivery.at), || {
                format!("message {} of key {key} was delivered twice", delivery.message)
            });
        }
    }
    judge
}

#[cfg(test)]
mod tests {
    use crate::check::{broken, made};

    #[test]
    fn a_task_that_runs_twice() {
        made::kept(|history, end| {
            history.granted("t1", 1, 10);
            history.granted("t1", 2, 20);
            assert_eq!(broken(history, end), ["I8"]);
            history.own("t1", 12, 18);
            assert_eq!(broken(history, end), [""; 0]);
        });
    }

    #[test]
    fn a_message_that_comes_twice() {
        made::kept(|history, end| {
            history.emitted("t1", 1, "k", "body", 10);
            history.delivered("m1", "k", 1, "body", 20);
            history.delivered("m1", "k", 1, "body", 30);
            assert_eq!(broken(history, end), ["I8"]);
            history.own("another key", 20, 30);
            assert_eq!(broken(history, end), ["I8"]);
            history.own("k", 20, 30);
            assert_eq!(broken(history, end), [""; 0]);
        });
    }
}
