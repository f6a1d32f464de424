//! The four stable codes of an expression without a value.

use esteira_engine::ExpressionError;

/// The source cannot be accepted; found when it is checked.
pub(crate) const INVALID: &str = "EXPRESSION_INVALID";
/// It names data that is not there.
pub(crate) const MISSING_PATH: &str = "EXPRESSION_MISSING_PATH";
/// A value has the wrong type.
pub(crate) const TYPE: &str = "EXPRESSION_TYPE";
/// Anything else: overflow, division by zero, too much work, data that is not JSON.
pub(crate) const FAILED: &str = "EXPRESSION_FAILED";

pub(crate) fn invalid(message: impl Into<String>) -> ExpressionError {
    ExpressionError { code: INVALID, message: message.into() }
}

pub(crate) fn missing(path: &str) -> ExpressionError {
    ExpressionError { code: MISSING_PATH, message: format!("missing path {path}") }
}

pub(crate) fn wrong_type(message: impl Into<String>) -> ExpressionError {
    ExpressionError { code: TYPE, message: message.into() }
}

pub(crate) fn failed(message: impl Into<String>) -> ExpressionError {
    ExpressionError { code: FAILED, message: message.into() }
}
