//! Payloads of a vector and of the SDK.

use crate::case::Payload;
use base64::{Engine, engine::general_purpose::STANDARD};
use esteira_sdk::model::{self, Body};

/// How a task id is written in a failure's document.
const TASK_ID: &str = "\"task_id\":\"";
const UUID_CHARS: usize = 36;

impl Payload {
    /// As the SDK has it; the text says what is wrong with a vector that has no such payload.
    pub fn to_model(&self) -> Result<model::Payload, String> {
        match self {
            Self::Json(text) => Ok(model::Payload::json(text.as_str())),
            Self::Binary(text) => {
                STANDARD.decode(text).map(model::Payload::binary).map_err(|error| format!("{text}: {error}"))
            }
            Self::None(true) => Ok(model::Payload::none()),
            Self::None(false) => Err("`none` is always true".into()),
        }
    }

    /// As it stands in a vector: ids that a run made up are replaced.
    pub fn of_model(payload: &model::Payload) -> Self {
        match &payload.body {
            Body::Json(text) => Self::Json(without_ids(text)),
            Body::Binary(bytes) => Self::Binary(STANDARD.encode(bytes)),
            Body::None => Self::None(true),
        }
    }
}

/// The text with `<task>` in the place of task ids.
pub fn without_ids(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(TASK_ID) {
        let (before, after) = rest.split_at(at + TASK_ID.len());
        out.push_str(before);
        rest = match after.get(..UUID_CHARS).is_some_and(is_uuid) {
            true => {
                out.push_str("<task>");
                &after[UUID_CHARS..]
            }
            false => after,
        };
    }
    out + rest
}

/// Whether a text has the form of an id that a run made up.
pub fn is_uuid(text: &str) -> bool {
    text.len() == UUID_CHARS
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_task_ids_are_replaced() {
        let id = "01932c07-209b-7e9a-8b2c-ffeeddccbbaa";
        let text = format!(r#"[{{"task_id":"{id}"}},"{id}",{{"task_id":"mine"}},{{"task_id":"{id}","x":1}}]"#);
        let expected = format!(r#"[{{"task_id":"<task>"}},"{id}",{{"task_id":"mine"}},{{"task_id":"<task>","x":1}}]"#);
        assert_eq!(without_ids(&text), expected);
    }
}
