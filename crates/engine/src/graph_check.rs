//! What must be true of the steps of a plan, before and after its shape is known.

use crate::{Issue, graph_shape::Shape};
use esteira_model::{Join, Plan, RetryPolicy, Run, Step, limits};
use std::collections::BTreeSet;

/// References and rules of single steps.
pub(crate) fn check_steps(plan: &Plan) -> Vec<Issue> {
    let mut issues = Vec::new();
    if plan.steps.is_empty() {
        issues.push(Issue::error("/steps", "STEPS_EMPTY", "a plan has at least one step"));
    }
    if plan.steps.len() > limits::PLAN_STEPS_MAX {
        issues.push(Issue::error(
            "/steps",
            "STEPS_TOO_MANY",
            format!("a plan has at most {} steps", limits::PLAN_STEPS_MAX),
        ));
        return issues;
    }
    let mut keys = BTreeSet::new();
    for (index, step) in plan.steps.iter().enumerate() {
        if !keys.insert(&*step.step_key) {
            issues.push(Issue::error(
                format!("/steps/{index}/step_key"),
                "STEP_KEY_TAKEN",
                format!("`{}` is used twice", step.step_key),
            ));
        }
    }
    for (place, key) in plan.start_steps.iter().enumerate() {
        let path = format!("/start_steps/{place}");
        if !keys.contains(&**key) {
            issues.push(unknown(path, key));
        } else if plan.start_steps[..place].contains(key) {
            issues.push(Issue::error(path, "EDGE_TWICE", format!("`{key}` stands here twice")));
        }
    }
    for (index, step) in plan.steps.iter().enumerate() {
        check_references(plan, index, step, &keys, &mut issues);
        check_rules(plan, index, step, &mut issues);
    }
    issues
}

fn unknown(path: String, key: &str) -> Issue {
    Issue::error(path, "STEP_UNKNOWN", format!("there is no step `{key}`"))
}

fn check_references(plan: &Plan, index: usize, step: &Step, keys: &BTreeSet<&str>, issues: &mut Vec<Issue>) {
    let mut targets = BTreeSet::new();
    for (place, next) in step.next.iter().enumerate() {
        let path = format!("/steps/{index}/next/{place}");
        if !keys.contains(&*next.step_key) {
            issues.push(unknown(path.clone(), &next.step_key));
        }
        if !targets.insert(&*next.step_key) {
            issues.push(Issue::error(
                path.clone(),
                "EDGE_TWICE",
                format!("`{}` follows twice; join the two conditions", next.step_key),
            ));
        }
        if step.exclusive_next && next.condition.is_empty() && place + 1 < step.next.len() {
            issues.push(Issue::error(
                path,
                "EDGE_UNREACHABLE",
                "the edges after one without a condition are never taken",
            ));
        }
    }
    let mut dependencies = BTreeSet::new();
    for (place, key) in step.depends_on.iter().enumerate() {
        let path = format!("/steps/{index}/depends_on/{place}");
        if !keys.contains(&**key) {
            issues.push(unknown(path.clone(), key));
        }
        if !dependencies.insert(&**key) {
            issues.push(Issue::error(path, "EDGE_TWICE", format!("`{key}` stands here twice")));
        }
    }
    if !step.on_failure_step.is_empty() {
        let path = format!("/steps/{index}/on_failure_step");
        if !keys.contains(&*step.on_failure_step) {
            issues.push(unknown(path, &step.on_failure_step));
        } else if targets.contains(&*step.on_failure_step) || depends(plan, &step.on_failure_step, &step.step_key) {
            issues.push(Issue::error(path, "EDGE_TWICE", "one step cannot take both the output and the failure"));
        }
    }
    for (field, names) in [("input_policies", &step.input_policies), ("output_policies", &step.output_policies)] {
        for (place, name) in names.iter().enumerate() {
            if !plan.policies.iter().any(|policy| policy.name == *name) {
                issues.push(Issue::error(
                    format!("/steps/{index}/{field}/{place}"),
                    "POLICY_UNKNOWN",
                    format!("there is no policy `{name}`"),
                ));
            }
        }
    }
}

/// Whether a step `depends_on` another.
fn depends(plan: &Plan, key: &str, on: &str) -> bool {
    plan.steps.iter().any(|step| &*step.step_key == key && step.depends_on.iter().any(|dependency| &**dependency == on))
}

fn check_rules(plan: &Plan, index: usize, step: &Step, issues: &mut Vec<Issue>) {
    let led_to = plan.steps.iter().any(|other| other.next.iter().any(|next| next.step_key == step.step_key));
    if !step.depends_on.is_empty() {
        if led_to {
            issues.push(Issue::error(
                format!("/steps/{index}/depends_on"),
                "EDGES_MIXED",
                "a step is led to by `next` or has `depends_on`, not both",
            ));
        }
        if step.join == Join::Each {
            issues.push(Issue::error(
                format!("/steps/{index}/join"),
                "JOIN_EACH_WITH_DEPENDS_ON",
                "`depends_on` is a barrier: the step runs once",
            ));
        }
    }
    if step.exclusive_aggregate && plan.aggregate_type.is_empty() {
        issues.push(Issue::error(
            format!("/steps/{index}/exclusive_aggregate"),
            "AGGREGATE_TYPE_MISSING",
            "the plan names no `aggregate_type`",
        ));
    }
    if !matches!(step.run, Run::Function(_)) {
        let worker_only: [(&str, bool); 7] = [
            ("queue", !step.queue.is_empty()),
            ("lease_ttl", step.lease_ttl.is_some()),
            ("execution_timeout", step.execution_timeout.is_some()),
            ("max_in_flight", step.max_in_flight > 0),
            ("exclusive_aggregate", step.exclusive_aggregate),
            ("function_version", !step.function_version.is_empty()),
            ("retry", step.retry != RetryPolicy::default()),
        ];
        for (field, _) in worker_only.iter().filter(|(_, set)| *set) {
            issues.push(Issue::error(
                format!("/steps/{index}/{field}"),
                "FIELD_UNSUPPORTED",
                format!("`{field}` is for functions that a worker runs"),
            ));
        }
    }
}

/// Rules that need the shape: everything can be reached, joins have something to wait for.
pub(crate) fn check_reach(plan: &Plan, shape: &Shape) -> Vec<Issue> {
    let mut issues = Vec::new();
    let mut reached: BTreeSet<u16> = shape.starts.iter().copied().collect();
    for (index, step) in plan.steps.iter().enumerate() {
        let at = index as u16;
        let from_start = shape.ancestors[index].iter().any(|ancestor| shape.starts.contains(ancestor));
        if from_start {
            reached.insert(at);
        }
        if !reached.contains(&at) {
            issues.push(Issue::error(
                format!("/steps/{index}"),
                "STEP_UNREACHABLE",
                format!("no way from the start leads to `{}`", step.step_key),
            ));
        }
        if shape.starts.contains(&at) && !shape.predecessors[index].is_empty() {
            issues.push(Issue::error(
                format!("/steps/{index}"),
                "START_STEP_FOLLOWS",
                format!("`{}` starts the plan and follows another step", step.step_key),
            ));
        }
        if step.join == Join::All && shape.predecessors[index].is_empty() {
            issues.push(Issue::error(
                format!("/steps/{index}/join"),
                "JOIN_WITHOUT_EDGE",
                "nothing leads to this join",
            ));
        }
        let leads_on = !shape.edges[index].is_empty() || shape.on_failure[index].is_some();
        let alone = shape.predecessors[index].is_empty() && !leads_on && plan.steps.len() > 1;
        if alone && plan.start_steps.is_empty() {
            let message = format!("`{}` is linked to no other step: it runs beside the rest", step.step_key);
            issues.push(Issue { warning: true, ..Issue::error(format!("/steps/{index}"), "STEP_ISOLATED", message) });
        }
    }
    issues
}
