//! I7: within a topic and key messages arrive in the order of their commits. What is delivered again counts where it came first.

use super::{
    Judge,
    view::{Emitted, View},
};
use std::collections::{BTreeSet, HashMap};

pub(super) fn judge(view: &View<'_>) -> Judge {
    let mut judge = Judge::of("I7", "order per key, without gaps after duplicates are dropped");
    let emitted: HashMap<&str, Emitted<'_>> = view.emitted().into_iter().map(|it| (it.body, it)).collect();
    for (key, deliveries) in &view.delivered {
        let mut seen = BTreeSet::new();
        let first: Vec<_> = deliveries.iter().filter(|delivery| seen.insert(delivery.message.as_str())).collect();
        for pair in first.windows(2) {
            judge.case(pair[0].sequence < pair[1].sequence, || {
                format!("key {key}: {} came before {}", pair[0].sequence, pair[1].sequence)
            });
        }
        // Whoever was committed before another one was sent is delivered before it.
        let mut newest: Option<Emitted<'_>> = None;
        for delivery in first {
            let Some(this) = emitted.get(delivery.body.as_str()) else { continue };
            if let Some(before) = newest {
                let same = before.sent == this.sent;
                let holds = if same { before.index < this.index } else { this.stood >= before.sent };
                judge.case(holds, || format!("key {key}: {} came after {}", this.body, before.body));
            }
            if newest.is_none_or(|before| before.sent <= this.sent) {
                newest = Some(*this);
            }
        }
    }
    gaps(view, &emitted, &mut judge);
    judge
}

/// Nothing that waits is overtaken by what was committed after it.
fn gaps(view: &View<'_>, emitted: &HashMap<&str, Emitted<'_>>, judge: &mut Judge) {
    let delivered: BTreeSet<&str> = view.history.deliveries.iter().map(|delivery| delivery.body.as_str()).collect();
    let mut last_sent: HashMap<&str, u64> = HashMap::new();
    for it in emitted.values().filter(|it| delivered.contains(it.body)) {
        let last = last_sent.entry(it.key).or_default();
        *last = (*last).max(it.sent);
    }
    for it in emitted.values() {
        let overtaken = !delivered.contains(it.body) && last_sent.get(it.key).is_some_and(|last| it.stood < *last);
        judge.case(!overtaken, || format!("key {}: {} was passed over", it.key, it.body));
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        check::{broken, made},
        history::Answer,
    };

    #[test]
    fn what_was_committed_first_comes_first() {
        made::kept(|history, end| {
            history.emitted("t1", 1, "k", "first", 10);
            end.accept("t2", 1);
            history.emitted("t2", 1, "k", "second", 20);
            history.delivered("m2", "k", 2, "second", 30);
            history.delivered("m1", "k", 3, "first", 31);
            assert_eq!(broken(history, end), ["I7"]);
        });
    }

    #[test]
    fn what_a_last_resort_kept_is_committed_when_it_comes_back() {
        made::kept(|history, end| {
            history.emitted("t1", 1, "k", "first", 10).answer = Answer::Reported { again: false, held: true };
            end.accept("t2", 1);
            history.emitted("t2", 1, "k", "second", 20);
            history.delivered("m2", "k", 2, "second", 30);
            history.delivered("m1", "k", 3, "first", 31);
            assert!(!broken(history, end).contains(&"I7"));
        });
    }

    #[test]
    fn sequences_rise() {
        made::kept(|history, end| {
            history.emitted("t1", 1, "k", "first", 10);
            end.accept("t2", 1);
            history.emitted("t2", 1, "k", "second", 20);
            history.delivered("m1", "k", 5, "first", 30);
            history.delivered("m2", "k", 4, "second", 31);
            assert_eq!(broken(history, end), ["I7"]);
        });
    }

    #[test]
    fn a_gap() {
        made::kept(|history, end| {
            history.emitted("t1", 1, "k", "first", 10);
            end.accept("t2", 1);
            history.emitted("t2", 1, "k", "second", 20);
            history.delivered("m2", "k", 2, "second", 30);
            end.waits("m1", "k", false);
            assert!(broken(history, end).contains(&"I7"));
        });
    }
}
