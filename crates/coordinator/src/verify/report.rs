//! What a verification answers: one of eight verdicts, how much it looked at, and what failed first where.

use esteira_ledger::{Failing, Finding, Verdict};
use esteira_model::JobId;

/// Flaws that one report lists at most; all are counted.
pub const FLAWS_MAX: usize = 100;

/// Something that did not verify.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flaw {
    /// Where the leaf is in the log; none when it has no place, or is not there.
    pub index: Option<u64>,
    /// The job that it is about, if it is about one.
    pub job: Option<JobId>,
    /// What it is about: `start`, `attempt TASK NUMBER`, `end`, `leaf`, `checkpoint SIZE`, `anchor NUMBER`, ..
    pub about: String,
    /// What was found.
    pub verdict: Verdict,
    /// The check that failed first.
    pub failing: Failing,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// How many leaves were looked at.
    pub checked: u64,
    /// How many of them are VALID.
    pub valid: u64,
    /// How many no anchor reaches yet.
    pub not_anchored: u64,
    /// How many speak of a body that was removed, and it is certified.
    pub erased: u64,
    /// How many flaws there are.
    pub failed: u64,
    /// The first of them.
    pub flaws: Vec<Flaw>,
}

impl Report {
    /// Adds what was found about one leaf.
    pub fn add(&mut self, finding: Finding, place: impl FnOnce() -> (Option<u64>, Option<JobId>, String)) {
        self.checked += 1;
        match (finding.verdict, finding.failing) {
            (Verdict::Valid, None) => self.valid += 1,
            (Verdict::ValidNotAnchored, None) => self.not_anchored += 1,
            (Verdict::Erased, None) => self.erased += 1,
            (verdict, failing) => {
                let (index, job, about) = place();
                self.flaw(Flaw { index, job, about, verdict, failing: failing.unwrap_or(Failing::Leaf) });
            }
        }
    }

    /// Adds a flaw that is no leaf's.
    pub fn flaw(&mut self, flaw: Flaw) {
        self.failed += 1;
        if self.flaws.len() < FLAWS_MAX {
            self.flaws.push(flaw);
        }
    }

    /// Adds what another part found.
    pub fn append(&mut self, other: Self) {
        self.checked += other.checked;
        self.valid += other.valid;
        self.not_anchored += other.not_anchored;
        self.erased += other.erased;
        self.failed += other.failed;
        let room = FLAWS_MAX.saturating_sub(self.flaws.len());
        self.flaws.extend(other.flaws.into_iter().take(room));
    }

    /// The first verdict that is not VALID, in the order of the log; flaws before what is only not anchored or erased.
    pub fn verdict(&self) -> Verdict {
        match self.first() {
            Some(flaw) => flaw.verdict,
            None if self.checked == 0 => Verdict::Unknown,
            None if self.erased > 0 => Verdict::Erased,
            None if self.not_anchored > 0 => Verdict::ValidNotAnchored,
            None => Verdict::Valid,
        }
    }

    /// The check that failed first; none when nothing did.
    pub fn failing(&self) -> Option<Failing> {
        self.first().map(|flaw| flaw.failing)
    }

    /// The first flaw, in the order of the log; what has no place comes last.
    pub fn first(&self) -> Option<&Flaw> {
        self.flaws.iter().min_by_key(|flaw| flaw.index.unwrap_or(u64::MAX))
    }
}

/// Every verdict.
pub const VERDICTS: &[Verdict] = Verdict::ALL;

/// The verdict of this stable text.
pub fn verdict(text: &str) -> Option<Verdict> {
    Verdict::ALL.iter().find(|verdict| verdict.as_str() == text).copied()
}

/// What several reports say together: their sums, and the verdict of all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// The sums, with the flaws of the last.
    pub report: Report,
    /// The verdict of all.
    pub verdict: Verdict,
    /// The check that failed first; "" when nothing did.
    pub failing: String,
}
