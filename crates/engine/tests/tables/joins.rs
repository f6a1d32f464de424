//! Joins: once a job, when all that leads there is at rest and something reached it.

use crate::{
    check,
    harness::{World, plan, step, words},
};
use esteira_engine::Completion;
use esteira_model::{AggregateRef, Plan};

fn pair() -> Plan {
    plan([step("a").to("j"), step("b").to("j"), step("j").join()])
}

#[test]
fn a_join_waits_for_all_and_orders_what_arrived() {
    for script in ["a=1 b=2 *", "b=2 a=1 *"] {
        assert_eq!(check(&pair(), script, "SUCCEEDED a+ b+ j+").joined("j"), "[1,2]", "{script}");
    }
    check(&pair(), "b=2", "RUNNING a? b+ j?");
}

#[test]
fn depends_on_is_a_barrier() {
    let barrier = plan([step("a").to("c"), step("b"), step("c"), step("d").after(&["a", "b", "c"]).to("e"), step("e")]);
    let world = check(&barrier, "a=1 b=2 c=3 *", "SUCCEEDED a+ b+ c+ d+ e+");
    assert_eq!(world.joined("d"), "[1,2,3]");
    check(&barrier, "a=1 b=2", "RUNNING a+ b+ c? d?");
    check(&barrier, "b=2 a=1 c=!", "FAILED a+ b+ c- d.");
    let fan = plan([step("fan").multiple().to("b"), step("b"), step("d").after(&["b"])]);
    assert_eq!(check(&fan, "fan=[1,2] b[1]=4 b[0]=3 *", "SUCCEEDED fan+ b[0]+ b[1]+ d+").joined("d"), "[3,4]");
}

#[test]
fn a_join_below_a_join_waits_for_it() {
    let nested =
        plan([step("a").to("j"), step("b").to("j"), step("c").to("k"), step("j").join().to("k"), step("k").join()]);
    for script in ["c=3 a=1 b=2 j=9 *", "a=1 b=2 c=3 j=9 *", "a=1 b=2 j=9 c=3 *"] {
        let world = check(&nested, script, "SUCCEEDED a+ b+ c+ j+ k+");
        assert_eq!((world.joined("j"), world.joined("k")), ("[1,2]", "[3,9]"), "{script}");
    }
    check(&nested, "c=3 a=1", "RUNNING a+ b? c+ j? k?");
    check(&nested, "c=3 a=1 b=2", "RUNNING a+ b+ c+ j? k?");
}

#[test]
fn a_join_that_feeds_two_ways_to_one_join() {
    let ways = plan([step("a").to("j"), step("j").join().to("x").to("k"), step("x").to("k"), step("k").join()]);
    assert_eq!(check(&ways, "a=1 j=2 x=3 *", "SUCCEEDED a+ j+ x+ k+").joined("k"), "[2,3]");
}

#[test]
fn a_diamond_of_each_runs_its_end_once_for_each_way() {
    let diamond = plan([step("a").to("l").to("r"), step("l").to("m"), step("r").to("m"), step("m")]);
    check(&diamond, "a=1 *", "SUCCEEDED a+ l+ r+ m+ m+");
    check(&diamond, "a=1 l=2", "RUNNING a+ l+ r? m?");
    let joined =
        plan([step("a").to("l").to("r"), step("l").to("m"), step("r").to("m"), step("m").to("j"), step("j").join()]);
    let world = check(&joined, "a=1 *", "SUCCEEDED a+ l+ r+ m+ m+ j+");
    assert_eq!(world.joined("j"), "[\"m\",\"m\"]");
}

#[test]
fn native_branches_do_not_fire_a_join_early() {
    let native =
        plan([step("p").condition().to("j"), step("q").condition().to("j"), step("b").to("j"), step("j").join()]);
    assert_eq!(check(&native, "b=2 *", "SUCCEEDED p+ q+ b+ j+").joined("j"), "[0,0,2]");
    let all = plan([step("p").condition().to("j"), step("q").condition().to("j"), step("j").join()]);
    assert_eq!(check(&all, "*", "SUCCEEDED p+ q+ j+").joined("j"), "[0,0]");
}

#[test]
fn a_native_join_fires_and_ends_at_once() {
    let native =
        plan([step("a").to("j"), step("j").join().condition().to("k"), step("k").join().wait(5).to("e"), step("e")]);
    let world = check(&native, "a=1 +5", "RUNNING a+ j+ k+ e?");
    assert_eq!(world.input("e"), "[[1]]");
}

#[test]
fn a_failed_task_keeps_its_join_from_firing() {
    check(&pair(), "a=! b=1", "FAILED a- b+ j.");
    check(&pair(), "b=1 a=!", "FAILED a- b+ j.");
    check(&pair(), "a=! b=!", "FAILED a- b-");
    let nested =
        plan([step("a").to("j"), step("b").to("j"), step("c").to("k"), step("j").join().to("k"), step("k").join()]);
    check(&nested, "b=1 c=1 a=!", "FAILED a- b+ c+ j. k.");
    check(&nested, "a=1 b=1 c=1 j=!", "FAILED a+ b+ c+ j- k.");
}

#[test]
fn other_branches_run_to_rest_before_the_job_fails() {
    let beside = plan([step("a"), step("b").to("c"), step("c").to("d"), step("d")]);
    check(&beside, "a=! b=1 c=2", "RUNNING a- b+ c+ d?");
    let world = check(&beside, "a=! b=1 c=2 d=!", "FAILED a- b+ c+ d-");
    assert_eq!(world.root().failure.as_ref().expect("why").message, "step `a`: it is broken", "the first one");
    let joins = plan([step("a"), step("b").to("j"), step("c").to("j"), step("j").join()]);
    check(&joins, "a=! b=1 c=2 j=3", "FAILED a- b+ c+ j+");
}

#[test]
fn a_join_fires_in_a_pause_and_waits_there() {
    let world = check(&pair(), "a=1 b=lease pause b=2", "PAUSED a+ b+ j?");
    assert_eq!(world.place("j"), "PAUSED");
    check(&pair(), "a=1 b=lease pause b=2 resume j=3", "SUCCEEDED a+ b+ j+");
    let world = check(&pair(), "a=1 pause resume", "RUNNING a+ b? j?");
    assert_eq!(world.place("j"), "JOIN", "a pause leaves a waiting join alone");
}

#[test]
fn a_join_has_the_highest_version_of_the_aggregate() {
    let versions = |first: (&str, i64), second: (&str, i64)| {
        let aggregate = |version| AggregateRef { kind: "order".into(), id: "7".into(), version };
        let mut world = World::of(pair());
        world.start("0", |job| job.aggregate = Some(aggregate(3)));
        for (name, version) in [first, second] {
            world.done(name, Completion { aggregate_after: Some(aggregate(version)), ..crate::harness::one("1") });
        }
        world.task("j").aggregate.as_ref().map(|aggregate| aggregate.version)
    };
    assert_eq!(versions(("a", 5), ("b", 4)), Some(5));
    assert_eq!(versions(("a", 4), ("b", 5)), Some(5));
}

/// Large results take a template or another way than one array.
#[test]
fn a_join_of_too_much_fails_unless_a_template_shapes_it() {
    let half = format!("\"{}\"", "x".repeat(600 << 10));
    let run = |plan: Plan| {
        let mut world = World::started(plan, "0");
        world.done("a", crate::harness::one(&half));
        world.done("b", crate::harness::one(&half));
        world
    };
    let world = run(pair());
    assert_eq!(world.story(), "FAILED a+ b+ j-");
    assert_eq!(words(world.root().failure.as_ref()), "NON_RETRYABLE INPUT_TOO_LARGE");
    let world = run(plan([step("a").to("j"), step("b").to("j"), step("j").join().template("1")]));
    assert_eq!((world.story().as_str(), world.input("j")), ("RUNNING a+ b+ j?", "1"));
    let mut world = run(plan([
        step("a").to("j"),
        step("b").to("j"),
        step("j").join().on_failure("h"),
        step("h").template("[<job>]"),
    ]));
    assert_eq!(world.input("h"), "[0]");
    world.play("*");
    assert_eq!(world.story(), "SUCCEEDED a+ b+ j- h+");
    let boom = step("j").join().template("<boom>").on_failure("h");
    let world = run(plan([step("a").to("j"), step("b").to("j"), boom, step("h")]));
    assert!(world.input("h").ends_with(",\"input\":null}"), "too much to be recorded is not shown either");
}
