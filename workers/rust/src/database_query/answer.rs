//! Rows on their way out: JSON objects, counted while they arrive.

use esteira_sdk::{Error, model::Payload};
use std::{collections::HashSet, fmt::Write as _};

/// How much a statement may answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Caps {
    pub(crate) rows_max: usize,
    pub(crate) bytes_max: usize,
}

/// What a statement answered.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Answer {
    rows: Vec<String>,
    rows_affected: u64,
}

impl Answer {
    /// `{"rows": [..], "rows_affected": n}`.
    pub(crate) fn into_single(self) -> Payload {
        Payload::json(format!(r#"{{"rows":[{}],"rows_affected":{}}}"#, self.rows.join(","), self.rows_affected))
    }

    /// One payload a row.
    pub(crate) fn into_items(self) -> Vec<Payload> {
        self.rows.into_iter().map(Payload::json).collect()
    }
}

/// Takes rows up to the caps.
pub(crate) struct Collector {
    caps: Caps,
    bytes: usize,
    answer: Answer,
}

impl Collector {
    /// An empty one.
    pub(crate) fn new(caps: Caps) -> Self {
        Self { caps, bytes: 0, answer: Answer::default() }
    }

    /// Takes a row whose columns have these names and these JSON values.
    ///
    /// Errors: `DATABASE_ROWS_MAX`, `DATABASE_BYTES_MAX`, and `DATABASE_COLUMNS` for two columns of one name.
    pub(crate) fn push<'a>(
        &mut self,
        columns: impl Iterator<Item = (&'a str, Result<String, Error>)>,
    ) -> Result<(), Error> {
        if self.answer.rows.len() == self.caps.rows_max {
            return Err(Error::non_retryable(
                "DATABASE_ROWS_MAX",
                format!("there are more rows than rows_max = {}", self.caps.rows_max),
            ));
        }
        let mut names = self.answer.rows.is_empty().then(HashSet::new);
        let mut row = String::from("{");
        for (index, (name, value)) in columns.enumerate() {
            if names.as_mut().is_some_and(|names| !names.insert(name)) {
                return Err(Error::non_retryable(
                    "DATABASE_COLUMNS",
                    format!("two columns are called {name:?}; rename one with AS"),
                ));
            }
            row.push_str(if index == 0 { "" } else { "," });
            push_text(&mut row, name);
            row.push(':');
            row.push_str(&value?);
        }
        row.push('}');
        self.bytes += row.len();
        if self.bytes > self.caps.bytes_max {
            return Err(Error::non_retryable(
                "DATABASE_BYTES_MAX",
                format!("the rows are larger than bytes_max = {}", self.caps.bytes_max),
            ));
        }
        self.answer.rows.push(row);
        Ok(())
    }

    /// Counts rows that were changed.
    pub(crate) fn affected(&mut self, rows: u64) {
        self.answer.rows_affected += rows;
    }

    /// All that was taken.
    pub(crate) fn finish(self) -> Answer {
        self.answer
    }
}

/// Appends a text as a JSON string.
pub(crate) fn push_text(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c < ' ' => {
                // Writing to a string cannot fail.
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

/// A floating-point number in JSON: the shortest digits that read back as the same number; what JSON cannot say is a text.
pub(crate) fn float(number: f64) -> String {
    if number.is_nan() {
        "\"NaN\"".to_owned()
    } else if number.is_infinite() {
        if number > 0.0 { "\"Infinity\"".to_owned() } else { "\"-Infinity\"".to_owned() }
    } else {
        serde_json::Value::from(number).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(values: &[(&'static str, &str)], collector: &mut Collector) -> Result<(), Error> {
        collector.push(values.iter().map(|(name, value)| (*name, Ok((*value).to_owned()))))
    }

    #[test]
    fn rows_are_objects_and_are_capped() {
        let mut collector = Collector::new(Caps { rows_max: 2, bytes_max: 30 });
        row(&[("a", "1"), ("b\"", "null")], &mut collector).expect("row");
        assert_eq!(
            row(&[("c", "\"123456789012345678\"")], &mut collector).expect_err("bytes").code(),
            "DATABASE_BYTES_MAX"
        );
        let mut collector = Collector::new(Caps { rows_max: 2, bytes_max: 1000 });
        row(&[("a", "1"), ("b\"", "null")], &mut collector).expect("row");
        row(&[("a", "2")], &mut collector).expect("row");
        assert_eq!(row(&[("a", "3")], &mut collector).expect_err("rows").code(), "DATABASE_ROWS_MAX");
        collector.affected(7);
        let single = collector.finish().into_single();
        assert_eq!(single.as_json(), Some(r#"{"rows":[{"a":1,"b\"":null},{"a":2}],"rows_affected":7}"#));
        let mut collector = Collector::new(Caps { rows_max: 2, bytes_max: 30 });
        assert_eq!(row(&[("a", "1"), ("a", "2")], &mut collector).expect_err("twice").code(), "DATABASE_COLUMNS");
    }

    #[test]
    fn texts_and_numbers_are_json() {
        let mut out = String::new();
        push_text(&mut out, "a\"\\\n\u{1}é😀");
        assert_eq!(out, "\"a\\\"\\\\\\n\\u0001é😀\"");
        assert_eq!(serde_json::from_str::<String>(&out).expect("json"), "a\"\\\n\u{1}é😀");
        let cases = [
            (1.5, "1.5"),
            (1.0, "1.0"),
            (1e300, "1e300"),
            (f64::NAN, "\"NaN\""),
            (f64::NEG_INFINITY, "\"-Infinity\""),
            (-0.0, "-0.0"),
        ];
        for (number, expected) in cases {
            assert_eq!(float(number).replace("e+", "e"), expected);
        }
    }
}
