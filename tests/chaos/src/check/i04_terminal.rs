//! I4: what has ended stays as it ended.

use super::{Judge, view::View};
use crate::history::{Answer, Said, is_terminal};
use std::collections::HashMap;

pub(super) fn judge(view: &View<'_>) -> Judge {
    let mut judge = Judge::of("I4", "terminal states absorb");
    // The first time that somebody heard of a job's end.
    let mut ends: HashMap<&str, (&str, u64)> = HashMap::new();
    for op in &view.history.ops {
        let (Said::Read { job } | Said::Control { job, .. }, Answer::Job { state }) = (&op.said, &op.answer) else {
            continue;
        };
        if is_terminal(state) {
            let end = ends.entry(job).or_insert((state, op.heard));
            if op.heard < end.1 {
                *end = (state, op.heard);
            }
        }
    }
    for (job, (state, _)) in &ends {
        let found = view.jobs.get(job).map(|job| job.state.as_str());
        judge.case(found == Some(state), || format!("job {job} was {state}, and is {found:?}"));
    }
    let after = |job: &str, sent: u64| ends.get(job).filter(|(_, heard)| *heard < sent);
    for op in &view.history.ops {
        match (&op.said, &op.answer) {
            (Said::Read { job } | Said::Control { job, .. }, Answer::Job { state }) => {
                if let Some((end, _)) = after(job, op.sent) {
                    judge.case(end == state, || format!("job {job} was {end}, and was {state} later"));
                }
            }
            (Said::Poll { .. }, Answer::Grants(grants)) => {
                for grant in grants {
                    if let Some((end, _)) = after(&grant.job, op.sent) {
                        judge.case(false, || format!("task {} was granted after its job was {end}", grant.task));
                    }
                }
            }
            // What the last resort has is decided later.
            (Said::Report { job, task, .. }, Answer::Reported { again, held: false }) => {
                if let Some((end, _)) = after(job, op.sent) {
                    judge.case(*again, || format!("a report of task {task} was applied after its job was {end}"));
                }
            }
            _ => {}
        }
    }
    judge
}

#[cfg(test)]
mod tests {
    use crate::check::{broken, made};

    #[test]
    fn an_end_that_changes() {
        made::kept(|history, end| {
            history.read("j1", "SUCCEEDED", 10);
            assert_eq!(broken(history, end), [""; 0]);
            history.read("j1", "RUNNING", 20);
            assert_eq!(broken(history, end), ["I4"]);
        });
        made::kept(|history, end| {
            history.read("j1", "FAILED", 10);
            assert_eq!(broken(history, end), ["I4"]);
        });
    }

    #[test]
    fn what_happens_after_an_end() {
        made::kept(|history, end| {
            history.read("j1", "SUCCEEDED", 10);
            history.granted("t1", 1, 20);
            assert_eq!(broken(history, end), ["I4"]);
        });
        made::kept(|history, end| {
            history.read("j1", "SUCCEEDED", 10);
            history.completed("t1", 1, "o1", 20);
            assert_eq!(broken(history, end), ["I4"]);
        });
    }
}
