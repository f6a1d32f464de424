//! Attempts: backoff, jitter, what the worker asks for, codes that are never retried.

use crate::{
    check,
    harness::{S, World, hiccup, plan, secs, step, words},
};
use esteira_model::{Failure, FailureKind, RetryPolicy, WaitReason};
use std::time::Duration;

fn policy(change: impl FnOnce(&mut RetryPolicy)) -> S {
    step("a").attempts(10).retry(change)
}

/// The pauses after each failure, with the fraction that chance gives.
#[track_caller]
fn pauses(a: S, fraction: f64, expected: &[u64]) {
    let mut world = World::started(plan([a]), "0");
    world.ids.fraction = fraction;
    for (n, &expected) in expected.iter().enumerate() {
        let decision = world.fail("a", hiccup());
        assert_eq!(decision.retry_in, Some(Duration::from_millis(expected)), "after failure {}", n + 1);
        assert_eq!(world.place("a"), "RETRY_BACKOFF");
        world.pass(Duration::from_millis(expected).saturating_sub(Duration::from_micros(1)));
        assert_eq!(world.place("a"), "RETRY_BACKOFF");
        world.pass(Duration::from_micros(1));
        assert_eq!(world.place("a"), "QUEUE");
    }
}

#[test]
fn the_pause_grows_to_its_longest() {
    let doubling = |r: &mut RetryPolicy| {
        (r.initial_backoff, r.max_backoff, r.multiplier) = (secs(1), secs(5), 2.0);
    };
    pauses(policy(doubling), 0.5, &[1000, 2000, 4000, 5000, 5000, 5000]);
    pauses(policy(|r| r.multiplier = 1.0), 0.5, &[10_000, 10_000, 10_000]);
    pauses(policy(|r| (r.initial_backoff, r.max_backoff) = (secs(10), secs(3))), 0.5, &[3000, 3000]);
    pauses(
        policy(|r| (r.multiplier, r.max_backoff) = (10.0, secs(u64::from(u32::MAX)))),
        0.0,
        &[10_000, 100_000, 1_000_000],
    );
}

#[test]
fn no_pause_is_a_timer_that_is_due() {
    let none = plan([policy(|r| r.initial_backoff = Duration::ZERO)]);
    let world = check(&none, "a=~", "RUNNING a?");
    assert_eq!(world.place("a"), "RETRY_BACKOFF");
    check(&none, "a=~ +0 a=~ +0 a=1", "SUCCEEDED a+");
}

#[test]
fn jitter_shortens_the_pause_by_its_share_at_most() {
    let jitter = |share: f64| policy(move |r| r.jitter = share);
    pauses(jitter(0.2), 0.0, &[10_000]);
    pauses(jitter(0.2), 0.5, &[9_000]);
    pauses(jitter(0.2), 1.0, &[8_000]);
    pauses(jitter(1.0), 0.75, &[2_500]);
    pauses(jitter(0.0), 0.75, &[10_000]);
}

#[test]
fn the_worker_may_ask_for_a_longer_pause() {
    for (asked, expected) in [(3, 10), (10, 10), (25, 25)] {
        let mut world = World::started(plan([step("a").attempts(2)]), "0");
        let decision = world.fail("a", Failure { retry_after: Some(secs(asked)), ..hiccup() });
        assert_eq!(decision.retry_in, Some(secs(expected)), "asked for {asked}");
    }
}

/// Plans are checked before; all the same no number brings a coordinator down.
#[test]
fn no_policy_is_beyond_arithmetic() {
    for change in [
        (|r: &mut RetryPolicy| r.jitter = 2.0) as fn(&mut RetryPolicy),
        |r| r.jitter = f64::NAN,
        |r| (r.multiplier, r.max_backoff) = (f64::INFINITY, Duration::MAX),
        |r| (r.multiplier, r.max_backoff) = (-3.0, Duration::MAX),
        |r| (r.initial_backoff, r.max_backoff) = (Duration::MAX, Duration::MAX),
    ] {
        let mut world = World::started(plan([policy(change)]), "0");
        world.ids.fraction = 0.9;
        for _ in 0..3 {
            assert!(world.fail("a", hiccup()).retry_in.is_some());
            world.now = world.now.max(match world.live[&world.find("a")].spot {
                crate::harness::Spot::Parked(_, Some(due)) => due,
                _ => world.now,
            });
            world.play("+0");
        }
    }
}

#[test]
fn what_is_not_tried_again() {
    for (kind, code, again) in [
        (FailureKind::Retryable, "HICCUP", true),
        (FailureKind::Timeout, "SLOW", true),
        (FailureKind::NonRetryable, "HICCUP", false),
        (FailureKind::Cancelled, "HICCUP", false),
        (FailureKind::Protocol, "HICCUP", false),
        (FailureKind::Retryable, "NEVER", false),
        (FailureKind::Retryable, "NEVER_EVER", true),
        (FailureKind::Timeout, "NEVER", false),
    ] {
        let mut world = World::started(plan([policy(|r| r.non_retryable_codes = vec!["NEVER".into()])]), "0");
        let decision = world.fail("a", Failure::engine(kind, code, ""));
        assert_eq!(decision.retry_in.is_some(), again, "{kind} {code}");
        assert_eq!(world.story(), if again { "RUNNING a?" } else { "FAILED a-" }, "{kind} {code}");
        assert!(again || words(world.root().failure.as_ref()) == format!("{kind} {code}"));
    }
    let timeout = policy(|r| r.non_retryable_codes = vec!["EXECUTION_TIMEOUT".into()]);
    check(&plan([timeout]), "a=t", "FAILED a-");
}

#[test]
fn the_last_attempt_is_the_last() {
    let two = plan([step("a").attempts(2).to("b"), step("b")]);
    check(&two, "a=~ +10 a=~", "FAILED a-");
    check(&two, "a=t +10 a=t", "FAILED a-");
    let world = check(&two, "a=~ +10 a=1 *", "SUCCEEDED a+ b+");
    assert_eq!(world.tries("a"), "1r 2-");
    assert_eq!((world.ended("a").task.attempts, world.ended("a").task.failures), (2, 1));
}

#[test]
fn a_checkpoint_goes_to_the_next_attempt() {
    let mut world = World::started(plan([step("a").attempts(3)]), "0");
    let a = world.find("a");
    world.lease(a);
    world.fail_with(a, hiccup(), Some("{\"at\":5}"));
    let saved = world.task("a").checkpoint.expect("it saved something");
    assert_eq!(world.artifacts[&saved].as_json(), Some("{\"at\":5}"));
    world.play("+10 a=~ +10");
    assert_eq!(world.task("a").checkpoint, Some(saved), "what was saved before stays");
}

#[test]
fn a_retry_changes_no_token() {
    let mut world = World::started(plan([step("a").attempts(2).to("j"), step("b").to("j"), step("j").join()]), "0");
    let decision = world.fail("a", hiccup());
    assert!(!decision.job_changed && decision.facts.len() == 3, "taken, parked, attempt ended");
    world.play("b=1 +10 a=1 *");
    assert_eq!(world.story(), "SUCCEEDED a+ b+ j+");
}

#[test]
fn a_pause_outlasts_the_backoff() {
    let two = plan([step("a").attempts(2)]);
    let world = check(&two, "a=~ pause +10", "PAUSED a?");
    assert_eq!(world.place("a"), "PAUSED");
    let world = check(&two, "a=~ pause +10 resume", "RUNNING a?");
    assert_eq!(world.place("a"), "QUEUE");
    let world = check(&two, "a=~ pause resume", "RUNNING a?");
    assert_eq!(world.place("a"), "RETRY_BACKOFF", "a pause does not shorten it");
    let world = check(&two, "a=lease pause a=~ resume", "RUNNING a?");
    assert_eq!(world.place("a"), "RETRY_BACKOFF");
    check(&two, "a=~ pause +10 resume a=1", "SUCCEEDED a+");
}

#[test]
fn backoff_is_due_when_the_answer_says() {
    let mut world = World::started(plan([step("a").attempts(2)]), "0");
    let decision = world.fail("a", hiccup());
    let due = world.now.after(decision.retry_in.expect("it is tried again"));
    let a = world.find("a");
    assert_eq!(world.live[&a].spot, crate::harness::Spot::Parked(WaitReason::RetryBackoff, Some(due)));
}
