//! Texts of statements over many rows, made once for each size.
//!
//! Rows are bound parameters of one multi-row VALUES list. Lists come in powers of two, so that a handful of prepared
//! statements serve every round; a list that is not full is padded with NULL rows, which the statement leaves out.
//! Parameters are plain `?` and bound by place.

use crate::{
    statement::{Keyed, KeyedUnion, OnConflict, Operation, Sending, Table, address},
    value::{Rows, Value},
};
use sqlx::{AssertSqlSafe, SqlSafeStr, SqlStr};
use std::{collections::HashMap, fmt::Write, sync::Arc};

/// Rows of one statement at most. More would not be faster, and 256 rows of 29 columns stay far below SQLite's 32,766
/// parameters.
const ROWS_MAX: usize = 256;

/// Which text: the address of its description, its rows, whether it is padded.
type Key = (usize, usize, bool);

/// The texts made so far on one connection; as many as there are descriptions times nine sizes, at most twice.
#[derive(Default)]
pub(crate) struct Texts {
    made: HashMap<Key, Arc<str>>,
}

/// Cuts rows into lists of a power of two. Calls `text` with the number of rows of each list and whether it is padded.
fn chunks(rows: Rows, mut text: impl FnMut(usize, bool) -> SqlStr) -> Vec<(SqlStr, Vec<Value>)> {
    let (width, count) = (rows.width(), rows.len());
    let mut cells = rows.into_cells().into_iter();
    let mut statements = Vec::with_capacity(count / ROWS_MAX + 1);
    let mut left = count;
    while left > 0 {
        let taken = left.min(ROWS_MAX);
        let size = taken.next_power_of_two();
        let mut list = Vec::with_capacity(size * width + 1);
        list.extend(cells.by_ref().take(taken * width));
        list.resize(size * width, Value::Null);
        statements.push((text(size, size != taken), list));
        left -= taken;
    }
    statements
}

/// `(?,?),(?,?)`
fn lists(out: &mut String, width: usize, rows: usize) {
    for row in 0..rows {
        out.push_str(if row == 0 { "(" } else { ",(" });
        for column in 0..width {
            out.push_str(if column == 0 { "?" } else { ",?" });
        }
        out.push(')');
    }
}

/// `WITH k(k1,k2) AS (VALUES (?,?),...) `
fn key_list(width: usize, rows: usize) -> String {
    let mut out = String::with_capacity(32 + rows * (2 * width + 2));
    out.push_str("WITH k(");
    for column in 1..=width {
        let _ = write!(out, "{}k{column}", if column == 1 { "" } else { "," });
    }
    out.push_str(") AS (VALUES ");
    lists(&mut out, width, rows);
    out.push_str(") ");
    out
}

/// The statement over one key, without a list: SQLite makes a table in memory of each list that it changes rows by, which costs more
/// than to find the row. None when the list is used in a way that this does not know.
fn one_key(width: usize, sql: &str) -> Option<String> {
    let tuple: Vec<String> = (1..=width).map(|column| format!("k{column}")).collect();
    let tuple = tuple.join(", ");
    let sql = sql
        .replace(&format!("IN (SELECT {tuple} FROM k)"), &format!("= ({tuple})"))
        .replace("FROM k CROSS JOIN ", "FROM ")
        .replace(" FROM k WHERE ", " WHERE ");
    let mut out = String::with_capacity(sql.len());
    let mut rest = sql.as_str();
    while let Some(at) = rest.find(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == '$') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest[1..].find(|c: char| !c.is_ascii_alphanumeric() && c != '_').map_or(rest.len(), |end| end + 1);
        let (word, behind) = rest.split_at(end);
        rest = behind;
        match word.strip_prefix('k').map(str::parse::<usize>) {
            _ if word == "k" => return None,
            Some(Ok(column)) => write!(out, "?{column}").ok()?,
            _ if word == "$last" => write!(out, "?{}", width + 1).ok()?,
            _ => out.push_str(word),
        }
    }
    out.push_str(rest);
    Some(out)
}

fn insert_text(table: &Table, rows: usize, padded: bool) -> String {
    // FAIL instead of the usual ABORT: a failed statement need not undo its own rows, as the unit is rolled back whole, and
    // so SQLite keeps no copy of the pages that the statement changes.
    let conflict = if table.on_conflict == OnConflict::Fail { "OR FAIL " } else { "" };
    let mut out = format!("INSERT {conflict}INTO {} (", table.name);
    for (i, column) in table.columns().enumerate() {
        let _ = write!(out, "{}{}", if i == 0 { "" } else { "," }, column.name);
    }
    out.push_str(") ");
    // An upsert of a SELECT needs a WHERE: without it SQLite reads ON CONFLICT as a join's ON.
    let select = padded || table.on_conflict != OnConflict::Fail;
    out.push_str(if select { "SELECT * FROM (VALUES " } else { "VALUES " });
    lists(&mut out, table.width(), rows);
    if select {
        out.push_str(") WHERE column1 IS NOT NULL");
    }
    match table.on_conflict {
        OnConflict::Fail => {}
        // One writer holds the write lock: every row is held.
        OnConflict::Keep | OnConflict::Hold(..) => out.push_str(" ON CONFLICT DO NOTHING"),
        OnConflict::Overwrite(key, columns) => {
            let _ = write!(out, " ON CONFLICT ({key}) DO UPDATE SET ");
            for (i, column) in columns.iter().enumerate() {
                let _ = write!(out, "{}{column} = excluded.{column}", if i == 0 { "" } else { "," });
            }
        }
    }
    out
}

impl Texts {
    /// The statements of a round; operations without rows are left out.
    pub(crate) fn round(&mut self, operations: Vec<Operation>) -> Vec<Sending> {
        let mut sendings = Vec::with_capacity(operations.len());
        for (number, operation) in operations.into_iter().enumerate() {
            let statements = match operation {
                Operation::Insert(table, rows) => self.insert(table, rows),
                Operation::Change(keyed, keys) => self.keyed(keyed, keys, None),
            };
            sendings.extend(statements.into_iter().map(|(sql, values)| Sending {
                sql,
                values,
                operations: vec![number],
            }));
        }
        sendings
    }

    fn text(&mut self, key: Key, make: impl FnOnce() -> String) -> SqlStr {
        AssertSqlSafe(self.made.entry(key).or_insert_with(|| make().into()).clone()).into_sql_str()
    }

    /// The inserts of these rows.
    pub(crate) fn insert(&mut self, table: &'static Table, rows: Rows) -> Vec<(SqlStr, Vec<Value>)> {
        chunks(rows, |size, padded| self.text((address(table), size, padded), || insert_text(table, size, padded)))
    }

    /// The statement over these keys. A padding key is NULL, which equals nothing.
    pub(crate) fn keyed(
        &mut self,
        keyed: &'static Keyed,
        keys: Rows,
        last: Option<Value>,
    ) -> Vec<(SqlStr, Vec<Value>)> {
        let width = keyed.key.len();
        let list = |size| key_list(width, size) + &keyed.sql.replace("$last", "?");
        let make = |size| if size == 1 { one_key(width, keyed.sql).unwrap_or_else(|| list(1)) } else { list(size) };
        let mut statements = chunks(keys, |size, _| self.text((address(keyed), size, false), || make(size)));
        for (_, values) in &mut statements {
            values.extend(last.clone());
        }
        statements
    }

    /// One statement for all arms.
    pub(crate) fn keyed_union(&mut self, union: &'static KeyedUnion, keys: Rows) -> Vec<(SqlStr, Vec<Value>)> {
        let width = union.key.len();
        chunks(keys, |size, _| {
            self.text((address(union), size, false), || {
                let sql = union.arms.join(" UNION ALL ");
                let list = || key_list(width, size) + &sql;
                if size == 1 { one_key(width, &sql).unwrap_or_else(list) } else { list() }
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statement::{Column, Type};

    static PAIR: Table = Table {
        name: "pair",
        shared: &[Column { name: "a", kind: Type::I64 }],
        own: &[Column { name: "b", kind: Type::Text }],
        on_conflict: OnConflict::Fail,
    };

    fn rows(count: i64) -> Rows {
        let mut rows = Rows::with_capacity(2, 0);
        for i in 0..count {
            rows.push(i).push("x");
        }
        rows
    }

    #[test]
    fn lists_come_in_powers_of_two() {
        let mut texts = Texts::default();
        for (count, sizes) in
            [(0, vec![]), (1, vec![1]), (3, vec![4]), (100, vec![128]), (256, vec![256]), (600, vec![256, 256, 128])]
        {
            let statements = texts.insert(&PAIR, rows(count));
            let bound: Vec<usize> = statements.iter().map(|(_, values)| values.len() / 2).collect();
            assert_eq!(bound, sizes, "{count} rows");
        }
    }

    #[test]
    fn only_padded_lists_are_filtered() {
        let mut texts = Texts::default();
        assert_eq!(texts.insert(&PAIR, rows(2))[0].0.as_str(), "INSERT OR FAIL INTO pair (a,b) VALUES (?,?),(?,?)");
        assert_eq!(
            texts.insert(&PAIR, rows(3))[0].0.as_str(),
            "INSERT OR FAIL INTO pair (a,b) SELECT * FROM (VALUES (?,?),(?,?),(?,?),(?,?)) WHERE column1 IS NOT NULL"
        );
    }

    #[test]
    fn one_key_is_no_table() {
        let one = |width, sql| one_key(width, sql).unwrap_or_else(|| "a list".into());
        assert_eq!(
            one(2, "SELECT b FROM k CROSS JOIN pair ON a = k1 AND k2 = b"),
            "SELECT b FROM pair ON a = ?1 AND ?2 = b"
        );
        assert_eq!(
            one(1, "SELECT k1, a FROM k CROSS JOIN x WHERE a = k1 LIMIT $last"),
            "SELECT ?1, a FROM x WHERE a = ?1 LIMIT ?2"
        );
        assert_eq!(
            one(2, "DELETE FROM pair WHERE (a, b) IN (SELECT k1, k2 FROM k)"),
            "DELETE FROM pair WHERE (a, b) = (?1, ?2)"
        );
        assert_eq!(one(2, "UPDATE pair SET b = k2 FROM k WHERE a = k1"), "UPDATE pair SET b = ?2 WHERE a = ?1");
        // Part of the key, or another way to read the list.
        assert_eq!(one(2, "DELETE FROM pair WHERE a IN (SELECT k1 FROM k) AND b = 'k1x'"), "a list");
        assert_eq!(one(1, "SELECT coalesce(max(a), k1) FROM k LEFT JOIN pair ON a = k1"), "a list");
    }

    #[test]
    fn keys_are_a_table() {
        static FIND: Keyed = Keyed { key: &[Type::I64, Type::Text], sql: "SELECT b FROM k CROSS JOIN pair ON a = k1" };
        let statements = Texts::default().keyed(&FIND, rows(2), None);
        assert_eq!(
            statements[0].0.as_str(),
            "WITH k(k1,k2) AS (VALUES (?,?),(?,?)) SELECT b FROM k CROSS JOIN pair ON a = k1"
        );
    }
}
