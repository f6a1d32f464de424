//! What an expression may call. All of it is pure: no clock, no randomness, no I/O.

use cel::common::ast::{Expr, LiteralValue, operators};

/// Functions of the form `f(x)`: name and number of arguments.
const GLOBAL: &[(&str, usize)] = &[
    ("bool", 1),
    ("bytes", 1),
    ("double", 1),
    ("duration", 1),
    ("dyn", 1),
    ("int", 1),
    ("matches", 2),
    ("size", 1),
    ("string", 1),
    ("timestamp", 1),
    ("type", 1),
    ("uint", 1),
];

/// Functions of the form `x.f(..)`: name, fewest and most arguments.
const MEMBER: &[(&str, usize, usize)] = &[
    ("contains", 1, 1),
    ("endsWith", 1, 1),
    ("getDate", 0, 1),
    ("getDayOfMonth", 0, 1),
    ("getDayOfWeek", 0, 1),
    ("getDayOfYear", 0, 1),
    ("getFullYear", 0, 1),
    ("getHours", 0, 1),
    ("getMilliseconds", 0, 1),
    ("getMinutes", 0, 1),
    ("getMonth", 0, 1),
    ("getSeconds", 0, 1),
    ("matches", 1, 1),
    ("size", 0, 0),
    ("startsWith", 1, 1),
];

const OPERATORS: &[&str] = &[
    operators::CONDITIONAL,
    operators::LOGICAL_AND,
    operators::LOGICAL_OR,
    operators::LOGICAL_NOT,
    operators::SUBSTRACT,
    operators::ADD,
    operators::MULTIPLY,
    operators::DIVIDE,
    operators::MODULO,
    operators::EQUALS,
    operators::NOT_EQUALS,
    operators::GREATER_EQUALS,
    operators::LESS_EQUALS,
    operators::GREATER,
    operators::LESS,
    operators::NEGATE,
    operators::INDEX,
    operators::IN,
    operators::NOT_STRICTLY_FALSE,
];

/// Macros, for a message: a call of one that was not expanded has the wrong arguments.
const MACROS: &[&str] = &["has", "all", "exists", "exists_one", "existsOne", "map", "filter"];

/// Names of types, for `type(x) == int`.
const TYPES: &[&str] = &["bool", "bytes", "double", "int", "list", "map", "null_type", "string", "type", "uint"];

/// Types with longer names.
const QUALIFIED_TYPES: &[&str] = &["google.protobuf.Duration", "google.protobuf.Timestamp"];

/// Why a call is refused, or `None` when it is allowed.
pub(super) fn refused(name: &str, is_member: bool, arguments: usize) -> Option<String> {
    if OPERATORS.contains(&name) {
        return None;
    }
    if MACROS.contains(&name) {
        return Some(format!("`{name}` is not called like this"));
    }
    let fits = match is_member {
        true => MEMBER.iter().find(|entry| entry.0 == name).map(|entry| (entry.1..=entry.2).contains(&arguments)),
        false => GLOBAL.iter().find(|entry| entry.0 == name).map(|entry| entry.1 == arguments),
    };
    match fits {
        Some(true) => None,
        Some(false) => Some(format!("`{name}` does not take {arguments} arguments")),
        None => Some(format!("unknown function `{name}`")),
    }
}

/// Whether a name stands for a type.
pub(super) fn is_type(name: &str) -> bool {
    TYPES.contains(&name) || QUALIFIED_TYPES.contains(&name)
}

/// Whether an expression has, by its outermost form alone, a value that is not a boolean.
pub(super) fn never_boolean(expression: &Expr) -> bool {
    match expression {
        Expr::Literal(literal) => !matches!(literal, LiteralValue::Boolean(_)),
        Expr::List(_) | Expr::Map(_) => true,
        Expr::Ident(name) => is_type(name),
        Expr::Call(call) => matches!(
            call.func_name.as_str(),
            operators::ADD
                | operators::SUBSTRACT
                | operators::MULTIPLY
                | operators::DIVIDE
                | operators::MODULO
                | operators::NEGATE
                | "bytes"
                | "double"
                | "duration"
                | "int"
                | "size"
                | "string"
                | "timestamp"
                | "type"
                | "uint"
        ),
        _ => false,
    }
}
