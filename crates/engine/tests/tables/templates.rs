//! Input templates: what they build, what they read, and what happens when they have no value.

use crate::{
    check,
    harness::{World, plan, step, words},
};

#[test]
fn a_template_builds_the_input() {
    let built =
        plan([step("a").to("b"), step("b").template("[<input>,<steps.a>,<job>,<config>]").config("{}"), step("c")]);
    assert_eq!(check(&built, "a=7", "RUNNING a+ b? c?").input("b"), "[7,7,0,{}]");
    let start = plan([step("a").template("[<input>]")]);
    assert_eq!(check(&start, "", "RUNNING a?").input("a"), "[0]");
}

#[test]
fn a_template_reads_an_earlier_step_of_its_branch() {
    let far = plan([
        step("a").to("b"),
        step("b").to("q"),
        step("q").condition().to("w"),
        step("w").wait(5).to("c"),
        step("c").template("[<input>,<steps.a>,<steps.b>]"),
    ]);
    assert_eq!(check(&far, "a=1 b=2 +5", "RUNNING a+ b+ q+ w+ c?").input("c"), "[2,1,2]");
    let items = plan([
        step("a").to("fan"),
        step("fan").multiple().to("b"),
        step("b").to("c"),
        step("c").template("[<steps.a>,<steps.fan>,<steps.b>,<index>]"),
    ]);
    let world = check(&items, "a=1 fan=[5,6] b[1]=8 b[0]=7", "RUNNING a+ fan+ b[0]+ b[1]+ c[0]? c[1]?");
    assert_eq!((world.input("c[0]"), world.input("c[1]")), ("[1,5,7,0]", "[1,6,8,1]"));
}

#[test]
fn a_template_right_after_its_step_reads_the_item() {
    let item = plan([
        step("fan").multiple().to("b"),
        step("b").template("[<steps.fan>]").none().to("c"),
        step("c").template("<steps.fan>"),
    ]);
    let world = check(&item, "fan=[5,6] b[1]=() b[0]=()", "RUNNING fan+ b[0]+ b[1]+ c[0]? c[1]?");
    assert_eq!((world.input("b[0]"), world.input("b[1]"), world.input("c[1]")), ("[5]", "[6]", "6"));
    let native = plan([
        step("fan").multiple().to("q"),
        step("q").condition().to("b"),
        step("b").template("[<steps.fan>,<steps.q>]"),
    ]);
    let world = check(&native, "fan=[5,6]", "RUNNING fan+ q[0]+ q[1]+ b[0]? b[1]?");
    assert_eq!((world.input("b[0]"), world.input("b[1]")), ("[5,5]", "[6,6]"));
}

#[test]
fn after_a_join_a_template_reads_what_joined_once() {
    let joined = plan([
        step("a").to("b").to("c"),
        step("b").to("j"),
        step("c").to("j"),
        step("j").join().template("{<steps.a>,<steps.b>,<steps.c>,<input>}").to("d"),
        step("d").template("[<steps.b>,<steps.j>]"),
    ]);
    let world = check(&joined, "a=1 c=3 b=2 j=4", "RUNNING a+ b+ c+ j+ d?");
    assert_eq!((world.input("j"), world.input("d")), ("{1,2,3,[2,3]}", "[2,4]"));
}

#[test]
fn a_template_without_a_value_fails_its_step() {
    let missing = |s| plan([step("a").to("b"), s, step("h")]);
    let world = check(&missing(step("b").attempts(3).template("<index>")), "a=1 h=1", "FAILED a+ b- h+");
    assert_eq!(words(world.root().failure.as_ref()), "NON_RETRYABLE EXPRESSION_MISSING_PATH");
    assert_eq!(world.root().failure.as_ref().expect("why").message, "step `b`: input of `b`: /index");
    assert_eq!(world.tries("b"), "");
    let taken = plan([step("a").to("b"), step("b").template("<boom>").on_failure("h"), step("h")]);
    let world = check(&taken, "a=1 *", "SUCCEEDED a+ b- h+");
    assert!(world.input("h").ends_with("\"input\":1}"), "what arrived: {}", world.input("h"));
    let start = plan([step("a").template("<boom>"), step("b")]);
    check(&start, "b=1", "FAILED a- b+");
    check(&plan([step("a").template("<boom>")]), "", "FAILED a-");
}

#[test]
fn in_a_fan_out_one_item_fails_and_the_others_go_on() {
    let fan = plan([
        step("fan").multiple().to("b"),
        step("b").template("<boom>").on_failure("h"),
        step("h").to("j"),
        step("j").join(),
    ]);
    let world = check(&fan, "fan=[1,2] h[1]=8 h[0]=7 *", "SUCCEEDED fan+ b[0]- b[1]- h[0]+ h[1]+ j+");
    assert_eq!(world.joined("j"), "[7,8]");
}

#[test]
fn a_template_is_stored_once_and_what_passes_is_not_stored_again() {
    let mut world = World::started(plan([step("a").to("b"), step("b").template("[<input>]"), step("c")]), "0");
    let before = world.artifacts.len();
    world.play("a=1");
    assert_eq!(world.artifacts.len(), before + 2, "the output and the built input");
    let plain = plan([step("a").to("b").to("c"), step("b").none().to("d"), step("c"), step("d")]);
    let mut world = World::started(plain, "0");
    world.play("a=1");
    let before = world.artifacts.len();
    world.play("b=()");
    assert_eq!(world.artifacts.len(), before);
    assert_eq!(
        (world.task("c").input, world.task("d").input),
        (Some(world.ended("a").outputs[0]), Some(world.ended("a").outputs[0]))
    );
}

#[test]
fn a_start_step_s_template_and_condition_have_the_job_s_input() {
    let native = plan([
        step("q").condition().to_if("b", "job == 0"),
        step("b").template("[<steps.q>,<job>]"),
        step("x").to_if("y", "job == 0"),
        step("y"),
    ]);
    let world = check(&native, "x=1", "RUNNING q+ b? x+ y?");
    assert_eq!(world.input("b"), "[0,0]");
}
