//! A sequential step changes no job row, and a decision holds exactly what changed.

use crate::harness::{World, one, plan, step};
use esteira_model::{AggregateRef, Emit, Fact, Headers, Payload};

fn kinds(facts: &[Fact]) -> Vec<&'static str> {
    let kind = |fact: &Fact| match fact {
        Fact::ArtifactStored(_) => "stored",
        Fact::TaskTaken(..) => "taken",
        Fact::TaskPlaced(..) => "placed",
        Fact::AttemptEnded(_) => "attempt",
        Fact::TaskEnded(_) => "ended",
        Fact::TaskCarried(_) => "carried",
        Fact::Arrived(_) => "arrived",
        Fact::Emitted(_) => "emitted",
    };
    let mut kinds: Vec<_> = facts.iter().map(kind).collect();
    kinds.sort();
    kinds
}

#[test]
fn a_sequential_step_writes_no_job_row() {
    let mut world = World::started(plan([step("a").to("b"), step("b").to("c"), step("c")]), "0");
    for name in ["a", "b"] {
        let decision = world.done(name, one("1"));
        assert!(!decision.job_changed && decision.follow_ups.is_empty());
        assert_eq!(kinds(&decision.facts), ["attempt", "ended", "placed", "stored", "taken"]);
    }
    let decision = world.done("c", one("1"));
    assert!(decision.job_changed);
    assert_eq!(kinds(&decision.facts), ["attempt", "ended", "stored", "taken"]);
    assert_eq!(world.root().revision, 2, "one write at the start, one at the end");
}

#[test]
fn a_sequential_step_on_the_way_to_a_join_writes_no_job_row() {
    let mut world = World::started(
        plan([
            step("a").to("b"),
            step("b").to("q"),
            step("q").condition().to("c"),
            step("c").to("j"),
            step("x").to("j"),
            step("j").join(),
        ]),
        "0",
    );
    assert!(!world.done("a", one("1")).job_changed);
    assert!(!world.done("b", one("1")).job_changed, "native steps between make no difference");
    assert!(!world.expire("c").job_changed);
    assert!(!world.release("c").job_changed);
    assert!(world.done("c", one("1")).job_changed, "the join is reached");
    let decision = world.done("x", one("1"));
    assert_eq!(kinds(&decision.facts), ["arrived", "attempt", "ended", "stored", "taken"]);
}

#[test]
fn what_a_function_says_goes_where_it_belongs() {
    let mut world = World::started(plan([step("a").to("b"), step("b")]), "0");
    let emit = |topic: &str| Emit {
        topic: topic.into(),
        key: "k".into(),
        payload: Payload::json("1"),
        headers: Headers::new(),
    };
    let after = AggregateRef { kind: "order".into(), id: "7".into(), version: 1 };
    world.done(
        "a",
        esteira_engine::Completion {
            emits: vec![emit("x"), emit("y")],
            aggregate_after: Some(after.clone()),
            ..one("1")
        },
    );
    let topics: Vec<_> = world.outbox.iter().map(|message| (message.emit.topic.as_str(), message.task)).collect();
    let a = world.ended("a").task.id;
    assert_eq!(topics, [("x", a), ("y", a)]);
    assert_eq!((&world.task("b").aggregate, &world.ended("a").task.aggregate), (&Some(after.clone()), &Some(after)));
    let attempt = &world.attempts[0];
    assert_eq!(
        (attempt.worker_id.as_str(), attempt.function_version.as_str(), attempt.report_digest),
        ("w", "1", [7; 16])
    );
}

#[test]
fn a_report_that_becomes_a_failure_emits_nothing() {
    let mut world = World::started(plan([step("a").to_if("b", "boom"), step("b")]), "0");
    let emit = Emit { topic: "x".into(), key: "k".into(), payload: Payload::json("1"), headers: Headers::new() };
    world.done("a", esteira_engine::Completion { emits: vec![emit], ..one("1") });
    assert_eq!((world.story().as_str(), world.outbox.len()), ("FAILED a-", 0));
}
