//! Policies: enforced or recorded, on inputs and outputs, of functions, native steps and sub-plans.

use crate::harness::{S, World, plan, policy, step, words};
use esteira_model::Plan;

/// `a` then the judged step `b`, then `c`; `hard` and `soft` want to see a 1, `boom` has no value.
fn judged(b: S) -> Plan {
    let policies =
        vec![policy("hard", "value has 1", true), policy("soft", "value has 1", false), policy("boom", "boom", true)];
    Plan { policies, ..plan([step("a").to("b"), b.to("c"), step("c")]) }
}

#[track_caller]
fn check(b: S, script: &str, story: &str, verdicts: &[&str]) -> World {
    let child = plan([step("x")]);
    let mut world = World::of_all(vec![judged(b), child]);
    world.start("0", |_| {});
    world.play(script);
    assert_eq!(world.story(), story, "{script}");
    assert_eq!(world.verdicts("b"), verdicts, "{script}");
    world
}

#[test]
fn an_enforced_policy_stops_an_input() {
    let b = || step("b").judge_input("hard").judge_input("soft");
    check(b(), "a=1 b=5 *", "SUCCEEDED a+ b+ c+", &["hard+ input", "soft+ input"]);
    let world = check(b(), "a=2", "FAILED a+ b-", &["hard- input", "soft- input"]);
    assert_eq!(words(world.root().failure.as_ref()), "NON_RETRYABLE POLICY_VIOLATION");
    assert_eq!(world.tries("b"), "", "no worker saw it");
    check(step("b").judge_input("boom"), "a=1", "FAILED a+ b-", &["boom- input: EXPRESSION_FAILED: boom"]);
}

#[test]
fn a_policy_that_is_not_enforced_is_recorded() {
    check(step("b").judge_input("soft"), "a=2 b=5 *", "SUCCEEDED a+ b+ c+", &["soft- input"]);
    check(step("b").judge_output("soft"), "a=2 b=5 *", "SUCCEEDED a+ b+ c+", &["soft- output 0"]);
}

#[test]
fn an_enforced_policy_stops_an_output() {
    let b = || step("b").attempts(3).judge_output("hard");
    check(b(), "a=0 b=1 *", "SUCCEEDED a+ b+ c+", &["hard+ output 0"]);
    let world = check(b(), "a=0 b=2", "FAILED a+ b-", &["hard- output 0"]);
    assert_eq!(words(world.root().failure.as_ref()), "NON_RETRYABLE POLICY_VIOLATION");
    assert_eq!(world.tries("b"), "1n");
    let many = || step("b").multiple().judge_output("hard");
    check(many(), "a=0 b=[1,21] *", "SUCCEEDED a+ b+ c[0]+ c[1]+", &["hard+ output 0", "hard+ output 1"]);
    check(many(), "a=0 b=[1,2,3]", "FAILED a+ b-", &["hard+ output 0", "hard- output 1"]);
    check(many(), "a=0 b=[]", "SUCCEEDED a+ b+ c.", &[]);
}

#[test]
fn a_step_without_output_is_judged_on_what_it_passes_on() {
    check(step("b").none().judge_output("hard"), "a=1 b=() *", "SUCCEEDED a+ b+ c+", &["hard+ output 0"]);
    check(step("b").none().judge_output("hard"), "a=2 b=()", "FAILED a+ b-", &["hard- output 0"]);
}

#[test]
fn a_violation_can_be_taken_over() {
    let steps = |b: S| {
        let base = judged(b.on_failure("h"));
        Plan { steps: base.steps.into_iter().chain([step("h").0]).collect(), ..base }
    };
    for (b, script) in [(step("b").judge_input("hard"), "a=2 *"), (step("b").judge_output("hard"), "a=1 b=2 *")] {
        let mut world = World::started(steps(b), "0");
        world.play(script);
        assert_eq!(world.story(), "SUCCEEDED a+ b- h+");
        assert!(world.input("h").contains("POLICY_VIOLATION") && world.input("h").contains("\"input\":"));
        assert!(!world.input("h").ends_with("\"input\":null}"), "{}", world.input("h"));
    }
}

#[test]
fn native_steps_and_sub_plans_are_judged_too() {
    for (b, then) in [(step("b").condition(), ""), (step("b").wait(5), " +5")] {
        let all = ["soft+ input", "soft+ output 0"];
        let both = b.clone().judge_input("soft").judge_output("soft");
        check(both, &format!("a=1{then} *"), "SUCCEEDED a+ b+ c+", &all);
        check(b.clone().judge_input("soft"), &format!("a=2{then} *"), "SUCCEEDED a+ b+ c+", &["soft- input"]);
        check(b.judge_output("hard"), &format!("a=2{then}"), "FAILED a+ b-", &["hard- output 0"]);
    }
    let sub = || step("b").sub_plan(2).judge_input("soft").judge_output("hard");
    check(sub(), "a=1 x=1 *", "SUCCEEDED a+ b+ c+", &["soft+ input", "hard+ output 0"]);
    check(sub(), "a=2 x=2", "FAILED a+ b-", &["soft- input", "hard- output 0"]);
}

#[test]
fn the_verdict_on_an_input_stays_whatever_becomes_of_the_task() {
    check(step("b").judge_input("soft"), "a=2 b=!", "FAILED a+ b-", &["soft- input"]);
    check(step("b").judge_input("soft"), "a=2 b=x b=x b=x b=x b=x", "FAILED a+ b-", &["soft- input"]);
    check(step("b").sub_plan(2).judge_input("soft"), "a=2 x=!", "FAILED a+ b-", &["soft- input"]);
}

#[test]
fn verdicts_of_the_function_come_first() {
    let mut world = World::started(judged(step("b").judge_output("soft")), "0");
    world.play("a=1");
    let own = esteira_model::Verdict { policy: "own".into(), version: "2".into(), passed: true, detail: "x".into() };
    world.done("b", esteira_engine::Completion { verdicts: vec![own], ..crate::harness::one("1") });
    assert_eq!(world.verdicts("b"), ["own+ x", "soft+ output 0"]);
}

#[test]
fn a_join_is_judged_on_the_array() {
    let policies = vec![policy("hard", "value == [1,2]", true)];
    let joined =
        Plan { policies, ..plan([step("a").to("j"), step("b").to("j"), step("j").join().judge_input("hard")]) };
    crate::check(&joined, "a=1 b=2 *", "SUCCEEDED a+ b+ j+");
    crate::check(&joined, "a=1 b=3", "FAILED a+ b+ j-");
}
