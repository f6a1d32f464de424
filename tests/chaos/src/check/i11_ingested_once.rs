//! I11: bringing a record of the last resort back several times is bringing it back once. What was acknowledged out of the last
//! resort is there once, or was set aside because another result counts, and nothing waits for ever.

use super::{Judge, view::View};
use crate::history::{Answer, Reported, Said};
use std::collections::BTreeMap;

pub(super) fn judge(view: &View<'_>) -> Judge {
    let mut judge = Judge::of("I11", "bringing a record back again is bringing it back once");
    let mut records: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for back in &view.end.brought_back {
        records.entry(&back.record).or_default().push(&back.fate);
    }
    for (record, fates) in records.iter().filter(|(_, fates)| fates.len() > 1) {
        let applied = fates.iter().filter(|fate| **fate == "ingested").count();
        judge.case(applied <= 1, || format!("record {record} was applied {applied} times: {fates:?}"));
    }
    if judge.0.judged == 0 {
        judge.0.not_shown = Some("no record of the last resort was brought back twice");
    }
    // Without a record that came twice these show nothing of it, but they may break it.
    let shows = judge.0.judged > 0;
    let mut others = Judge::of(judge.0.id, judge.0.says);
    reports(view, &mut others);
    starts(view, &mut others);
    let kept = view.end.kept;
    others.case(kept == 0, || format!("{kept} records still wait for the store"));
    if shows {
        judge.0.judged += others.0.judged;
    }
    judge.0.findings.extend(others.0.findings);
    judge
}

/// A result that was kept ended its attempt once, or it was set aside: then the task was granted anew, or the job had ended.
fn reports(view: &View<'_>, judge: &mut Judge) {
    for report in view.all_reports().filter(|report| report.is_held() && *report.report != Reported::Released) {
        let found = view.tasks.get(report.task);
        let attempts = found.map_or(&[][..], |(_, task)| &task.attempts);
        if let Some(reason) = report.set_aside {
            let newer = attempts.iter().any(|attempt| attempt.fence > report.fence);
            let ended = found.is_some_and(|(job, task)| task.state == "CANCELLED" || job.state == "CANCELLED");
            // The same result by another way, or another one under the same lease.
            let own = attempts.iter().any(|it| it.fence == report.fence && it.ended && !it.expired);
            judge.case(newer || ended || own, || {
                format!(
                    "task {} fence {} was kept and set aside ({reason}), and nothing else counts",
                    report.task, report.fence
                )
            });
            continue;
        }
        let own = attempts.iter().filter(|it| it.fence == report.fence && it.ended && !it.expired).count();
        judge.case(own == 1, || {
            format!("task {} fence {} was kept, and is there {own} times", report.task, report.fence)
        });
    }
}

fn starts(view: &View<'_>, judge: &mut Judge) {
    for op in &view.history.ops {
        let (Said::Start { request, .. }, Answer::Started { held: true, .. }) = (&op.said, &op.answer) else {
            continue;
        };
        let jobs = view.end.jobs.iter().filter(|job| job.request == *request).count();
        judge.case(jobs == 1, || format!("start {request} was kept, and {jobs} jobs are there"));
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        check::{broken, check, made},
        history::{Answer, BroughtBack, End, Reported, SetAside},
    };

    fn back(end: &mut End, record: &str, fates: &[&str]) {
        let back = |fate: &&str| BroughtBack { record: record.into(), fate: (*fate).into() };
        end.brought_back.extend(fates.iter().map(back));
    }

    #[test]
    fn a_record_that_is_applied_twice() {
        made::kept(|history, end| {
            back(end, "r1", &["ingested", "already", "set-aside"]);
            assert_eq!(broken(history, end), [""; 0]);
            back(end, "r1", &["ingested"]);
            assert_eq!(broken(history, end), ["I11"]);
        });
    }

    #[test]
    fn records_that_came_once_show_nothing() {
        made::kept(|history, end| {
            let judged = |end: &End| check(history, end).iter().find(|row| row.id == "I11").map(|row| row.judged);
            back(end, "r1", &["ingested"]);
            back(end, "r2", &["already"]);
            assert_eq!(judged(end), Some(0));
            back(end, "r2", &["already"]);
            assert!(judged(end) > Some(0));
        });
    }

    #[test]
    fn a_kept_result_that_is_nowhere() {
        made::kept(|history, end| {
            let done = Reported::Completed { outputs: vec!["o1".into()], emits: Vec::new() };
            history.report("t1", 1, done, 10).answer = Answer::Reported { again: false, held: true };
            assert_eq!(broken(history, end), [""; 0]);
            // Set aside, and no other result of the task is there.
            end.jobs[0].tasks[0].attempts[0].expired = true;
            end.set_aside.push(SetAside {
                job: String::new(),
                task: "t1".into(),
                fence: 1,
                reason: "LeaseLost".into(),
            });
            assert_eq!(broken(history, end), ["I11"]);
            // Another one counts.
            let mut newer = end.jobs[0].tasks[0].attempts[0].clone();
            (newer.number, newer.fence, newer.expired) = (2, 2, false);
            end.jobs[0].tasks[0].attempts[0].failed = true;
            end.jobs[0].tasks[0].attempts.push(newer);
            assert_eq!(broken(history, end), [""; 0]);
        });
    }

    #[test]
    fn a_kept_start_that_became_two_jobs() {
        made::kept(|history, end| {
            history.start("r1", "d1", "j1").answer = Answer::Started { job: "j1".into(), again: false, held: true };
            assert_eq!(broken(history, end), [""; 0]);
            let mut second = end.jobs[0].clone();
            second.job = "j2".into();
            second.tasks[0].task = "t2".into();
            end.jobs.push(second);
            assert!(broken(history, end).contains(&"I11"));
        });
    }

    #[test]
    fn a_record_that_waits_for_ever() {
        made::kept(|history, end| {
            end.kept = 1;
            assert_eq!(broken(history, end), ["I11"]);
        });
    }
}
