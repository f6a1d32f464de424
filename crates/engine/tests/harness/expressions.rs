//! A language small enough to read in a test: `output == 1`, `steps.a has x`, `[<input>,<job>]`.
//!
//! A condition is `true`, `false`, `boom` (has no value) or `<variable> <== | != | has> <text>`; the text is compared
//! with the payload's JSON as it stands. A template is text with `<variable>` in it. What was not loaded is missing, so
//! that a wrong `Needs` shows.

use esteira_engine::{Evaluate, ExpressionError, References, Scope};
use esteira_model::Payload;

/// The evaluator.
pub struct Expressions;

const VARIABLES: [&str; 6] = ["input", "output", "job", "index", "config", "class"];

fn error(code: &'static str, message: impl Into<String>) -> ExpressionError {
    ExpressionError { code, message: message.into() }
}

/// What a condition compares, unless it is a constant.
enum Condition<'s> {
    Constant(bool),
    Boom,
    Compare(&'s str, &'s str, &'s str),
}

fn parse(source: &str) -> Result<Condition<'_>, ExpressionError> {
    let words: Vec<&str> = source.split(' ').collect();
    match words[..] {
        ["true"] => Ok(Condition::Constant(true)),
        ["false"] => Ok(Condition::Constant(false)),
        ["boom"] => Ok(Condition::Boom),
        [variable, operator @ ("==" | "!=" | "has"), text] => Ok(Condition::Compare(variable, operator, text)),
        _ => Err(error("EXPRESSION_INVALID", format!("`{source}` is no condition"))),
    }
}

fn compare(found: &str, operator: &str, text: &str) -> bool {
    match operator {
        "==" => found == text,
        "!=" => found != text,
        _ => found.contains(text),
    }
}

fn refer(variable: &str, references: &mut References) -> Result<(), ExpressionError> {
    match variable.strip_prefix("steps.") {
        Some(key) => references.steps.push(key.into()),
        None if VARIABLES.contains(&variable) => {
            references.job_input |= variable == "job";
            references.output |= variable == "output";
        }
        None => return Err(error("EXPRESSION_INVALID", format!("there is no variable `{variable}`"))),
    }
    Ok(())
}

fn value(variable: &str, scope: &Scope<'_>) -> Result<String, ExpressionError> {
    let found = match variable {
        "input" => scope.input.as_json().map(str::to_owned),
        "output" => scope.output.and_then(Payload::as_json).map(str::to_owned),
        "job" => scope.job.input.and_then(Payload::as_json).map(str::to_owned),
        "index" => scope.item_path.last().map(u32::to_string),
        "config" => Some(scope.config_json.to_owned()).filter(|config| !config.is_empty()),
        "class" => Some(scope.job.data_class.to_owned()),
        _ => variable
            .strip_prefix("steps.")
            .and_then(|key| scope.steps.get(key))
            .and_then(Payload::as_json)
            .map(str::to_owned),
    };
    found.ok_or_else(|| error("EXPRESSION_MISSING_PATH", format!("/{}", variable.replace('.', "/"))))
}

/// The pieces of a template: text and variable in turn.
fn pieces(source: &str) -> impl Iterator<Item = (usize, &str)> {
    source.split(['<', '>']).enumerate()
}

impl Evaluate for Expressions {
    fn check_condition(&self, source: &str) -> Result<References, ExpressionError> {
        let mut references = References::default();
        if let Condition::Compare(variable, ..) = parse(source)? {
            refer(variable, &mut references)?;
        }
        Ok(references)
    }

    fn check_policy(&self, source: &str) -> Result<(), ExpressionError> {
        match parse(source)? {
            Condition::Compare(variable, ..) if variable != "value" => {
                Err(error("EXPRESSION_INVALID", "a policy reads `value`"))
            }
            _ => Ok(()),
        }
    }

    fn check_template(&self, source: &str) -> Result<References, ExpressionError> {
        let mut references = References::default();
        for (place, piece) in pieces(source) {
            if place % 2 == 1 && piece != "boom" {
                refer(piece, &mut references)?;
            }
        }
        references.steps.sort();
        references.steps.dedup();
        Ok(references)
    }

    fn condition(&self, source: &str, scope: &Scope<'_>) -> Result<bool, ExpressionError> {
        match parse(source)? {
            Condition::Constant(constant) => Ok(constant),
            Condition::Boom => Err(error("EXPRESSION_FAILED", "boom")),
            Condition::Compare(variable, operator, text) => Ok(compare(&value(variable, scope)?, operator, text)),
        }
    }

    fn policy(&self, source: &str, value: &Payload) -> Result<bool, ExpressionError> {
        match parse(source)? {
            Condition::Constant(constant) => Ok(constant),
            Condition::Boom => Err(error("EXPRESSION_FAILED", "boom")),
            Condition::Compare(_, operator, text) => {
                let found = value.as_json().ok_or_else(|| error("EXPRESSION_MISSING_PATH", "/value"))?;
                Ok(compare(found, operator, text))
            }
        }
    }

    fn template(&self, source: &str, scope: &Scope<'_>) -> Result<Payload, ExpressionError> {
        let mut text = String::new();
        for (place, piece) in pieces(source) {
            match (place % 2, piece) {
                (0, piece) => text.push_str(piece),
                (_, "boom") => return Err(error("EXPRESSION_FAILED", "boom")),
                (_, variable) => text.push_str(&value(variable, scope)?),
            }
        }
        Ok(Payload::json(text))
    }
}
