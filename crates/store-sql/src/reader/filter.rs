//! Filters: terms over a whitelist of fields become SQL with bound parameters. Nothing of a caller is ever part of SQL.

use crate::value::Value;
use esteira_store::{Error, Filter, Kind, Op, Result, Term, page};

/// A field that a list knows.
pub(super) struct Field {
    /// Its name in a filter.
    pub(super) name: &'static str,
    /// What it is in SQL.
    pub(super) sql: Sql,
}

/// How a field is compared.
pub(super) enum Sql {
    /// A text column.
    Text(&'static str),
    /// An integer column.
    Int(&'static str),
    /// An id column; the value is the id's text form.
    Id(&'static str),
    /// A column of 0 and 1; the value is `true` or `false`.
    Bool(&'static str),
    /// A condition of its own, by operator and text value.
    Special(fn(Op, &str) -> Condition),
}

/// A condition whose values take the places of `{}`, in order.
pub(super) struct Condition {
    pub(super) sql: String,
    pub(super) values: Vec<Value>,
}

impl Condition {
    pub(super) fn new(sql: impl Into<String>, values: Vec<Value>) -> Self {
        Self { sql: sql.into(), values }
    }
}

/// A SELECT under construction: text with `$n` and the values bound so far.
pub(crate) struct Query {
    sql: String,
    values: Vec<Value>,
}

/// The comparison in SQL. `IS DISTINCT FROM`: an absent value is not equal to any.
pub(super) fn operator(op: Op) -> &'static str {
    match op {
        Op::Eq => "=",
        Op::Ne => "IS DISTINCT FROM",
        Op::Lt => "<",
        Op::Le => "<=",
        Op::Gt => ">",
        Op::Ge => ">=",
    }
}

/// The error of a field that a list does not know.
pub(super) fn unknown_field(field: &str) -> Error {
    Error::new(Kind::UnknownField, format!("unknown field {field:?}"))
}

impl Query {
    /// Begins with this text, whose `$1`, `$2`, ... are these values.
    pub(super) fn new(sql: &str, values: Vec<Value>) -> Self {
        Self { sql: sql.to_owned(), values }
    }

    /// Appends text; each `{}` becomes the next value's placeholder.
    pub(super) fn push(&mut self, text: &str, values: Vec<Value>) -> &mut Self {
        let mut parts = text.split("{}");
        self.sql.push_str(parts.next().unwrap_or_default());
        for (part, value) in parts.zip(values) {
            self.values.push(value);
            self.sql.push_str(&format!("${}", self.values.len()));
            self.sql.push_str(part);
        }
        self
    }

    /// Appends ` AND (...)` for each term. `labels` makes the condition of a `labels.<key>` term, if the list has labels.
    pub(super) fn filter(
        &mut self,
        filter: &Filter,
        fields: &[Field],
        labels: Option<fn(&str, Op, &str) -> Condition>,
    ) -> Result<&mut Self> {
        for term in &filter.0 {
            let condition = match (term.field.strip_prefix("labels."), labels) {
                (Some(key), Some(condition)) => condition(key, term.op, &text(&term.value)),
                _ => match fields.iter().find(|field| field.name == term.field) {
                    Some(field) => condition(field, term),
                    None => return Err(unknown_field(&term.field)),
                },
            };
            self.push(" AND (", Vec::new()).push(&condition.sql, condition.values).push(")", Vec::new());
        }
        Ok(self)
    }

    /// The text and its values.
    pub(crate) fn into_parts(self) -> (String, Vec<Value>) {
        (self.sql, self.values)
    }
}

fn text(value: &page::Value) -> String {
    match value {
        page::Value::Text(text) => text.clone(),
        page::Value::Int(int) => int.to_string(),
    }
}

/// A value that cannot be one of the field's is equal to none of them, and different from all.
fn never(op: Op) -> Condition {
    Condition::new(if op == Op::Ne { "1 = 1" } else { "1 = 0" }, Vec::new())
}

fn compare(column: &str, op: Op, value: Option<Value>) -> Condition {
    match value {
        Some(value) => Condition::new(format!("{column} {} {{}}", operator(op)), vec![value]),
        None => never(op),
    }
}

fn condition(field: &Field, term: &Term) -> Condition {
    let text = text(&term.value);
    match field.sql {
        Sql::Text(column) => compare(column, term.op, Some(text.into())),
        Sql::Int(column) => compare(column, term.op, text.parse::<i64>().ok().map(Value::from)),
        Sql::Id(column) => compare(column, term.op, id(&text)),
        Sql::Bool(column) => compare(column, term.op, text.parse::<bool>().ok().map(Value::from)),
        Sql::Special(make) => make(term.op, &text),
    }
}

/// The bytes of an id's text form, if it is one.
pub(super) fn id(text: &str) -> Option<Value> {
    text.parse::<esteira_model::Uuid>().ok().map(Value::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIELDS: &[Field] = &[
        Field { name: "state", sql: Sql::Text("state") },
        Field { name: "size", sql: Sql::Int("size") },
        Field { name: "id", sql: Sql::Id("id") },
    ];

    fn check(field: &str, op: Op, value: page::Value, expected: &str, bound: usize) {
        let mut query = Query::new("WHERE a = $1", vec![Value::I64(0)]);
        let filter = Filter(vec![Term { field: field.into(), op, value }]);
        query.filter(&filter, FIELDS, None).expect("a known field");
        let (sql, values) = query.into_parts();
        assert_eq!((sql.as_str(), values.len()), (expected, bound));
    }

    #[test]
    fn terms_are_bound() {
        let text = |t: &str| page::Value::Text(t.into());
        check("state", Op::Eq, text("x'; DROP TABLE job; --"), "WHERE a = $1 AND (state = $2)", 2);
        check("state", Op::Ne, text("{}"), "WHERE a = $1 AND (state IS DISTINCT FROM $2)", 2);
        check("size", Op::Ge, page::Value::Int(5), "WHERE a = $1 AND (size >= $2)", 2);
        check("size", Op::Ge, text("many"), "WHERE a = $1 AND (1 = 0)", 1);
        check("id", Op::Ne, text("none"), "WHERE a = $1 AND (1 = 1)", 1);
    }

    #[test]
    fn unknown_fields_are_named() {
        let filter = Filter(vec![Term { field: "labels.a".into(), op: Op::Eq, value: page::Value::Int(1) }]);
        let error = Query::new("", Vec::new()).filter(&filter, FIELDS, None).err().expect("refused");
        assert_eq!(error.kind(), Kind::UnknownField);
        assert!(error.to_string().contains("labels.a"));
    }
}
