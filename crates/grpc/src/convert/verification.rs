//! What verifications find.

use esteira_contract::v1;
use esteira_coordinator::verify::{Flaw, Report};

/// On the wire. `head`: size and root of the log against which it was verified.
pub fn verification_out(report: &Report, head: (u64, [u8; 32])) -> v1::Verification {
    v1::Verification {
        verdict: verdict_out(report.verdict().as_str()) as i32,
        failing: report.failing().map(|failing| failing.to_string()).unwrap_or_default(),
        checked: count(report.checked),
        valid: count(report.valid),
        not_anchored: count(report.not_anchored),
        erased: count(report.erased),
        failed: count(report.failed),
        flaws: report.flaws.iter().map(flaw_out).collect(),
        tree_size: count(head.0),
        root: head.1.to_vec().into(),
    }
}

fn flaw_out(flaw: &Flaw) -> v1::VerificationFlaw {
    v1::VerificationFlaw {
        index: flaw.index.map(|index| index.to_string()).unwrap_or_default(),
        job_id: flaw.job.map(|job| job.to_string()).unwrap_or_default(),
        about: flaw.about.clone(),
        verdict: verdict_out(flaw.verdict.as_str()) as i32,
        failing: flaw.failing.to_string(),
    }
}

/// A verdict by its stable text.
pub fn verdict_out(text: &str) -> v1::Verdict {
    v1::Verdict::from_str_name(&format!("VERDICT_{text}")).unwrap_or(v1::Verdict::Unspecified)
}

/// A count on the wire.
pub fn count(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verdict_is_in_the_contract() {
        for verdict in esteira_coordinator::verify::VERDICTS {
            assert_ne!(verdict_out(verdict.as_str()), v1::Verdict::Unspecified, "{verdict}");
        }
    }
}
