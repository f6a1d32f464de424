//! The checker: from a history and the end of a run to a row for each invariant. Pure; one file an invariant, its tests at the
//! bottom: each has a history that breaks it and is caught.
//!
//! A row says how many cases it judged. One that judged none shows nothing, and says so: it is never counted as kept.

mod i01_acknowledged;
mod i02_once;
mod i03_fences;
mod i04_terminal;
mod i05_durable;
mod i06_one_event;
mod i07_order;
mod i08_duplicates;
mod i09_poison;
mod i10_accounted;
mod i11_ingested_once;
mod i12_older_fence;
mod i13_reprocessed;
mod i14_leaves;
mod i15_digests;
mod i20_rest;
#[cfg(test)]
mod made;
mod view;

use crate::history::{End, History};
use view::View;

/// What became of one invariant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Such as `I1`.
    pub id: &'static str,
    /// What it says.
    pub says: &'static str,
    /// How many cases were judged; none = nothing is shown.
    pub judged: usize,
    /// What breaks it.
    pub findings: Vec<String>,
    /// Why nothing could be judged, where the product has no such thing yet.
    pub not_shown: Option<&'static str>,
}

/// Findings while they are collected.
struct Judge(Row);

impl Judge {
    fn of(id: &'static str, says: &'static str) -> Self {
        Self(Row { id, says, judged: 0, findings: Vec::new(), not_shown: None })
    }

    /// Judges a case.
    fn case(&mut self, holds: bool, otherwise: impl FnOnce() -> String) {
        self.0.judged += 1;
        if !holds {
            self.0.findings.push(otherwise());
        }
    }
}

/// Judges everything.
pub fn check(history: &History, end: &End) -> Vec<Row> {
    let view = View::of(history, end);
    [
        i01_acknowledged::judge,
        i02_once::judge,
        i03_fences::judge,
        i04_terminal::judge,
        i05_durable::judge,
        i06_one_event::judge,
        i07_order::judge,
        i08_duplicates::judge,
        i09_poison::judge,
        i10_accounted::judge,
        i11_ingested_once::judge,
        i12_older_fence::judge,
        i13_reprocessed::judge,
        i14_leaves::judge,
        i15_digests::judge,
        i20_rest::judge,
    ]
    .iter()
    .map(|judge| judge(&view).0)
    .collect()
}

/// The ids of the rows that something breaks.
#[cfg(test)]
fn broken(history: &History, end: &End) -> Vec<&'static str> {
    check(history, end).into_iter().filter(|row| !row.findings.is_empty()).map(|row| row.id).collect()
}
