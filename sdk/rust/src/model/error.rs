//! Why a function failed, and whether another attempt can help.

use esteira_model::{
    Failure, FailureKind,
    limits::{FAILURE_MESSAGE_BYTES_MAX, FAILURE_STACK_BYTES_MAX},
};
use std::{fmt, time::Duration};

/// Code of a failure that the author did not name: a panic, or an error of a library.
pub const UNHANDLED: &str = "UNHANDLED";
/// Code of an input that cannot be decoded.
pub const INPUT_INVALID: &str = "INPUT_INVALID";
/// Code of a configuration that cannot be decoded.
pub const CONFIG_INVALID: &str = "CONFIG_INVALID";
/// Code of a result that is larger than the contract allows.
pub const RESULT_TOO_LARGE: &str = "RESULT_TOO_LARGE";
/// Code of an output that does not agree with the step's output type.
pub const OUTPUT_TYPE_MISMATCH: &str = "OUTPUT_TYPE_MISMATCH";

/// Why a function failed.
///
/// Every standard error becomes [`Error::Retryable`] with code `UNHANDLED` through `?`; for that reason this type does
/// not implement [`std::error::Error`] itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// Another attempt may succeed.
    Retryable {
        /// Stable UPPER_SNAKE code; retry rules match it exactly.
        code: String,
        /// For a person; may hold data and is treated like data.
        message: String,
        /// Wait at least this long before the next attempt.
        after: Option<Duration>,
    },
    /// No attempt will succeed with this input.
    NonRetryable {
        /// Stable UPPER_SNAKE code; failure edges match it exactly.
        code: String,
        /// For a person; may hold data and is treated like data.
        message: String,
    },
}

impl Error {
    /// Another attempt may succeed.
    pub fn retryable(code: impl Into<String>, message: impl fmt::Display) -> Self {
        Self::Retryable { code: code.into(), message: message.to_string(), after: None }
    }

    /// No attempt will succeed with this input.
    pub fn non_retryable(code: impl Into<String>, message: impl fmt::Display) -> Self {
        Self::NonRetryable { code: code.into(), message: message.to_string() }
    }

    /// The input cannot be decoded.
    pub fn input_invalid(message: impl fmt::Display) -> Self {
        Self::non_retryable(INPUT_INVALID, message)
    }

    /// The step's configuration cannot be decoded.
    pub fn config_invalid(message: impl fmt::Display) -> Self {
        Self::non_retryable(CONFIG_INVALID, message)
    }

    /// Asks for a pause before the next attempt; no effect on a non-retryable error.
    pub fn after(mut self, pause: Duration) -> Self {
        if let Self::Retryable { after, .. } = &mut self {
            *after = Some(pause);
        }
        self
    }

    /// The stable code.
    pub fn code(&self) -> &str {
        match self {
            Self::Retryable { code, .. } | Self::NonRetryable { code, .. } => code,
        }
    }

    /// The text for a person.
    pub fn message(&self) -> &str {
        match self {
            Self::Retryable { message, .. } | Self::NonRetryable { message, .. } => message,
        }
    }

    /// Whether another attempt may succeed.
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Self::Retryable { .. })
    }

    /// The failure that is reported, with its texts cut to the contract's limits. A code of another form than
    /// `[A-Z][A-Z0-9_]{0,63}` becomes `UNHANDLED` and moves into the message.
    pub fn into_failure(self, source: &str) -> Failure {
        let (kind, code, message, retry_after) = match self {
            Self::Retryable { code, message, after } => (FailureKind::Retryable, code, message, after),
            Self::NonRetryable { code, message } => (FailureKind::NonRetryable, code, message, None),
        };
        let (code, message) =
            if is_code(&code) { (code, message) } else { (UNHANDLED.into(), format!("{code}: {message}")) };
        truncated(Failure {
            kind,
            code,
            message,
            stack_trace: String::new(),
            retry_after,
            details: None,
            source: source.into(),
        })
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code(), self.message())
    }
}

impl<E: std::error::Error + Send + Sync + 'static> From<E> for Error {
    /// `UNHANDLED`, with the messages of the error and of its sources.
    fn from(error: E) -> Self {
        let mut message = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            message.push_str(": ");
            message.push_str(&cause.to_string());
            source = cause.source();
        }
        Self::Retryable { code: UNHANDLED.into(), message, after: None }
    }
}

fn is_code(code: &str) -> bool {
    let inner = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    code.len() <= 64 && code.starts_with(|c: char| c.is_ascii_uppercase()) && code.chars().all(inner)
}

/// Cuts the texts of a failure to 4 KiB and 16 KiB, on a code point boundary.
pub fn truncated(mut failure: Failure) -> Failure {
    cut(&mut failure.message, FAILURE_MESSAGE_BYTES_MAX);
    cut(&mut failure.stack_trace, FAILURE_STACK_BYTES_MAX);
    failure
}

fn cut(text: &mut String, bytes_max: usize) {
    text.truncate(text.floor_char_boundary(bytes_max));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_error_is_retryable_unhandled_with_its_sources() {
        fn parse() -> Result<u8, Error> {
            Ok("x".parse::<u8>()?)
        }
        let error = parse().expect_err("not a number");
        assert!(error.is_retryable());
        assert_eq!(error.code(), UNHANDLED);
        assert_eq!(error.message(), "invalid digit found in string");
    }

    #[test]
    fn texts_are_cut_on_a_code_point_boundary() {
        let cases =
            [("é".repeat(3000), 4096), ("€".repeat(3000), 4095), ("😀".repeat(2000), 4096), ("ok".to_owned(), 2)];
        for (text, expected) in cases {
            let failure = Error::retryable("X", &text).into_failure("f");
            assert_eq!(failure.message.len(), expected);
            assert!(text.starts_with(&failure.message));
        }
    }

    #[test]
    fn a_code_of_another_form_moves_into_the_message() {
        for code in ["", "not a code", "9LIVES", "é", &"X".repeat(65)] {
            let failure = Error::non_retryable(code, "why").into_failure("f");
            assert_eq!((failure.code.as_str(), failure.message), (UNHANDLED, format!("{code}: why")));
        }
        assert_eq!(Error::non_retryable("OK_2", "why").into_failure("f").code, "OK_2");
    }

    #[test]
    fn a_pause_belongs_to_a_retryable_error_only() {
        let pause = Duration::from_secs(3);
        assert_eq!(Error::retryable("X", "").after(pause).into_failure("f").retry_after, Some(pause));
        assert_eq!(Error::non_retryable("X", "").after(pause).into_failure("f").retry_after, None);
    }
}
