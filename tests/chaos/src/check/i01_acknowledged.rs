//! I1: what was acknowledged is there in the end, with the same digest.

use super::{Judge, view::View};
use crate::history::{Answer, Reported, Said, SetAside};

pub(super) fn judge(view: &View<'_>) -> Judge {
    let mut judge = Judge::of("I1", "what was acknowledged is present, with the same digest");
    for op in &view.history.ops {
        match (&op.said, &op.answer) {
            // What only the last resort had is a promise of one job of the request, not of that id.
            (Said::Start { request, digest }, Answer::Started { job, held: true, .. }) => {
                let found = view.end.jobs.iter().find(|found| found.request == *request);
                // A client that uses an id for two requests is told so at once only where the store is there to ask.
                let reused = |aside: &SetAside| aside.job == *job && aside.reason.starts_with("RequestIdReused");
                let is_reused = view.end.set_aside.iter().any(reused);
                judge.case(found.is_some_and(|found| found.digest == *digest || is_reused), || {
                    format!("start {request} was kept as job {job} with input {digest}: {}", describe(found))
                });
            }
            (Said::Reprocess { request, job: source }, Answer::Started { job, .. }) => {
                let found = view.jobs.get(job.as_str());
                judge.case(found.is_some_and(|found| found.source == *source), || {
                    format!(
                        "reprocess {request} of job {source} was acknowledged as job {job}: {}",
                        describe(found.copied())
                    )
                });
            }
            (Said::Start { request, digest }, Answer::Started { job, .. }) => {
                let found = view.jobs.get(job.as_str());
                judge.case(found.is_some_and(|found| found.request == *request && found.digest == *digest), || {
                    format!(
                        "start {request} was acknowledged as job {job} with input {digest}: {}",
                        describe(found.copied())
                    )
                });
            }
            (Said::Retry { request, .. }, Answer::Retried(tasks)) => {
                let missing = tasks.iter().find(|task| !view.tasks.contains_key(task.as_str()));
                judge.case(missing.is_none(), || {
                    format!("retry {request} was given task {missing:?}, which is not there")
                });
            }
            (Said::Control { request, job, action }, Answer::Job { .. })
                if action == "CANCEL" || action == "TERMINATE" =>
            {
                let found = view.jobs.get(job.as_str());
                judge.case(found.is_some_and(|found| found.state == "CANCELLED"), || {
                    format!("{action} {request} of job {job} was acknowledged: {}", describe(found.copied()))
                });
            }
            _ => {}
        }
    }
    for report in view.all_reports().filter(|report| report.stands()) {
        let found = view.tasks.get(report.task);
        // An attempt that was recorded as lost is recorded once more when its report comes late.
        let attempts = found.map_or(&[][..], |(_, task)| &task.attempts);
        let mut own = attempts.iter().filter(|it| it.fence == report.fence && it.ended && !it.expired);
        let holds = match report.report {
            Reported::Released => found.is_some(),
            Reported::Failed => own.any(|attempt| attempt.failed),
            Reported::Completed { outputs, .. } => {
                own.any(|attempt| !attempt.failed) && found.is_some_and(|(_, task)| task.outputs == *outputs)
            }
        };
        judge.case(holds, || {
            let found = found.map(|(_, task)| (&task.state, &task.outputs, &task.attempts));
            format!(
                "task {} fence {}: {:?} was acknowledged; there is {found:?}",
                report.task, report.fence, report.report
            )
        });
    }
    judge
}

fn describe(found: Option<&crate::history::EndJob>) -> String {
    found.map_or_else(
        || "it is not there".into(),
        |job| {
            format!(
                "it is there with request {}, input {}, state {}, source {:?}",
                job.request, job.digest, job.state, job.source
            )
        },
    )
}

#[cfg(test)]
mod tests {
    use crate::{
        check::{broken, made},
        history::{Answer, EndAttempt, SetAside},
    };

    #[test]
    fn a_job_that_is_gone_or_changed() {
        made::kept(|history, end| {
            history.start("r1", "d1", "j1");
            assert_eq!(broken(history, end), [""; 0]);
            end.jobs[0].digest = "other".into();
            assert_eq!(broken(history, end), ["I1"]);
            end.jobs.remove(0);
            assert!(broken(history, end).contains(&"I1"));
        });
    }

    #[test]
    fn a_start_that_was_kept_and_is_gone_or_another_job_of_its_request() {
        made::kept(|history, end| {
            history.start("r1", "d1", "j0").answer = Answer::Started { job: "j0".into(), again: false, held: true };
            assert_eq!(broken(history, end), [""; 0]);
            // Another input under the id of a request that the store had: it is set aside, and told why.
            end.jobs[0].digest = "d2".into();
            assert_eq!(broken(history, end), ["I1"]);
            let (job, reason) = ("j0".into(), "RequestIdReused: this request_id was used for another request".into());
            end.set_aside.push(SetAside { job, task: String::new(), fence: 0, reason });
            assert_eq!(broken(history, end), [""; 0]);
            end.jobs[0].request = "r2".into();
            assert!(broken(history, end).contains(&"I1"));
        });
    }

    #[test]
    fn a_reprocess_that_is_gone() {
        made::kept(|history, end| {
            history.reprocessed("p1", "j1", "j2");
            assert!(broken(history, end).contains(&"I1"));
        });
    }

    #[test]
    fn a_result_with_other_bytes() {
        made::kept(|history, end| {
            history.completed("t1", 1, "o1", 10);
            assert_eq!(broken(history, end), [""; 0]);
            end.jobs[0].tasks[0].outputs = vec!["o2".into()];
            assert_eq!(broken(history, end), ["I1"]);
        });
    }

    #[test]
    fn a_late_result_is_recorded_beside_the_lost_attempt() {
        made::kept(|history, end| {
            history.completed("t1", 1, "o1", 10);
            let attempts = &mut end.jobs[0].tasks[0].attempts;
            attempts[0].number = 2;
            attempts.insert(0, EndAttempt { number: 1, fence: 1, ended: true, failed: true, expired: true });
            assert_eq!(broken(history, end), [""; 0]);
        });
    }

    #[test]
    fn a_cancel_that_was_forgotten() {
        made::kept(|history, end| {
            history.cancelled("j1", 5);
            assert!(broken(history, end).contains(&"I1"));
        });
    }
}
