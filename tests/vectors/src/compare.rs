//! The first field in which what came differs from what is expected.

use serde::Serialize;
use serde_json::Value;
use std::fmt;

/// Where two values differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// JSON Pointer of the field, from `expected`.
    pub path: String,
    /// What is expected there; none when nothing is.
    pub expected: Option<String>,
    /// What came.
    pub found: Option<String>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let say = |value: &Option<String>| value.clone().unwrap_or_else(|| "nothing".into());
        write!(f, "expected{}: {}, found {}", self.path, say(&self.expected), say(&self.found))
    }
}

/// The first difference, if there is one. A `message` that is not expected is not compared.
pub fn difference<T: Serialize>(expected: &T, found: &T) -> Option<Difference> {
    let json = |value: &T| serde_json::to_value(value).expect("vectors are JSON");
    difference_of(&json(expected), &json(found))
}

/// The same of two values of JSON.
pub fn difference_of(expected: &Value, found: &Value) -> Option<Difference> {
    first(&mut String::new(), Some(expected), Some(found))
}

fn first(path: &mut String, expected: Option<&Value>, found: Option<&Value>) -> Option<Difference> {
    match (expected, found) {
        (Some(Value::Object(wanted)), Some(Value::Object(given))) => {
            let keys = wanted.keys().chain(given.keys().filter(|key| !wanted.contains_key(*key) && *key != "message"));
            keys.into_iter().find_map(|key| below(path, key, |path| first(path, wanted.get(key), given.get(key))))
        }
        (Some(Value::Array(wanted)), Some(Value::Array(given))) => (0..wanted.len().max(given.len()))
            .find_map(|at| below(path, &at.to_string(), |path| first(path, wanted.get(at), given.get(at)))),
        (wanted, given) if wanted == given => None,
        (wanted, given) => Some(Difference {
            path: path.clone(),
            expected: wanted.map(Value::to_string),
            found: given.map(Value::to_string),
        }),
    }
}

fn below<T>(path: &mut String, key: &str, look: impl FnOnce(&mut String) -> T) -> T {
    let length = path.len();
    path.push('/');
    path.push_str(key);
    let found = look(path);
    path.truncate(length);
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(expected: Value, found: Value, path: Option<&str>) {
        assert_eq!(difference(&expected, &found).map(|it| it.path).as_deref(), path, "{expected} {found}");
    }

    #[test]
    fn the_first_field_is_named() {
        check(json!({"a": [1, {"b": 2}]}), json!({"a": [1, {"b": 2}]}), None);
        check(json!({"a": [1, {"b": 2}]}), json!({"a": [1, {"b": 3}]}), Some("/a/1/b"));
        check(json!({"a": [1]}), json!({"a": [1, 2]}), Some("/a/1"));
        check(json!({"a": [1, 2]}), json!({"a": [1]}), Some("/a/1"));
        check(json!({"a": null}), json!({}), Some("/a"));
        check(json!({}), json!({"a": null}), Some("/a"));
        check(json!({"code": "X"}), json!({"code": "X", "message": "m"}), None);
        check(json!({"message": "n"}), json!({"message": "m"}), Some("/message"));
    }
}
