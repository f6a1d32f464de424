//! I6: a transition that is committed leaves one record: an attempt for each grant that ended, a message for each that was emitted.

use super::{Judge, view::View};
use std::collections::{BTreeSet, HashMap};

pub(super) fn judge(view: &View<'_>) -> Judge {
    let mut judge = Judge::of("I6", "one record a committed transition");
    for task in view.end.tasks() {
        let mut numbers: Vec<i32> = task.attempts.iter().map(|attempt| attempt.number).collect();
        numbers.sort_unstable();
        let dense = numbers.iter().zip(1..).all(|(number, expected)| *number == expected);
        judge.case(dense, || format!("task {}: its attempts are {numbers:?}", task.task));
    }
    let mut ids: HashMap<&str, BTreeSet<&str>> = HashMap::new();
    for delivery in &view.history.deliveries {
        ids.entry(&delivery.body).or_default().insert(&delivery.message);
    }
    let emitted: BTreeSet<&str> = view.emitted().iter().map(|emitted| emitted.body).collect();
    for (body, ids) in ids {
        judge.case(ids.len() == 1, || format!("message {body} was recorded as {ids:?}"));
        judge.case(emitted.contains(body), || format!("message {body} is of no completion that stands"));
    }
    judge
}

#[cfg(test)]
mod tests {
    use crate::{
        check::{broken, made},
        history::{EndAttempt, Reported},
    };

    #[test]
    fn an_attempt_without_a_record() {
        made::kept(|history, end| {
            end.jobs[0].tasks[0].attempts.push(EndAttempt {
                number: 3,
                fence: 5,
                ended: true,
                failed: true,
                expired: false,
            });
            assert_eq!(broken(history, end), ["I6"]);
        });
    }

    #[test]
    fn a_message_twice_or_of_nobody() {
        made::kept(|history, end| {
            history.emitted("t1", 1, "k", "body", 10);
            history.delivered("m1", "k", 1, "body", 20);
            assert_eq!(broken(history, end), [""; 0]);
            history.delivered("m2", "k", 2, "body", 30);
            assert!(broken(history, end).contains(&"I6"));
        });
        made::kept(|history, end| {
            history.report("t1", 9, Reported::Completed { outputs: vec!["o".into()], emits: Vec::new() }, 10);
            history.delivered("m1", "k", 1, "of an attempt that lost", 20);
            assert!(broken(history, end).contains(&"I6"));
        });
    }
}
