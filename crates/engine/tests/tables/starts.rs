//! How a job begins: start steps, and `start_after`.

use crate::{
    check,
    harness::{World, plan, secs, step},
};
use esteira_model::{JobAction, JobState, Plan};

/// A world whose job may start a minute after it was accepted.
fn later(plans: Vec<Plan>) -> World {
    let mut world = World::of_all(plans);
    let time = world.now.after(secs(60));
    world.start("0", |job| job.start_after = Some(time));
    world
}

#[test]
fn a_job_starts_where_nothing_leads_to() {
    check(&plan([step("a").to("b"), step("b"), step("c")]), "", "RUNNING a? c?");
    let named = Plan { start_steps: vec!["c".into(), "a".into()], ..plan([step("a").to("b"), step("b"), step("c")]) };
    check(&named, "", "RUNNING a? c?");
    let world = check(&plan([step("a")]), "", "RUNNING a?");
    let (job, task) = (world.root(), world.task("a"));
    assert_eq!((task.parent, task.input, job.start_time), (None, Some(job.input), Some(world.now)));
    assert_eq!(job.priority, 7, "the priority is as it was asked for");
}

#[test]
fn every_kind_of_start_step_waits_for_the_time() {
    let parent = plan([
        step("a").to("j"),
        step("w").wait(30).to("j"),
        step("q").condition().to("p"),
        step("p").condition().to("j"),
        step("s").sub_plan(2).to("j"),
        step("j").join(),
    ]);
    let mut world = later(vec![parent, plan([step("x")])]);
    assert_eq!((world.story().as_str(), world.root().start_time), ("PENDING a? w? q? s?", None));
    for name in ["a", "w", "q", "s"] {
        assert_eq!(world.place(name), "DELAYED");
    }
    world.play("+59");
    assert_eq!(world.story(), "PENDING a? w? q? s?");
    world.play("+1");
    assert_eq!((world.root().state, world.root().start_time), (JobState::Running, Some(world.now)));
    let places = ["a", "w", "s", "j"].map(|name| world.place(name));
    assert_eq!(places, ["QUEUE", "DELAYED", "SUB_PLAN", "JOIN"]);
    world.play("a=1 x=2");
    assert_eq!(world.story(), "RUNNING a+ w? q+ p+ s+ j?");
    world.play("+30");
    assert_eq!(world.joined("j"), "[1,0,0,2]");
    world.play("*");
    assert_eq!(world.story(), "SUCCEEDED a+ w+ q+ p+ s+ j+");
}

#[test]
fn a_time_that_is_past_is_now() {
    for back in [0, 5] {
        let mut world = World::of(plan([step("a")]));
        let time = esteira_model::Time(world.now.0 - back);
        world.start("0", |job| job.start_after = Some(time));
        assert_eq!((world.story().as_str(), world.place("a")), ("RUNNING a?", "QUEUE"));
    }
}

#[test]
fn inputs_are_built_when_the_job_is_accepted() {
    let built = plan([step("a").template("[<job>]"), step("b").template("<boom>").on_failure("h"), step("h")]);
    let mut world = later(vec![built]);
    assert_eq!((world.story().as_str(), world.input("a")), ("PENDING a? b- h?", "[0]"));
    assert_eq!(world.place("h"), "DELAYED", "what takes a failure waits as well");
    world.play("+60 *");
    assert_eq!(world.story(), "SUCCEEDED a+ b- h+");
    let all = plan([step("b").template("<boom>").on_failure("j"), step("j").join()]);
    let mut world = later(vec![all]);
    assert_eq!((world.story().as_str(), world.place("j")), ("PENDING b- j?", "DELAYED"));
    world.play("+60 *");
    assert_eq!(world.story(), "SUCCEEDED b- j+");
}

#[test]
fn a_pause_among_the_timers_of_a_start() {
    let mut world = later(vec![plan([step("a"), step("w").wait(5), step("q").condition().to("b"), step("b")])]);
    world.now = world.now.after(secs(60));
    let (_, first, reason) = world.due()[0];
    world.fire(first, reason);
    assert_eq!(world.root().state, JobState::Running);
    world.play("pause +0");
    assert_eq!(world.story(), "PAUSED a? w? q+ b?");
    for name in ["w", "b"] {
        assert_eq!(world.place(name), "PAUSED");
    }
    world.play("resume +5 a=1 b=2");
    assert_eq!(world.story(), "SUCCEEDED a+ w+ q+ b+");
}

#[test]
fn what_is_pending_can_be_stopped_and_not_paused() {
    let mut world = later(vec![plan([step("a"), step("b").condition()])]);
    assert!(world.control(JobAction::Pause, "").is_err());
    world.control(JobAction::Resume, "").expect("nothing to do");
    assert_eq!(world.story(), "PENDING a? b?");
    world.play("terminate");
    assert_eq!(world.story(), "CANCELLED a~ b~");
    let mut world = later(vec![plan([step("a")])]);
    world.play("deadline");
    assert_eq!(world.story(), "TIMED_OUT a~");
}
