//! Texts of statements over many rows, made once each: rows are bound as one array a column, whatever their number.

use crate::{
    statement::{Keyed, KeyedUnion, Lock, OnConflict, Operation, Sending, Table, Type, address},
    value::{Rows, Value},
};
use sqlx::{AssertSqlSafe, SqlSafeStr, SqlStr};
use std::{borrow::Cow, collections::HashMap, fmt::Write, sync::Arc};

/// Mixtures of operations that get a text of their own, on one connection. The server keeps a plan of each, which is made of
/// as many parts as there are operations; beyond this a round is sent with all of its operations, empty ones too.
const MIXTURES_MAX: usize = 48;

/// The texts made so far on one connection.
#[derive(Default)]
pub(crate) struct Texts {
    /// By description, and whether the rows are locked.
    made: HashMap<(usize, bool), Arc<str>>,
    /// Of rounds, by the descriptions of their operations.
    rounds: HashMap<Vec<usize>, Arc<str>>,
}

fn sql_type(kind: Type) -> &'static str {
    match kind {
        Type::I64 => "bigint",
        Type::Text => "text",
        Type::Blob => "bytea",
    }
}

/// `SELECT UNNEST($1::bytea[]),UNNEST($2::bigint[])`: parameters count from `first` + 1. Not `FROM UNNEST($1,$2)`, which fills and
/// reads a table in memory for each column; here the columns go forward together, row by row.
fn unnest(types: impl Iterator<Item = Type>, first: usize) -> String {
    let mut out = "SELECT ".to_owned();
    for (i, kind) in types.enumerate() {
        let _ = write!(out, "{}UNNEST(${}::{}[])", if i == 0 { "" } else { "," }, first + i + 1, sql_type(kind));
    }
    out
}

/// `WITH k(k1,k2) AS (SELECT UNNEST(...), ...)`
fn key_list(key: &[Type], first: usize) -> String {
    let mut out = "WITH k(".to_owned();
    for column in 1..=key.len() {
        let _ = write!(out, "{}k{column}", if column == 1 { "" } else { "," });
    }
    let _ = write!(out, ") AS ({})", unnest(key.iter().copied(), first));
    out
}

/// A statement as it is sent. A change of live tasks by their keys looks the place of each row up and goes there. Their tables are
/// empty again and again: statistics of such a moment suggest to go through the table and to compare each row with each key, and
/// plans are kept until there are other statistics. The fence is compared where the row is changed, so that one which another
/// transaction changed meanwhile stays (INV-FENCE).
fn statement(sql: &str) -> Cow<'_, str> {
    const IN: &str = " WHERE (job_id, task_id, fence) IN (SELECT k1, k2, k3 FROM k)";
    const EQUAL: &str = " FROM k WHERE (job_id, task_id, fence) = (k1, k2, k3)";
    let by_place = |change: &str, with: &str, table: &str, rest: &str| {
        format!(
            "{change} {with} k CROSS JOIN LATERAL (SELECT ctid AS place FROM {table} WHERE job_id = k1 AND task_id = k2 OFFSET 0) \
             AS found WHERE {table}.ctid = found.place AND fence = k3{rest}"
        )
    };
    let parts = sql.split_once(IN).or_else(|| sql.split_once(EQUAL));
    match parts.map(|(change, rest)| (change, change.split(' ').collect::<Vec<_>>(), rest)) {
        Some((change, words, rest)) => match words[..] {
            ["DELETE", "FROM", table] => by_place(change, "USING", table, rest).into(),
            ["UPDATE", table, ..] => by_place(change, "FROM", table, rest).into(),
            _ => sql.into(),
        },
        None => sql.into(),
    }
}

fn insert_text(table: &Table, first: usize, condition: &str) -> String {
    let mut out = format!("INSERT INTO {} (", table.name);
    for (i, column) in table.columns().enumerate() {
        let _ = write!(out, "{}{}", if i == 0 { "" } else { "," }, column.name);
    }
    let _ = write!(out, ") {}{condition}", unnest(table.columns().map(|column| column.kind), first));
    match table.on_conflict {
        OnConflict::Fail => {}
        OnConflict::Keep => out.push_str(" ON CONFLICT DO NOTHING"),
        // The row is locked before the condition is looked at, and the condition is never true.
        OnConflict::Hold(key, column) => {
            let name = table.name;
            let _ = write!(out, " ON CONFLICT ({key}) DO UPDATE SET {column} = {name}.{column} WHERE 1 = 0");
        }
        OnConflict::Overwrite(key, columns) => {
            let _ = write!(out, " ON CONFLICT ({key}) DO UPDATE SET ");
            for (i, column) in columns.iter().enumerate() {
                let _ = write!(out, "{}{column} = excluded.{column}", if i == 0 { "" } else { "," });
            }
        }
    }
    out
}

/// One statement for all operations: `WITH o0 AS (..), o1 AS (..) SELECT (SELECT count(*) FROM o0), .., <transaction id>`.
///
/// All parts see the snapshot of the statement's beginning. What is inserted therefore waits for the counts of all changes
/// before it: a row that leaves its place is gone, as far as unique indexes are concerned, before it is placed again.
fn round_text(operations: &[(usize, Operation)]) -> String {
    let (mut out, mut counts, mut condition) = (String::new(), String::new(), String::new());
    let mut bound = 0;
    for (i, (_, operation)) in operations.iter().enumerate() {
        let _ = write!(out, "{}o{i} AS (", if i == 0 { "WITH " } else { ", " });
        match operation {
            Operation::Insert(table, _) => {
                out.push_str(&insert_text(table, bound, &condition));
            }
            Operation::Change(keyed, _) => {
                let _ = write!(out, "{} {}", key_list(keyed.key, bound), statement(keyed.sql));
                let and = if condition.is_empty() { " WHERE" } else { " AND" };
                let _ = write!(condition, "{and} (SELECT count(*) FROM o{i}) >= 0");
            }
        }
        out.push_str(" RETURNING 1)");
        let _ = write!(counts, "(SELECT count(*) FROM o{i}), ");
        bound += operation.rows().width();
    }
    let _ = write!(out, " SELECT {counts}pg_current_xact_id()::text::bigint");
    out
}

/// One array for each column.
fn arrays(types: impl Iterator<Item = Type>, rows: Rows) -> impl Iterator<Item = Value> {
    types.zip(rows.into_columns()).map(|(kind, column)| Value::Array(kind, column))
}

impl Texts {
    fn text(&mut self, key: (usize, bool), make: impl FnOnce() -> String) -> SqlStr {
        AssertSqlSafe(self.made.entry(key).or_insert_with(|| make().into()).clone()).into_sql_str()
    }

    /// One round trip, or none for no rows.
    pub(crate) fn round(&mut self, operations: Vec<Operation>) -> Vec<Sending> {
        if operations.iter().all(|operation| operation.rows().is_empty()) {
            return Vec::new();
        }
        let all: Vec<_> = operations.into_iter().enumerate().collect();
        let key = |operations: &[(usize, Operation)]| operations.iter().map(|(_, o)| o.description()).collect();
        let mixture: Vec<usize> =
            all.iter().filter(|(_, o)| !o.rows().is_empty()).map(|(_, o)| o.description()).collect();
        let (key, numbered): (Vec<usize>, Vec<_>) =
            if self.rounds.len() < MIXTURES_MAX || self.rounds.contains_key(&mixture) {
                (mixture, all.into_iter().filter(|(_, o)| !o.rows().is_empty()).collect())
            } else {
                (key(&all), all)
            };
        let sql = self.rounds.entry(key).or_insert_with(|| round_text(&numbered).into()).clone();
        let mut values = Vec::new();
        let mut places = Vec::with_capacity(numbered.len());
        for (place, operation) in numbered {
            places.push(place);
            match operation {
                Operation::Insert(table, rows) => values.extend(arrays(table.columns().map(|c| c.kind), rows)),
                Operation::Change(keyed, keys) => values.extend(arrays(keyed.key.iter().copied(), keys)),
            }
        }
        vec![Sending { sql: AssertSqlSafe(sql).into_sql_str(), values, operations: places }]
    }

    /// The insert of these rows.
    pub(crate) fn insert(&mut self, table: &'static Table, rows: Rows) -> Vec<(SqlStr, Vec<Value>)> {
        if rows.is_empty() {
            return Vec::new();
        }
        let sql = self.text((address(table), false), || insert_text(table, 0, ""));
        vec![(sql, arrays(table.columns().map(|c| c.kind), rows).collect())]
    }

    /// The statement over these keys. `$last` stands behind their arrays.
    pub(crate) fn keyed(
        &mut self,
        keyed: &'static Keyed,
        keys: Rows,
        last: Option<Value>,
        lock: Option<Lock>,
    ) -> Vec<(SqlStr, Vec<Value>)> {
        if keys.is_empty() {
            return Vec::new();
        }
        let sql = self.text((address(keyed), lock.is_some()), || {
            let sql = statement(keyed.sql).replace("$last", &format!("${}", keyed.key.len() + 1));
            format!("{} {sql}{}", key_list(keyed.key, 0), lock.map_or("", |lock| lock.0))
        });
        vec![(sql, arrays(keyed.key.iter().copied(), keys).chain(last).collect())]
    }

    /// One statement for all arms, each in a part of its own, because rows of a UNION cannot be locked. LATERAL, so that each key
    /// is looked up in the table: statistics of a table that was empty suggest to go through the table and look each row up
    /// among the keys, and plans are kept.
    pub(crate) fn keyed_union(&mut self, union: &'static KeyedUnion, keys: Rows) -> Vec<(SqlStr, Vec<Value>)> {
        if keys.is_empty() {
            return Vec::new();
        }
        let sql = self.text((address(union), true), || {
            let (mut out, mut all) = (key_list(union.key, 0), String::new());
            for (i, arm) in union.arms.iter().enumerate() {
                let of_key = arm.replacen("k CROSS JOIN ", "", 1);
                let _ = write!(out, ", a{i} AS (SELECT a.* FROM k CROSS JOIN LATERAL ({of_key}{}) AS a)", union.lock.0);
                let _ = write!(all, "{}SELECT * FROM a{i}", if i == 0 { " " } else { " UNION ALL " });
            }
            out + &all
        });
        vec![(sql, arrays(union.key.iter().copied(), keys).collect())]
    }
}

#[cfg(test)]
#[path = "text_tests.rs"]
mod tests;
