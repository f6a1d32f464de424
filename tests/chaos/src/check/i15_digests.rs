//! I15: a digest that is computed again from the bytes is the one that was said of them.

use super::{Judge, view::View};

pub(super) fn judge(view: &View<'_>) -> Judge {
    let mut judge = Judge::of("I15", "digests that are computed again match");
    judge.0.judged = view.end.digests;
    judge.0.findings = view.end.wrong_digests.clone();
    judge
}

#[cfg(test)]
mod tests {
    use crate::check::{broken, made};

    #[test]
    fn bytes_with_another_digest() {
        made::kept(|history, end| {
            end.wrong_digests.push("an output of task t1".into());
            assert_eq!(broken(history, end), ["I15"]);
        });
    }
}
