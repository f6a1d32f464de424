//! Esteira's evaluator with one thing wrong.

use esteira_engine::{Evaluate, ExpressionError, References, Scope};
use esteira_expr::Evaluator;
use esteira_sdk::model::{Payload, Runner};

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    Nothing,
    /// A condition holds when it does not.
    Negated,
    /// What a template builds is read and written again.
    Reformatted,
    /// What a template cannot find is null.
    MissingIsNull,
    /// Every rule holds.
    Lenient,
}

struct Mistaken {
    right: Evaluator,
    wrong: Wrong,
}

/// A runner with the kit and this evaluator.
pub fn evaluating(wrong: Wrong) -> Runner {
    Runner::with_evaluate(Mistaken { right: Evaluator::new(), wrong }).skip_waits().functions(esteira_kit::functions())
}

impl Evaluate for Mistaken {
    fn check_condition(&self, source: &str) -> Result<References, ExpressionError> {
        self.right.check_condition(source)
    }

    fn check_policy(&self, source: &str) -> Result<(), ExpressionError> {
        self.right.check_policy(source)
    }

    fn check_template(&self, source: &str) -> Result<References, ExpressionError> {
        self.right.check_template(source)
    }

    fn condition(&self, source: &str, scope: &Scope<'_>) -> Result<bool, ExpressionError> {
        self.right.condition(source, scope).map(|holds| holds != (self.wrong == Wrong::Negated))
    }

    fn policy(&self, source: &str, value: &Payload) -> Result<bool, ExpressionError> {
        self.right.policy(source, value).map(|holds| holds || self.wrong == Wrong::Lenient)
    }

    fn template(&self, source: &str, scope: &Scope<'_>) -> Result<Payload, ExpressionError> {
        match (self.wrong, self.right.template(source, scope)) {
            (Wrong::Reformatted, Ok(payload)) => Ok(super::functions::rewritten(&payload)),
            (Wrong::MissingIsNull, Err(error)) if error.code == "EXPRESSION_MISSING_PATH" => Ok(Payload::json("null")),
            (_, result) => result,
        }
    }
}
