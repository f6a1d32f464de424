//! A plan as the document that is published.

use esteira_model::{Join, NextStep, OutputType, Plan, RetryPolicy, Run, Step};
use std::{fmt::Write as _, sync::Arc, time::Duration};

/// The document of a plan, to be published under `name`; the format is described on the page of `esteira-definition`.
///
/// Durations are written in whole milliseconds.
pub fn definition_json(plan: &Plan, name: &str) -> String {
    let mut document = Object::new();
    document.text("name", name);
    document.text_unless_empty("aggregate_type", &plan.aggregate_type);
    document.list("policies", &plan.policies, |policy| {
        let mut object = Object::new();
        object.text("name", &policy.name);
        object.text_unless_empty("version", &policy.version);
        object.text("condition", &policy.condition);
        object.raw("enforce", if policy.enforce { "true" } else { "false" });
        object.end()
    });
    document.texts("start_steps", &plan.start_steps);
    document.raw("steps", &array(plan.steps.iter().map(step)));
    document.end()
}

fn step(step: &Step) -> String {
    let mut object = Object::new();
    object.text("step_key", &step.step_key);
    match &step.run {
        Run::Function(function) => object.text("function", function),
        Run::Condition => object.text("function", "condition"),
        Run::Wait(_) => object.text("function", "wait"),
        Run::SubPlan { plan, version, .. } => {
            let mut child = Object::new();
            child.text("plan", plan);
            if *version != 0 {
                child.raw("version", &version.to_string());
            }
            object.raw("sub_plan", &child.end());
        }
    }
    object.raw_unless_empty("config", &step.config_json);
    object.raw_unless_empty("input", &step.input_template_json);
    if step.output_type != OutputType::Single {
        object.text("output", step.output_type.as_str());
    }
    object.list("next", &step.next, edge);
    object.flag("exclusive_next", step.exclusive_next);
    if step.join == Join::All && step.depends_on.is_empty() {
        object.text("join", step.join.as_str());
    }
    object.texts("depends_on", &step.depends_on);
    if step.retry != RetryPolicy::default() {
        object.raw("retry", &retry(&step.retry));
    }
    object.text_unless_empty("queue", &step.queue);
    object.duration("execution_timeout", step.execution_timeout);
    object.duration("lease_ttl", step.lease_ttl);
    if step.max_in_flight != 0 {
        object.raw("max_in_flight", &step.max_in_flight.to_string());
    }
    object.flag("exclusive_aggregate", step.exclusive_aggregate);
    object.text_unless_empty("on_failure_step", &step.on_failure_step);
    object.text_unless_empty("function_version", &step.function_version);
    object.texts("input_policies", &step.input_policies);
    object.texts("output_policies", &step.output_policies);
    object.end()
}

fn edge(next: &NextStep) -> String {
    let mut object = Object::new();
    object.text("step_key", &next.step_key);
    object.text_unless_empty("condition", &next.condition);
    object.end()
}

fn retry(retry: &RetryPolicy) -> String {
    let mut object = Object::new();
    object.raw("max_attempts", &retry.max_attempts.to_string());
    object.duration("initial_backoff", Some(retry.initial_backoff));
    object.duration("max_backoff", Some(retry.max_backoff));
    object.raw("multiplier", &retry.multiplier.to_string());
    object.raw("jitter", &retry.jitter.to_string());
    object.list("non_retryable_codes", &retry.non_retryable_codes, |code| quoted(code));
    object.end()
}

/// A JSON object while it is written.
struct Object(String);

impl Object {
    fn new() -> Self {
        Self("{".into())
    }

    fn raw(&mut self, name: &str, json: &str) {
        let comma = if self.0.len() > 1 { "," } else { "" };
        let _ = write!(self.0, "{comma}\"{name}\":{json}");
    }

    fn raw_unless_empty(&mut self, name: &str, json: &str) {
        if !json.is_empty() {
            self.raw(name, json);
        }
    }

    fn text(&mut self, name: &str, text: &str) {
        self.raw(name, &quoted(text));
    }

    fn text_unless_empty(&mut self, name: &str, text: &str) {
        if !text.is_empty() {
            self.text(name, text);
        }
    }

    fn flag(&mut self, name: &str, set: bool) {
        if set {
            self.raw(name, "true");
        }
    }

    fn duration(&mut self, name: &str, duration: Option<Duration>) {
        if let Some(duration) = duration {
            self.text(name, &format!("{}ms", duration.as_millis()));
        }
    }

    fn list<T>(&mut self, name: &str, items: &[T], write: impl Fn(&T) -> String) {
        if !items.is_empty() {
            self.raw(name, &array(items.iter().map(write)));
        }
    }

    fn texts(&mut self, name: &str, texts: &[Arc<str>]) {
        self.list(name, texts, |text| quoted(text));
    }

    fn end(mut self) -> String {
        self.0.push('}');
        self.0
    }
}

fn array(items: impl Iterator<Item = String>) -> String {
    format!("[{}]", items.collect::<Vec<_>>().join(","))
}

/// A JSON string.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c < ' ' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{PlanBuilder, StepBuilder, condition, step, sub_plan, wait};

    fn check(plan: PlanBuilder) {
        let plan = plan.build();
        let document = definition_json(&plan, "orders.fulfil");
        let parsed = esteira_definition::parse(&document).expect(&document);
        assert_eq!((parsed.name.as_str(), parsed.plan), ("orders.fulfil", plan), "{document}");
    }

    fn everything(step: StepBuilder) -> StepBuilder {
        let retry = RetryPolicy {
            max_attempts: 7,
            initial_backoff: Duration::from_millis(1500),
            jitter: 0.5,
            non_retryable_codes: vec!["BAD".into()],
            ..RetryPolicy::default()
        };
        step.config(r#"{"n":9007199254740993}"#)
            .input(r#"{"$ref":"/input"}"#)
            .output(OutputType::Multiple)
            .then("b")
            .then_if("c", "output.s == \"a\\\"\nb\"")
            .first_match()
            .retry(retry)
            .execution_timeout(Duration::from_secs(90))
            .on_failure("c")
            .exclusive_aggregate()
            .input_policy("small")
            .output_policy("small")
            .with(|step| {
                (step.queue, step.max_in_flight, step.lease_ttl, step.function_version) =
                    ("slow".into(), 3, Some(Duration::from_secs(5)), "2".into())
            })
    }

    #[test]
    fn a_document_reads_back_as_the_same_plan() {
        check(PlanBuilder::new().step(step("a", "f")));
        check(
            PlanBuilder::new()
                .aggregate_type("order")
                .start_steps(["a"])
                .policy("small", "1", "value < 10")
                .observing_policy("odd", "", "value % 2 == 1")
                .step(everything(step("a", "order.read")))
                .step(condition("b").then("c"))
                .step(wait("c", Duration::from_secs(3600)).then("d"))
                .step(sub_plan("d", "orders.child").then("e"))
                .step(step("e", "f").join_all()),
        );
        check(PlanBuilder::new().step(step("a", "f")).step(step("b", "f").depends_on(["a"])));
    }
}
