//! (f) `exclusive_aggregate`: at most one lease per aggregate. The store keeps the line; the engine hears who is next.

use crate::harness::{World, plan, step};
use esteira_model::{AggregateRef, JobAction::*};

fn blocked() -> World {
    let mut world = World::of(plan([step("a").to("b"), step("b")]));
    let aggregate = AggregateRef { kind: "order".into(), id: "7".into(), version: 3 };
    world.start("0", |job| job.aggregate = Some(aggregate));
    world.block("a");
    world
}

#[test]
fn whose_turn_it_is_becomes_ready() {
    let mut world = blocked();
    let before = world.task("a").clone();
    let decision = world.unblock("a");
    assert!(!decision.job_changed, "no token moved");
    assert_eq!((world.place("a"), world.task("a")), ("QUEUE", &before));
    world.finish();
    assert_eq!(world.story(), "SUCCEEDED a+ b+");
}

#[test]
fn in_a_pause_it_waits_for_the_end_of_the_pause() {
    let mut world = blocked();
    world.control(Pause, "").expect("it runs");
    assert_eq!(world.place("a"), "AGGREGATE_BUSY", "it keeps its place in the line");
    world.unblock("a");
    assert_eq!(world.place("a"), "PAUSED");
    world.control(Resume, "").expect("it is paused");
    assert_eq!(world.place("a"), "QUEUE");
}

#[test]
fn a_resume_leaves_the_line_as_it_is() {
    let mut world = blocked();
    world.control(Pause, "").expect("it runs");
    world.control(Resume, "").expect("it is paused");
    assert_eq!(world.place("a"), "AGGREGATE_BUSY");
}

#[test]
fn a_task_in_line_ends_with_its_job() {
    for (end, story) in [
        ((|w: &mut World| drop(w.control(Cancel, ""))) as fn(&mut World), "CANCELLED a~"),
        (|w| drop(w.control(Terminate, "")), "CANCELLED a~"),
        (|w| drop(w.deadline()), "TIMED_OUT a~"),
    ] {
        let mut world = blocked();
        end(&mut world);
        assert_eq!(world.story(), story);
    }
}

#[test]
fn the_aggregate_moves_along_the_branch() {
    let mut world = blocked();
    world.unblock("a");
    let after = AggregateRef { kind: "order".into(), id: "7".into(), version: 4 };
    world.done("a", esteira_engine::Completion { aggregate_after: Some(after.clone()), ..crate::harness::one("1") });
    assert_eq!(world.task("b").aggregate, Some(after));
    assert_eq!(world.root().aggregate.as_ref().map(|aggregate| aggregate.version), Some(3), "as it started");
}
