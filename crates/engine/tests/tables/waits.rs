//! `wait` steps, and pauses of all kinds.

use crate::{
    check,
    harness::{Spot, World, plan, secs, step},
};
use esteira_model::{Plan, WaitReason};

fn wait() -> Plan {
    plan([step("a").to("w"), step("w").wait(30).to("b"), step("b")])
}

#[test]
fn a_wait_passes_its_input_on_when_its_time_has_come() {
    let world = check(&wait(), "a=7 +29", "RUNNING a+ w?");
    assert_eq!(world.place("w"), "DELAYED");
    let world = check(&wait(), "a=7 +29 +1", "RUNNING a+ w+ b?");
    assert_eq!((world.input("b"), world.task("b").input), ("7", Some(world.ended("a").outputs[0])));
    assert_eq!(world.ended("w").task.start_time.map(|time| time.after(secs(30))), Some(world.ended("w").end_time));
}

#[test]
fn a_wait_goes_on_in_a_pause_and_ends_after_it() {
    let world = check(&wait(), "a=7 +10 pause +100", "PAUSED a+ w?");
    assert_eq!(world.place("w"), "PAUSED");
    check(&wait(), "a=7 +10 pause +100 resume +0", "RUNNING a+ w+ b?");
    let world = check(&wait(), "a=7 +10 pause +10 resume", "RUNNING a+ w?");
    assert_eq!(world.place("w"), "DELAYED");
    check(&wait(), "a=7 +10 pause +10 resume +9", "RUNNING a+ w?");
    check(&wait(), "a=7 +10 pause +10 resume +9 +1", "RUNNING a+ w+ b?");
    check(&wait(), "a=7 pause +100 resume pause +0", "PAUSED a+ w?");
    check(&wait(), "a=7 pause +100 resume pause +0 resume +0 b=1", "SUCCEEDED a+ w+ b+");
}

#[test]
fn a_wait_that_a_pause_held_back_begins_after_it() {
    let world = check(&wait(), "a=lease pause a=7 +100", "PAUSED a+ w?");
    assert_eq!((world.place("w"), world.task("w").start_time), ("PAUSED", None));
    let world = check(&wait(), "a=lease pause a=7 +100 resume +29", "RUNNING a+ w?");
    assert_eq!(world.place("w"), "DELAYED");
    check(&wait(), "a=lease pause a=7 +100 resume +30 b=1", "SUCCEEDED a+ w+ b+");
}

#[test]
fn a_wait_chooses_its_way_when_it_ends() {
    let choice = plan([
        step("fan").multiple().to("w"),
        step("w").wait(5).first_match().to_if("b", "output == 1").to("c"),
        step("b").to("j"),
        step("c").to("j"),
        step("j").join(),
    ]);
    check(&choice, "fan=[1,2] +5 *", "SUCCEEDED fan+ w[0]+ w[1]+ b[0]+ c[1]+ j+");
    let ends = plan([step("w").wait(5).to("j"), step("v").wait(9).to("j"), step("j").join()]);
    let world = check(&ends, "+5", "RUNNING w+ v? j?");
    assert_eq!(world.place("j"), "JOIN");
    assert_eq!(check(&ends, "+9 *", "SUCCEEDED w+ v+ j+").joined("j"), "[0,0]");
    check(&plan([step("w").wait(0)]), "+0", "SUCCEEDED w+");
}

#[test]
fn a_pause_lets_what_runs_end_and_begins_nothing() {
    let steps = plan([
        step("a").to("b"),
        step("b").to("q"),
        step("q").condition().to("s"),
        step("s").sub_plan(2),
        step("c").to("w"),
        step("w").wait(5),
    ]);
    let mut world = World::of_all(vec![steps, plan([step("x")])]);
    world.start("0", |_| {});
    world.play("a=lease pause a=1");
    assert_eq!(world.story(), "PAUSED a+ b? c?");
    assert_eq!((world.place("b"), world.place("c")), ("PAUSED", "PAUSED"));
    world.play("resume b=lease c=lease pause b=2 c=3");
    assert_eq!(world.story(), "PAUSED a+ b+ q+ s? c+ w?", "a condition is no work");
    assert_eq!((world.place("s"), world.place("w"), world.jobs.len()), ("PAUSED", "PAUSED", 1));
    world.play("resume +5 x=1");
    assert_eq!(world.story(), "SUCCEEDED a+ b+ q+ s+ c+ w+");
}

#[test]
fn a_paused_job_can_come_to_its_end() {
    check(&plan([step("a")]), "a=lease pause a=1", "SUCCEEDED a+");
    check(&plan([step("a")]), "a=lease pause a=!", "FAILED a-");
}

#[test]
fn resume_makes_ready_what_the_pause_held() {
    let two = plan([step("a").to("c"), step("b"), step("c")]);
    let world = check(&two, "pause resume", "RUNNING a? b?");
    assert_eq!((world.place("a"), world.place("b")), ("QUEUE", "QUEUE"));
    check(&two, "pause resume pause resume a=1 pause resume *", "SUCCEEDED a+ b+ c+");
}

#[test]
fn a_timer_is_set_to_the_step_s_time() {
    let world = check(&wait(), "+3 a=7", "RUNNING a+ w?");
    let w = world.find("w");
    assert_eq!(world.live[&w].spot, Spot::Parked(WaitReason::Delayed, Some(world.now.after(secs(30)))));
}

#[test]
fn the_deadline_ends_everything_now() {
    let all = plan([step("a").to("j"), step("b").to("j"), step("w").wait(60), step("r").attempts(2), step("j").join()]);
    let world = check(&all, "a=lease b=1 r=~ deadline", "TIMED_OUT a~ b+ w~ r~ j~");
    assert_eq!(crate::harness::words(world.root().failure.as_ref()), "TIMEOUT JOB_TIMEOUT");
    assert_eq!(world.tries("a"), "1c");
    check(&all, "a=lease b=1 pause deadline", "TIMED_OUT a~ b+ w~ r~ j~");
    check(&all, "a=lease b=1 cancel deadline", "TIMED_OUT a~ b+ w~ r~ j~");
    check(&all, "a=! b=1 r=lease deadline", "TIMED_OUT a- b+ w~ r~ j~");
}
