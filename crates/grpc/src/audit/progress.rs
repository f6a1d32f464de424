//! A verification of many calls: what they have found so far travels with the token.

use crate::{
    convert::verification::{count, verification_out},
    edge::Edge,
    page_token::List,
    principal::Caller,
    status::{Answer, Refusal},
};
use esteira_contract::v1;
use esteira_coordinator::{
    Reason,
    verify::{Report, Scope, Tally},
};
use esteira_model::Time;
use prost::Message;

/// What a token holds.
#[derive(Clone, PartialEq, Message)]
pub struct Progress {
    #[prost(int64, tag = "1")]
    pub start_time: i64,
    #[prost(bytes = "vec", tag = "2")]
    pub cursor: Vec<u8>,
    #[prost(uint64, tag = "3")]
    checked: u64,
    #[prost(uint64, tag = "4")]
    valid: u64,
    #[prost(uint64, tag = "5")]
    not_anchored: u64,
    #[prost(uint64, tag = "6")]
    erased: u64,
    #[prost(uint64, tag = "7")]
    failed: u64,
    /// The first verdict that is not VALID, and its check; "" while there is none.
    #[prost(string, tag = "8")]
    verdict: String,
    #[prost(string, tag = "9")]
    failing: String,
    /// Where it was found, in the order of the log.
    #[prost(uint64, tag = "10")]
    index: u64,
}

impl Progress {
    /// What the calls before this one have found.
    pub fn read(edge: &Edge, list: &List<'_>, token: &str) -> Answer<Option<Self>> {
        let Some(bytes) = edge.pages.page(list, 0, token)?.after else { return Ok(None) };
        let progress = Self::decode(bytes.as_slice());
        progress.map(Some).map_err(|_| Refusal::new(Reason::PageTokenInvalid, "the token is no verification's"))
    }

    /// Before the first call.
    pub fn begin(edge: &Edge) -> Self {
        Self { start_time: edge.now().0, ..Self::default() }
    }

    /// Adds what a call has found.
    pub fn add(&mut self, report: &Report) {
        self.checked += report.checked;
        self.valid += report.valid;
        self.not_anchored += report.not_anchored;
        self.erased += report.erased;
        self.failed += report.failed;
        let Some(first) = report.first() else { return };
        let index = first.index.unwrap_or(u64::MAX);
        if self.verdict.is_empty() || index < self.index {
            self.verdict = first.verdict.as_str().to_owned();
            self.failing = first.failing.to_string();
            self.index = index;
        }
    }

    /// All that was found so far, with the flaws of this call.
    pub fn tally(&self, report: &Report) -> Tally {
        let sums = Report {
            checked: self.checked,
            valid: self.valid,
            not_anchored: self.not_anchored,
            erased: self.erased,
            failed: self.failed,
            flaws: Vec::new(),
        };
        let verdict = esteira_coordinator::verify::verdict(&self.verdict).unwrap_or_else(|| sums.verdict());
        Tally { report: Report { flaws: report.flaws.clone(), ..sums }, verdict, failing: self.failing.clone() }
    }
}

/// Answers a call: with the token of the next one, or, when there is none, after the whole is recorded.
pub async fn answer(
    edge: &Edge,
    caller: &Caller,
    list: &List<'_>,
    scope: Scope,
    mut progress: Progress,
    (report, next, head): (Report, Option<Vec<u8>>, (u64, [u8; 32])),
) -> Answer<(v1::Verification, String)> {
    progress.add(&report);
    let tally = progress.tally(&report);
    let token = match next {
        Some(cursor) => {
            progress.cursor = cursor;
            edge.pages.next(list, Some(&progress.encode_to_vec()))
        }
        None => {
            let start_time = Time(progress.start_time);
            edge.coordinator.record_tally(&caller.principal, scope, &tally, head, start_time).await?;
            String::new()
        }
    };
    let shown = v1::Verification {
        verdict: crate::convert::verification::verdict_out(tally.verdict.as_str()) as i32,
        failing: tally.failing.clone(),
        checked: count(tally.report.checked),
        ..verification_out(&tally.report, head)
    };
    Ok((shown, token))
}
