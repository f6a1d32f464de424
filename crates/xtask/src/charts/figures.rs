//! What a measurement wrote, read as data: this crate knows no type of the product.

use serde_json::Value;
use std::collections::BTreeMap;

/// A run.
#[derive(Debug, Default)]
pub struct Figures {
    /// One line on where it ran, and one on each database.
    pub about: Vec<String>,
    /// The rows.
    pub rows: Vec<Row>,
}

/// One row.
#[derive(Debug, Default, Clone)]
pub struct Row {
    pub scenario: String,
    pub database: String,
    pub variant: String,
    pub reports: String,
    pub unit: String,
    pub latency_of: String,
    /// The columns that are numbers.
    pub numbers: BTreeMap<String, f64>,
    /// What only its scenario tells.
    pub own: BTreeMap<String, f64>,
    pub series: Vec<f64>,
}

impl Row {
    /// A column, or a figure of the scenario.
    pub fn number(&self, name: &str) -> Option<f64> {
        self.numbers.get(name).or_else(|| self.own.get(name)).copied()
    }
}

/// Reads the document.
pub fn read(text: &str) -> Result<Figures, String> {
    let document: Value = serde_json::from_str(text).map_err(|error| format!("the figures are no JSON: {error}"))?;
    let rows = document["rows"].as_array().ok_or("the figures have no `rows`")?;
    let machine = &document["machine"];
    let mut about = vec![format!(
        "esteira {}{}, {} cores ({}), Linux {}; a 4 KiB write + fdatasync takes {} us; load average {} before and {} after",
        text_of(&document["esteira"]),
        if document["optimised"].as_bool() == Some(false) { ", not optimised" } else { "" },
        machine["cores"],
        text_of(&machine["processor"]),
        text_of(&machine["kernel"]),
        machine["sync_us"],
        machine["load_before"],
        machine["load_after"],
    )];
    about.extend(document["databases"].as_array().into_iter().flatten().map(text_of));
    Ok(Figures { about, rows: rows.iter().map(row).collect::<Result<_, _>>()? })
}

fn text_of(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn numbers(value: &Value) -> BTreeMap<String, f64> {
    let pairs = value.as_object().into_iter().flatten();
    pairs.filter_map(|(name, value)| Some((name.clone(), value.as_f64()?))).collect()
}

fn row(value: &Value) -> Result<Row, String> {
    let text = |name: &str| text_of(&value[name]);
    let scenario = text("scenario");
    if scenario.is_empty() || !value["steps_per_second"].is_number() {
        return Err(format!("a row without scenario or steps_per_second: {value}"));
    }
    Ok(Row {
        scenario,
        database: text("database"),
        variant: text("variant"),
        reports: text("reports"),
        unit: text("unit"),
        latency_of: text("latency_of"),
        numbers: numbers(value),
        own: numbers(&value["figures"]),
        series: value["series"].as_array().into_iter().flatten().filter_map(Value::as_f64).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_have_columns_and_figures_of_their_own() {
        let text = r#"{"rows":[{"scenario":"b8","steps_per_second":7,"figures":{"ratio":0.5},"series":[1,2]}]}"#;
        let figures = read(text).expect("it is read");
        let row = &figures.rows[0];
        assert_eq!(
            (row.number("steps_per_second"), row.number("ratio"), row.number("x")),
            (Some(7.0), Some(0.5), None)
        );
        assert_eq!(row.series, [1.0, 2.0]);
    }

    #[test]
    fn other_documents_are_refused() {
        for text in ["", "{}", r#"{"rows":[{}]}"#, r#"{"rows":[{"scenario":"b8"}]}"#] {
            assert!(read(text).is_err(), "{text:?}");
        }
    }
}
