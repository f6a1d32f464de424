//! (c) CANCEL is cooperative, covers tasks created meanwhile and sub-plans; TERMINATE drops leases at once.

use crate::harness::{World, broken, hiccup, many, nothing, one, plan, secs, step, words};
use esteira_engine::Refusal;
use esteira_model::{Failure, FailureKind, JobAction::*, JobState, Plan};

/// One task of each kind of place; `a` is leased, the rest waits.
fn everywhere() -> World {
    let mut world = World::started(
        plan([
            step("a").to("j"),
            step("b").to("j"),
            step("q"),
            step("busy"),
            step("w").wait(60),
            step("r").attempts(2),
            step("j").join().to("k"),
            step("k"),
        ]),
        "0",
    );
    let a = world.find("a");
    world.lease(a);
    world.done("b", one("1"));
    world.fail("r", hiccup());
    world.block("busy");
    let places = ["a", "q", "busy", "w", "r", "j"].map(|name| world.place(name));
    assert_eq!(places, ["LEASE", "QUEUE", "AGGREGATE_BUSY", "DELAYED", "RETRY_BACKOFF", "JOIN"]);
    world
}

#[test]
fn what_waits_ends_at_once_and_what_runs_ends_as_it_will() {
    let mut world = everywhere();
    world.control(Cancel, "enough").expect("it runs");
    assert_eq!(world.story(), "CANCELLING a? b+ q~ busy~ w~ r~ j?");
    assert_eq!(world.root().cancel_time, Some(world.now));
    world.done("a", one("2"));
    assert_eq!(world.story(), "CANCELLED a+ b+ q~ busy~ w~ r~ j~");
    assert_eq!(world.artifacts[&world.ended("a").outputs[0]].as_json(), Some("2"), "what ran is recorded");
    let failure = world.root().failure.as_ref().expect("why it ended");
    assert_eq!((failure.code.as_str(), failure.message.as_str()), ("CANCELLED", "enough"));
}

#[test]
fn terminate_drops_the_leases() {
    let mut world = everywhere();
    world.control(Terminate, "now").expect("it runs");
    assert_eq!(world.story(), "CANCELLED a~ b+ q~ busy~ w~ r~ j~");
    assert_eq!(world.tries("a"), "1c");
    assert_eq!(words(world.root().failure.as_ref()), "CANCELLED TERMINATED");
    assert_eq!(world.ended("a").task.start_time, Some(world.now), "a worker had it");
}

/// How the one running task ends after the cancel, and what the job and the task become.
#[track_caller]
fn check(ends: impl FnOnce(&mut World), story: &str, failure: &str) {
    let mut world = World::started(plan([step("a").attempts(5).on_failure("h").to("b"), step("b"), step("h")]), "0");
    let a = world.find("a");
    world.lease(a);
    world.control(Cancel, "enough").expect("it runs");
    ends(&mut world);
    assert_eq!(world.story(), story);
    assert_eq!(words(world.root().failure.as_ref()), failure);
    assert_eq!(world.root().failure.as_ref().map(|failure| failure.message.as_str()), Some("enough"), "the reason");
}

#[test]
fn after_a_cancel_nothing_begins_and_nothing_is_tried_again() {
    let cancelled = || Failure::engine(FailureKind::Cancelled, "STOPPED", "as asked");
    check(|w| drop(w.done("a", one("1"))), "CANCELLED a+", "CANCELLED CANCELLED");
    check(|w| drop(w.fail("a", cancelled())), "CANCELLED a~", "CANCELLED CANCELLED");
    check(|w| drop(w.fail("a", hiccup())), "CANCELLED a-", "CANCELLED CANCELLED");
    check(|w| drop(w.fail("a", broken())), "CANCELLED a-", "CANCELLED CANCELLED");
    check(|w| drop(w.time_out("a")), "CANCELLED a-", "CANCELLED CANCELLED");
    check(|w| drop(w.expire("a")), "CANCELLED a~", "CANCELLED CANCELLED");
    check(|w| drop(w.release("a")), "CANCELLED a~", "CANCELLED CANCELLED");
    check(|w| drop(w.control(Terminate, "enough")), "CANCELLED a~", "CANCELLED TERMINATED");
}

#[test]
fn outputs_that_come_after_the_cancel_create_no_tasks() {
    let fan = plan([step("fan").multiple().to("b"), step("b").to("j"), step("j").join()]);
    for items in [&["1", "2"][..], &[]] {
        let mut world = World::started(fan.clone(), "0");
        let id = world.find("fan");
        world.lease(id);
        world.control(Cancel, "").expect("it runs");
        world.done("fan", many(items));
        assert_eq!(world.story(), "CANCELLED fan+");
        assert_eq!(world.ended("fan").outputs.len(), items.len());
    }
}

#[test]
fn a_job_that_has_not_begun_is_cancelled_too() {
    let mut world = World::of(plan([step("a"), step("b").condition()]));
    let later = world.now.after(secs(60));
    world.start("0", |job| job.start_after = Some(later));
    world.control(Cancel, "").expect("it is pending");
    assert_eq!(world.story(), "CANCELLED a~ b~");
}

#[test]
fn a_paused_job_is_cancelled_with_what_the_pause_held() {
    let mut world = World::started(plan([step("a").to("b"), step("b"), step("c")]), "0");
    world.control(Pause, "").expect("it runs");
    world.control(Cancel, "").expect("it is paused");
    assert_eq!(world.story(), "CANCELLED a~ c~");
}

fn nested() -> Vec<Plan> {
    vec![
        plan([step("s").sub_plan(2).to("after"), step("after")]),
        plan([step("t").sub_plan(3)]),
        plan([step("x").to("y"), step("y")]),
    ]
}

#[test]
fn cancel_reaches_sub_plans_and_waits_for_them() {
    let mut world = World::of_all(nested());
    world.start("0", |_| {});
    let x = world.find("x");
    world.lease(x);
    world.control(Cancel, "enough").expect("it runs");
    let (child, grandchild) = (world.child("s"), world.child("t"));
    for job in [world.root, child, grandchild] {
        assert_eq!(world.job(job).state, JobState::Cancelling);
    }
    world.done("x", one("1"));
    assert_eq!(world.story_of(grandchild), "CANCELLED x+");
    assert_eq!(world.story_of(child), "CANCELLED t~");
    assert_eq!(world.story(), "CANCELLED s~");
    assert_eq!(world.job(grandchild).failure.as_ref().map(|f| f.message.as_str()), Some("enough"));
}

#[test]
fn a_sub_plan_that_has_nothing_running_ends_with_the_cancel() {
    let mut world = World::of_all(nested());
    world.start("0", |_| {});
    world.control(Cancel, "").expect("it runs");
    assert_eq!(world.story(), "CANCELLED s~");
}

#[test]
fn terminate_and_deadline_reach_sub_plans() {
    for (end, story) in [
        ((|w: &mut World| drop(w.control(Terminate, ""))) as fn(&mut World), "CANCELLED s~"),
        (|w| drop(w.deadline()), "TIMED_OUT s~"),
    ] {
        let mut world = World::of_all(nested());
        world.start("0", |_| {});
        let x = world.find("x");
        world.lease(x);
        end(&mut world);
        assert_eq!(world.story(), story);
        assert_eq!(world.story_of(world.child("s")), "CANCELLED t~");
        assert_eq!(world.story_of(world.child("t")), "CANCELLED x~");
    }
}

#[test]
fn an_action_whose_state_is_reached_has_no_effect() {
    for (first, again) in [(Pause, Pause), (Cancel, Cancel), (Resume, Resume)] {
        let mut world = World::started(plan([step("a"), step("w").wait(9)]), "0");
        let a = world.find("a");
        world.lease(a);
        world.control(first, "first").expect("it runs");
        world.now = world.now.after(secs(1));
        let decision = world.control(again, "again").expect("a repeat is no error");
        assert!(!decision.job_changed && decision.facts.is_empty() && decision.follow_ups.is_empty(), "{again}");
    }
}

#[test]
fn what_makes_no_sense_is_refused() {
    let cancelling = || {
        let mut world = World::started(plan([step("a").none()]), "0");
        let a = world.find("a");
        world.lease(a);
        world.control(Cancel, "").expect("it runs");
        world
    };
    for action in [Pause, Resume] {
        let refusal = cancelling().control(action, "").expect_err("its end is decided");
        assert!(matches!(refusal, Refusal::NotNow(_)), "{refusal:?}");
    }
    for action in [Pause, Resume, Cancel, Terminate] {
        let mut world = cancelling();
        world.done("a", nothing());
        assert_eq!(world.control(action, "").expect_err("it ended"), Refusal::JobTerminal);
    }
}
