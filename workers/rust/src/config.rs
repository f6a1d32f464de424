//! How the functions read their configuration: closed records, whose unknown fields are refused by name.

use esteira_model::limits::PAYLOAD_BYTES_MAX;
use esteira_sdk::{Context, Error};
use serde::{Deserialize, Deserializer, de};
use std::time::Duration;

/// Longest time that a step may give one request or statement.
pub(crate) const TIMEOUT_MAX: Duration = Duration::from_secs(15 * 60);
/// What a step gets when it names no time.
pub(crate) const TIMEOUT_DEFAULT: Duration = Duration::from_secs(30);
/// Most bytes that one attempt may read.
pub(crate) const BYTES_MAX: usize = 64 << 20;
/// Bytes that one attempt may read when the step names no number.
pub(crate) const BYTES_DEFAULT: usize = 16 << 20;

/// Reads the step's configuration; an absent one counts as `{}`.
pub(crate) fn decode<T: for<'de> Deserialize<'de>>(cx: &Context) -> Result<T, Error> {
    let text = match cx.config_json() {
        "" => "{}",
        text => text,
    };
    if text.len() > PAYLOAD_BYTES_MAX {
        return Err(Error::config_invalid("the configuration is larger than 1 MiB"));
    }
    serde_json::from_str(text).map_err(Error::config_invalid)
}

/// A span of time as plans write it: `500ms`, `10s`, `2m`; more than nothing and at most 15 minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Timeout(pub(crate) Duration);

impl Default for Timeout {
    fn default() -> Self {
        Self(TIMEOUT_DEFAULT)
    }
}

impl Timeout {
    /// This time, or what the attempt has left if that is less.
    pub(crate) fn within(self, cx: &Context) -> Duration {
        cx.remaining().map_or(self.0, |left| left.min(self.0))
    }
}

impl<'de> Deserialize<'de> for Timeout {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        duration(&text).filter(|time| !time.is_zero() && *time <= TIMEOUT_MAX).map(Self).ok_or_else(|| {
            de::Error::custom("timeout: expected a time like 500ms, 10s or 2m, more than nothing and at most 15m")
        })
    }
}

/// Reads `500ms`, `10s` or `2m`.
pub(crate) fn duration(text: &str) -> Option<Duration> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let number: u64 = text[..digits].parse().ok()?;
    match &text[digits..] {
        "ms" => Some(Duration::from_millis(number)),
        "s" => Some(Duration::from_secs(number)),
        "m" => number.checked_mul(60).map(Duration::from_secs),
        _ => None,
    }
}

/// Checks that a number of the configuration is within its limits.
pub(crate) fn within(field: &str, value: usize, least: usize, most: usize) -> Result<usize, Error> {
    if (least..=most).contains(&value) {
        Ok(value)
    } else {
        Err(Error::config_invalid(format!("{field}: {value} is not between {least} and {most}")))
    }
}

/// Runs a piece of work until it ends or the attempt is cancelled, whichever comes first.
pub(crate) async fn until_cancelled<T>(cx: &Context, work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    tokio::select! {
        biased;
        reason = cx.cancelled() => Err(Error::retryable("CANCELLED", format!("stopped: {reason}"))),
        result = work => result,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::context;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        #[serde(default)]
        timeout: Timeout,
    }

    #[test]
    fn times_are_read_and_limited() {
        let cases = [
            (r#"{"timeout":"500ms"}"#, Some(500)),
            (r#"{"timeout":"10s"}"#, Some(10_000)),
            (r#"{"timeout":"15m"}"#, Some(900_000)),
            (r#"{}"#, Some(30_000)),
            (r#"{"timeout":"16m"}"#, None),
            (r#"{"timeout":"0s"}"#, None),
            (r#"{"timeout":"10"}"#, None),
            (r#"{"timeout":"s"}"#, None),
            (r#"{"timeout":"99999999999999999999s"}"#, None),
            (r#"{"timeout":10}"#, None),
        ];
        for (text, expected) in cases {
            let read = decode::<Sample>(&context(text)).map(|sample| sample.timeout.0.as_millis());
            assert_eq!(read.ok(), expected, "{text}");
        }
    }

    #[test]
    fn an_unknown_field_is_refused_by_name() {
        let error = decode::<Sample>(&context(r#"{"timout":"10s"}"#)).expect_err("refused");
        assert_eq!(error.code(), "CONFIG_INVALID");
        assert!(!error.is_retryable());
        assert!(error.message().contains("timout"), "{error}");
    }

    #[test]
    fn no_configuration_is_an_empty_one() {
        assert_eq!(decode::<Sample>(&context("")).expect("empty").timeout, Timeout::default());
    }
}
