//! Lists: filters over named fields, pages by cursor.

/// A conjunction of terms; empty = everything.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Filter(pub Vec<Term>);

/// `field op value`.
#[derive(Debug, Clone, PartialEq)]
pub struct Term {
    /// A field that the verb documents; `labels.<key>` for a label.
    pub field: String,
    /// The comparison.
    pub op: Op,
    /// Bound as a parameter, never written into SQL.
    pub value: Value,
}

impl Term {
    /// That a field has this text.
    pub fn eq(field: &str, value: &str) -> Self {
        Self { field: field.to_owned(), op: Op::Eq, value: Value::Text(value.to_owned()) }
    }
}

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    /// `=`
    Eq,
    /// `!=`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
}

/// A value to compare with.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Text; enums and ids in their text form.
    Text(String),
    /// An integer; instants in microseconds since the epoch.
    Int(i64),
}

/// Which page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Rows at most.
    pub size: usize,
    /// The `next` of the page before; none for the first.
    pub after: Option<Vec<u8>>,
}

/// A page of rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Paged<T> {
    /// The rows, newest first unless the verb says otherwise.
    pub rows: Vec<T>,
    /// Cursor of the next page; none on the last.
    pub next: Option<Vec<u8>>,
}
