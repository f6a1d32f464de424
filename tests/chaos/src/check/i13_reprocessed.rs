//! I13: going on from a job leaves the old one as it was, byte for byte: all of its rows, in all tables of jobs.

use super::{Judge, view::View};
use crate::history::{Answer, Said};
use std::collections::BTreeSet;

pub(super) fn judge(view: &View<'_>) -> Judge {
    let mut judge = Judge::of("I13", "reprocessing leaves the old job byte-identical");
    let asked = view.history.ops.iter().filter_map(|op| match (&op.said, &op.answer) {
        (Said::Reprocess { job, .. }, Answer::Started { .. }) => Some(job.as_str()),
        _ => None,
    });
    // Also what nobody heard of: an answer that was lost, the job of a sub-plan that was gone into.
    let found = view.end.jobs.iter().map(|job| job.source.as_str()).filter(|source| !source.is_empty());
    let sources: BTreeSet<&str> = asked.chain(found).collect();
    for source in sources {
        // Rows are looked at now and then: a job that had not ended by then has none.
        let Some((before, after)) = view.end.rows.get(source) else { continue };
        let differ: Vec<_> = before.iter().filter(|(table, digest)| after.get(*table) != Some(*digest)).collect();
        let added: Vec<_> = after.keys().filter(|table| !before.contains_key(*table)).collect();
        judge.case(differ.is_empty() && added.is_empty() && !before.is_empty(), || {
            let tables: Vec<_> = differ.iter().map(|(table, _)| *table).chain(added).collect();
            format!("job {source} was processed again, and its rows have changed in {tables:?}")
        });
    }
    if judge.0.judged == 0 {
        judge.0.not_shown = Some("no job was processed again whose rows were known");
    }
    judge
}

#[cfg(test)]
mod tests {
    use crate::{
        check::{broken, check, made},
        history::{End, Rows},
    };

    fn rows(digest: &str) -> Rows {
        [("job".to_owned(), digest.to_owned()), ("task".to_owned(), "d".to_owned())].into()
    }

    fn reprocessed(end: &mut End) {
        let mut job = end.jobs[0].clone();
        (job.job, job.request, job.source) = ("j2".into(), String::new(), "j1".into());
        job.tasks.clear();
        job.state = "RUNNING".into();
        end.jobs.push(job);
    }

    #[test]
    fn a_source_that_changed() {
        made::kept(|history, end| {
            history.reprocessed("p1", "j1", "j2");
            reprocessed(end);
            end.rows.insert("j1".into(), (rows("a"), rows("a")));
            assert_eq!(broken(history, end), [""; 0]);
            end.rows.insert("j1".into(), (rows("a"), rows("b")));
            assert_eq!(broken(history, end), ["I13"]);
        });
    }

    #[test]
    fn a_source_with_rows_more_or_fewer_though_nobody_heard_of_the_reprocess() {
        made::kept(|history, end| {
            reprocessed(end);
            let mut more = rows("a");
            more.insert("carried".into(), "d".into());
            end.rows.insert("j1".into(), (rows("a"), more.clone()));
            assert_eq!(broken(history, end), ["I13"]);
            end.rows.insert("j1".into(), (more, rows("a")));
            assert_eq!(broken(history, end), ["I13"]);
        });
    }

    #[test]
    fn without_rows_nothing_is_shown() {
        made::kept(|history, end| {
            reprocessed(end);
            let row = check(history, end).into_iter().find(|row| row.id == "I13").expect("a row");
            assert_eq!((row.judged, row.not_shown.is_some()), (0, true));
        });
    }
}
