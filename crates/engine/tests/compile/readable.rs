//! Which step's output can be read where: on every way there, and there is one of it.

use crate::{
    harness::{S, plan, step},
    issues,
};

/// `reader` reads the output of `of` in its template.
#[track_caller]
fn check(steps: impl IntoIterator<Item = S>, reader: &str, of: &str, readable: bool) {
    let reads = |s: S| if &*s.0.step_key == reader { s.template(&format!("<steps.{of}>")) } else { s };
    let steps: Vec<S> = steps.into_iter().map(reads).collect();
    let at = steps.iter().position(|s| &*s.0.step_key == reader).expect("it is a step");
    let expected = if readable { vec![] } else { vec![format!("/steps/{at}/input STEP_NOT_READABLE")] };
    let found: Vec<_> = issues(&plan(steps)).into_iter().filter(|issue| !issue.contains("STEP_ISOLATED")).collect();
    assert_eq!(found, expected, "`{reader}` reads `{of}`");
}

#[test]
fn what_lies_before() {
    let chain = || [step("a").to("b"), step("b").to("c"), step("c"), step("x")];
    check(chain(), "c", "a", true);
    check(chain(), "c", "b", true);
    check(chain(), "b", "c", false);
    check(chain(), "b", "b", false);
    check(chain(), "b", "x", false);
}

#[test]
fn only_what_is_on_every_way() {
    let diamond = || [step("a").to("l").to("r"), step("l").to("m"), step("r").to("m"), step("m").to("z"), step("z")];
    check(diamond(), "z", "a", true);
    check(diamond(), "m", "l", false);
    check(diamond(), "z", "l", false);
    check(diamond(), "z", "m", true);
    let two_starts = || [step("a").to("m"), step("b").to("m"), step("m")];
    check(two_starts(), "m", "a", false);
}

#[test]
fn a_join_has_seen_what_leads_to_it() {
    let join = || {
        [
            step("a").to("l").to("r"),
            step("l").to("x"),
            step("x").to("j"),
            step("r").to("j"),
            step("j").join().to("z"),
            step("z"),
        ]
    };
    check(join(), "j", "r", true);
    check(join(), "z", "r", true);
    check(join(), "z", "x", true);
    check(join(), "z", "j", true);
    check(join(), "z", "l", false);
    let barrier = || [step("a"), step("b"), step("d").after(&["a", "b"])];
    check(barrier(), "d", "a", true);
}

#[test]
fn a_fan_out_reads_within_its_item() {
    let fan = || [step("a").to("fan"), step("fan").multiple().to("b"), step("b").to("c"), step("c")];
    check(fan(), "c", "a", true);
    check(fan(), "c", "b", true);
    check(fan(), "b", "fan", true);
    check(fan(), "c", "fan", true);
    let nested = || [step("out").multiple().to("in"), step("in").multiple().to("b"), step("b")];
    check(nested(), "b", "out", true);
    check(nested(), "b", "in", true);
}

#[test]
fn after_a_join_there_are_many_of_what_ran_for_each_item() {
    let joined = || {
        [step("a").to("fan"), step("fan").multiple().to("b"), step("b").to("j"), step("j").join().to("z"), step("z")]
    };
    check(joined(), "j", "a", true);
    check(joined(), "z", "a", true);
    check(joined(), "j", "b", false);
    check(joined(), "z", "b", false);
    check(joined(), "j", "fan", false);
    check(joined(), "z", "fan", false);
    check(joined(), "z", "j", true);
    let straight = || [step("fan").multiple().to("j"), step("j").join()];
    check(straight(), "j", "fan", false);
    let barrier = || [step("fan").multiple(), step("d").after(&["fan"])];
    check(barrier(), "d", "fan", false);
}

/// One way to `z` leads through a join and leaves the fan-out, the other does not.
#[test]
fn a_join_on_some_way_is_enough_to_have_many() {
    let some_way = || [step("fan").multiple().to("w"), step("w").to("j").to("z"), step("j").join().to("z"), step("z")];
    check(some_way(), "z", "w", false);
    check(some_way(), "z", "fan", false);
}

#[test]
fn what_failed_has_no_output() {
    let taken = || [step("a").to("b"), step("b").on_failure("h"), step("h").to("z"), step("z")];
    check(taken(), "h", "a", true);
    check(taken(), "h", "b", false);
    check(taken(), "z", "b", false);
    check(taken(), "z", "h", true);
    let joined = || [step("b").on_failure("j"), step("j").join()];
    check(joined(), "j", "b", false);
    let may_fail = || [step("b").to("j").on_failure("h"), step("h").to("j"), step("j").join()];
    check(may_fail(), "j", "b", true);
    check(may_fail(), "j", "h", true);
}

#[test]
fn conditions_read_the_same() {
    let reads = |of: &str| [step("a").to("b"), step("b").to_if("c", &format!("steps.{of} == 1")), step("c")];
    assert_eq!(issues(&plan(reads("a"))), [""; 0]);
    assert_eq!(issues(&plan(reads("b"))), ["/steps/1/next/0/condition STEP_NOT_READABLE"], "its own is `output`");
    assert_eq!(issues(&plan(reads("c"))), ["/steps/1/next/0/condition STEP_NOT_READABLE"]);
}
