//! `Graph::compile`: what is refused and where, what may be read where, what has to be loaded, and how long it takes.

#[path = "../harness/mod.rs"]
mod harness;

mod issues;
mod needs;
mod readable;
mod size;

use esteira_engine::{Graph, Issue};
use esteira_model::Plan;
use harness::Expressions;

/// All that is said of a plan, as `pointer CODE`; a warning in brackets.
fn issues(plan: &Plan) -> Vec<String> {
    let text = |issue: &Issue| match issue.warning {
        true => format!("({} {})", issue.path, issue.code),
        false => format!("{} {}", issue.path, issue.code),
    };
    let (graph, issues) = Graph::compile(plan, &Expressions);
    assert_eq!(
        graph.is_none(),
        issues.iter().any(|issue| !issue.warning),
        "an error, and nothing else, refuses a plan"
    );
    issues.iter().map(text).collect()
}

/// The graph of a plan that is right.
fn graph(plan: &Plan) -> Graph {
    let (graph, issues) = Graph::compile(plan, &Expressions);
    graph.unwrap_or_else(|| panic!("{issues:?}"))
}
