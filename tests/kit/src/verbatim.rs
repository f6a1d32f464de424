//! `kit.raw`, `kit.echo` and `kit.none`: what becomes of the input's bytes, of its values, and of an absent output.

use crate::number::is_same;
use esteira_sdk::{
    Error, Function, Outcome, Output, function,
    json::PayloadJson,
    model::{OutputType, Payload},
};
use serde_json::Value;

/// Returns its input as it is.
pub fn raw() -> impl Function {
    function("kit.raw", OutputType::Single, |_, input| async { Ok(Output::One(input)) })
}

/// Decodes its input and encodes it again: all values stay what they are, or the input is refused.
pub fn echo() -> impl Function {
    function("kit.echo", OutputType::Single, |_, input: Payload| async move {
        let value: Value = input.decode()?;
        let text = input.as_json().unwrap_or_default();
        match numbers(text).find(|number| !survives(number)) {
            Some(number) => Err(Error::input_invalid(format!("the number {number} would change"))),
            None => Outcome::json(&value),
        }
    })
}

/// Produces nothing.
pub fn none() -> impl Function {
    function("kit.none", OutputType::None, |_, _| async { Ok(Output::None) })
}

/// Whether a number is the same after it was decoded and encoded.
fn survives(number: &str) -> bool {
    serde_json::from_str::<Value>(number).is_ok_and(|value| is_same(number, &value.to_string()))
}

/// The numbers of a JSON text, as they are written.
fn numbers(json: &str) -> impl Iterator<Item = &str> {
    let mut rest = json;
    std::iter::from_fn(move || {
        loop {
            let start = rest.find(|c: char| c == '"' || c == '-' || c.is_ascii_digit())?;
            let found = &rest[start..];
            let end = if found.starts_with('"') { string_end(found) } else { number_end(found) };
            rest = &found[end..];
            if !found.starts_with('"') {
                return Some(&found[..end]);
            }
        }
    })
}

fn number_end(text: &str) -> usize {
    text.find(|c: char| !matches!(c, '0'..='9' | '+' | '-' | '.' | 'e' | 'E')).unwrap_or(text.len())
}

/// The end of the string at the beginning of the text.
fn string_end(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            '"' if !escaped => return at + 1,
            _ => escaped = c == '\\' && !escaped,
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use esteira_sdk::testing::Harness;

    #[test]
    fn raw_returns_every_kind_of_payload() {
        for payload in [Payload::json(" { \"a\" : 1.0e2 } "), Payload::binary([0, 255]), Payload::none()] {
            assert_eq!(Harness::new().run_blocking(&raw(), payload.clone()).payloads(), [payload]);
        }
    }

    fn check(input: Payload, expected: Result<&str, &str>) {
        let execution = Harness::new().run_blocking(&echo(), input);
        let given = match &execution.result {
            Ok(_) => Ok(execution.payloads()[0].as_json().expect("JSON")),
            Err(error) => Err(error.code()),
        };
        assert_eq!(given, expected);
    }

    #[test]
    fn echo_keeps_values_or_refuses() {
        check(Payload::json(r#" {"b":[true,null,"1e999 \" -5\\"],"a":9007199254740993}"#), {
            Ok(r#"{"a":9007199254740993,"b":[true,null,"1e999 \" -5\\"]}"#)
        });
        check(Payload::json("[1.50,1e2,-0,18446744073709551615]"), Ok("[1.5,100.0,-0.0,18446744073709551615]"));
        for changed in ["18446744073709551616", "[0.1234567890123456789]", "1e999", "-9223372036854775809"] {
            check(Payload::json(changed), Err("INPUT_INVALID"));
        }
        for other in [Payload::json("{"), Payload::binary(*b"1"), Payload::none()] {
            check(other, Err("INPUT_INVALID"));
        }
    }

    #[test]
    fn none_produces_nothing() {
        assert_eq!(Harness::new().run_blocking(&none(), Payload::json("1")).result, Ok(Outcome::none()));
    }
}
