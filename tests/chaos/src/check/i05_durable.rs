//! I5: a step is leased only when the results that it works on are durable: all of them are there in the end, as they were.

use super::{Judge, view::View};
use std::collections::BTreeSet;

pub(super) fn judge(view: &View<'_>) -> Judge {
    let mut judge = Judge::of("I5", "a step is never leased before the results that it works on are durable");
    for granted in view.grants.values().flatten() {
        let grant = granted.grant;
        for made in &grant.made {
            let accepted = view.accepted(&made.task);
            judge.case(accepted == Some(made.fence), || {
                format!(
                    "task {} was leased with the result of task {} under fence {}; what stands is {accepted:?}",
                    grant.task, made.task, made.fence
                )
            });
            let reports = view.reports.get(made.task.as_str());
            let said = reports.is_none_or(|all| {
                all.iter().any(|report| report.fence == made.fence && report.op.sent <= granted.op.heard)
            });
            judge.case(said, || format!("task {} was leased before task {} was reported", grant.task, made.task));
        }
        if grant.joins {
            let from: BTreeSet<&str> = grant.made.iter().map(|made| made.task.as_str()).collect();
            let of = grant.made.first().map_or(0, |made| made.of);
            judge.case(from.len() == of, || {
                format!("join {} was leased with {} of {of} results", grant.task, from.len())
            });
        }
    }
    judge
}

#[cfg(test)]
mod tests {
    use crate::{
        check::{broken, made},
        history::Made,
    };

    #[test]
    fn a_result_that_did_not_stay() {
        made::kept(|history, end| {
            history.completed("t1", 1, "o1", 10);
            history.granted("t2", 1, 20).made = vec![Made { task: "t1".into(), fence: 1, of: 1 }];
            assert_eq!(broken(history, end), [""; 0]);
            history.granted("t3", 1, 30).made = vec![Made { task: "t1".into(), fence: 7, of: 1 }];
            assert_eq!(broken(history, end), ["I5"]);
        });
    }

    #[test]
    fn a_join_that_fires_early() {
        made::kept(|history, end| {
            history.completed("t1", 1, "o1", 10);
            let join = history.granted("t2", 1, 20);
            (join.joins, join.made) = (true, vec![Made { task: "t1".into(), fence: 1, of: 2 }]);
            assert_eq!(broken(history, end), ["I5"]);
        });
    }
}
