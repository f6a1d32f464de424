//! An operator has a failed task tried again while its job still runs.

use crate::{
    check,
    harness::{World, plan, step},
};
use esteira_engine::Refusal;

#[test]
fn a_retried_task_makes_its_waiting_join_fire() {
    let join = plan([step("a").to("j"), step("b").to("j"), step("c"), step("j").join()]);
    let world = check(&join, "a=! b=2", "RUNNING a- b+ c? j?");
    assert_eq!((world.place("j"), world.root().failure.is_some()), ("JOIN", true));
    let world = check(&join, "a=! b=2 a=retry", "RUNNING a- a? b+ c? j?");
    assert_eq!(world.root().failure, None);
    let (new, old) = (world.task("a"), &world.ended("a").task);
    assert_eq!((new.parent, new.input, new.attempts, new.failures, new.fence), (Some(old.id), old.input, 0, 0, 0));
    let world = check(&join, "a=! b=2 a=retry a=1 j=3 c=4", "SUCCEEDED a+ a- b+ c+ j+");
    assert_eq!(world.joined("j"), "[1,2]");
    check(&join, "a=! b=2 a=retry a=! c=4", "FAILED a- a- b+ c+ j.");
}

#[test]
fn a_retried_task_has_all_its_attempts_again() {
    let beside = plan([step("a").attempts(2), step("c")]);
    check(&beside, "a=~ +10 a=~ a=retry a=~ +10 a=1 c=2", "SUCCEEDED a+ a- c+");
    check(&beside, "a=~ +10 a=~ a=retry a=~ +10 a=~ c=2", "FAILED a- a- c+");
}

#[test]
fn a_join_is_tried_again_with_what_it_was_given() {
    let nested = plan([step("a").to("j"), step("j").join().to("k"), step("c").to("k"), step("k").join()]);
    let world = check(&nested, "a=1 c=2 *", "SUCCEEDED a+ j+ c+ k+");
    assert_eq!(world.joined("k"), "[\"j\",2]");
    let beside = plan([step("a").to("j"), step("j").join().to("k"), step("c").to("k"), step("d"), step("k").join()]);
    let world = check(&beside, "a=1 c=2 j=! j=retry", "RUNNING a+ j- j? c+ d? k?");
    assert_eq!((world.input("j"), world.place("k")), ("[1]", "JOIN"));
    let world = check(&beside, "a=1 c=2 j=! j=retry j=3 *", "SUCCEEDED a+ j+ j- c+ d+ k+");
    assert_eq!(world.joined("k"), "[3,2]");
}

#[test]
fn an_item_is_tried_again_as_itself() {
    let fan = plan([step("fan").multiple().to("b"), step("b").to("j"), step("c"), step("j").join()]);
    let script = "fan=[x,y] b[0]=! b[1]=2 b[0]=retry b[0]=1 j=3 c=4";
    assert_eq!(check(&fan, script, "SUCCEEDED fan+ b[0]+ b[0]- b[1]+ c+ j+").joined("j"), "[1,2]");
}

#[test]
fn native_steps_are_tried_again_too() {
    let mut world = World::started(plan([step("q").condition().to_if("b", "boom"), step("b"), step("c")]), "0");
    assert_eq!(world.story(), "RUNNING q- c?");
    world.play("q=retry");
    assert_eq!(world.story(), "RUNNING q- q- c?", "it fails again");
    let wait = plan([step("w").wait(5).to_if("b", "boom"), step("b"), step("c")]);
    let world = check(&wait, "+5 w=retry", "RUNNING w- w? c?");
    assert_eq!(world.place("w"), "DELAYED");
    check(&wait, "+5 w=retry +5 c=1", "FAILED w- w- c+");
}

#[test]
fn in_a_pause_it_waits_for_the_end_of_the_pause() {
    let beside = plan([step("a"), step("c")]);
    let world = check(&beside, "a=! pause a=retry", "PAUSED a- a? c?");
    assert_eq!(world.place("a"), "PAUSED");
    check(&beside, "a=! pause a=retry resume *", "SUCCEEDED a+ a- c+");
}

#[test]
fn with_two_failures_the_job_fails_until_both_are_tried_again() {
    let three = plan([step("a"), step("b"), step("c")]);
    check(&three, "a=! b=! a=retry a=1 c=1", "FAILED a+ a- b- c+");
    let world = check(&three, "a=! b=! a=retry b=retry", "RUNNING a- a? b- b? c?");
    assert_eq!(world.root().failure, None);
    check(&three, "a=! b=! a=retry b=retry *", "SUCCEEDED a+ a- b+ b- c+");
}

#[test]
fn what_is_not_tried_again() {
    let refused = |world: &mut World, name: &str| {
        let answer = world.retry(name).expect_err("it is refused");
        assert!(matches!(answer, Refusal::NotNow(_)), "{answer:?}");
    };
    let mut taken = check(&plan([step("a").on_failure("h"), step("h"), step("c")]), "a=!", "RUNNING a- h? c?");
    refused(&mut taken, "a");
    let mut input = check(&plan([step("a").template("<boom>"), step("c")]), "", "RUNNING a- c?");
    refused(&mut input, "a");
    let mut cancelling = check(&plan([step("a"), step("c")]), "a=! c=lease cancel", "CANCELLING a- c?");
    refused(&mut cancelling, "a");
    let mut ended = check(&plan([step("a"), step("c")]), "a=! c=1", "FAILED a- c+");
    assert_eq!(ended.retry("a").expect_err("the job ended"), Refusal::JobTerminal);
}
