//! I9: what cannot be delivered blocks its own key, and no other.

use super::{Judge, view::View};
use crate::history::{Answer, Said};
use std::collections::BTreeSet;

pub(super) fn judge(view: &View<'_>) -> Judge {
    let mut judge = Judge::of("I9", "poison blocks its own key only");
    let parked: BTreeSet<&str> = view
        .history
        .ops
        .iter()
        .filter(|op| matches!(op.answer, Answer::Nacked | Answer::Unknown))
        .filter_map(|op| match &op.said {
            Said::NackOutbox { key, park: true, .. } => Some(key.as_str()),
            _ => None,
        })
        .collect();
    if parked.is_empty() {
        return judge;
    }
    for message in &view.end.waiting {
        judge.case(parked.contains(message.key.as_str()), || {
            format!("message {} of key {} waits, and nobody parked that key", message.message, message.key)
        });
    }
    for key in view.delivered.keys() {
        judge.case(true, || (*key).to_owned());
    }
    judge
}

#[cfg(test)]
mod tests {
    use crate::check::{broken, made};

    #[test]
    fn another_key_that_waits() {
        made::kept(|history, end| {
            history.emitted("t1", 1, "bad", "poison", 10);
            history.parked("bad", 20);
            end.waits("m1", "bad", true);
            assert_eq!(broken(history, end), [""; 0]);
            end.waits("m2", "good", true);
            assert!(broken(history, end).contains(&"I9"));
        });
    }
}
