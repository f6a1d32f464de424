//! (b) A released lease costs nothing; lost leases are counted apart and cap at 5; `max_attempts` counts reported
//! failures and time-outs.

use crate::harness::{S, World, broken, hiccup, one, plan, secs, step, words};
use esteira_model::{JobAction, JobState};

/// What a worker does with the one task, in order: `r`elease, `x` lose the lease, `f`ail, `t`ime out, `d`one.
#[track_caller]
fn check(a: S, does: &str, story: &str, failure: &str, tries: &str) -> World {
    let mut world = World::started(plan([a]), "0");
    for action in does.chars() {
        match action {
            'r' => world.release("a"),
            'x' => world.expire("a"),
            'f' => world.fail("a", hiccup()),
            't' => world.time_out("a"),
            _ => world.done("a", one("1")),
        };
        world.pass(secs(10));
    }
    assert_eq!(world.story(), story, "{does}");
    assert_eq!(words(world.root().failure.as_ref()), failure, "{does}");
    assert_eq!(world.tries("a"), tries, "{does}");
    world
}

#[test]
fn a_release_costs_nothing() {
    check(step("a"), "rrrrrrrd", "SUCCEEDED a+", "-", "1-");
    check(step("a").attempts(2), "rfrrd", "SUCCEEDED a+", "-", "1r 2-");
    let world = check(step("a"), "rr", "RUNNING a?", "-", "");
    let task = world.task("a");
    assert_eq!((task.attempts, task.failures, task.expiries, task.start_time), (0, 0, 0, None));
}

#[test]
fn five_lost_leases_are_poison() {
    check(step("a"), "xxxxd", "SUCCEEDED a+", "-", "1x 2x 3x 4x 5-");
    check(step("a"), "xxxxx", "FAILED a-", "LEASE_EXPIRED LEASE_EXPIRED", "1x 2x 3x 4x 5x");
    check(
        step("a").attempts(100),
        "xfxfxfxfx",
        "FAILED a-",
        "LEASE_EXPIRED LEASE_EXPIRED",
        "1x 2r 3x 4r 5x 6r 7x 8r 9x",
    );
    check(step("a"), "xrxrxrxrx", "FAILED a-", "LEASE_EXPIRED LEASE_EXPIRED", "1x 2x 3x 4x 5x");
}

#[test]
fn max_attempts_counts_failures_and_time_outs() {
    check(step("a"), "f", "FAILED a-", "RETRYABLE HICCUP", "1r");
    check(step("a"), "t", "FAILED a-", "TIMEOUT EXECUTION_TIMEOUT", "1t");
    check(step("a").attempts(3), "ft", "RUNNING a?", "-", "1r 2t");
    check(step("a").attempts(3), "ftf", "FAILED a-", "RETRYABLE HICCUP", "1r 2t 3r");
    check(step("a").attempts(3), "xfxxft", "FAILED a-", "TIMEOUT EXECUTION_TIMEOUT", "1x 2r 3x 4x 5r 6t");
}

#[test]
fn max_attempts_does_not_count_lost_leases() {
    check(step("a").attempts(2), "xxxxfd", "SUCCEEDED a+", "-", "1x 2x 3x 4x 5r 6-");
}

#[test]
fn poison_goes_to_the_step_that_takes_failures() {
    let mut world = World::started(plan([step("a").on_failure("h"), step("h")]), "0");
    for _ in 0..5 {
        world.expire("a");
    }
    assert!(world.input("h").contains("\"code\":\"LEASE_EXPIRED\""), "{}", world.input("h"));
    world.finish();
    assert_eq!(world.story(), "SUCCEEDED a- h+");
}

#[test]
fn what_comes_back_in_a_pause_waits_for_its_end() {
    for lose in [World::release, World::expire] {
        let mut world = World::started(plan([step("a")]), "0");
        let id = world.find("a");
        world.lease(id);
        world.control(JobAction::Pause, "").expect("it runs");
        lose(&mut world, "a");
        assert_eq!(world.place("a"), "PAUSED");
        world.control(JobAction::Resume, "").expect("it is paused");
        assert_eq!(world.place("a"), "QUEUE");
    }
}

#[test]
fn what_comes_back_in_a_cancel_ends() {
    for (lose, tries) in [(World::release as fn(&mut World, &str) -> _, ""), (World::expire, "1x")] {
        let mut world = World::started(plan([step("a").attempts(3)]), "0");
        let id = world.find("a");
        world.lease(id);
        world.control(JobAction::Cancel, "").expect("it runs");
        lose(&mut world, "a");
        assert_eq!((world.story().as_str(), world.tries("a").as_str()), ("CANCELLED a~", tries));
    }
}

#[test]
fn a_failure_that_is_no_retry_case_costs_the_task() {
    let mut world = World::started(plan([step("a").attempts(3)]), "0");
    world.fail("a", broken());
    assert_eq!((world.root().state, world.tries("a").as_str()), (JobState::Failed, "1n"));
}
