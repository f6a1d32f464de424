//! Every type of PostgreSQL that has a JSON form, out and in.

use crate::{postgres::Fixture, support::multiple};
use serde_json::json;

/// Type, a literal of it, and its JSON form.
const VALUES: [(&str, &str, &str); 31] = [
    ("bool", "true", "true"),
    ("int2", "(-32768)", "-32768"),
    ("int4", "2147483647", "2147483647"),
    ("int8", "9223372036854775807", "9223372036854775807"),
    ("float4", "1.1", "1.1"),
    ("float8", "0.1", "0.1"),
    ("float8", "'NaN'", "\"NaN\""),
    ("numeric", "12345678901234567890.123456789", "12345678901234567890.123456789"),
    ("numeric", "(-0.00010)", "-0.00010"),
    ("numeric", "10000", "10000"),
    ("numeric", "'NaN'", "\"NaN\""),
    ("numeric(10,2)", "7", "7.00"),
    ("text", "'a\"b'", "\"a\\\"b\""),
    ("varchar(9)", "'é'", "\"é\""),
    ("char(3)", "'a'", "\"a  \""),
    ("name", "'n'", "\"n\""),
    ("mood", "'ok'", "\"ok\""),
    ("positive", "7", "7"),
    ("json", "'{\"b\": 1.10, \"a\":null}'", "{\"b\": 1.10, \"a\":null}"),
    ("jsonb", "'{\"b\": 1.10, \"a\":null}'", "{\"a\": null, \"b\": 1.10}"),
    ("uuid", "'0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b'", "\"0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b\""),
    ("bytea", "'\\x00ff'", "\"AP8=\""),
    ("date", "'2024-02-29'", "\"2024-02-29\""),
    ("timestamp", "'2026-01-02 03:04:05.5'", "\"2026-01-02T03:04:05.5\""),
    ("timestamptz", "'2026-01-02 03:04:05-03'", "\"2026-01-02T06:04:05Z\""),
    ("timestamptz", "'infinity'", "\"infinity\""),
    ("int4[]", "'{1,NULL,3}'", "[1,null,3]"),
    ("int4[]", "'{{1,2},{3,4}}'", "[[1,2],[3,4]]"),
    ("text[]", "'{}'", "[]"),
    ("mood[]", "'{ok,sad}'", "[\"ok\",\"sad\"]"),
    ("int8", "NULL", "null"),
];

/// Values that come out in a form that does not go in again.
const ONE_WAY: [&str; 3] = ["\"NaN\"", "\"infinity\"", "[[1,2],[3,4]]"];

#[tokio::test]
async fn values_survive_both_ways() {
    let fixture = Fixture::new("value_types").await;
    fixture.write("CREATE TYPE mood AS ENUM ('ok', 'sad')").await;
    fixture.write("CREATE DOMAIN positive AS int CHECK (VALUE > 0)").await;
    for (kind, literal, expected) in VALUES {
        let config = json!({"connection": "db", "sql": format!("SELECT {literal}::{kind} AS v")});
        let out = multiple(&fixture.function, &config, "null").await.expect(kind);
        assert_eq!(out, [format!("{{\"v\":{expected}}}")], "{kind} {literal}");
        if ONE_WAY.contains(&expected) {
            continue;
        }
        let sql = format!("SELECT $1::{kind} AS v, $1::{kind} IS NOT DISTINCT FROM {literal}::{kind} AS same");
        let sql = if matches!(kind, "json") { "SELECT $1::json AS v, true AS same".to_owned() } else { sql };
        let config = json!({"connection": "db", "sql": sql, "params": ["/v"]});
        let back = multiple(&fixture.function, &config, &format!("{{\"v\":{expected}}}")).await.expect(kind);
        assert_eq!(back, [format!("{{\"v\":{expected},\"same\":true}}")], "{kind} {literal}");
    }
}

#[tokio::test]
async fn arrays_can_be_asked_for() {
    let fixture = Fixture::new("asked").await;
    fixture.write("CREATE TABLE t (id int8, name text)").await;
    fixture.write("INSERT INTO t SELECT n, 'x' || n FROM generate_series(1, 9) n").await;
    let config =
        json!({"connection": "db", "sql": "SELECT name FROM t WHERE id = ANY($1) ORDER BY id", "params": ["/ids"]});
    let rows = multiple(&fixture.function, &config, r#"{"ids":[3,5,99]}"#).await.expect("rows");
    assert_eq!(rows, [r#"{"name":"x3"}"#, r#"{"name":"x5"}"#]);
}

#[tokio::test]
async fn a_changed_schema_is_seen() {
    let fixture = Fixture::new("changed").await;
    fixture.write("CREATE TABLE t (a int)").await;
    fixture.write("INSERT INTO t VALUES (1)").await;
    let config = json!({"connection": "db", "sql": "SELECT * FROM t"});
    for _ in 0..8 {
        multiple(&fixture.function, &config, "null").await.expect("rows");
    }
    fixture.write("ALTER TABLE t ADD COLUMN b int").await;
    // A plan that the server kept is void: that attempt fails, a later one sees the new column.
    let mut failures = 0;
    let rows = loop {
        match multiple(&fixture.function, &config, "null").await {
            Ok(rows) => break rows,
            Err(error) if error.is_retryable() && failures < 8 => failures += 1,
            Err(error) => panic!("{error}"),
        }
    };
    assert_eq!(rows, [r#"{"a":1,"b":null}"#]);
}
