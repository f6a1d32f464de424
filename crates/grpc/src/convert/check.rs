//! The forms of texts, names, ids, counts, labels and headers. Nothing here repeats a value in an error.

use crate::{
    convert::at::At,
    status::{Answer, Refusal},
};
use esteira_model::limits;
use std::{collections::BTreeMap, str::FromStr};

/// A string map as it was received.
pub type Map = std::collections::HashMap<String, String>;

fn wrong<T>(at: At<'_>, message: impl Into<String>) -> Answer<T> {
    Err(Refusal::field(at, message))
}

/// A value that must be there.
pub fn required<T>(value: Option<T>, at: At<'_>) -> Answer<T> {
    value.ok_or_else(|| Refusal::field(at, "is required"))
}

/// A UUID that the coordinator minted.
pub fn id<T: FromStr<Err = esteira_model::id::Malformed>>(text: &str, at: At<'_>) -> Answer<T> {
    if text.is_empty() {
        return wrong(at, "is required");
    }
    text.parse().map_err(|malformed: esteira_model::id::Malformed| Refusal::field(at, malformed.to_string()))
}

/// `worker_id`, and `request_id` where it is given: chosen by the client.
pub fn chosen_id(text: String, at: At<'_>) -> Answer<String> {
    if text.is_empty() {
        return wrong(at, "is required");
    }
    if text.len() > limits::REQUEST_ID_BYTES_MAX {
        return wrong(at, format!("has more than {} characters", limits::REQUEST_ID_BYTES_MAX));
    }
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return wrong(at, "holds something else than visible ASCII characters");
    }
    Ok(text)
}

/// A `request_id`; "" when there is none.
pub fn request_id(text: String, at: At<'_>) -> Answer<String> {
    if text.is_empty() { Ok(text) } else { chosen_id(text, at) }
}

/// `[a-z][a-z0-9_.-]*`, up to so many bytes: functions, queues, plans, labels, topics.
pub fn name_of(text: &str, at: At<'_>, bytes_max: usize) -> Answer<()> {
    if text.is_empty() {
        return wrong(at, "is required");
    }
    let tail = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.' | b'-');
    let bytes = text.as_bytes();
    if bytes.len() > bytes_max || !bytes[0].is_ascii_lowercase() || !bytes[1..].iter().all(|byte| tail(*byte)) {
        return wrong(at, format!("is not of the form [a-z][a-z0-9_.-]{{0,{}}}", bytes_max - 1));
    }
    Ok(())
}

/// A name of at most 63 characters.
pub fn name(text: String, at: At<'_>) -> Answer<String> {
    name_of(&text, at, limits::NAME_BYTES_MAX).map(|()| text)
}

/// The name of a project: `[a-z][a-z0-9_-]*`, of at most 63 characters.
pub fn project(text: String, at: At<'_>) -> Answer<String> {
    name_of(&text, at, limits::NAME_BYTES_MAX)?;
    if text.contains('.') {
        return wrong(at, format!("is not of the form [a-z][a-z0-9_-]{{0,{}}}", limits::NAME_BYTES_MAX - 1));
    }
    Ok(text)
}

/// Names, at most so many.
pub fn names(texts: Vec<String>, at: At<'_>, count_max: usize) -> Answer<Vec<String>> {
    count(texts.len(), at, 0, count_max)?;
    for (index, text) in texts.iter().enumerate() {
        name_of(text, at.index(index), limits::NAME_BYTES_MAX)?;
    }
    Ok(texts)
}

/// One line for a person or a program: no control characters, at most so many characters.
pub fn line(text: String, at: At<'_>, chars_max: usize) -> Answer<String> {
    length(&text, at, chars_max)?;
    if text.chars().any(char::is_control) {
        return wrong(at, "holds a control character");
    }
    Ok(text)
}

/// Text for a person, perhaps of several lines; at most so many characters.
pub fn prose(text: String, at: At<'_>, chars_max: usize) -> Answer<String> {
    length(&text, at, chars_max)?;
    if text.contains('\0') {
        return wrong(at, "holds a NUL");
    }
    Ok(text)
}

/// An operator's or worker's reason.
pub fn reason(text: String, at: At<'_>) -> Answer<String> {
    prose(text, at, limits::REASON_CHARS_MAX)
}

/// The reason of an action that cannot be undone: without one nobody learns later why it was done (INV-AUDIT).
pub fn required_reason(text: String, at: At<'_>) -> Answer<String> {
    if text.trim().is_empty() {
        return wrong(at, "is required: say why, for the record");
    }
    reason(text, at)
}

fn length(text: &str, at: At<'_>, chars_max: usize) -> Answer<()> {
    // No text has more characters than bytes.
    if text.len() > chars_max && text.chars().count() > chars_max {
        return wrong(at, format!("has more than {chars_max} characters"));
    }
    Ok(())
}

/// A number of elements.
pub fn count(count: usize, at: At<'_>, min: usize, max: usize) -> Answer<()> {
    if count < min {
        return wrong(at, if min == 1 { "is required".into() } else { format!("has fewer than {min} elements") });
    }
    if count > max {
        return wrong(at, format!("has more than {max} elements"));
    }
    Ok(())
}

/// An integer in a range.
pub fn int<T: TryFrom<i64>>(value: i64, at: At<'_>, min: i64, max: i64) -> Answer<T> {
    let inside = if (min..=max).contains(&value) { T::try_from(value).ok() } else { None };
    inside.ok_or_else(|| Refusal::field(at, format!("is not from {min} to {max}")))
}

/// How many at most: 0 means one.
pub fn at_most(value: i32, at: At<'_>, max: usize) -> Answer<usize> {
    let value: usize = int(i64::from(value), at, 0, max as i64)?;
    Ok(value.max(1))
}

/// Labels of a plan, job or worker.
pub fn labels(map: Map, at: At<'_>) -> Answer<BTreeMap<String, String>> {
    count(map.len(), at, 0, limits::LABELS_MAX)?;
    let map: BTreeMap<String, String> = map.into_iter().collect();
    for (key, value) in &map {
        name_of(key, at.key(key), limits::NAME_BYTES_MAX)?;
        if value.len() > limits::LABEL_BYTES_MAX && value.chars().count() > limits::LABEL_BYTES_MAX {
            return wrong(at.key(key), format!("has more than {} characters", limits::LABEL_BYTES_MAX));
        }
        if value.chars().any(char::is_control) {
            return wrong(at.key(key), "holds a control character");
        }
    }
    Ok(map)
}

/// Headers of a packet or of an outbox message.
pub fn headers(map: Map, at: At<'_>) -> Answer<esteira_model::Headers> {
    if map.is_empty() {
        return Ok(BTreeMap::new());
    }
    count(map.len(), at, 0, limits::HEADERS_MAX)?;
    let map: BTreeMap<String, String> = map.into_iter().collect();
    let tail = |byte: &u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.' | b'-');
    let mut bytes = 0;
    for (key, value) in &map {
        bytes += key.len() + value.len();
        let first = key.as_bytes().first().is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        if !first || key.len() > limits::NAME_BYTES_MAX || !key.as_bytes().iter().all(tail) {
            return wrong(at.key(key), "its name is not of the form [a-z0-9][a-z0-9._-]{0,62}");
        }
        if value.chars().any(char::is_control) {
            return wrong(at.key(key), "holds a control character");
        }
    }
    if bytes > limits::HEADER_BYTES_MAX {
        return wrong(at, format!("takes more than {} bytes", limits::HEADER_BYTES_MAX));
    }
    Ok(map)
}

/// The revision that an etag names; none for "".
pub fn etag(text: &str) -> Answer<Option<i64>> {
    // One that no answer ever carried matches nothing.
    Ok(if text.is_empty() { None } else { Some(text.parse().unwrap_or(-1)) })
}

#[cfg(test)]
#[path = "check_tests.rs"]
mod tests;
