//! The interpreter's failures as our codes, without the data that they hold.

use super::path::Path;
use crate::error;
use cel::{Context, ExecutionError, OverloadError};
use esteira_engine::ExpressionError;

/// What a failure means. `paths` are those of the expression: the interpreter knows only the last key.
pub(super) fn explain(problem: &ExecutionError, paths: &[Path], context: &Context<'_, '_>) -> ExpressionError {
    use ExecutionError as E;
    match problem {
        E::NoSuchKey(key) => missing_key(key, paths, context),
        E::UndeclaredReference(name) => match paths.iter().find(|path| path.root == **name) {
            Some(path) => error::missing(&path.to_string()),
            None => error::missing(name),
        },
        E::IndexOutOfBounds(_) => missing_data("a list is shorter than the index asks for"),
        E::NoSuchOverload(overload) if selects(overload) => missing_under_scalar(overload, paths, context),
        E::NoSuchOverload(overload) => error::wrong_type(format!(
            "`{}` does not take ({})",
            readable(overload.function()),
            overload.argument_types().join(", ")
        )),
        E::UnexpectedType { got, want } => error::wrong_type(format!("found {got}, expected {want}")),
        E::UnsupportedBinaryOperator(operator, left, right) => error::wrong_type(format!(
            "`{}` does not take ({}, {})",
            readable(operator),
            left.type_of(),
            right.type_of()
        )),
        E::UnsupportedKeyType(_) | E::UnsupportedIndex(..) => error::wrong_type("a value cannot be a key or an index"),
        E::ValuesNotComparable(..) => error::wrong_type("two values cannot be compared"),
        E::UnsupportedTargetType { .. } | E::NotSupportedAsMethod { .. } => {
            error::wrong_type("a function does not take a value of this type")
        }
        E::InvalidArgumentCount { .. } | E::MissingArgumentOrTarget => {
            error::wrong_type("a function does not take this many arguments")
        }
        E::DivisionByZero(_) | E::RemainderByZero(_) => error::failed("division by zero"),
        E::Overflow(..) => error::failed("a number is out of range"),
        E::DuplicateKey(_) => error::failed("a map has a key twice"),
        // The message of the function may quote its argument.
        E::FunctionError { function, .. } => error::failed(format!("`{function}` does not accept its argument")),
        _ => error::failed("the expression has no value"),
    }
}

fn missing_data(what: &str) -> ExpressionError {
    ExpressionError { code: error::MISSING_PATH, message: what.to_owned() }
}

/// A field of something that is not an object: not there, as in a JSON Pointer.
fn selects(overload: &OverloadError) -> bool {
    let by_text = overload.argument_types().get(1).is_some_and(|key| key == "string");
    let on_list = overload.argument_types().first().is_some_and(|value| value == "list");
    by_text && (overload.function() == "_._" || (overload.function() == "_[_]" && !on_list))
}

fn missing_key(key: &str, paths: &[Path], context: &Context<'_, '_>) -> ExpressionError {
    let broken = paths.iter().filter(|path| !path.is_local()).filter_map(|path| broken_at(path, context));
    let named = broken.into_iter().find(|path| path.keys.last().is_some_and(|last| last == key));
    if let Some(path) = named.or_else(|| local_with(key, paths)) {
        return error::missing(&path.to_string());
    }
    // The key was computed; it may be data.
    missing_data("a map does not have a key that the expression computes")
}

fn missing_under_scalar(overload: &OverloadError, paths: &[Path], context: &Context<'_, '_>) -> ExpressionError {
    let found = overload.argument_types().first().map_or("value", String::as_str);
    let broken = paths.iter().filter(|path| !path.is_local()).find_map(|path| broken_at(path, context));
    match broken {
        Some(path) => missing_data(&format!("missing path {path}: what should hold it is {found}")),
        None => missing_data(&format!("a field is read from {found}")),
    }
}

/// The shortest part of a path that leads nowhere.
fn broken_at(path: &Path, context: &Context<'_, '_>) -> Option<Path> {
    let mut value = context.get_variable(&path.root)?;
    for (at, key) in path.keys.iter().enumerate() {
        let key = cel::common::types::CelString::from(key.as_str());
        let next = value.as_indexer().and_then(|indexer| indexer.get(&key).ok().map(|found| found.into_owned()));
        match next {
            Some(next) => value = cel::common::value::CowVal::Owned(next),
            None => return Some(path.up_to(at + 1)),
        }
    }
    None
}

/// The path of a macro's variable that ends with this key.
fn local_with(key: &str, paths: &[Path]) -> Option<Path> {
    let locals = paths.iter().filter(|path| path.is_local());
    let at = |path: &Path| path.keys.iter().position(|name| name == key);
    locals.filter_map(|path| at(path).map(|at| path.up_to(at + 1))).next()
}

/// An operator as it is written.
fn readable(operator: &str) -> &str {
    match operator {
        "_?_:_" => "? :",
        "_[_]" => "[ ]",
        "_._" => ".",
        "@in" => "in",
        "add" => "+",
        "sub" => "-",
        "mul" => "*",
        "div" => "/",
        "rem" => "%",
        other => other.trim_matches('_'),
    }
}
