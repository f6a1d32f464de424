//! Conditions: the first that holds or all that hold; routes outside a fan-out, filters inside.

use crate::{
    check,
    harness::{S, World, plan, step, words},
};

#[test]
fn all_that_hold_or_the_first() {
    let edges = || step("a").to_if("b", "output has 1").to_if("c", "output has 2").to("d");
    let all = plan([edges(), step("b"), step("c"), step("d")]);
    check(&all, "a=12 *", "SUCCEEDED a+ b+ c+ d+");
    check(&all, "a=2 *", "SUCCEEDED a+ c+ d+");
    check(&all, "a=3 *", "SUCCEEDED a+ d+");
    let first = plan([edges().first_match(), step("b"), step("c"), step("d")]);
    check(&first, "a=12 *", "SUCCEEDED a+ b+");
    check(&first, "a=2 *", "SUCCEEDED a+ c+");
    check(&first, "a=3 *", "SUCCEEDED a+ d+");
}

#[test]
fn a_branch_that_no_condition_lets_on_ends_well() {
    let open = plan([step("a").to_if("b", "output == 1"), step("b"), step("c")]);
    check(&open, "a=2 *", "SUCCEEDED a+ c+");
    let world = check(&plan([step("a").to_if("b", "output == 1"), step("b")]), "a=2", "SUCCEEDED a+");
    assert_eq!(world.results(), [""; 0], "results are the outputs of steps that no step follows");
}

#[test]
fn a_route_not_taken_does_not_hold_a_join() {
    let routes = plan([
        step("a").first_match().to_if("b", "output == 1").to("c"),
        step("b").to("j"),
        step("c").to("j"),
        step("j").join(),
    ]);
    assert_eq!(check(&routes, "a=1 *", "SUCCEEDED a+ b+ j+").joined("j"), "[\"b\"]");
    assert_eq!(check(&routes, "a=2 *", "SUCCEEDED a+ c+ j+").joined("j"), "[\"c\"]");
}

#[test]
fn outside_a_fan_out_a_join_that_no_route_reaches_does_not_fire() {
    let route = plan([step("a").to_if("b", "output == 1"), step("b").to("j"), step("j").join().to("k"), step("k")]);
    check(&route, "a=2", "SUCCEEDED a+");
    check(&route, "a=1 *", "SUCCEEDED a+ b+ j+ k+");
}

#[test]
fn inside_a_fan_out_a_join_below_fires_whatever_is_left() {
    let filter = plan([
        step("fan").multiple().to_if("b", "output != 0"),
        step("b").to_if("c", "output != 0"),
        step("c").to("j"),
        step("j").join(),
    ]);
    for (script, story, joined) in [
        ("fan=[1,2] b[0]=1 b[1]=2 c[0]=1 c[1]=2 *", "SUCCEEDED fan+ b[0]+ b[1]+ c[0]+ c[1]+ j+", "[1,2]"),
        ("fan=[0,2] b[1]=2 c[1]=2 *", "SUCCEEDED fan+ b[1]+ c[1]+ j+", "[2]"),
        ("fan=[1,2] b[0]=1 b[1]=0 c[0]=1 *", "SUCCEEDED fan+ b[0]+ b[1]+ c[0]+ j+", "[1]"),
        ("fan=[1,2] b[1]=0 b[0]=0 *", "SUCCEEDED fan+ b[0]+ b[1]+ j+", "[]"),
        ("fan=[0,0] *", "SUCCEEDED fan+ j+", "[]"),
    ] {
        assert_eq!(check(&filter, script, story).joined("j"), joined, "{script}");
    }
}

#[test]
fn inside_a_fan_out_both_sides_of_a_choice_reach_their_join() {
    let choice = plan([
        step("fan").multiple().to("q"),
        step("q").condition().first_match().to_if("b", "output == 1").to("c"),
        step("b").to("j"),
        step("c").to("k"),
        step("j").join(),
        step("k").join(),
    ]);
    let world = check(&choice, "fan=[1,1] *", "SUCCEEDED fan+ q[0]+ q[1]+ b[0]+ b[1]+ j+ k+");
    assert_eq!((world.joined("j"), world.joined("k")), ("[\"b[0]\",\"b[1]\"]", "[]"));
}

#[test]
fn a_condition_reads_what_the_table_of_variables_says() {
    for (condition, taken) in [
        ("output == 5", true),
        ("input == 4", true),
        ("job == 0", true),
        ("steps.z == 4", true),
        ("config == {}", true),
        ("class == DEVTEST", true),
        ("output == 6", false),
    ] {
        let reads = plan([step("z").to("a"), step("a").config("{}").to_if("b", condition), step("b")]);
        check(&reads, "z=4 a=5 *", if taken { "SUCCEEDED z+ a+ b+" } else { "SUCCEEDED z+ a+" });
    }
    let index = plan([step("fan").multiple().to_if("b", "index == 1"), step("b")]);
    check(&index, "fan=[7,8] *", "SUCCEEDED fan+ b[1]+");
}

#[test]
fn a_condition_without_a_value_fails_its_step() {
    let boom = plan([step("a").attempts(3).to("b").to_if("c", "boom"), step("b"), step("c")]);
    let world = check(&boom, "a=1", "FAILED a-");
    assert_eq!(words(world.root().failure.as_ref()), "NON_RETRYABLE EXPRESSION_FAILED");
    assert_eq!(world.tries("a"), "1n", "the worker's attempt is recorded as what it led to");
    let outside = plan([step("a").to_if("b", "index == 1"), step("b")]);
    let world = check(&outside, "a=1", "FAILED a-");
    assert_eq!(words(world.root().failure.as_ref()), "NON_RETRYABLE EXPRESSION_MISSING_PATH");
    let native = plan([step("a").to("q"), step("q").condition().to_if("b", "boom"), step("b")]);
    check(&native, "a=1", "FAILED a+ q-");
    let taken = plan([step("a").to_if("b", "boom").on_failure("h"), step("b"), step("h")]);
    check(&taken, "a=1 *", "SUCCEEDED a- h+");
    let filter = plan([step("fan").multiple().to("q"), step("q").condition().to_if("b", "boom"), step("b")]);
    check(&filter, "fan=[1,2]", "FAILED fan+ q[0]- q[1]-");
}

/// `depends_on` is no choice of the step that it names.
#[test]
fn a_first_match_leaves_those_that_depend_on_it_alone() {
    let both = plan([
        step("a").first_match().to_if("b", "output == 1").to("c"),
        step("b"),
        step("c"),
        step("d").after(&["a"]),
    ]);
    check(&both, "a=1 *", "SUCCEEDED a+ b+ d+");
    check(&both, "a=2 *", "SUCCEEDED a+ c+ d+");
}

#[test]
fn native_steps_run_through_in_one_transition() {
    let chain = plan([
        step("a").to("p"),
        step("p").condition().first_match().to_if("q", "output == 1").to("r"),
        step("q").condition().to("b"),
        step("r").condition().to("c"),
        step("b"),
        step("c"),
    ]);
    let world = check(&chain, "a=1", "RUNNING a+ p+ q+ b?");
    assert_eq!(world.input("b"), "1", "what came in goes on, and is not stored again");
    assert_eq!(world.task("b").input, Some(world.ended("a").outputs[0]));
    assert_eq!(
        (world.ended("p").task.parent, world.task("b").parent),
        (Some(world.ended("a").task.id), Some(world.ended("q").task.id))
    );
}

/// As long a chain as a plan can hold, on an eighth of the stack that a worker thread has.
#[track_caller]
fn on_a_small_stack(first: fn() -> S, link: fn(S, &str) -> S, output: &'static str, story_ends: &'static str) {
    let run = move || {
        let links = (0..498).map(|n| link(step(&format!("c{n}")), &format!("c{}", n + 1)));
        let mut world = World::started(plan([first().to("c0")].into_iter().chain(links).chain([step("c498")])), "0");
        world.play(&format!("a={output}"));
        assert!(world.story().ends_with(story_ends), "{}", world.story());
    };
    let thread = std::thread::Builder::new().stack_size(256 << 10).spawn(run);
    thread.expect("a thread starts").join().expect("it fits");
}

#[test]
fn long_chains_fit_the_stack() {
    on_a_small_stack(|| step("a"), |link, next| link.condition().to(next), "1", " c497+ c498?");
    on_a_small_stack(|| step("a").multiple(), |link, next| link.to(next), "[]", " c497. c498.");
    on_a_small_stack(|| step("a"), |link, next| link.template("<boom>").on_failure(next), "1", " c497- c498?");
    on_a_small_stack(|| step("a"), |link, next| link.join().condition().to(next), "1", " c497+ c498?");
}
