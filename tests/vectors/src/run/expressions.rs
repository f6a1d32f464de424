//! Templates.

use crate::case::{Rendered, TemplateCase};
use esteira_engine::{Evaluate, ExpressionError, JobScope, Scope};
use esteira_expr::Evaluator;
use esteira_sdk::model::Payload;
use std::collections::BTreeMap;

/// What a template builds.
pub fn render(case: &TemplateCase) -> Rendered {
    build(&Evaluator::new(), case)
}

/// The same with another language of expressions.
pub fn build(evaluate: &dyn Evaluate, case: &TemplateCase) -> Rendered {
    let json = |text: &String| Payload::json(text.as_str());
    let variables = &case.variables;
    let input = variables.input.as_ref().map_or_else(Payload::none, json);
    let steps: BTreeMap<String, Payload> =
        variables.steps.iter().map(|(key, text)| (key.clone(), json(text))).collect();
    let job_input = variables.job.as_ref().map(|job| json(&job.input));
    let no_labels = BTreeMap::new();
    let job = match &variables.job {
        Some(job) => JobScope {
            id: &job.id,
            input: job_input.as_ref(),
            labels: &job.labels,
            data_class: if job.data_class == "QA" { "QA" } else { "DEVTEST" },
        },
        None => JobScope { id: "", input: None, labels: &no_labels, data_class: "DEVTEST" },
    };
    let config_json = variables.config.as_deref().unwrap_or_default();
    let scope = Scope { input: &input, output: None, item_path: &variables.item, steps: &steps, job, config_json };
    let rendered = evaluate.check_template(&case.template).and_then(|_| evaluate.template(&case.template, &scope));
    match rendered {
        Ok(payload) => Rendered::Built { json: payload.as_json().unwrap_or_default().to_owned() },
        Err(error) => refused(&error),
    }
}

/// A `$ref` names its pointer; CEL has words of its own.
fn refused(error: &ExpressionError) -> Rendered {
    let path = error.message.strip_prefix("missing path ").filter(|path| path.starts_with('/'));
    Rendered::Refused { error: error.code.to_owned(), path: path.map(str::to_owned) }
}
