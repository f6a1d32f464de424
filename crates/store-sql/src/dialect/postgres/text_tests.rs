use super::*;
use crate::statement::Column;

static PAIR: Table = Table {
    name: "pair",
    shared: &[Column { name: "a", kind: Type::I64 }],
    own: &[Column { name: "b", kind: Type::Text }],
    on_conflict: OnConflict::Fail,
};
static HELD: Table = Table { on_conflict: OnConflict::Hold("a", "b"), ..PAIR };
static DROP: Keyed = Keyed { key: &[Type::I64, Type::Text], sql: "DELETE FROM pair WHERE a IN (SELECT k1 FROM k)" };

fn rows(count: i64) -> Rows {
    let mut rows = Rows::with_capacity(2, 0);
    for i in 0..count {
        rows.push(i).push("x");
    }
    rows
}

#[test]
fn a_column_is_an_array() {
    let (sql, values) = Texts::default().insert(&PAIR, rows(2)).remove(0);
    assert_eq!(sql.as_str(), "INSERT INTO pair (a,b) SELECT UNNEST($1::bigint[]),UNNEST($2::text[])");
    assert_eq!(values[0], Value::Array(Type::I64, vec![Value::I64(0), Value::I64(1)]));
    assert_eq!(values.len(), 2);
    assert!(Texts::default().insert(&PAIR, rows(0)).is_empty());
}

#[test]
fn a_held_row_is_locked_and_not_changed() {
    let (sql, _) = Texts::default().insert(&HELD, rows(1)).remove(0);
    assert!(sql.as_str().ends_with(" ON CONFLICT (a) DO UPDATE SET b = pair.b WHERE 1 = 0"), "{}", sql.as_str());
}

#[test]
fn a_round_is_one_text() {
    let sent = Texts::default().round(vec![
        Operation::Change(&DROP, rows(1)),
        Operation::Insert(&HELD, rows(0)),
        Operation::Insert(&PAIR, rows(2)),
    ]);
    assert_eq!(sent.len(), 1);
    assert_eq!(
        sent[0].sql.as_str(),
        "WITH o0 AS (WITH k(k1,k2) AS (SELECT UNNEST($1::bigint[]),UNNEST($2::text[])) DELETE FROM pair WHERE a IN (SELECT k1 FROM k) RETURNING 1), \
         o1 AS (INSERT INTO pair (a,b) SELECT UNNEST($3::bigint[]),UNNEST($4::text[]) WHERE (SELECT count(*) FROM o0) >= 0 RETURNING 1) \
         SELECT (SELECT count(*) FROM o0), (SELECT count(*) FROM o1), pg_current_xact_id()::text::bigint"
    );
    assert_eq!((sent[0].values.len(), sent[0].operations.as_slice()), (4, [0, 2].as_slice()));
}

#[test]
fn live_tasks_are_changed_at_the_place_of_their_keys_under_their_fence() {
    let found = "k CROSS JOIN LATERAL (SELECT ctid AS place FROM lease WHERE job_id = k1 AND task_id = k2 OFFSET 0) AS found \
                 WHERE lease.ctid = found.place AND fence = k3";
    assert_eq!(
        statement("DELETE FROM lease WHERE (job_id, task_id, fence) IN (SELECT k1, k2, k3 FROM k)"),
        format!("DELETE FROM lease USING {found}")
    );
    assert_eq!(
        statement("UPDATE lease SET ttl = k4 FROM k WHERE (job_id, task_id, fence) = (k1, k2, k3) RETURNING job_id"),
        format!("UPDATE lease SET ttl = k4 FROM {found} RETURNING job_id")
    );
    for other in
        ["DELETE FROM job WHERE job_id IN (SELECT k1 FROM k)", "UPDATE job SET a = k2 FROM k WHERE job_id = k1"]
    {
        assert_eq!(statement(other), other);
    }
}

/// However many mixtures there are, the server keeps a bounded number of plans.
#[test]
fn many_mixtures_share_one_text() {
    let mut texts = Texts::default();
    let mut seen = std::collections::HashSet::new();
    for mixture in 1..1u32 << 10 {
        let operations = (0..10).map(|bit| Operation::Insert(&PAIR, rows(i64::from(mixture >> bit & 1)))).collect();
        let sent = texts.round(operations);
        assert_eq!(sent.len(), 1);
        assert_eq!(sent[0].values.len(), sent[0].operations.len() * 2);
        seen.insert(sent[0].sql.as_str().to_owned());
    }
    assert!(seen.len() <= MIXTURES_MAX + 1, "{} texts", seen.len());
}

#[test]
fn keys_are_a_table_and_locks_stand_last() {
    static FIND: Keyed = Keyed { key: &[Type::Blob], sql: "SELECT b FROM k CROSS JOIN pair WHERE a = k1 LIMIT $last" };
    let key = || {
        let mut rows = Rows::with_capacity(1, 1);
        rows.push([1u8; 16]);
        rows
    };
    let mut texts = Texts::default();
    let (sql, values) = texts.keyed(&FIND, key(), Some(Value::I64(3)), Some(Lock(" FOR UPDATE"))).remove(0);
    assert_eq!(
        sql.as_str(),
        "WITH k(k1) AS (SELECT UNNEST($1::bytea[])) SELECT b FROM k CROSS JOIN pair WHERE a = k1 LIMIT $2 FOR UPDATE"
    );
    assert_eq!(values.len(), 2);
    assert!(!texts.keyed(&FIND, key(), None, None)[0].0.as_str().contains("FOR UPDATE"));
}

#[test]
fn each_key_is_looked_up_in_each_table_of_a_union() {
    static FIND: KeyedUnion = KeyedUnion {
        key: &[Type::I64],
        arms: &["SELECT b FROM k CROSS JOIN pair WHERE a = k1", "SELECT b FROM k CROSS JOIN other WHERE a = k1"],
        lock: Lock(" ORDER BY b FOR UPDATE"),
    };
    let mut keys = Rows::with_capacity(1, 1);
    keys.push(7i64);
    let (sql, values) = Texts::default().keyed_union(&FIND, keys).remove(0);
    assert_eq!(
        sql.as_str(),
        "WITH k(k1) AS (SELECT UNNEST($1::bigint[])), \
         a0 AS (SELECT a.* FROM k CROSS JOIN LATERAL (SELECT b FROM pair WHERE a = k1 ORDER BY b FOR UPDATE) AS a), \
         a1 AS (SELECT a.* FROM k CROSS JOIN LATERAL (SELECT b FROM other WHERE a = k1 ORDER BY b FOR UPDATE) AS a) \
         SELECT * FROM a0 UNION ALL SELECT * FROM a1"
    );
    assert_eq!(values, [Value::Array(Type::I64, vec![Value::I64(7)])]);
}
