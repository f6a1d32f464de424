//! What has to be loaded before a task begins or ends.

use crate::{
    graph,
    harness::{S, plan, policy, step},
};
use esteira_engine::Needs;
use esteira_model::Plan;

/// `input`, `job` and steps by key, in this order.
fn words(plan: &Plan, needs: &Needs) -> String {
    let mut words = Vec::new();
    words.extend(needs.input.then(|| "input".to_owned()));
    words.extend(needs.job_input.then(|| "job".to_owned()));
    words.extend(needs.steps.iter().map(|&step| plan.steps[usize::from(step)].step_key.to_string()));
    words.join(" ")
}

/// What `key` needs to begin and to end, in a plan with an enforced policy `p`.
#[track_caller]
fn check(steps: impl IntoIterator<Item = S>, key: &str, begin: &str, end: &str) {
    let plan = Plan { policies: vec![policy("p", "true", true)], ..plan(steps) };
    let graph = graph(&plan);
    let node = &graph.nodes[usize::from(graph.step_index(key).expect("it is a step"))];
    let found = (words(&plan, &node.begin_needs), words(&plan, &node.end_needs));
    assert_eq!(found, (begin.to_owned(), end.to_owned()), "`{key}` begins and ends");
}

#[test]
fn a_plain_step_needs_nothing() {
    let plain = || [step("a").to("b"), step("b")];
    check(plain(), "a", "", "");
    check(plain(), "b", "", "");
}

#[test]
fn conditions() {
    let to = |condition: &str| [step("z").to("a"), step("a").to_if("b", condition), step("b")];
    check(to("output == 1"), "a", "", "input");
    check(to("job == 1"), "a", "", "input job");
    check(to("steps.z == 1"), "a", "", "input z");
    check(to("steps.z == 1"), "z", "", "");
}

#[test]
fn templates() {
    let built = |template: &str| [step("z").to("a"), step("a").to("b"), step("b").template(template)];
    check(built("<input>"), "b", "input", "");
    check(built("<input>"), "a", "", "");
    check(built("<steps.z>"), "b", "input z", "");
    check(built("<steps.z>"), "a", "", "z");
    check(built("<steps.a><job>"), "a", "", "job a");
    check(built("<steps.a><job>"), "z", "", "");
}

#[test]
fn a_step_without_output_needs_the_input_that_goes_on() {
    let none = |b: S| [step("a").none().to("b"), b];
    check(none(step("b")), "a", "", "");
    check(none(step("b").template("<input>")), "a", "", "input");
    check(none(step("b").judge_input("p")), "a", "", "input");
    check([step("a").none().judge_output("p")], "a", "", "input");
    check([step("a").judge_output("p")], "a", "", "");
    check([step("w").wait(5).to("b"), step("b").template("<input>")], "w", "", "input");
    check([step("w").wait(5).judge_output("p")], "w", "", "input");
}

#[test]
fn policies_and_failures_need_the_input() {
    check([step("a").judge_input("p")], "a", "input", "input");
    check([step("a").on_failure("h"), step("h")], "a", "", "input");
    check([step("a").on_failure("h"), step("h").template("<job>")], "a", "", "input job");
    check([step("z").to("a"), step("a").on_failure("h"), step("h").template("<steps.z>")], "a", "", "input z");
    check([step("z").to("a"), step("a").on_failure("h"), step("h").template("<steps.z>")], "z", "", "");
}

/// What cannot begin goes on to the step that takes the failure, in the same transition.
#[test]
fn a_step_that_may_not_begin_needs_what_its_handler_needs() {
    let handled = |a: S| [step("z").to("a"), a.on_failure("h"), step("h").template("<steps.z><job>")];
    check(handled(step("a").template("1")), "a", "input job z", "input job z");
    check(handled(step("a").template("1")), "z", "", "job z");
    check(handled(step("a").judge_input("p")), "a", "input job z", "input job z");
    check(handled(step("a").join()), "a", "job z", "input job z");
    check(handled(step("a")), "a", "", "input job z");
}

#[test]
fn native_steps_hand_on_what_follows_them_needs() {
    let chain = || {
        [
            step("a").to("p"),
            step("p").condition().to("q"),
            step("q").condition().to_if("b", "steps.a == 1"),
            step("b").template("<job>"),
        ]
    };
    check(chain(), "b", "input job", "");
    check(chain(), "q", "input job a", "input job a");
    check(chain(), "p", "input job a", "input job a");
    check(chain(), "a", "", "job a");
    let wait = || [step("a").to("w"), step("w").wait(5).to("b"), step("b").template("<input><steps.a>")];
    check(wait(), "w", "", "input a");
    check(wait(), "a", "", "");
}

#[test]
fn a_join_is_given_its_input() {
    let join = || [step("a").to("j"), step("j").join().template("<steps.a>").to("b"), step("b").template("<steps.a>")];
    check(join(), "j", "input a", "a");
}

#[test]
fn queues_are_named_by_functions_unless_the_plan_says_otherwise() {
    let mut own = step("a");
    own.0.queue = "fast".into();
    let graph = graph(&plan([own.to("b"), step("b").to("c"), step("c").condition()]));
    let queues: Vec<&str> = graph.nodes.iter().map(|node| node.queue()).collect();
    assert_eq!(queues, ["fast", "b", ""]);
    assert_eq!(graph.nodes.iter().map(|node| node.is_condition()).collect::<Vec<_>>(), [false, false, true]);
}
