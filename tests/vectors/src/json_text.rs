//! A JSON text that an author may write as YAML.

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error, MapAccess, SeqAccess, Visitor},
};
use std::fmt;

/// JSON text. In a source it may be a mapping: then it is written compact, in the order of its keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct JsonText(pub String);

impl<'de> Deserialize<'de> for JsonText {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        reader.deserialize_any(Text)
    }
}

/// A text stands for itself, a mapping for its JSON.
struct Text;

impl<'de> Visitor<'de> for Text {
    type Value = JsonText;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON text or a mapping")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<JsonText, E> {
        Ok(JsonText(text.into()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<JsonText, A::Error> {
        Any.visit_map(map).map(|value| JsonText(value.0))
    }
}

/// Any value as JSON.
struct Value(String);

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        reader.deserialize_any(Any)
    }
}

struct Any;

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

impl<'de> Visitor<'de> for Any {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value that JSON has")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value("null".into()))
    }

    fn visit_none<E: Error>(self) -> Result<Value, E> {
        self.visit_unit()
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value(value.to_string()))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value(value.to_string()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(Value(value.to_string()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(Value(value.to_string()))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(Value(quoted(text)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(Value(item)) = list.next_element()? {
            items.push(item);
        }
        Ok(Value(format!("[{}]", items.join(","))))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut members = Vec::new();
        while let Some((key, Value(value))) = map.next_entry::<String, Value>()? {
            members.push(format!("{}:{value}", quoted(&key)));
        }
        Ok(Value(format!("{{{}}}", members.join(","))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(yaml: &str, expected: &str) {
        assert_eq!(serde_yaml_ng::from_str::<JsonText>(yaml).map(|text| text.0).ok().as_deref(), Some(expected));
    }

    #[test]
    fn a_mapping_keeps_its_order_and_a_text_its_bytes() {
        check("{b: [1, -2, 0.5, null, true], a: {'x': \"y\\\"\"}}", r#"{"b":[1,-2,0.5,null,true],"a":{"x":"y\""}}"#);
        check("'{ \"a\" : 1.0 }'", "{ \"a\" : 1.0 }");
        assert!(serde_yaml_ng::from_str::<JsonText>("[1]").is_err());
    }
}
