//! What is refused before anything runs, and documents that are read and written.

use crate::{
    case::{Document, Issue, Refusal, RefusedCase},
    json_text::JsonText,
    run::trace::{Prepared, drive, runner, start},
};
use esteira_definition::parse;
use esteira_sdk::model::{self, Payload, RunError, definition_json};
use std::collections::BTreeMap;

/// Why a plan or its input is refused; the text says that it is not.
pub fn refusal(case: &RefusedCase) -> Result<Refusal, String> {
    let plan = match parse(&case.plan.0) {
        Ok(parsed) => parsed.plan,
        Err(issues) => return Ok(invalid(&issues)),
    };
    let mut plans = BTreeMap::new();
    for (name, text) in &case.plans {
        match parse(&text.0) {
            Ok(parsed) => plans.insert(name.clone(), parsed.plan),
            Err(issues) => return Ok(invalid(&issues)),
        };
    }
    let start = match &case.start {
        Some(given) => start(given)?,
        None => Payload::json("null").into(),
    };
    match drive(runner(), Prepared { plan, plans, start }) {
        Ok(trace) => Err(format!("nothing refuses it: {trace}")),
        Err(RunError::PlanInvalid { issues, .. }) => Ok(invalid(&issues)),
        Err(RunError::FunctionMissing(_)) => Ok(plain("FUNCTION_MISSING")),
        Err(RunError::InputInvalid(_)) => Ok(plain("INPUT_INVALID")),
        Err(RunError::TooDeep) => Ok(plain("TOO_DEEP")),
        Err(other) => Err(other.to_string()),
    }
}

fn plain(error: &str) -> Refusal {
    Refusal { error: error.into(), issues: Vec::new() }
}

/// A warning refuses nothing.
fn invalid(issues: &[model::Issue]) -> Refusal {
    let errors = issues.iter().filter(|issue| !issue.warning);
    let mut issues: Vec<Issue> =
        errors.map(|issue| Issue { path: issue.path.clone(), code: issue.code.to_owned() }).collect();
    issues.sort();
    Refusal { error: "PLAN_INVALID".into(), issues }
}

/// The document as it is written again.
pub fn document(plan: &JsonText) -> Result<Document, String> {
    let parsed = parse(&plan.0).map_err(|issues| format!("{issues:?}"))?;
    Ok(Document { document: definition_json(&parsed.plan, &parsed.name) })
}
