//! What becomes of a report once the coordinator has answered.

use crate::{
    client::reason,
    worker::{
        dispatch::{Dispatcher, PAUSE, is_unsure},
        outgoing::Letter,
        report::refused,
    },
};
use esteira_contract::v1;
use std::collections::HashMap;
use tonic::{Code, Status};

impl Dispatcher {
    /// Each report by the outcome of its lease.
    pub(crate) fn settle(&mut self, letters: Vec<Letter>, outcomes: &[v1::ReportOutcome]) {
        let by_token: HashMap<&str, &v1::ReportOutcome> =
            outcomes.iter().map(|outcome| (outcome.lease_token.as_str(), outcome)).collect();
        for letter in letters {
            let Some(outcome) = by_token.get(letter.token()) else {
                tracing::error!("a report was answered without an outcome and is dropped");
                self.around.heartbeats.forget(letter.token());
                continue;
            };
            match outcome.error_reason.as_str() {
                "" => self.around.heartbeats.forget(letter.token()),
                reason @ ("LEASE_LOST" | "RESULT_CONFLICT") => {
                    tracing::debug!(reason, "result dropped: the task is not ours any more");
                    self.around.heartbeats.forget(letter.token());
                }
                "STORE_UNAVAILABLE" if outcome.capsule_wanted && letter.report.capsule.is_empty() => {
                    // At once: this coordinator can keep it, and only the capsule was missing.
                    self.outgoing.push(letter.with_capsule());
                }
                "STORE_UNAVAILABLE" | "OVERLOADED" => {
                    self.report_pause = PAUSE;
                    self.outgoing.push(letter);
                }
                reason => self.replace(letter, reason, &outcome.error_message),
            }
        }
    }

    /// The call as a whole was refused: find the report that is to blame.
    pub(crate) fn on_report_refused(&mut self, letters: Vec<Letter>, status: &Status) {
        tracing::warn!(code = %status.code(), message = status.message(), reports = letters.len(), "report refused");
        if matches!(status.code(), Code::Unauthenticated | Code::PermissionDenied) {
            for letter in letters {
                self.around.heartbeats.forget(letter.token());
            }
            return self.fail(status.clone());
        }
        if is_unsure(status) && self.unsure < 5 {
            self.unsure += 1;
            self.report_pause = PAUSE;
            return self.outgoing.put_back(letters);
        }
        self.unsure = 0;
        if letters.len() > 1 {
            let alone = letters.into_iter().map(Letter::alone).collect();
            return self.outgoing.put_back(alone);
        }
        for letter in letters {
            self.replace(letter, &reason(status), status.message());
        }
    }

    /// The lease stays: report a failure in place of the result, once.
    fn replace(&mut self, letter: Letter, reason: &str, message: &str) {
        if letter.mark.replaced {
            tracing::error!(
                reason,
                message,
                "a report was refused twice and is dropped; the task runs again when its lease runs out"
            );
            self.around.heartbeats.forget(letter.token());
        } else {
            tracing::warn!(reason, message, "result refused; a failure is reported instead");
            self.outgoing.push(letter.replace(refused(reason, message)));
        }
    }
}
