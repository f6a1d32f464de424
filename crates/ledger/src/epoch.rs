//! Whether a log may go on: it must still begin with what was anchored outside, or an operator must say that it does not.

use crate::{checkpoint::Checkpoint, hash::Hash, merkle::Frontier, proof::verify_consistency};

/// Why a log must not go on by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The anchor knows of leaves that the log does not have: a backup was restored, or leaves were deleted.
    #[error("the log has {size} leaves, its newest anchor has {anchor_size}: {} are missing", anchor_size - size)]
    Behind {
        /// The log's size.
        size: u64,
        /// The anchor's.
        anchor_size: u64,
    },
    /// The log does not begin with what was anchored: leaves were changed.
    #[error("the log was rewritten: it does not begin with the {anchor_size} leaves of its newest anchor")]
    Rewritten {
        /// The anchor's size.
        anchor_size: u64,
    },
}

/// Compares the log's head with its newest anchor; `consistency` leads from the anchor to the head.
///
/// # Errors
/// [`Refusal`]: then the sequencer must not start, until an operator declares a new epoch with
/// [`crate::kinds::EpochDeclared`] as its first leaf.
pub fn may_go_on(head: &Frontier, anchor: &Checkpoint, consistency: &[Hash]) -> Result<(), Refusal> {
    let (size, anchor_size) = (head.size(), anchor.size);
    if size < anchor_size {
        return Err(Refusal::Behind { size, anchor_size });
    }
    if verify_consistency(anchor_size, &anchor.root, size, &head.root(), consistency) {
        Ok(())
    } else {
        Err(Refusal::Rewritten { anchor_size })
    }
}

/// The origin under which the checkpoints of an epoch are signed. A log never signs two checkpoints that contradict each
/// other; what goes on after a loss is another log, with another name.
pub fn origin(log: &str, epoch: u64) -> String {
    if epoch == 0 { log.to_owned() } else { format!("{log}/epoch/{epoch}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        hash::leaf_hash,
        proof::{Leaves, consistency},
    };

    fn log(entries: &[&str]) -> (Frontier, Vec<Hash>) {
        let leaves: Vec<Hash> = entries.iter().map(|entry| leaf_hash(entry.as_bytes())).collect();
        let mut head = Frontier::default();
        leaves.iter().for_each(|leaf| head.append(*leaf, |_, _| ()));
        (head, leaves)
    }

    fn check(entries: &[&str], anchored: &[&str], expected: Result<(), Refusal>) {
        let ((head, leaves), (anchor, _)) = (log(entries), log(anchored));
        let anchor = Checkpoint { origin: "log".to_owned(), size: anchor.size(), root: anchor.root() };
        let path = consistency(&Leaves(&leaves), anchor.size, head.size()).unwrap_or_default();
        assert_eq!(may_go_on(&head, &anchor, &path), expected, "{entries:?} after {anchored:?}");
    }

    #[test]
    fn only_a_log_that_begins_with_its_anchor_goes_on() {
        check(&[], &[], Ok(()));
        check(&["a", "b", "c"], &[], Ok(()));
        check(&["a", "b", "c"], &["a", "b"], Ok(()));
        check(&["a", "b", "c"], &["a", "b", "c"], Ok(()));
        check(&["a", "b"], &["a", "b", "c"], Err(Refusal::Behind { size: 2, anchor_size: 3 }));
        check(&["a", "x", "c"], &["a", "b"], Err(Refusal::Rewritten { anchor_size: 2 }));
        check(&["a", "b", "x"], &["a", "b", "c"], Err(Refusal::Rewritten { anchor_size: 3 }));
    }

    #[test]
    fn each_epoch_signs_under_a_name_of_its_own() {
        assert_eq!([origin("l", 0), origin("l", 1), origin("l", 12)], ["l", "l/epoch/1", "l/epoch/12"]);
    }
}
