//! The document as a whole.

use crate::{
    policy,
    ranges::DISPLAY_NAME_CHARS_MAX,
    reader::{Field, Form, Issues},
    step,
};
use esteira_engine::Issue;
use esteira_expr::check_json;
use esteira_model::{
    Plan,
    limits::{PLAN_BYTES_MAX, PLAN_STEPS_MAX},
};
use std::collections::BTreeSet;

/// A plan document that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Parsed {
    /// The plan's name, `[a-z][a-z0-9_.-]{0,62}`.
    pub name: String,
    /// For people; "" = none.
    pub display_name: String,
    /// The definition itself.
    pub plan: Plan,
}

/// Reads a plan document; the form is described on the page of this crate.
///
/// # Errors
/// Everything that is wrong with the form of the document, each with the JSON Pointer of its place and a stable code. A
/// text that is not acceptable JSON has one issue, `JSON_INVALID`.
pub fn parse(json_text: &str) -> Result<Parsed, Vec<Issue>> {
    if json_text.len() > PLAN_BYTES_MAX {
        let message = format!("{} bytes; at most {PLAN_BYTES_MAX} are allowed", json_text.len());
        return Err(vec![Issue::error("", "PLAN_TOO_LARGE", message)]);
    }
    // serde_json would take the last of two equal keys, and 128 levels (INV-VALIDATE).
    check_json(json_text)
        .map_err(|problem| vec![Issue::error(problem.path.clone(), "JSON_INVALID", problem.to_string())])?;
    let issues = Issues::default();
    let parsed = document(&Field::document(json_text.trim(), &issues));
    match (parsed, issues.into_inner()) {
        (Some(parsed), issues) if issues.is_empty() => Ok(parsed),
        (_, issues) => Err(issues),
    }
}

/// `None` only when an issue says why; some readers report one and go on.
fn document(field: &Field<'_>) -> Option<Parsed> {
    let mut object = field.object()?;
    let name = object.require("name").and_then(|name| name.name(Form::Name));
    let display_name = object.take("display_name").and_then(|text| text.short_text(DISPLAY_NAME_CHARS_MAX));
    let aggregate_type = object.take("aggregate_type").and_then(|name| name.name(Form::Name));
    let policies = object.take("policies").map(|field| policy::policies(&field));
    let start_steps = object.take("start_steps").map(|field| field.names(Form::Key, PLAN_STEPS_MAX));
    let fields = object.require("steps").and_then(|field| field.list_or(PLAN_STEPS_MAX, "STEPS_TOO_MANY"));
    object.finish();
    let mut keys = BTreeSet::new();
    let steps: Vec<_> = fields.unwrap_or_default().iter().map(|field| step::step(field, &mut keys)).collect();
    Some(Parsed {
        name: name?.to_string(),
        display_name: display_name.unwrap_or_default(),
        plan: Plan {
            aggregate_type: aggregate_type.unwrap_or_default(),
            policies: policies.unwrap_or_default(),
            start_steps: start_steps.unwrap_or_default(),
            steps: steps.into_iter().flatten().collect(),
        },
    })
}
