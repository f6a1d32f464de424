//! Reports that come after their lease was recorded as lost, and before another was granted.

use crate::{
    check,
    harness::{World, plan, step},
};

#[test]
fn a_late_success_counts() {
    let two = plan([step("a").to("b"), step("b")]);
    let world = check(&two, "a=x a=late:7 *", "SUCCEEDED a+ b+");
    assert_eq!((world.tries("a").as_str(), world.input("b")), ("1x 2-", "7"));
    let task = &world.ended("a").task;
    assert_eq!((task.attempts, task.expiries, task.failures), (2, 1, 0));
    let numbers: Vec<_> = world.attempts.iter().filter(|a| a.task == task.id).map(|a| (a.number, a.fence)).collect();
    assert_eq!(numbers, [(1, task.fence), (2, task.fence)], "beside the lost one, under the same fence");
}

#[test]
fn a_late_failure_counts() {
    let retried = plan([step("a").attempts(2)]);
    let world = check(&retried, "a=x a=late:~", "RUNNING a?");
    assert_eq!((world.place("a"), world.tries("a").as_str()), ("RETRY_BACKOFF", "1x 2r"));
    assert_eq!(check(&retried, "a=x a=late:~ +10 a=1", "SUCCEEDED a+").tries("a"), "1x 2r 3-");
    check(&retried, "a=x a=late:!", "FAILED a-");
    assert_eq!(check(&retried, "a=x a=x a=late:1", "SUCCEEDED a+").tries("a"), "1x 2x 3-");
}

#[test]
fn a_late_report_finds_its_task_in_a_pause() {
    let two = plan([step("a").to("b"), step("b")]);
    let world = check(&two, "a=lease pause a=x a=late:7", "PAUSED a+ b?");
    assert_eq!(world.place("b"), "PAUSED");
    check(&plan([step("a").attempts(2)]), "a=lease pause a=x a=late:~ +10 resume a=1", "SUCCEEDED a+");
}

#[test]
fn a_late_report_finds_its_task_in_a_backoff() {
    let two = plan([step("a").attempts(3).to("b"), step("b")]);
    assert_eq!(check(&two, "a=t a=late:7 *", "SUCCEEDED a+ b+").tries("a"), "1t 2-");
    assert_eq!(check(&two, "a=t a=late:~ +10 a=7 *", "SUCCEEDED a+ b+").tries("a"), "1t 2r 3-");
}

#[test]
fn a_late_success_moves_the_same_tokens() {
    let join = plan([step("a").to("j"), step("b").to("j"), step("j").join()]);
    assert_eq!(check(&join, "b=2 a=x a=late:1 *", "SUCCEEDED a+ b+ j+").joined("j"), "[1,2]");
    let fan = plan([step("fan").multiple().to("b"), step("b").to("j"), step("j").join()]);
    check(&fan, "fan=x fan=late:[] *", "SUCCEEDED fan+ b. j+");
    check(&fan, "fan=x fan=late:[1,2] *", "SUCCEEDED fan+ b[0]+ b[1]+ j+");
}

#[test]
fn a_late_violation_has_its_own_number() {
    let policies = vec![crate::harness::policy("hard", "value == 1", true)];
    let judged = esteira_model::Plan { policies, ..plan([step("a").judge_output("hard")]) };
    let world: World = check(&judged, "a=x a=late:2", "FAILED a-");
    assert_eq!(world.tries("a"), "1x 2n");
}
