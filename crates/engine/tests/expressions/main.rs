//! The engine with the real language: CEL conditions and policies, JSON templates.

#[path = "../harness/mod.rs"]
mod harness;

use esteira_expr::Evaluator;
use esteira_model::Plan;
use harness::{World, plan, policy, step, words};
use std::rc::Rc;

/// A world of one plan with real expressions, whose job started with this input.
fn started(plan: Plan, input: &str) -> World {
    let mut world = World::with(vec![plan], Rc::new(Evaluator::new()));
    world.start(input, |job| job.labels = std::sync::Arc::new([("tier".to_owned(), "gold".to_owned())].into()));
    world
}

#[track_caller]
fn check(plan: Plan, input: &str, script: &str, story: &str) -> World {
    let mut world = started(plan, input);
    world.play(script);
    assert_eq!(world.story(), story, "{script}");
    world
}

#[test]
fn conditions_choose_the_way() {
    let choice = || {
        let a = step("a").config("{\"limit\":10}").first_match();
        let a = a.to_if("big", "output.total > config.limit && job.labels.tier == 'gold'");
        let a =
            a.to_if("same", "output.total == input.total").to_if("asked", "job.input.total == 7 && has(output.more)");
        plan([a.to("rest"), step("big"), step("same"), step("asked"), step("rest")])
    };
    let input = "{\"total\":7}";
    for (output, way) in [
        ("{\"total\":11}", "big"),
        ("{\"total\":7}", "same"),
        ("{\"total\":8,\"more\":null}", "asked"),
        ("{\"total\":8}", "rest"),
    ] {
        check(choice(), input, &format!("a={output} *"), &format!("SUCCEEDED a+ {way}+"));
    }
    let world = check(choice(), input, "a={\"sum\":1}", "FAILED a-");
    assert_eq!(words(world.root().failure.as_ref()), "NON_RETRYABLE EXPRESSION_MISSING_PATH");
}

#[test]
fn conditions_filter_items() {
    let filter = plan([
        step("fan").multiple().to_if("b", "output % 2 == 1 || item.index == 0"),
        step("b").to("j"),
        step("j").join(),
    ]);
    check(filter, "0", "fan=[2,3,4] *", "SUCCEEDED fan+ b[0]+ b[1]+ j+");
}

#[test]
fn templates_copy_numbers_as_they_are() {
    let template = "{\"id\":{\"$ref\":\"/input/n\"},\"t\":{\"$concat\":[\"o-\",{\"$ref\":\"/steps/a/output/s\"}]},\
                    \"d\":{\"$default\":[{\"$ref\":\"/job/input/zz\"},null]},\"c\":{\"$cel\":\"input.n > 1\"}}";
    let built = plan([step("a").to("b"), step("b").template(template)]);
    let world = check(built, "{}", "a={\"n\":9007199254740993,\"s\":\"x\"}", "RUNNING a+ b?");
    assert_eq!(world.input("b"), "{\"id\":9007199254740993,\"t\":\"o-x\",\"d\":null,\"c\":true}");
}

#[test]
fn a_missing_path_names_the_pointer_and_goes_to_the_handler() {
    let built = plan([
        step("a").to("b"),
        step("b").template("{\"$ref\":\"/input/zz\"}").on_failure("h"),
        step("h").template("{\"why\":{\"$ref\":\"/input/failure/code\"},\"was\":{\"$ref\":\"/input/input\"}}"),
    ]);
    let world = check(built, "0", "a={\"n\":1}", "RUNNING a+ b- h?");
    assert_eq!(world.input("h"), "{\"why\":\"EXPRESSION_MISSING_PATH\",\"was\":{\"n\":1}}");
    let message = &world.ended("b").failure.as_ref().expect("why").message;
    assert!(message.contains("/input/zz"), "{message}");
}

#[test]
fn a_join_s_array_is_json() {
    let joined = plan([
        step("fan").multiple().to("b"),
        step("b").to("j"),
        step("j").join().template("{\"first\":{\"$ref\":\"/input/0\"},\"all\":{\"$cel\":\"size(input)\"}}"),
    ]);
    let world = check(joined, "0", "fan=[5,6] b[1]=8 b[0]=7", "RUNNING fan+ b[0]+ b[1]+ j?");
    assert_eq!(world.input("j"), "{\"first\":7,\"all\":2}");
}

#[test]
fn policies_judge_values() {
    let policies = vec![policy("positive", "value.n > 0", true)];
    let judged = || Plan {
        policies: policies.clone(),
        ..plan([step("a").judge_output("positive").to("b"), step("b").judge_input("positive")])
    };
    check(judged(), "0", "a={\"n\":1} b=1", "SUCCEEDED a+ b+");
    let world = check(judged(), "0", "a={\"n\":-1}", "FAILED a-");
    assert_eq!(words(world.root().failure.as_ref()), "NON_RETRYABLE POLICY_VIOLATION");
    check(judged(), "0", "a={}", "FAILED a-");
}
