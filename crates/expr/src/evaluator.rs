//! The port [`Evaluate`], with what was compiled kept by its source.

use crate::{
    cache::Cache,
    cel::{Bindings, Path, Program, Wanted},
    template::Template,
};
use esteira_engine::{Evaluate, ExpressionError, References, Scope};
use esteira_model::Payload;
use std::sync::Arc;

/// The variables of a condition, of a template and of a policy.
const CONDITION_VARIABLES: &[&str] = &["input", "output", "item", "steps", "job", "config"];
pub(crate) const TEMPLATE_VARIABLES: &[&str] = &["input", "item", "steps", "job", "config"];
const POLICY_VARIABLES: &[&str] = &["value"];

/// Conditions and policies in CEL, and typed JSON templates. Cloning it shares what was compiled.
#[derive(Clone, Default)]
pub struct Evaluator {
    compiled: Arc<Compiled>,
}

#[derive(Default)]
struct Compiled {
    conditions: Cache<Condition>,
    policies: Cache<Condition>,
    templates: Cache<Template>,
}

/// A boolean expression and what it reads.
struct Condition {
    program: Program,
    wanted: Wanted,
}

impl Condition {
    fn compile(source: &str, variables: &'static [&'static str]) -> Result<Self, ExpressionError> {
        let program = Program::compile_condition(source, variables)?;
        let wanted = Wanted::by(program.paths());
        Ok(Self { program, wanted })
    }
}

impl Evaluator {
    /// One that has compiled nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    fn compiled_condition(&self, source: &str) -> Result<Arc<Condition>, ExpressionError> {
        self.compiled.conditions.get_or(source, |source| Condition::compile(source, CONDITION_VARIABLES))
    }

    fn compiled_policy(&self, source: &str) -> Result<Arc<Condition>, ExpressionError> {
        self.compiled.policies.get_or(source, |source| Condition::compile(source, POLICY_VARIABLES))
    }

    fn compiled_template(&self, source: &str) -> Result<Arc<Template>, ExpressionError> {
        self.compiled.templates.get_or(source, Template::compile)
    }
}

impl Evaluate for Evaluator {
    fn check_condition(&self, source: &str) -> Result<References, ExpressionError> {
        Ok(references(self.compiled_condition(source)?.program.paths()))
    }

    fn check_policy(&self, source: &str) -> Result<(), ExpressionError> {
        self.compiled_policy(source).map(|_| ())
    }

    fn check_template(&self, source: &str) -> Result<References, ExpressionError> {
        Ok(references(self.compiled_template(source)?.paths()))
    }

    fn condition(&self, source: &str, scope: &Scope<'_>) -> Result<bool, ExpressionError> {
        let condition = self.compiled_condition(source)?;
        condition.program.holds(&Bindings::of_scope(scope, &condition.wanted)?)
    }

    fn policy(&self, source: &str, value: &Payload) -> Result<bool, ExpressionError> {
        let policy = self.compiled_policy(source)?;
        policy.program.holds(&Bindings::of_value(value, &policy.wanted)?)
    }

    fn template(&self, source: &str, scope: &Scope<'_>) -> Result<Payload, ExpressionError> {
        self.compiled_template(source)?.render(scope)
    }
}

/// What these paths need to be loaded.
fn references<'p>(paths: impl Iterator<Item = &'p Path>) -> References {
    let mut references = References::default();
    for path in paths {
        match (path.root.as_str(), path.keys.first()) {
            ("steps", Some(key)) => references.steps.push(key.clone()),
            // The bare variable, or a computed key, may be the input.
            ("job", None) => references.job_input = true,
            ("job", Some(key)) => references.job_input |= key == "input",
            ("output", _) => references.output = true,
            _ => {}
        }
    }
    references.steps.sort_unstable();
    references.steps.dedup();
    references
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The coordinator shares one between its threads.
    #[test]
    fn is_shared_between_threads() {
        fn check<T: Send + Sync + Clone + 'static>(_: &T) {}
        let evaluator = Evaluator::new();
        check(&evaluator);
        assert!(Arc::ptr_eq(&evaluator.compiled, &evaluator.clone().compiled));
    }
}
