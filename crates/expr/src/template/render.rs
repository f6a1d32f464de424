//! From the parts of a template, and a scope, to a payload.

use super::{Part, Parts, Reference, Source, Template};
use crate::{cel::Bindings, error, json::check_json, pointer};
use esteira_engine::{ExpressionError, JobScope, Scope};
use esteira_model::{Body, Payload, limits::PAYLOAD_BYTES_MAX};
use std::{borrow::Cow, cell::OnceCell};

impl Template {
    /// The payload that it builds.
    pub(crate) fn render(&self, scope: &Scope<'_>) -> Result<Payload, ExpressionError> {
        if let [Part::Ref(reference)] = &self.parts[..]
            && reference.tokens.is_empty()
            && let Some(payload) = whole(reference, scope)?
        {
            return Ok(payload.clone());
        }
        let rendering = Rendering { template: self, scope: *scope, bindings: OnceCell::new() };
        let mut text = String::new();
        rendering.parts(&self.parts, &mut text)?;
        // Each piece was checked; put together they may be too deep.
        check_json(&text).map_err(|problem| error::failed(format!("the result is not acceptable: {problem}")))?;
        Ok(Payload::json(text))
    }
}

/// The payload itself that a reference names: there is nothing to copy, and it may be binary.
fn whole<'v>(reference: &Reference, scope: &Scope<'v>) -> Result<Option<&'v Payload>, ExpressionError> {
    let payload = match &reference.source {
        Source::Input => Some(scope.input),
        Source::Step(key) => scope.steps.get(&**key),
        Source::JobInput => scope.job.input,
        Source::Item | Source::Job | Source::Config => return Ok(None),
    };
    let there = payload.filter(|payload| payload.body != Body::None);
    there.map(Some).ok_or_else(|| error::missing(&reference.pointer))
}

struct Rendering<'t, 'v> {
    template: &'t Template,
    scope: Scope<'v>,
    /// Bound when the first expression is reached.
    bindings: OnceCell<Bindings<'v>>,
}

impl Rendering<'_, '_> {
    fn parts(&self, parts: &Parts, text: &mut String) -> Result<(), ExpressionError> {
        for part in parts {
            match part {
                Part::Text(literal) => text.push_str(literal),
                Part::Ref(reference) => text.push_str(&self.reference(reference)?),
                Part::Cel(program) => program.write_json(self.bindings()?, text)?,
                Part::Default(choices) => self.first_there(choices, text)?,
                Part::Concat(operands) => self.concat(operands, text)?,
            }
            within_bounds(text)?;
        }
        Ok(())
    }

    fn bindings(&self) -> Result<&Bindings<'_>, ExpressionError> {
        if let Some(bindings) = self.bindings.get() {
            return Ok(bindings);
        }
        let bindings = Bindings::of_scope(&self.scope, &self.template.wanted)?;
        Ok(self.bindings.get_or_init(|| bindings))
    }

    fn first_there(&self, choices: &[Parts], text: &mut String) -> Result<(), ExpressionError> {
        let begin = text.len();
        let mut last = error::failed("`$default` without a choice");
        for choice in choices {
            match self.parts(choice, text) {
                Err(problem) if problem.code == error::MISSING_PATH => {
                    text.truncate(begin);
                    last = problem;
                }
                settled => return settled,
            }
        }
        Err(last)
    }

    fn concat(&self, operands: &[Parts], text: &mut String) -> Result<(), ExpressionError> {
        text.push('"');
        let mut operand = String::new();
        for parts in operands {
            operand.clear();
            self.parts(parts, &mut operand)?;
            let inside = operand.trim().strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
            // The escapes of JSON strings stand for themselves in any JSON string.
            text.push_str(inside.ok_or_else(|| error::wrong_type("`$concat` joins strings; one of these is not"))?);
            within_bounds(text)?;
        }
        text.push('"');
        Ok(())
    }

    /// The text of what a reference names, exactly as it was written.
    fn reference(&self, reference: &Reference) -> Result<Cow<'_, str>, ExpressionError> {
        let missing = || error::missing(&reference.pointer);
        let built = match &reference.source {
            Source::Item => Some(item(self.scope.item_path).ok_or_else(missing)?),
            Source::Job => Some(job(&self.scope.job, reference.tokens.is_empty())?),
            _ => None,
        };
        if let Some(text) = built {
            return pointer::follow(&text, &reference.tokens).map(|found| found.to_owned().into()).ok_or_else(missing);
        }
        let payload = match &reference.source {
            Source::Config if self.scope.config_json.is_empty() => return Err(missing()),
            Source::Config => {
                return pointer::follow(self.scope.config_json, &reference.tokens)
                    .map(Cow::Borrowed)
                    .ok_or_else(missing);
            }
            _ => whole(reference, &self.scope)?.ok_or_else(missing)?,
        };
        match &payload.body {
            Body::Json(text) => pointer::follow(text, &reference.tokens).map(Cow::Borrowed).ok_or_else(missing),
            Body::Binary(_) if reference.tokens.is_empty() => {
                Err(error::wrong_type(format!("{} is binary and cannot stand inside JSON", reference.pointer)))
            }
            Body::Binary(_) | Body::None => Err(missing()),
        }
    }
}

fn within_bounds(text: &str) -> Result<(), ExpressionError> {
    match text.len() > PAYLOAD_BYTES_MAX {
        true => Err(error::failed(format!("the result is larger than {PAYLOAD_BYTES_MAX} bytes"))),
        false => Ok(()),
    }
}

/// The variable `item` as JSON text; none outside a fan-out.
fn item(path: &[u32]) -> Option<String> {
    let index = path.last()?;
    let path: Vec<String> = path.iter().map(u32::to_string).collect();
    Some(format!(r#"{{"index":{index},"path":[{}]}}"#, path.join(",")))
}

/// The variable `job` as JSON text.
fn job(job: &JobScope<'_>, with_input: bool) -> Result<String, ExpressionError> {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let labels: Vec<String> =
        job.labels.iter().map(|(name, value)| format!("{}:{}", quoted(name), quoted(value))).collect();
    let input = match job.input.filter(|_| with_input).map(|input| &input.body) {
        Some(Body::Json(text)) => format!(r#""input":{},"#, text.trim()),
        Some(Body::Binary(_)) => return Err(error::wrong_type("/job/input is binary and cannot stand inside JSON")),
        Some(Body::None) | None => String::new(),
    };
    Ok(format!(
        r#"{{"id":{},{input}"labels":{{{}}},"data_class":{}}}"#,
        quoted(job.id),
        labels.join(","),
        quoted(job.data_class)
    ))
}
