//! Digests, durations, and values that are decoded and encoded.

use crate::case::{Digest, EchoCase, Echoed, Length, Payload};
use esteira_definition::parse_duration;
use esteira_kit::number::is_same;
use esteira_sdk::{model, testing::Harness};
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;

/// SHA-256 of the body.
pub fn digest(payload: &Payload) -> Result<Digest, String> {
    let hash = Sha256::digest(payload.to_model()?.bytes());
    Ok(Digest { sha256: hash.iter().map(|byte| format!("{byte:02x}")).collect() })
}

/// What a duration of a plan document means.
pub fn duration(text: &str) -> Length {
    let ms = parse_duration(text).and_then(|duration| u64::try_from(duration.as_millis()).ok());
    ms.map_or(Length::Error { error: true }, |ms| Length::Ms { ms })
}

/// Insists on what the case expects of `kit.echo`.
pub fn echo(case: &EchoCase) -> Result<(), String> {
    let input = model::Payload::json(case.json.as_str());
    let execution = Harness::new().run_blocking(&esteira_kit::verbatim::echo(), input);
    let found = match execution.payloads() {
        [output] => Ok(is_same_value(&case.json, output.as_json().unwrap_or_default())),
        _ => Err(execution.error().map(|error| error.code().to_owned()).unwrap_or_default()),
    };
    let kept = match (&case.expected, &found) {
        (Echoed::Same { same_value: true } | Echoed::SameOr { .. }, Ok(same)) => *same,
        (Echoed::SameOr { same_value_or: code } | Echoed::Error { error: code }, Err(given)) => code == given,
        _ => false,
    };
    if kept { Ok(()) } else { Err(format!("expected: {:?}, found {found:?}", case.expected)) }
}

/// Whether two JSON texts are the same value; numbers are compared exactly, members of an object in any order.
pub fn is_same_value(a: &str, b: &str) -> bool {
    fn read<'t, T: serde::Deserialize<'t>>(text: &'t str) -> Option<T> {
        serde_json::from_str(text).ok()
    }
    type Object<'t> = BTreeMap<String, &'t RawValue>;
    type List<'t> = Vec<&'t RawValue>;
    let (a, b) = (a.trim(), b.trim());
    match a.as_bytes().first() {
        Some(b'{') => match (read::<Object<'_>>(a), read::<Object<'_>>(b)) {
            (Some(a), Some(b)) => {
                a.keys().eq(b.keys()) && a.values().zip(b.values()).all(|(a, b)| is_same_value(a.get(), b.get()))
            }
            _ => false,
        },
        Some(b'[') => match (read::<List<'_>>(a), read::<List<'_>>(b)) {
            (Some(a), Some(b)) => a.len() == b.len() && a.iter().zip(&b).all(|(a, b)| is_same_value(a.get(), b.get())),
            _ => false,
        },
        Some(b'"') => matches!((read::<String>(a), read::<String>(b)), (Some(a), Some(b)) if a == b),
        Some(b'-' | b'0'..=b'9') => is_same(a, b),
        _ => a == b,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_compared_and_not_texts() {
        let same =
            [("[1.0, \"\\u0061\"]", "[1,\"a\"]"), (r#"{"a":1,"b":[]}"#, r#"{"b":[ ],"a":1e0}"#), ("null", " null")];
        for (a, b) in same {
            assert!(is_same_value(a, b), "{a} {b}");
        }
        for (a, b) in [
            ("1", "\"1\""),
            ("[1]", "[1,1]"),
            (r#"{"a":1}"#, r#"{"b":1}"#),
            ("9007199254740993", "9007199254740992"),
            ("null", "0"),
        ] {
            assert!(!is_same_value(a, b) && !is_same_value(b, a), "{a} {b}");
        }
    }
}
