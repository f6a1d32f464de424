//! `transform`: builds a payload from a typed JSON template.

use crate::{
    config::decode,
    pointer::{elements, within_limits},
};
use esteira_engine::{Evaluate, ExpressionError, JobScope, Scope};
use esteira_expr::Evaluator;
use esteira_sdk::{
    Context, Error, Function, FunctionSpec, Outcome,
    model::{BoxFuture, OutputType, Payload},
};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// The function `transform`; see `docs/functions.md`.
#[derive(Default)]
pub struct Transform {
    evaluator: Evaluator,
}

/// The configuration of `transform`; `docs/functions.md` explains each field.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    template: Box<RawValue>,
    #[serde(default)]
    split: bool,
}

impl Transform {
    /// A function that has compiled no template yet.
    pub fn new() -> Self {
        Self::default()
    }

    fn run(&self, cx: &Context, input: &Payload) -> Result<Outcome, Error> {
        let config: Config = decode(cx)?;
        if config.split != (cx.output_type() == OutputType::Multiple) {
            return Err(Error::config_invalid("split: is true for output multiple and for no other"));
        }
        let source = config.template.get();
        let references = self.evaluator.check_template(source).map_err(failed)?;
        if references.job_input || !references.steps.is_empty() {
            return Err(Error::config_invalid(
                "template: job.input and steps are not known to a function; take them in the input template of the step",
            ));
        }
        let (job, labels, steps) = (cx.job().to_string(), BTreeMap::new(), BTreeMap::new());
        let built = self.evaluator.template(
            source,
            &Scope {
                input,
                output: None,
                item_path: &[],
                steps: &steps,
                job: JobScope { id: &job, input: None, labels: &labels, data_class: "" },
                config_json: cx.config_json(),
            },
        );
        let built = built.map_err(failed)?;
        match cx.output_type() {
            OutputType::None => Ok(Outcome::none()),
            OutputType::Single => Ok(Outcome::one(built)),
            OutputType::Multiple => split(&built).map(Outcome::many),
        }
    }
}

/// The code of an expression's error is stable, and its message holds no data.
fn failed(error: ExpressionError) -> Error {
    Error::non_retryable(error.code, error.message)
}

fn split(built: &Payload) -> Result<Vec<Payload>, Error> {
    let no_array = || Error::non_retryable("TRANSFORM_NO_ARRAY", "split: the template did not build an array");
    let array = built.as_json().filter(|text| text.trim_start().starts_with('[')).ok_or_else(no_array)?;
    let array: &RawValue = serde_json::from_str(array).map_err(|_| no_array())?;
    let items = elements(array).map_err(|_| no_array())?;
    within_limits(items.len())?;
    Ok(items.into_iter().map(|item| Payload::json(item.get())).collect())
}

impl Function for Transform {
    fn spec(&self) -> FunctionSpec {
        FunctionSpec::new("transform", OutputType::Single)
            .version(env!("CARGO_PKG_VERSION"))
            .summary("Builds a payload from a typed JSON template")
    }

    fn execute<'a>(&'a self, cx: &'a Context, input: Payload) -> BoxFuture<'a, Result<Outcome, Error>> {
        Box::pin(async move { self.run(cx, &input) })
    }
}
