//! I20: when everything is healed, every job ends within two lease times and 30 s, and every message that is not parked is delivered.

use super::{Judge, view::View};

pub(super) fn judge(view: &View<'_>) -> Judge {
    let mut judge = Judge::of("I20", "after healing every job ends within 2 lease times + 30 s");
    judge.0.judged = view.end.jobs.len();
    judge.0.findings = view.end.overdue.clone();
    judge
}

#[cfg(test)]
mod tests {
    use crate::check::{broken, made};

    #[test]
    fn a_job_that_does_not_end() {
        made::kept(|history, end| {
            end.overdue.push("job j1 is RUNNING".into());
            assert_eq!(broken(history, end), ["I20"]);
        });
    }
}
