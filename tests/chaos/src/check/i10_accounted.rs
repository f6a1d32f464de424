//! I10: whatever was accepted is done, failed, waiting, or in a last-resort record. Nothing else becomes of it.

use super::{Judge, view::View};
use crate::history::{Answer, Said, is_terminal};
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn judge(view: &View<'_>) -> Judge {
    let mut judge = Judge::of("I10", "accepted = done + failed + waiting");
    let accepted: BTreeSet<&str> = view
        .history
        .ops
        .iter()
        .filter_map(|op| match (&op.said, &op.answer) {
            // The last resort promises a job of the request, not that id: I1 looks for it.
            (Said::Start { .. } | Said::Reprocess { .. }, Answer::Started { job, held: false, .. }) => {
                Some(job.as_str())
            }
            _ => None,
        })
        .collect();
    let found = accepted.iter().filter(|job| view.jobs.contains_key(*job)).count();
    judge.case(found == accepted.len(), || format!("{} jobs were accepted, {found} are there", accepted.len()));
    for job in view.end.jobs.iter().filter(|job| is_terminal(&job.state)) {
        let open: Vec<_> = job.tasks.iter().filter(|task| !has_ended(&task.state)).collect();
        judge.case(open.is_empty(), || format!("job {} is {} with open tasks: {open:?}", job.job, job.state));
        let failed = job.tasks.iter().filter(|task| task.state == "FAILED").count();
        judge.case(job.state != "SUCCEEDED" || !job.tasks.is_empty(), || format!("job {} has no task", job.job));
        judge.case(job.state != "FAILED" || failed > 0, || format!("job {} failed without a failed task", job.job));
    }
    messages(view, &mut judge);
    judge
}

fn has_ended(state: &str) -> bool {
    matches!(state, "SUCCEEDED" | "FAILED" | "CANCELLED" | "SKIPPED")
}

/// Messages of completions that stand, key by key: each was delivered or waits.
fn messages(view: &View<'_>, judge: &mut Judge) {
    let delivered: BTreeSet<&str> = view.history.deliveries.iter().map(|delivery| delivery.body.as_str()).collect();
    let gone: BTreeSet<&str> = view.history.deliveries.iter().map(|delivery| delivery.message.as_str()).collect();
    let mut undelivered: BTreeMap<&str, usize> = BTreeMap::new();
    for emitted in view.emitted() {
        let missing = undelivered.entry(emitted.key).or_default();
        *missing += usize::from(!delivered.contains(emitted.body));
    }
    for (key, missing) in undelivered {
        let waiting = view.end.waiting.iter().filter(|it| it.key == key && !gone.contains(it.message.as_str())).count();
        judge.case(waiting == missing, || {
            format!("key {key}: {missing} messages were never delivered, {waiting} wait to be")
        });
    }
}

#[cfg(test)]
mod tests {
    use crate::check::{broken, made};

    #[test]
    fn a_message_that_is_nowhere() {
        made::kept(|history, end| {
            history.emitted("t1", 1, "k", "body", 10);
            assert_eq!(broken(history, end), ["I10"]);
            end.waits("m1", "k", false);
            assert_eq!(broken(history, end), [""; 0]);
        });
    }

    #[test]
    fn a_task_that_outlives_its_job() {
        made::kept(|history, end| {
            let mut open = end.jobs[0].tasks[0].clone();
            (open.task, open.state) = ("t2".into(), "READY".into());
            open.attempts.clear();
            end.jobs[0].tasks.push(open);
            assert_eq!(broken(history, end), ["I10"]);
        });
    }
}
