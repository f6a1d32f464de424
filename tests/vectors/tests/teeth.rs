//! A comparison that could not fail would show nothing: each field of each trace is changed, and must be named.

use esteira_vectors::{Case, difference_of, files};
use serde_json::{Value, json};

/// The value with one field changed, for each field: the pointer of the field that must be named, and the changed value.
fn changed(value: &Value) -> Vec<(String, Value)> {
    let mut places = Vec::new();
    fields(value, &mut String::new(), &mut places);
    let mut all = Vec::new();
    for place in places {
        let mut copy = value.clone();
        let field = copy.pointer_mut(&place).expect("the place was found in it");
        let named = match field {
            Value::Array(items) => {
                let end = items.len();
                items.push(json!("more"));
                format!("{place}/{end}")
            }
            other => {
                *other = other_than(other);
                place
            }
        };
        all.push((named, copy));
    }
    all
}

fn other_than(value: &Value) -> Value {
    match value {
        Value::Null => json!("something"),
        Value::Bool(value) => json!(!value),
        Value::Number(value) => json!(value.as_u64().map_or(0, |n| n + 1)),
        Value::String(text) => json!(format!("{text}~")),
        Value::Array(_) | Value::Object(_) => Value::Null,
    }
}

/// All leaves and all lists.
fn fields(value: &Value, path: &mut String, places: &mut Vec<String>) {
    let length = path.len();
    let mut below = |key: &str, value: &Value, path: &mut String| {
        path.push('/');
        path.push_str(key);
        fields(value, path, places);
        path.truncate(length);
    };
    match value {
        Value::Object(members) => members.iter().for_each(|(key, value)| below(key, value, path)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, value)| below(&at.to_string(), value, path));
            places.push(path.clone());
        }
        _ => places.push(path.clone()),
    }
}

#[test]
fn whatever_changes_in_a_trace_is_named() {
    let (mut traces, mut changes) = (0, 0);
    for (topic, file) in files::vectors().expect("the vectors can be read") {
        for case in file.cases {
            let Case::Trace(case) = case else { continue };
            let expected = serde_json::to_value(case.expected.expect("it is filled in")).expect("a trace is JSON");
            assert_eq!(difference_of(&expected, &expected), None, "{topic}: {}", case.name);
            traces += 1;
            for (place, wrong) in changed(&expected) {
                changes += 1;
                for found in [difference_of(&wrong, &expected), difference_of(&expected, &wrong)] {
                    let named = found.map(|difference| difference.path);
                    assert_eq!(named.as_deref(), Some(place.as_str()), "{topic}: {}", case.name);
                }
            }
        }
    }
    assert!(traces >= 240 && changes > 20_000, "{changes} changes of {traces} traces");
}

/// What is missing is named as well; a message alone may be missing from a vector.
#[test]
fn a_field_that_is_missing_is_named() {
    let expected = json!({"failure": {"kind": "RETRYABLE", "code": "X", "message": "m"}, "tasks": [{"step": "a"}]});
    for (place, without) in [
        ("/failure/code", json!({"failure": {"kind": "RETRYABLE", "message": "m"}, "tasks": [{"step": "a"}]})),
        ("/failure/message", json!({"failure": {"kind": "RETRYABLE", "code": "X"}, "tasks": [{"step": "a"}]})),
        ("/tasks/0/step", json!({"failure": {"kind": "RETRYABLE", "code": "X", "message": "m"}, "tasks": [{}]})),
        ("/tasks/0", json!({"failure": {"kind": "RETRYABLE", "code": "X", "message": "m"}, "tasks": []})),
    ] {
        assert_eq!(difference_of(&expected, &without).map(|it| it.path).as_deref(), Some(place));
    }
}
