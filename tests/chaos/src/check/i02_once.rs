//! I2: a task has one accepted result, and what is sent again gets the same answer.

use super::{Judge, view::View};
use crate::history::{Answer, Grant, Op, Reported, Said};
use std::collections::{BTreeMap, BTreeSet, HashMap};

pub(super) fn judge(view: &View<'_>) -> Judge {
    let mut judge = Judge::of("I2", "one accepted result a task; repeats get the same answer");
    results(view, &mut judge);
    repeated_reports(view, &mut judge);
    starts(view, &mut judge);
    retries(view, &mut judge);
    polls(view, &mut judge);
    judge
}

fn results(view: &View<'_>, judge: &mut Judge) {
    for task in view.end.tasks().filter(|task| task.state == "SUCCEEDED") {
        let good = task.attempts.iter().filter(|attempt| attempt.ended && !attempt.failed).count();
        // A task that the engine itself ran has no attempt.
        judge.case(good <= 1, || format!("task {} has {good} accepted results: {:?}", task.task, task.attempts));
    }
}

/// A report that stands stands for ever, and no other one under its token does.
fn repeated_reports(view: &View<'_>, judge: &mut Judge) {
    for (task, reports) in &view.reports {
        let stand = reports.iter().filter(|report| report.stands() && *report.report != Reported::Released);
        let mut first: BTreeMap<i64, (&Reported, u64)> = BTreeMap::new();
        for report in stand {
            if report.is_held() {
                // Another coordinator may apply it first. That it stands all the same is for I1.
                continue;
            }
            let (other, heard) = first.entry(report.fence).or_insert((report.report, report.op.heard));
            judge.case(*other == report.report, || {
                format!("task {task} fence {}: both {other:?} and {:?} stand", report.fence, report.report)
            });
            *heard = (*heard).min(report.op.heard);
        }
        let completed: BTreeSet<i64> = first
            .iter()
            .filter(|(_, (report, _))| matches!(report, Reported::Completed { .. }))
            .map(|(fence, _)| *fence)
            .collect();
        judge.case(completed.len() <= 1, || format!("task {task}: results stand under the fences {completed:?}"));
        for report in reports {
            let Some((stood, heard)) = first.get(&report.fence) else { continue };
            if *stood == report.report && report.op.sent > *heard && report.op.answer != Answer::Unknown {
                judge.case(
                    matches!(
                        report.op.answer,
                        Answer::Reported { again: true, .. } | Answer::Reported { held: true, .. }
                    ),
                    || {
                        format!(
                            "task {task} fence {}: a report that stood got {:?} later",
                            report.fence, report.op.answer
                        )
                    },
                );
            }
        }
    }
}

fn starts(view: &View<'_>, judge: &mut Judge) {
    let mut jobs: HashMap<&str, BTreeSet<&str>> = HashMap::new();
    for op in &view.history.ops {
        // The last resort promises one job of the request, not that id.
        if let (
            Said::Start { request, .. } | Said::Reprocess { request, .. },
            Answer::Started { job, held: false, .. },
        ) = (&op.said, &op.answer)
        {
            jobs.entry(request).or_default().insert(job);
        }
    }
    for job in view.end.jobs.iter().filter(|job| !job.request.is_empty()) {
        jobs.entry(&job.request).or_default().insert(&job.job);
    }
    for (request, jobs) in jobs {
        judge.case(jobs.len() == 1, || format!("request {request} started {jobs:?}"));
    }
}

fn retries(view: &View<'_>, judge: &mut Judge) {
    let mut given: HashMap<&str, BTreeSet<&[String]>> = HashMap::new();
    for op in &view.history.ops {
        if let (Said::Retry { request, .. }, Answer::Retried(tasks)) = (&op.said, &op.answer) {
            given.entry(request).or_default().insert(tasks);
        }
    }
    for (request, answers) in given {
        judge.case(answers.len() == 1, || format!("retry {request} was given {answers:?}"));
    }
    // A failed task is tried again once: one new task of the same step follows it.
    let mut followers: HashMap<&str, usize> = HashMap::new();
    for job in &view.end.jobs {
        for task in &job.tasks {
            let parent = view.tasks.get(task.parent.as_str()).map(|(_, parent)| *parent);
            if parent.is_some_and(|parent| parent.step == task.step && parent.state == "FAILED") {
                *followers.entry(&task.parent).or_default() += 1;
            }
        }
    }
    for (failed, count) in followers {
        judge.case(count == 1, || format!("failed task {failed} was tried again {count} times"));
    }
}

/// A poll that is sent again gets what it got before, as far as that is still held: what nobody has reported and what no fault
/// or time could have taken away.
fn polls(view: &View<'_>, judge: &mut Judge) {
    type Answers<'a> = Vec<(&'a Op, &'a [Grant])>;
    let mut by_request: HashMap<(&str, &str), Answers<'_>> = HashMap::new();
    for op in &view.history.ops {
        if let (Said::Poll { request }, Answer::Grants(grants)) = (&op.said, &op.answer) {
            by_request.entry((&op.client, request)).or_default().push((op, grants));
        }
    }
    for ((client, request), mut answers) in by_request {
        answers.sort_by_key(|(op, _)| op.sent);
        for pair in answers.windows(2) {
            let [(before, granted), (after, again)] = pair else { continue };
            if after.sent < before.heard {
                continue;
            }
            for grant in granted.iter() {
                let reported = view.reports.get(grant.task.as_str()).into_iter().flatten();
                let settled = reported.into_iter().any(|report| report.op.sent < after.heard);
                let lost = after.heard.saturating_sub(before.sent) > HELD_MIN_US
                    || view.history.broken(&grant.task, before.sent, after.heard)
                    || ended(view, &grant.job, after.heard);
                if settled || lost {
                    continue;
                }
                judge.case(again.iter().any(|it| it.token == grant.token), || {
                    format!("poll {request} of {client} got task {} fence {}, and not again", grant.task, grant.fence)
                });
            }
        }
    }
}

/// Shorter than any lease of a run.
const HELD_MIN_US: u64 = 1_500_000;

/// Whether somebody may have ended the job before.
fn ended(view: &View<'_>, job: &str, before: u64) -> bool {
    let controls = |op: &&Op| matches!(&op.said, Said::Control { job: controlled, .. } if controlled == job);
    view.history.ops.iter().take_while(|op| op.sent < before).filter(controls).count() > 0
}

#[cfg(test)]
mod tests {
    use crate::{
        check::{broken, made},
        history::{Answer, EndAttempt, Reported, Said},
    };

    #[test]
    fn two_results() {
        made::kept(|history, end| {
            end.jobs[0].tasks[0].attempts.push(EndAttempt {
                number: 2,
                fence: 2,
                ended: true,
                failed: false,
                expired: false,
            });
            assert_eq!(broken(history, end), ["I2"]);
        });
    }

    #[test]
    fn a_repeat_that_is_refused_and_another_result_that_stands() {
        made::kept(|history, end| {
            history.completed("t1", 1, "o1", 10);
            history.report("t1", 1, Reported::Completed { outputs: vec!["o1".into()], emits: Vec::new() }, 20).answer =
                Answer::Refused("LEASE_LOST".into());
            assert_eq!(broken(history, end), ["I2"]);
        });
        made::kept(|history, end| {
            history.completed("t1", 1, "o1", 10);
            history.completed("t1", 1, "o2", 20);
            assert!(broken(history, end).contains(&"I2"));
        });
    }

    #[test]
    fn a_request_that_starts_two_jobs() {
        made::kept(|history, end| {
            history.start("r1", "d1", "j1");
            let mut second = end.jobs[0].clone();
            second.job = "j2".into();
            second.tasks[0].task = "t2".into();
            end.jobs.push(second);
            assert_eq!(broken(history, end), ["I2"]);
        });
    }

    #[test]
    fn a_reprocess_that_is_sent_again_and_starts_two_jobs() {
        made::kept(|history, end| {
            for id in ["j2", "j3"] {
                let mut job = end.jobs[0].clone();
                (job.job, job.request, job.source) = (id.into(), String::new(), "j1".into());
                job.tasks[0].task = format!("t-{id}");
                end.jobs.push(job);
            }
            history.reprocessed("p1", "j1", "j2");
            assert_eq!(broken(history, end), [""; 0]);
            history.reprocessed("p1", "j1", "j3");
            assert_eq!(broken(history, end), ["I2"]);
        });
    }

    #[test]
    fn a_failed_task_that_is_tried_again_twice() {
        made::kept(|history, end| {
            end.jobs[0].tasks[0].state = "FAILED".into();
            end.jobs[0].tasks[0].attempts[0].failed = true;
            for id in ["t2", "t3"] {
                let mut again = end.jobs[0].tasks[0].clone();
                (again.task, again.parent, again.state) = (id.into(), "t1".into(), "CANCELLED".into());
                again.attempts.clear();
                end.jobs[0].tasks.push(again);
            }
            assert_eq!(broken(history, end), ["I2"]);
        });
    }

    #[test]
    fn a_poll_that_forgets() {
        made::kept(|history, end| {
            history.granted("t1", 1, 10);
            history.ops.last_mut().expect("just put there").said = Said::Poll { request: "p".into() };
            let mut again = history.ops.last().expect("just put there").clone();
            (again.sent, again.heard, again.answer) = (20, 21, Answer::Grants(Vec::new()));
            history.ops.push(again);
            assert_eq!(broken(history, end), ["I2"]);
        });
    }
}
