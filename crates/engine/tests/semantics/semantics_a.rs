//! (a) MULTIPLE with zero items ends that branch as SKIPPED and still satisfies a join with `[]`.

use crate::harness::{World, many, one, plan, step};
use esteira_model::Plan;

/// `fan` produces nothing; all else goes as it goes.
#[track_caller]
fn check(plan: Plan, expected: &str) -> World {
    let mut world = World::started(plan, "0");
    world.done("fan", many(&[]));
    if !world.root().state.is_terminal() {
        world.finish();
    }
    assert_eq!(world.story(), expected);
    world
}

#[test]
fn the_steps_that_follow_are_skipped() {
    check(plan([step("fan").multiple()]), "SUCCEEDED fan+");
    check(plan([step("fan").multiple().to("b"), step("b").to("c"), step("c")]), "SUCCEEDED fan+ b. c.");
    check(plan([step("fan").multiple().to("b").to("c"), step("b"), step("c")]), "SUCCEEDED fan+ b. c.");
    check(
        plan([step("fan").multiple().to("b"), step("b").condition().to("c"), step("c").wait(5)]),
        "SUCCEEDED fan+ b. c.",
    );
    check(
        plan([step("fan").multiple().to_if("b", "output == 1").to("c"), step("b"), step("c")]),
        "SUCCEEDED fan+ b. c.",
    );
}

#[test]
fn a_join_gets_an_empty_array() {
    let straight = plan([step("fan").multiple().to("j"), step("j").join()]);
    assert_eq!(check(straight, "SUCCEEDED fan+ j+").joined("j"), "[]");
    let between = plan([step("fan").multiple().to("b"), step("b").to("j"), step("j").join().to("end"), step("end")]);
    assert_eq!(check(between, "SUCCEEDED fan+ b. j+ end+").joined("j"), "[]");
    let barrier = plan([step("fan").multiple().to("b"), step("b"), step("d").after(&["b"])]);
    assert_eq!(check(barrier, "SUCCEEDED fan+ b. d+").joined("d"), "[]");
    let both = plan([step("fan").multiple().to("j").to("k"), step("j").join(), step("k").join()]);
    let world = check(both, "SUCCEEDED fan+ j+ k+");
    assert_eq!((world.joined("j"), world.joined("k")), ("[]", "[]"));
    let nested = plan([step("fan").multiple().to("j"), step("j").join().to("k"), step("k").join()]);
    let world = check(nested, "SUCCEEDED fan+ j+ k+");
    assert_eq!((world.joined("j"), world.joined("k")), ("[]", "[\"j\"]"));
}

#[test]
fn a_join_that_others_reach_gets_what_they_bring() {
    let beside = plan([step("fan").multiple().to("b"), step("b").to("j"), step("x").to("j"), step("j").join()]);
    assert_eq!(check(beside, "SUCCEEDED fan+ b. x+ j+").joined("j"), "[\"x\"]");
}

#[test]
fn an_item_without_items_ends_its_own_branch() {
    let inner =
        plan([step("out").multiple().to("fan"), step("fan").multiple().to("b"), step("b").to("j"), step("j").join()]);
    let mut world = World::started(inner, "0");
    world.done("out", many(&["0", "1"]));
    world.done("fan[0]", many(&[]));
    assert_eq!(world.place("j"), "JOIN", "reached, and one item is not at rest");
    world.done("fan[1]", many(&["x", "y"]));
    world.done("b[1.1]", one("11"));
    world.done("b[1.0]", one("10"));
    assert_eq!(world.joined("j"), "[10,11]");
    world.finish();
    assert_eq!(world.story(), "SUCCEEDED out+ fan[0]+ fan[1]+ b[0]. b[1.0]+ b[1.1]+ j+");
}

#[test]
fn a_sub_plan_without_results_counts_as_zero_items() {
    let parent = plan([step("sub").sub_plan(2).multiple().to("b"), step("b").to("j"), step("j").join()]);
    let child = plan([step("fan").multiple().to("leaf"), step("leaf")]);
    let mut world = World::of_all(vec![parent, child]);
    world.start("0", |_| {});
    world.done("fan", many(&[]));
    assert_eq!(world.joined("j"), "[]");
    world.finish();
    assert_eq!(world.story(), "SUCCEEDED sub+ b. j+");
}

#[test]
fn a_step_with_two_ways_is_skipped_once() {
    let diamond = plan([
        step("fan").multiple().to("l").to("r"),
        step("l").to("m"),
        step("r").to("m"),
        step("m").to("j"),
        step("j").join(),
    ]);
    assert_eq!(check(diamond, "SUCCEEDED fan+ l. r. m. j+").joined("j"), "[]");
}

/// Each of 60 forks that come together again doubles the ways; the skipped steps stay 181.
#[test]
fn skipping_takes_no_longer_than_the_plan_is() {
    let mut steps = vec![step("fan").multiple().to("m0")];
    for n in 0..60 {
        let (l, r, next) = (format!("l{n}"), format!("r{n}"), format!("m{}", n + 1));
        steps.push(step(&format!("m{n}")).condition().first_match().to_if(&l, "output == 1").to(&r));
        steps.push(step(&l).to(&next));
        steps.push(step(&r).to(&next));
    }
    steps.push(step("m60"));
    let mut world = World::started(plan(steps), "0");
    world.done("fan", many(&[]));
    assert_eq!(world.ended.len(), 1 + 181);
}

#[test]
fn what_is_skipped_has_dates_and_a_parent() {
    let world = check(plan([step("fan").multiple().to("b"), step("b").to("c"), step("c")]), "SUCCEEDED fan+ b. c.");
    let (fan, b, c) = (world.ended("fan"), world.ended("b"), world.ended("c"));
    assert_eq!((b.task.parent, c.task.parent), (Some(fan.task.id), Some(b.task.id)));
    assert_eq!((b.end_time, c.end_time, b.leaf), (world.now, world.now, false));
    assert_eq!(world.results(), [""; 0]);
}
