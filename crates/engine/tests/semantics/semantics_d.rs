//! (d) `end_time` is written in the transaction of every terminal state. The harness doubts it at each decision; here
//! are all the ways to an end, each with the dates of its job, tasks and attempts.

use crate::harness::{World, broken, many, one, plan, secs, step};
use esteira_model::{JobAction, JobState};

#[track_caller]
fn check(way: impl FnOnce(&mut World), expected: JobState) {
    let steps = [step("a").to("j"), step("b").to("j"), step("j").join()];
    let mut world = World::started(plan(steps), "0");
    let begin = world.now;
    world.now = begin.after(secs(3));
    way(&mut world);
    let job = world.root();
    assert_eq!((job.state, job.start_time, job.end_time), (expected, Some(begin), Some(world.now)));
    for ended in world.ended.values() {
        assert!(ended.task.create_time <= ended.end_time && ended.end_time <= world.now);
        assert!(ended.task.attempts == 0 || ended.task.start_time.is_some(), "{} ran", world.name(&ended.task));
    }
    for attempt in &world.attempts {
        assert!(attempt.start_time <= attempt.end_time);
    }
}

#[test]
fn every_way_to_an_end_has_its_dates() {
    check(World::finish, JobState::Succeeded);
    let fails = |w: &mut World| {
        w.done("b", one("1"));
        w.fail("a", broken());
    };
    check(fails, JobState::Failed);
    let fails_first = |w: &mut World| {
        w.fail("a", broken());
        w.done("b", one("1"));
    };
    check(fails_first, JobState::Failed);
    let poisoned = |w: &mut World| {
        w.done("b", one("1"));
        (0..5).for_each(|_| drop(w.expire("a")));
    };
    check(poisoned, JobState::Failed);
    let cancelled = |w: &mut World| {
        w.done("b", one("1"));
        drop(w.control(JobAction::Cancel, ""));
    };
    check(cancelled, JobState::Cancelled);
    let running = |end: fn(&mut World)| {
        move |w: &mut World| {
            w.done("b", one("1"));
            let a = w.find("a");
            w.lease(a);
            w.now = w.now.after(secs(2));
            end(w);
        }
    };
    check(running(|w| drop(w.control(JobAction::Terminate, ""))), JobState::Cancelled);
    check(running(|w| drop(w.deadline())), JobState::TimedOut);
}

#[test]
fn a_lease_that_was_dropped_began_when_it_was_granted() {
    for end in [(|w: &mut World| drop(w.control(JobAction::Terminate, ""))) as fn(&mut World), |w| drop(w.deadline())] {
        let mut world = World::started(plan([step("a")]), "0");
        let granted = world.now;
        let a = world.find("a");
        world.lease(a);
        world.now = granted.after(secs(4));
        end(&mut world);
        let (ended, attempt) = (world.ended("a"), &world.attempts[0]);
        assert_eq!((ended.task.start_time, ended.end_time), (Some(granted), world.now));
        assert_eq!((attempt.start_time, attempt.end_time, attempt.fence), (granted, world.now, ended.task.fence));
    }
}

/// A join that the very decision reaches that ends the job was never placed, so it cannot be taken.
#[test]
fn a_join_reached_by_the_last_report_of_a_failed_job_is_skipped() {
    let mut world = World::started(plan([step("a").to("j"), step("b").to("j"), step("j").join()]), "0");
    world.fail("a", broken());
    world.done("b", one("1"));
    assert_eq!(world.story(), "FAILED a- b+ j.");
    assert_eq!(world.ended("j").task.parent, Some(world.ended("b").task.id));
}

#[test]
fn a_job_that_ends_before_it_begins_has_an_end() {
    let mut world = World::of(plan([step("a").template("<boom>")]));
    let later = world.now.after(secs(60));
    world.start("0", |job| job.start_after = Some(later));
    assert_eq!((world.story().as_str(), world.root().end_time), ("FAILED a-", Some(world.now)));
}

#[test]
fn a_job_of_native_steps_ends_with_its_start() {
    let mut world = World::of(plan([step("a").condition().to("b"), step("b").condition()]));
    world.start("5", |_| {});
    assert_eq!((world.story().as_str(), world.results()), ("SUCCEEDED a+ b+", vec!["5"]));
    assert_eq!((world.root().start_time, world.root().end_time), (Some(world.now), Some(world.now)));
}

#[test]
fn an_empty_fan_out_ends_the_job_with_its_report() {
    let mut world = World::started(plan([step("fan").multiple().to("b"), step("b")]), "0");
    world.done("fan", many(&[]));
    assert_eq!(world.root().end_time, Some(world.now));
}
