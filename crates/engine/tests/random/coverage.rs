//! Transition coverage: each command met each place where it is legal, and no other.

use crate::{
    blueprint::blueprints,
    harness::{World, plan, step},
    player::{Mood, play},
};
use esteira_model::{EndedTask, TaskState};
use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::TestRunner,
};
use std::collections::BTreeSet;

const ANYWHERE: &[&str] = &["Queue", "Lease", "AGGREGATE_BUSY", "DELAYED", "JOIN", "RETRY_BACKOFF", "SUB_PLAN"];

/// Where a task may be when a command meets it. A report may be late: then its task is ready, held by a pause, or in the
/// backoff of the time-out that took its lease.
const LEGAL: &[(&str, &[&str])] = &[
    ("Start", &["-"]),
    ("Complete", &["Lease", "Queue", "PAUSED", "RETRY_BACKOFF"]),
    ("Fail", &["Lease", "Queue", "PAUSED", "RETRY_BACKOFF"]),
    ("Release", &["Lease"]),
    ("Expire", &["Lease"]),
    ("TimeOut", &["Lease"]),
    ("Due", &["DELAYED", "RETRY_BACKOFF"]),
    ("Unblock", &["AGGREGATE_BUSY"]),
    ("Gather", &["JOIN"]),
    ("ChildEnded", &["SUB_PLAN"]),
    ("Retry", &["FAILED"]),
    ("Pause", ANYWHERE),
    ("Resume", &["PAUSED", "Lease", "AGGREGATE_BUSY", "DELAYED", "JOIN", "RETRY_BACKOFF", "SUB_PLAN"]),
    ("Cancel", &["PAUSED", "Queue", "Lease", "AGGREGATE_BUSY", "DELAYED", "JOIN", "RETRY_BACKOFF", "SUB_PLAN"]),
    ("Terminate", &["PAUSED", "Queue", "Lease", "AGGREGATE_BUSY", "DELAYED", "JOIN", "RETRY_BACKOFF", "SUB_PLAN"]),
    ("Deadline", &["PAUSED", "Queue", "Lease", "AGGREGATE_BUSY", "DELAYED", "JOIN", "RETRY_BACKOFF", "SUB_PLAN"]),
];

/// A job with a task in each place: `q` ready, `l` leased, `j` a join, and so on; what the operator does ends it.
fn everywhere(script: &str) -> World {
    let all = plan([
        step("q").to("j"),
        step("l").to("j"),
        step("b").to("j"),
        step("busy"),
        step("w").wait(60),
        step("r").attempts(2),
        step("s").sub_plan(2),
        step("j").join(),
    ]);
    let mut world = World::of_all(vec![all, plan([step("x")])]);
    world.start("0", |_| {});
    world.play("b=1 l=lease busy=block r=~");
    world.play(script);
    world
}

#[test]
fn each_command_met_each_place_where_it_is_legal() {
    let mut seen = BTreeSet::new();
    for script in
        ["pause resume *", "cancel", "terminate", "deadline", "pause cancel", "pause terminate", "pause deadline"]
    {
        let script = script.replace('*', "busy=unblock *");
        seen.extend(everywhere(&script).seen);
    }
    let mut runner = TestRunner::deterministic();
    for seed in 0..400 {
        let blueprint = blueprints().new_tree(&mut runner).expect("a plan").current();
        seen.extend(play(&blueprint, seed, Mood::Wild).seen);
    }
    let pairs = |(command, places): &(&'static str, &[&'static str])| {
        places.iter().map(|place| (*command, *place)).collect::<Vec<_>>()
    };
    let legal: BTreeSet<_> = LEGAL.iter().flat_map(pairs).collect();
    let missing: Vec<_> = legal.difference(&seen).collect();
    let other: Vec<_> = seen.difference(&legal).filter(|pair| !held_meanwhile(pair)).collect();
    assert!(missing.is_empty(), "never exercised: {missing:?}");
    assert!(other.is_empty(), "exercised, and not in the table: {other:?}");
}

/// An action that has no effect, because its state is reached, may meet anything.
fn held_meanwhile(pair: &(&str, &str)) -> bool {
    matches!(*pair, ("Pause", "PAUSED") | ("Resume", "Queue"))
}

/// Random plans are worth little when nothing happens in them.
#[test]
fn random_plans_are_full_of_events() {
    let mut runner = TestRunner::deterministic();
    let mut counts = std::collections::BTreeMap::new();
    let mut count = |what: &'static str, holds: bool| *counts.entry(what).or_insert(0) += u32::from(holds);
    for seed in 0..400 {
        let blueprint = blueprints().new_tree(&mut runner).expect("a plan").current();
        let world = play(&blueprint, seed, Mood::Calm);
        count("joins", !world.gathered.is_empty());
        count(
            "joins of several",
            world.gathered.values().any(|array| array.as_json().is_some_and(|text| text.contains("\",\""))),
        );
        count("empty joins", world.gathered.values().any(|array| array.as_json() == Some("[]")));
        count("fan-outs", world.ended.values().any(|ended| !ended.task.item_path.0.is_empty()));
        count("fan-outs in fan-outs", world.ended.values().any(|ended| ended.task.item_path.0.len() > 1));
        count("skipped", world.story().contains('.'));
        count("failures", !world.failed.is_empty());
        let taken = |ended: &EndedTask| ended.state == TaskState::Failed && !world.failed.contains(&ended.task.id);
        count("failures taken over", world.ended.values().any(taken));
        count("sub-plans", world.jobs.len() > 1);
        count("successes", world.story().starts_with("SUCCEEDED"));
        count(
            "lost leases",
            world.attempts.iter().any(|attempt| attempt.failure.as_ref().is_some_and(|f| f.code == "LEASE_EXPIRED")),
        );
        count("ten tasks", world.ended.len() >= 10);
    }
    println!("{counts:?}");
    let rare: Vec<_> = counts.iter().filter(|(_, n)| **n < 12).collect();
    assert!(rare.is_empty(), "of 400 runs: {rare:?}");
}
