//! CEL expressions: compiled once, evaluated against payloads.
//!
//! Compiling refuses what could only fail later: unknown names and functions, `steps` without a key, what is
//! nested too deeply. Evaluating binds only what the expression reads, counts its work, and maps every
//! failure of the interpreter to one of our four codes without repeating any data.
//!
//! What of CEL is not there, and is refused when the expression is checked: messages (`Type{field: 1}`) and
//! enums, the optional syntax (`a.?b`, `a[?b]`, `optional.of`), names with a leading dot, names in backticks,
//! the extension libraries (strings, math, lists, encoders, two-variable macros, `cel.bind`), and static
//! types: operands are checked when they meet.

mod bind;
mod check;
mod failure;
mod functions;
mod meter;
mod output;
mod path;
mod work;

pub(crate) use bind::{Bindings, Wanted};
pub(crate) use path::Path;

use crate::error;
use cel::{Context, IdedExpr, Value, common::types::CelBool, common::value::CowVal};
use esteira_engine::ExpressionError;
use esteira_model::limits::CONDITION_BYTES_MAX;

/// Deepest nesting of brackets, calls and ternaries that is parsed, and of the parsed expression.
///
/// The parser needs about 7 KiB of stack a level, the interpreter about 1 KiB.
const SOURCE_DEPTH_MAX: u16 = 32;
const EXPRESSION_DEPTH_MAX: usize = 100;
/// Longest parser message that is passed on: it can list every token there is.
const PARSER_MESSAGE_BYTES_MAX: usize = 200;

/// An expression that was parsed and checked, ready to evaluate.
pub(crate) struct Program {
    expression: IdedExpr,
    /// What it reads, in the order of the source.
    paths: Vec<Path>,
}

impl Program {
    /// Parses and checks an expression over these variables.
    pub(crate) fn compile(source: &str, variables: &'static [&'static str]) -> Result<Self, ExpressionError> {
        if source.len() > CONDITION_BYTES_MAX {
            let length = source.len();
            return Err(error::invalid(format!("{length} bytes; at most {CONDITION_BYTES_MAX} are allowed")));
        }
        let parser = work::environment().parser().max_recursion_depth(SOURCE_DEPTH_MAX);
        let (mut expression, places) = parser.parse_with_source_info(source).map_err(|errors| syntax(&errors))?;
        let paths = check::check(&expression, &places, variables)?;
        meter::meter(&mut expression);
        Ok(Self { expression, paths })
    }

    /// Compiles an expression whose value must be a boolean.
    pub(crate) fn compile_condition(source: &str, variables: &'static [&'static str]) -> Result<Self, ExpressionError> {
        let program = Self::compile(source, variables)?;
        match functions::never_boolean(&program.expression.expr) {
            true => Err(error::wrong_type("this can never be true or false")),
            false => Ok(program),
        }
    }

    /// What it reads, variables of its own macros left out.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &Path> {
        self.paths.iter().filter(|path| !path.is_local())
    }

    /// Whether it holds.
    pub(crate) fn holds(&self, bindings: &Bindings<'_>) -> Result<bool, ExpressionError> {
        self.evaluate(bindings, |value| match value.downcast_ref::<CelBool>() {
            Some(verdict) => Ok(*verdict.inner()),
            None => Err(error::wrong_type(format!("the result is {}, not bool", value.get_type().name()))),
        })
    }

    /// Appends its value as JSON text.
    pub(crate) fn write_json(&self, bindings: &Bindings<'_>, text: &mut String) -> Result<(), ExpressionError> {
        self.evaluate(bindings, |value| output::write(&**value, text))
    }

    fn evaluate<T>(
        &self,
        bindings: &Bindings<'_>,
        then: impl FnOnce(&CowVal<'_, '_>) -> Result<T, ExpressionError>,
    ) -> Result<T, ExpressionError> {
        let context: &Context<'_, '_> = bindings.context();
        let result = Value::resolve_val(&self.expression, context);
        // Asked first: `||` can turn the interpreter's error into a value.
        if work::is_exhausted() {
            return Err(error::failed("the expression does more work than is allowed for one evaluation"));
        }
        match result {
            Ok(value) => then(&value),
            Err(problem) => Err(failure::explain(&problem, &self.paths, context)),
        }
    }
}

/// The first thing that the parser did not understand, and where.
fn syntax(errors: &cel::ParseErrors) -> ExpressionError {
    let Some(first) = errors.errors.first() else {
        return error::invalid("not an expression");
    };
    let (line, column) = first.pos;
    if first.msg.contains("Recursion limit") {
        return error::invalid(format!("{line}:{column}: nested more than {SOURCE_DEPTH_MAX} deep"));
    }
    let mut message = first.msg.strip_prefix("Syntax error: ").unwrap_or(&first.msg).to_owned();
    if message.len() > PARSER_MESSAGE_BYTES_MAX {
        let cut = (0..=PARSER_MESSAGE_BYTES_MAX).rev().find(|&at| message.is_char_boundary(at));
        message.truncate(cut.unwrap_or(0));
        message.push('…');
    }
    error::invalid(format!("{line}:{column}: {message}"))
}
