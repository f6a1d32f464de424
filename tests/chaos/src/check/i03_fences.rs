//! I3: fences only rise: of a task, and of an aggregate that one task at a time may have.

use super::{
    Judge,
    view::{Granted, View},
};
use std::collections::HashMap;

pub(super) fn judge(view: &View<'_>) -> Judge {
    let mut judge = Judge::of("I3", "fences only rise");
    for (task, grants) in &view.grants {
        rise(&mut judge, task, grants);
    }
    let mut exclusive: HashMap<&str, Vec<Granted<'_>>> = HashMap::new();
    for granted in view.grants.values().flatten() {
        if let Some(aggregate) = &granted.grant.exclusive {
            exclusive.entry(aggregate).or_default().push(*granted);
        }
    }
    for (aggregate, mut grants) in exclusive {
        grants.sort_by_key(|granted| granted.op.heard);
        rise(&mut judge, aggregate, &grants);
    }
    for task in view.end.tasks() {
        let mut attempts: Vec<_> = task.attempts.iter().collect();
        attempts.sort_by_key(|attempt| attempt.number);
        for pair in attempts.windows(2) {
            // A late report of an attempt that had been recorded as lost is recorded once more, under its own fence.
            let (before, after) = (pair[0], pair[1]);
            let late = before.fence == after.fence && before.expired;
            judge.case(before.fence < after.fence || late, || {
                format!("task {}: the fences of its attempts are {:?}", task.task, task.attempts)
            });
        }
    }
    judge
}

/// Of two grants of which the later was asked for after the earlier was heard, the later has the higher fence.
/// A poll that is sent again gets the same grant again.
fn rise(judge: &mut Judge, what: &str, grants: &[Granted<'_>]) {
    let mut highest: Option<&Granted<'_>> = None;
    for granted in grants {
        if let Some(before) = highest.filter(|before| before.op.heard < granted.op.sent) {
            let again = before.grant == granted.grant
                && (&before.op.client, &before.op.said) == (&granted.op.client, &granted.op.said);
            judge.case(again || before.grant.fence < granted.grant.fence, || {
                format!("{what}: fence {} was granted after {}", granted.grant.fence, before.grant.fence)
            });
        }
        if highest.is_none_or(|before| before.grant.fence <= granted.grant.fence) {
            highest = Some(granted);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        check::{broken, made},
        history::EndAttempt,
    };

    #[test]
    fn a_fence_that_stays_or_falls() {
        for fence in [1, 2] {
            made::kept(|history, end| {
                history.granted("t1", 2, 10);
                history.granted("t1", fence, 20);
                history.own("t1", 10, 20);
                assert_eq!(broken(history, end), ["I3"], "fence {fence} after 2");
            });
        }
    }

    #[test]
    fn a_fence_of_an_aggregate() {
        made::kept(|history, end| {
            history.granted("t1", 5, 10).exclusive = Some("counter/1".into());
            history.granted("t2", 4, 20).exclusive = Some("counter/1".into());
            assert_eq!(broken(history, end), ["I3"]);
        });
    }

    #[test]
    fn a_fence_that_two_polls_share() {
        made::kept(|history, end| {
            history.granted("t1", 2, 10).token = "same".into();
            history.granted("t1", 2, 20).token = "same".into();
            assert_eq!(broken(history, end), ["I3"]);
        });
    }

    #[test]
    fn fences_of_attempts() {
        made::kept(|history, end| {
            let attempt = |number, fence, failed| EndAttempt { number, fence, ended: true, failed, expired: false };
            end.jobs[0].tasks[0].attempts = vec![attempt(1, 3, true), attempt(2, 2, false)];
            assert_eq!(broken(history, end), ["I3"]);
        });
    }
}
