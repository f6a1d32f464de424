//! Reports that wait to be sent.

use crate::worker::limits::Limits;
use esteira_contract::v1::{self, task_report::Outcome as WireOutcome};
use prost::Message as _;
use std::collections::VecDeque;

/// One report on its way.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Letter {
    pub(crate) report: v1::TaskReport,
    pub(crate) mark: Mark,
    /// The lease's capsule, until it is wanted.
    pub(crate) capsule: Vec<u8>,
}

/// What is known about a report besides itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    /// Its lease is kept until it is answered; a task that never started has none to keep.
    pub(crate) kept: bool,
    /// A call with several reports was refused as a whole: this one is sent by itself.
    pub(crate) alone: bool,
    /// The coordinator did not take the result; this is the failure that takes its place.
    pub(crate) replaced: bool,
}

impl Letter {
    /// The report of a function that ended.
    pub(crate) fn result(report: v1::TaskReport, capsule: Vec<u8>) -> Self {
        Self { report, mark: Mark { kept: true, alone: false, replaced: false }, capsule }
    }

    /// The report of a task that did not start, or that is given up.
    pub(crate) fn without_result(lease_token: String, outcome: WireOutcome) -> Self {
        let report = v1::TaskReport { lease_token, outcome: Some(outcome), ..Default::default() };
        Self { report, mark: Mark { kept: false, alone: false, replaced: false }, capsule: Vec::new() }
    }

    /// The same lease with a failure instead of what was refused.
    pub(crate) fn replace(self, outcome: WireOutcome) -> Self {
        let report = v1::TaskReport { outcome: Some(outcome), ..self.report.clone() };
        Self { report, mark: Mark { replaced: true, ..self.mark }, ..self }
    }

    /// The same report with the lease's capsule, for a coordinator without its database.
    pub(crate) fn with_capsule(mut self) -> Self {
        if self.report.capsule.is_empty() {
            self.report.capsule = std::mem::take(&mut self.capsule).into();
        }
        self
    }

    /// The same report, to be sent by itself.
    pub(crate) fn alone(self) -> Self {
        Self { mark: Mark { alone: true, ..self.mark }, ..self }
    }

    pub(crate) fn token(&self) -> &str {
        &self.report.lease_token
    }
}

/// The reports that wait, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Outgoing {
    letters: VecDeque<Letter>,
}

impl Outgoing {
    pub(crate) fn push(&mut self, letter: Letter) {
        self.letters.push_back(letter);
    }

    /// Puts letters that were not delivered back to the front.
    pub(crate) fn put_back(&mut self, letters: Vec<Letter>) {
        for letter in letters.into_iter().rev() {
            self.letters.push_front(letter);
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.letters.is_empty()
    }

    /// Takes those that are not to be sent, wherever they stand.
    pub(crate) fn take_out(&mut self, unwanted: impl Fn(&Letter) -> bool) -> Vec<Letter> {
        let (taken, left): (Vec<_>, Vec<_>) = std::mem::take(&mut self.letters).into_iter().partition(unwanted);
        self.letters = left.into();
        taken
    }

    /// Takes what fits into one call: at least one, unless none waits.
    pub(crate) fn take(&mut self, limits: &Limits) -> Vec<Letter> {
        let (mut batch, mut bytes): (Vec<Letter>, usize) = (Vec::new(), 0);
        while let Some(next) = self.letters.front() {
            let size = next.report.encoded_len() + 6;
            let full = batch.len() >= limits.reports_per_call || bytes + size > limits.message_bytes;
            let apart = next.mark.alone || batch.last().is_some_and(|last| last.mark.alone);
            if !batch.is_empty() && (full || apart) {
                break;
            }
            bytes += size;
            batch.extend(self.letters.pop_front());
        }
        batch
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::worker::report::released;

    fn letter(token: &str, bytes: usize) -> Letter {
        Letter::result(
            v1::TaskReport {
                lease_token: token.into(),
                outcome: Some(released(&"x".repeat(bytes))),
                ..Default::default()
            },
            Vec::new(),
        )
    }

    fn take(outgoing: &mut Outgoing) -> String {
        outgoing.take(&Limits::default()).iter().map(Letter::token).collect()
    }

    #[test]
    fn a_batch_holds_what_fits_in_order() {
        let mut outgoing = Outgoing::default();
        for (token, bytes) in [("a", 3 << 20), ("b", 1), ("c", 2 << 20), ("d", 5 << 20), ("e", 1)] {
            outgoing.push(letter(token, bytes));
        }
        let batches: Vec<String> =
            std::iter::from_fn(|| Some(take(&mut outgoing)).filter(|batch| !batch.is_empty())).collect();
        assert_eq!(batches, ["ab", "c", "d", "e"]);
    }

    #[test]
    fn no_more_reports_than_a_call_may_carry() {
        let mut outgoing = Outgoing::default();
        (0..101).for_each(|_| outgoing.push(letter("x", 1)));
        assert_eq!([take(&mut outgoing).len(), take(&mut outgoing).len()], [100, 1]);
    }

    #[test]
    fn a_letter_that_goes_alone_has_no_company() {
        let mut outgoing = Outgoing::default();
        outgoing.push(letter("c", 1));
        outgoing.put_back(vec![letter("a", 1).alone(), letter("b", 1).alone()]);
        assert_eq!([take(&mut outgoing), take(&mut outgoing), take(&mut outgoing)], ["a", "b", "c"]);
    }

    #[test]
    fn what_is_not_wanted_any_more_is_dropped() {
        let mut outgoing = Outgoing::default();
        outgoing.push(letter("a", 1));
        outgoing.push(letter("b", 1));
        let unwanted = outgoing.take_out(|letter| letter.token() == "a");
        assert_eq!((unwanted.len(), take(&mut outgoing).as_str(), outgoing.is_empty()), (1, "b", true));
    }
}
