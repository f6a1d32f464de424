//! The largest plans compile in milliseconds. The bounds leave room for a slow and busy machine.

use crate::{
    harness::{Expressions, S, plan, step},
    issues,
};
use esteira_engine::Graph;
use esteira_model::Plan;
use std::time::{Duration, Instant};

#[expect(clippy::disallowed_methods, reason = "how long it takes is what is tested")]
fn now() -> Instant {
    Instant::now()
}

#[track_caller]
fn check(steps: impl IntoIterator<Item = S>, at_most: Duration) {
    let plan: Plan = plan(steps);
    assert_eq!(plan.steps.len(), 500);
    let begin = now();
    let (graph, found) = Graph::compile(&plan, &Expressions);
    let took = begin.elapsed();
    assert!(graph.is_some(), "{found:?}");
    assert!(took < at_most, "took {took:?}");
}

fn key(n: usize) -> String {
    format!("s{n}")
}

/// Each step leads to the next `edges` steps.
fn dense(edges: usize, shape: impl Fn(S) -> S) -> Vec<S> {
    let from = |n: usize| (n + 1..500.min(n + 1 + edges)).fold(shape(step(&key(n))), |s, to| s.to(&key(to)));
    (0..500).map(from).collect()
}

#[test]
fn five_hundred_steps() {
    check(dense(1, |s| s), Duration::from_millis(500));
    check(dense(3, |s| s), Duration::from_millis(500));
    check(dense(1, |s| s.template("<input>").first_match()), Duration::from_millis(500));
    let stars = (1..500).fold(step(&key(0)), |s, n| s.to(&key(n)));
    check([stars].into_iter().chain((1..500).map(|n| step(&key(n)))), Duration::from_millis(500));
}

#[test]
fn five_hundred_steps_with_all_the_edges_that_are_allowed() {
    check(dense(100, |s| s), Duration::from_secs(4));
}

#[test]
fn five_hundred_joins() {
    let joins = (1..500).map(|n| {
        let join = step(&key(n)).join();
        if n < 499 { join.to(&key(n + 1)) } else { join }
    });
    check([step(&key(0)).to(&key(1))].into_iter().chain(joins), Duration::from_millis(500));
}

#[test]
fn five_hundred_steps_that_read_far_back() {
    let reader = |n: usize| {
        let s = if n > 20 {
            (n - 20..n).fold(String::new(), |all, of| format!("{all}<steps.{}>", key(of)))
        } else {
            "1".into()
        };
        let s = step(&key(n)).template(&s);
        if n < 499 { s.to(&key(n + 1)) } else { s }
    };
    check((0..500).map(reader), Duration::from_secs(4));
}

#[test]
fn too_many_steps_are_refused_before_any_work() {
    let many = plan((0..70_000).map(|n| step(&key(n))));
    let begin = now();
    assert_eq!(issues(&many), ["/steps STEPS_TOO_MANY"]);
    assert!(begin.elapsed() < Duration::from_secs(2), "took {:?}", begin.elapsed());
}
