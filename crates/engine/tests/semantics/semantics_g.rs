//! (g) A sub-plan is a child job with lineage; its result is the step's output.

use crate::harness::{World, broken, many, nothing, one, plan, step, words};
use esteira_model::{JobAction::*, JobId, JobState, LineageKind, OutputType, Plan};

fn world_of(parent: Plan, child: Plan) -> World {
    let mut world = World::of_all(vec![parent, child]);
    world.start("0", |_| {});
    world
}

/// A sub-plan step of this output type, with a child that has these results.
#[track_caller]
fn check(output: OutputType, results: &[&str], story: &str, failure: &str, inputs: &[(&str, &str)]) {
    let parent = plan([step("s").sub_plan(2).output(output).to("b"), step("b").to("j"), step("j").join()]);
    let child = plan([step("fan").multiple()]);
    let mut world = world_of(parent, child);
    world.done("fan", many(results));
    for (name, input) in inputs {
        assert_eq!(world.input(name), *input, "{output} {results:?}");
    }
    if !world.root().state.is_terminal() {
        world.finish();
    }
    assert_eq!(world.story(), story, "{output} {results:?}");
    assert_eq!(words(world.root().failure.as_ref()), failure);
}

#[test]
fn results_become_the_output() {
    let wrong = "NON_RETRYABLE SUB_PLAN_RESULT_COUNT";
    check(OutputType::Single, &["5"], "SUCCEEDED s+ b+ j+", "-", &[("b", "5")]);
    check(OutputType::Single, &[], "FAILED s-", wrong, &[]);
    check(OutputType::Single, &["5", "6"], "FAILED s-", wrong, &[]);
    check(OutputType::Multiple, &["5", "6"], "SUCCEEDED s+ b[0]+ b[1]+ j+", "-", &[("b[0]", "5"), ("b[1]", "6")]);
    check(OutputType::Multiple, &["5"], "SUCCEEDED s+ b[0]+ j+", "-", &[("b[0]", "5")]);
    check(OutputType::Multiple, &[], "SUCCEEDED s+ b. j+", "-", &[]);
    check(OutputType::None, &["5", "6"], "SUCCEEDED s+ b+ j+", "-", &[("b", "0")]);
    check(OutputType::None, &[], "SUCCEEDED s+ b+ j+", "-", &[("b", "0")]);
}

#[test]
fn a_child_has_lineage_and_the_input_of_its_step() {
    let parent = plan([step("a").to("s"), step("s").sub_plan(2).template("[<input>]")]);
    let mut world = world_of(parent, plan([step("x").sub_plan(3)]));
    assert_eq!(world.jobs.len(), 1, "nothing starts before its step");
    world.plans.insert(crate::harness::version(3), world.plans[&crate::harness::version(2)].clone());
    let mut world = World::of_all(vec![
        plan([step("a").to("s"), step("s").sub_plan(2).template("[<input>]")]),
        plan([step("x").sub_plan(3)]),
        plan([step("y")]),
    ]);
    world.start("0", |_| {});
    world.done("a", one("1"));
    let (child, grandchild) = (world.child("s"), world.child("x"));
    assert_eq!(child, JobId(world.find("s").0), "the child has the id of the task that waits for it");
    for (job, parent, task, depth) in [(child, world.root, "s", 1), (grandchild, child, "x", 2)] {
        let lineage = &world.job(job).lineage;
        assert_eq!((lineage.kind, lineage.root, lineage.depth), (LineageKind::SubPlan, world.root, depth));
        assert_eq!(lineage.parent, Some((parent, world.find(task))));
    }
    assert_eq!((world.input("x"), world.input("y")), ("[1]", "[1]"));
    assert_eq!((world.place("s"), world.place("x"), world.place("y")), ("SUB_PLAN", "SUB_PLAN", "QUEUE"));
    world.done("y", one("9"));
    assert_eq!((world.story().as_str(), world.results()), ("SUCCEEDED a+ s+", vec!["9"]));
}

#[test]
fn a_child_that_fails_fails_its_step() {
    let parent = plan([step("s").sub_plan(2)]);
    let mut world = world_of(parent, plan([step("x")]));
    world.fail("x", broken());
    assert_eq!(world.story_of(world.child("s")), "FAILED x-");
    assert_eq!(world.story(), "FAILED s-");
    let failure = world.root().failure.as_ref().expect("why");
    assert_eq!((failure.code.as_str(), failure.source.as_str()), ("BROKEN", "kit"));
    assert_eq!(failure.message, "step `s`: sub-plan: step `x`: it is broken");
}

#[test]
fn the_failure_of_a_child_can_be_taken_over() {
    let parent = plan([step("s").sub_plan(2).on_failure("h"), step("h")]);
    let mut world = world_of(parent, plan([step("x")]));
    world.fail("x", broken());
    assert!(world.input("h").ends_with("\"input\":0}"), "{}", world.input("h"));
    assert!(world.input("h").contains("\"code\":\"BROKEN\""));
    world.finish();
    assert_eq!(world.story(), "SUCCEEDED s- h+");
}

#[test]
fn a_child_that_is_stopped_alone_fails_its_step() {
    for (action, code) in [(Cancel, "CANCELLED"), (Terminate, "TERMINATED")] {
        let mut world = world_of(plan([step("s").sub_plan(2)]), plan([step("x")]));
        let child = world.child("s");
        let live = world.live_of(child);
        world.command(child, esteira_engine::Command::Control(action, "".into(), live)).expect("it runs");
        assert_eq!((world.story().as_str(), world.job(child).state), ("FAILED s-", JobState::Cancelled));
        assert_eq!(words(world.root().failure.as_ref()), format!("NON_RETRYABLE {code}"));
    }
}

#[test]
fn a_child_that_times_out_fails_its_step() {
    let mut world = world_of(plan([step("s").sub_plan(2)]), plan([step("x")]));
    let child = world.child("s");
    let live = world.live_of(child);
    world.command(child, esteira_engine::Command::Deadline(live)).expect("it runs");
    assert_eq!(world.story(), "FAILED s-");
    assert_eq!(words(world.root().failure.as_ref()), "NON_RETRYABLE JOB_TIMEOUT");
}

#[test]
fn a_child_that_ends_in_its_own_start_ends_its_step() {
    let mut world = World::of_all(vec![
        plan([step("s").sub_plan(2).to("b"), step("b")]),
        plan([step("t").sub_plan(3)]),
        plan([step("c").condition()]),
    ]);
    world.start("5", |_| {});
    assert_eq!(world.story(), "RUNNING s+ b?");
    assert_eq!(world.input("b"), "5");
}

#[test]
fn each_item_has_its_own_child() {
    let parent = plan([step("fan").multiple().to("s"), step("s").sub_plan(2).to("j"), step("j").join()]);
    let mut world = world_of(parent, plan([step("x")]));
    world.done("fan", many(&["1", "2"]));
    let children: Vec<JobId> = world.find_all("x").iter().map(|id| world.live[id].task.job).collect();
    assert_eq!(children, [world.child("s[0]"), world.child("s[1]")]);
    let (first, second) = (world.find_all("x")[0], world.find_all("x")[1]);
    for (id, text) in [(second, "22"), (first, "11")] {
        world.lease(id);
        world.complete(id, one(text)).expect("it is leased");
    }
    assert_eq!(world.joined("j"), "[11,22]");
}

#[test]
fn pause_and_resume_reach_the_child() {
    let mut world = world_of(plan([step("s").sub_plan(2).to("b"), step("b")]), plan([step("x").to("y"), step("y")]));
    world.control(Pause, "lunch").expect("it runs");
    assert_eq!((world.place("s"), world.place("x")), ("SUB_PLAN", "PAUSED"));
    assert_eq!(world.job(world.child("s")).state, JobState::Paused);
    world.control(Resume, "").expect("it is paused");
    assert_eq!(world.place("x"), "QUEUE");
    world.finish();
    assert_eq!(world.story(), "SUCCEEDED s+ b+");
}

#[test]
fn a_child_that_ends_in_a_pause_ends_its_step_and_nothing_begins() {
    let mut world = world_of(plan([step("s").sub_plan(2).to("b"), step("b")]), plan([step("x").none()]));
    let x = world.find("x");
    world.lease(x);
    world.control(Pause, "").expect("it runs");
    world.done("x", nothing());
    assert_eq!(world.story(), "FAILED s-", "a function of output `none` leaves no result");
    let mut world = world_of(plan([step("s").sub_plan(2).to("b"), step("b")]), plan([step("x")]));
    let x = world.find("x");
    world.lease(x);
    world.control(Pause, "").expect("it runs");
    world.done("x", one("1"));
    assert_eq!((world.story().as_str(), world.place("b")), ("PAUSED s+ b?", "PAUSED"));
}

#[test]
fn a_sub_plan_that_a_pause_held_back_starts_with_the_resume() {
    let mut world = world_of(plan([step("a").to("s"), step("s").sub_plan(2)]), plan([step("x")]));
    let a = world.find("a");
    world.lease(a);
    world.control(Pause, "").expect("it runs");
    world.done("a", one("1"));
    assert_eq!((world.place("s"), world.jobs.len()), ("PAUSED", 1));
    world.control(Resume, "").expect("it is paused");
    assert_eq!((world.place("s"), world.place("x")), ("SUB_PLAN", "QUEUE"));
}

#[test]
fn a_step_whose_child_failed_can_be_tried_again_with_a_new_child() {
    let parent = plan([step("s").sub_plan(2).to("j"), step("b").to("j"), step("j").join()]);
    let mut world = world_of(parent, plan([step("x")]));
    world.fail("x", broken());
    let first = world.child("s");
    assert_eq!(world.story(), "RUNNING s- b?");
    world.retry("s").expect("the job runs");
    assert_ne!(JobId(world.find("s").0), first);
    world.finish();
    assert_eq!((world.story().as_str(), world.joined("j")), ("SUCCEEDED s+ s- b+ j+", "[\"x\",\"b\"]"));
}
