//! When a failed attempt is tried again.

use crate::{
    ranges::{BACKOFF, CODES_MAX, JITTER, MULTIPLIER},
    reader::{Field, Form},
};
use esteira_model::{RetryPolicy, limits::ATTEMPTS_MAX};

/// Reads a retry policy; what is left out keeps its default.
pub(crate) fn retry(field: &Field<'_>) -> Option<RetryPolicy> {
    let default = RetryPolicy::default();
    let mut object = field.object()?;
    let max_attempts = object.take("max_attempts").and_then(|field| field.whole(1..=ATTEMPTS_MAX));
    let initial_field = object.take("initial_backoff");
    let initial_backoff = initial_field.as_ref().and_then(|field| field.duration(BACKOFF));
    let max_field = object.take("max_backoff");
    let max_backoff = max_field.as_ref().and_then(|field| field.duration(BACKOFF));
    let multiplier = object.take("multiplier").and_then(|field| field.number(MULTIPLIER));
    let jitter = object.take("jitter").and_then(|field| field.number(JITTER));
    let codes = object.take("non_retryable_codes").map(|field| field.names(Form::Code, CODES_MAX));
    object.finish();
    // A first pause above the default longest one is meant; both given the wrong way round are not.
    let longest = match (initial_backoff, max_backoff) {
        (Some(initial), Some(max)) if initial > max => {
            return initial_field?.refuse("NUMBER_OUT_OF_RANGE", "longer than `max_backoff`");
        }
        (Some(initial), None) => initial.max(default.max_backoff),
        (_, max) => max.unwrap_or(default.max_backoff),
    };
    Some(RetryPolicy {
        max_attempts: max_attempts.unwrap_or(default.max_attempts),
        initial_backoff: initial_backoff.unwrap_or(default.initial_backoff.min(longest)),
        max_backoff: longest,
        multiplier: multiplier.unwrap_or(default.multiplier),
        jitter: jitter.unwrap_or(default.jitter),
        non_retryable_codes: codes.unwrap_or_default().iter().map(ToString::to_string).collect(),
    })
}
