//! Bad plans, each with the pointer and the code of what is wrong.

use crate::{
    harness::{S, plan, policy, step},
    issues,
};
use esteira_model::{Join, Plan};
use std::time::Duration;

#[track_caller]
fn check(steps: impl IntoIterator<Item = S>, expected: &[&str]) {
    assert_eq!(issues(&plan(steps)), expected);
}

#[track_caller]
fn check_start(starts: &[&str], steps: impl IntoIterator<Item = S>, expected: &[&str]) {
    let start_steps = starts.iter().map(|key| (*key).into()).collect();
    assert_eq!(issues(&Plan { start_steps, ..plan(steps) }), expected);
}

#[test]
fn the_number_and_the_names_of_steps() {
    check([], &["/steps STEPS_EMPTY"]);
    check([step("a").to("b"), step("b"), step("a")], &["/steps/2/step_key STEP_KEY_TAKEN"]);
    let link = |n: usize| step(&format!("s{n}")).to(&format!("s{}", n + 1));
    check((0..499).map(link).chain([step("s499")]), &[]);
    check((0..500).map(link).chain([step("s500")]), &["/steps STEPS_TOO_MANY"]);
}

#[test]
fn references_to_steps() {
    check([step("a").to("x")], &["/steps/0/next/0 STEP_UNKNOWN"]);
    check([step("a").to("b").to("b"), step("b")], &["/steps/0/next/1 EDGE_TWICE"]);
    check([step("a").to_if("b", "true").to_if("b", "false"), step("b")], &["/steps/0/next/1 EDGE_TWICE"]);
    check([step("a"), step("b").after(&["a", "x"])], &["/steps/1/depends_on/1 STEP_UNKNOWN"]);
    check([step("a"), step("b").after(&["a", "a"])], &["/steps/1/depends_on/1 EDGE_TWICE"]);
    check([step("a").on_failure("x")], &["/steps/0/on_failure_step STEP_UNKNOWN"]);
    check([step("a").to("b").on_failure("b"), step("b")], &["/steps/0/on_failure_step EDGE_TWICE"]);
    check([step("a").on_failure("b"), step("b").after(&["a"])], &["/steps/0/on_failure_step EDGE_TWICE"]);
    check_start(&["a", "x"], [step("a")], &["/start_steps/1 STEP_UNKNOWN"]);
    check_start(&["a", "a"], [step("a")], &["/start_steps/1 EDGE_TWICE"]);
}

#[test]
fn references_to_policies() {
    let steps = || [step("a").judge_input("p").judge_output("q").judge_output("p")];
    assert_eq!(
        issues(&plan(steps())),
        ["/steps/0/input_policies/0", "/steps/0/output_policies/0", "/steps/0/output_policies/1"]
            .map(|path| format!("{path} POLICY_UNKNOWN"))
    );
    let policies = vec![policy("p", "value == 1", true), policy("q", "input == 1", true)];
    assert_eq!(issues(&Plan { policies, ..plan(steps()) }), ["/policies/1/condition EXPRESSION_INVALID"]);
}

#[test]
fn edges_that_are_never_taken() {
    let first = || step("a").first_match();
    check([first().to("b").to("c"), step("b"), step("c")], &["/steps/0/next/0 EDGE_UNREACHABLE"]);
    let (b, c) = (step("b"), step("c"));
    check([first().to_if("b", "true").to("c"), b.clone(), c.clone()], &[]);
    check([step("a").to("b").to("c"), b, c], &[]);
}

#[test]
fn cycles() {
    check([step("a").to("a")], &["/steps/0 PLAN_CYCLE"]);
    check([step("z").to("a"), step("a").to("b"), step("b").to("a")], &["/steps/1 PLAN_CYCLE"]);
    check([step("a").on_failure("b"), step("b").to("a")], &["/steps/0 PLAN_CYCLE"]);
    check(
        [step("z").to("a"), step("a").after(&["b"]), step("b").to("c"), step("c").to("b")],
        &["/steps/1/depends_on EDGES_MIXED"],
    );
    check([step("a").after(&["b"]), step("b").after(&["a"])], &["/steps/0 PLAN_CYCLE"]);
    check([step("a").after(&["a"])], &["/steps/0 PLAN_CYCLE"]);
}

#[test]
fn joins() {
    check([step("a").join()], &["/steps/0/join JOIN_WITHOUT_EDGE"]);
    check([step("a").to("c"), step("b"), step("c").after(&["b"])], &["/steps/2/depends_on EDGES_MIXED"]);
    let mut each = step("b").after(&["a"]);
    each.0.join = Join::Each;
    check([step("a"), each], &["/steps/1/join JOIN_EACH_WITH_DEPENDS_ON"]);
    check([step("a").on_failure("j"), step("j").join()], &[]);
}

#[test]
fn what_can_be_reached() {
    check_start(
        &["a"],
        [step("a"), step("b").to("c"), step("c")],
        &["/steps/1 STEP_UNREACHABLE", "/steps/2 STEP_UNREACHABLE"],
    );
    check_start(&["a", "b"], [step("a").to("b"), step("b")], &["/steps/1 START_STEP_FOLLOWS"]);
    check_start(&["a"], [step("a").on_failure("h"), step("h").to("z"), step("z")], &[]);
    check([step("a").to("b"), step("b"), step("c")], &["(/steps/2 STEP_ISOLATED)"]);
    check_start(&["a", "c"], [step("a").to("b"), step("b"), step("c")], &[]);
    check([step("a")], &[]);
}

#[test]
fn fields_that_only_workers_know() {
    let native: [fn() -> S; 3] = [|| step("a").condition(), || step("a").wait(1), || step("a").sub_plan(2)];
    for native in native {
        let mut a = native();
        a.0.queue = "q".into();
        a.0.lease_ttl = Some(Duration::from_secs(9));
        a.0.execution_timeout = Some(Duration::from_secs(9));
        a.0.max_in_flight = 1;
        a.0.exclusive_aggregate = true;
        a.0.function_version = "1".into();
        a.0.retry.max_attempts = 1;
        let fields = [
            "queue",
            "lease_ttl",
            "execution_timeout",
            "max_in_flight",
            "exclusive_aggregate",
            "function_version",
            "retry",
        ];
        assert_eq!(issues(&plan([a])), fields.map(|field| format!("/steps/0/{field} FIELD_UNSUPPORTED")));
    }
    let mut exclusive = step("a");
    exclusive.0.exclusive_aggregate = true;
    check([exclusive.clone()], &[]);
    let no_type = Plan { aggregate_type: "".into(), ..plan([exclusive]) };
    assert_eq!(issues(&no_type), ["/steps/0/exclusive_aggregate AGGREGATE_TYPE_MISSING"]);
}

#[test]
fn expressions() {
    let to = |condition: &str| [step("a").to("b").to_if("c", condition), step("b"), step("c")];
    check(to("output == 1"), &[]);
    check(to("what is this?"), &["/steps/0/next/1/condition EXPRESSION_INVALID"]);
    check(to("steps.x == 1"), &["/steps/0/next/1/condition STEP_UNKNOWN"]);
    check(to("steps.b == 1"), &["/steps/0/next/1/condition STEP_NOT_READABLE"]);
    check([step("a").template("<what>")], &["/steps/0/input EXPRESSION_INVALID"]);
    check([step("a").template("<output>")], &["/steps/0/input EXPRESSION_INVALID"]);
    check([step("a").template("<steps.x>")], &["/steps/0/input STEP_UNKNOWN"]);
    check([step("a").template("<steps.a>")], &["/steps/0/input STEP_NOT_READABLE"]);
}

#[test]
fn all_that_is_wrong_is_said_at_once() {
    check(
        [step("a").to("x").on_failure("y"), step("a").after(&["z"])],
        &[
            "/steps/1/step_key STEP_KEY_TAKEN",
            "/steps/0/next/0 STEP_UNKNOWN",
            "/steps/0/on_failure_step STEP_UNKNOWN",
            "/steps/1/depends_on/0 STEP_UNKNOWN",
        ],
    );
    check(
        [step("a").join().template("<what>").to_if("b", "("), step("b")],
        &[
            "/steps/0/join JOIN_WITHOUT_EDGE",
            "/steps/0/input EXPRESSION_INVALID",
            "/steps/0/next/0/condition EXPRESSION_INVALID",
        ],
    );
}
