//! Each verification is itself recorded: who asked, what for, what came out, and how long it took.

use super::report::{Report, Tally};
use crate::{
    coordinator::Coordinator,
    error::{Error, Reason, Result},
    work::Principal,
};
use esteira_engine::Entropy;
use esteira_ledger::{
    Hash, Hashes, Leaf, Verdict,
    kinds::{Operator, VerificationPerformed},
};
use esteira_model::{JobId, PageId, Time};
use esteira_store::LedgerPage;
use std::fmt;

/// What was verified, as the leaf says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// A body, by its digest, or by where it is.
    Artifact(String),
    /// A job.
    Job(JobId),
    /// Leaves from an index to just before another.
    Range(u64, u64),
    /// Everything.
    All,
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Artifact(which) => write!(f, "artifact {which}"),
            Self::Job(job) => write!(f, "job {job}"),
            Self::Range(from, to) => write!(f, "range {from} {to}"),
            Self::All => f.write_str("all"),
        }
    }
}

/// What is recorded of a verification beside its report.
#[derive(Debug, Clone)]
pub struct Performed {
    /// What was verified.
    pub scope: Scope,
    /// The answer.
    pub verdict: Verdict,
    /// How many leaves were looked at.
    pub checked: u64,
    /// How many flaws there were.
    pub failed: u64,
    /// Size and root of the log against which it was verified.
    pub head: (u64, Hash),
    /// When it began.
    pub start_time: Time,
}

impl Performed {
    /// Of a report.
    pub fn of(scope: Scope, report: &Report, head: (u64, Hash), start_time: Time) -> Self {
        let verdict = report.verdict();
        Self { scope, verdict, checked: report.checked, failed: report.failed, head, start_time }
    }
}

impl Coordinator {
    /// Records a verification of many calls.
    ///
    /// # Errors
    /// When the store does not take it.
    pub async fn record_tally(
        &self,
        who: &Principal,
        scope: Scope,
        tally: &Tally,
        head: (u64, [u8; 32]),
        start_time: Time,
    ) -> Result<()> {
        let head = (head.0, Hash(head.1));
        let performed = Performed { verdict: tally.verdict, ..Performed::of(scope, &tally.report, head, start_time) };
        self.record_verification(who, &performed).await
    }

    /// Records a verification, in a transaction of its own: its answer does not leave before.
    ///
    /// # Errors
    /// When the store does not take it.
    pub async fn record_verification(&self, who: &Principal, performed: &Performed) -> Result<()> {
        let shared = &self.shared;
        let scope = performed.scope.to_string();
        let leaf = Leaf::from(VerificationPerformed {
            account: who.account.as_str(),
            scope: &scope,
            verdict: performed.verdict,
            checked: performed.checked,
            failed: performed.failed,
            tree_size: performed.head.0,
            root: performed.head.1,
            start_time: performed.start_time,
            end_time: shared.clock.now(),
            operator: Operator { user: &who.user_id, account: who.account.as_str(), on_behalf_of: "" },
            parents: Hashes::default(),
        });
        let mut page = LedgerPage::new(PageId(shared.ids.clone().sequence()));
        let pushed = page.push(|out| leaf.encode_into(out));
        pushed.map_err(|error| Error::new(Reason::Internal, format!("a verification has no leaf: {error}")))?;
        self.transact(move |unit| Box::pin(async move { Ok(unit.append_leaves(&[page]).await?) })).await?;
        shared.log.committed(1);
        Ok(())
    }
}
