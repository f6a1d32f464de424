//! `database.query` on SQLite files: reading, limits, and what is refused.

use crate::support::{check_error, multiple, run, single};
use esteira_functions::{Connections, DatabaseQuery};
use esteira_sdk::model::OutputType;
use serde_json::{Value, json};
use tempfile::TempDir;

/// A database in a folder of its own.
pub(crate) struct Fixture {
    /// Kept until the end of the test.
    pub(crate) folder: TempDir,
    /// Knows the file as `db`.
    pub(crate) connections: Connections,
    /// The function under test.
    pub(crate) function: DatabaseQuery,
}

impl Fixture {
    /// An empty file, opened with these parameters.
    pub(crate) fn new(parameters: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let url = format!("sqlite://{}/test.db?mode=rwc{parameters}", folder.path().display());
        let connections = Connections::new([("db".to_owned(), url)]).expect("a connection");
        Self { folder, function: DatabaseQuery::new(connections.clone()), connections }
    }

    /// Writes and expects success.
    pub(crate) async fn write(&self, sql: &str) -> Value {
        single(&self.function, &json!({"connection": "db", "mode": "write", "sql": sql}), "null").await.expect(sql)
    }

    /// Reads one column of one row.
    pub(crate) async fn value(&self, sql: &str) -> Value {
        let answer = single(&self.function, &json!({"connection": "db", "sql": sql}), "null").await.expect(sql);
        let row = answer["rows"][0].as_object().expect("a row");
        row.values().next().expect("a column").clone()
    }
}

#[tokio::test]
async fn values_come_out_exactly() {
    let fixture = Fixture::new("");
    fixture.write("CREATE TABLE t (i INTEGER, r REAL, s TEXT, b BLOB, any)").await;
    let sql = "INSERT INTO t VALUES (?, ?, ?, x'00ff', ?)";
    let config = json!({"connection": "db", "mode": "write", "sql": sql, "params": ["/i", "/r", "/s", "/o"]});
    let input = r#"{"i":9223372036854775807,"r":1.5,"s":"a\"b\u0000é","o":{"k": [1.10]}}"#;
    let answer = single(&fixture.function, &config, input).await.expect("written");
    assert_eq!(answer, json!({"rows": [], "rows_affected": 1}));
    fixture.write("INSERT INTO t VALUES (NULL, 3, '', NULL, 1.0)").await;
    let rows =
        multiple(&fixture.function, &json!({"connection": "db", "sql": "SELECT * FROM t ORDER BY rowid"}), "null")
            .await;
    assert_eq!(
        rows.expect("rows"),
        [
            r#"{"i":9223372036854775807,"r":1.5,"s":"a\"b\u0000é","b":"AP8=","any":"{\"k\": [1.10]}"}"#,
            r#"{"i":null,"r":3.0,"s":"","b":null,"any":1.0}"#,
        ]
    );
}

#[tokio::test]
async fn injections_are_data() {
    let fixture = Fixture::new("");
    fixture.write("CREATE TABLE users (name TEXT)").await;
    fixture.write("INSERT INTO users VALUES ('ann')").await;
    let attempts = [
        "' OR '1'='1",
        "x'; DROP TABLE users; --",
        "ann' UNION SELECT 'canary' --",
        "\u{0}'; DELETE FROM users --",
        "?1",
        "$1",
    ];
    for attempt in attempts {
        let config = json!({"connection": "db", "sql": "SELECT name FROM users WHERE name = $1", "params": ["/name"]});
        let input = json!({"name": attempt}).to_string();
        assert!(multiple(&fixture.function, &config, &input).await.expect("rows").is_empty(), "{attempt}");
        let config = json!({"connection": "db", "mode": "write", "sql": "INSERT INTO users VALUES (?) RETURNING name", "params": ["/name"]});
        let rows = multiple(&fixture.function, &config, &input).await.expect("rows");
        assert_eq!(serde_json::from_str::<Value>(&rows[0]).expect("json")["name"], *attempt);
    }
    assert_eq!(fixture.value("SELECT count(*) FROM users").await, 1 + attempts.len());
}

#[tokio::test]
async fn one_statement_of_the_right_kind_runs() {
    let fixture = Fixture::new("");
    fixture.write("CREATE TABLE t (a)").await;
    for (mode, sql) in [
        ("write", "INSERT INTO t VALUES (1); INSERT INTO t VALUES (2)"),
        ("write", "INSERT INTO t VALUES (1); --\n DROP TABLE t"),
        ("write", "COMMIT"),
        ("write", "PRAGMA synchronous=OFF"),
        ("write", "ATTACH '/tmp/x.db' AS x"),
        ("read", "SELECT 1; SELECT 2"),
        ("read", "INSERT INTO t VALUES (1)"),
        ("read", "PRAGMA query_only=OFF"),
        ("write", "CREATE TEMP TABLE t (a, b)"),
        ("write", "CREATE TABLE \"temp\".t (a, b)"),
        ("write", "CREATE TEMP VIEW t AS SELECT 1 AS a"),
    ] {
        let config = json!({"connection": "db", "mode": mode, "sql": sql});
        check_error(single(&fixture.function, &config, "null").await, "STATEMENT_REFUSED", false);
    }
    fixture.write("INSERT INTO t VALUES (1)").await;
    assert_eq!(fixture.value("SELECT count(*) FROM t").await, 1);
    let library = json!({"connection": "db", "sql": "SELECT load_extension('/tmp/x.so')"});
    check_error(single(&fixture.function, &library, "null").await, "DATABASE_ERROR", false);
}

#[tokio::test]
async fn reading_cannot_write() {
    let fixture = Fixture::new("&journal_mode=wal");
    fixture.write("CREATE TABLE t (a)").await;
    for sql in ["WITH x AS (SELECT 1 AS a) INSERT INTO t SELECT a FROM x", "WITH x AS (SELECT 1) DELETE FROM t"] {
        check_error(
            single(&fixture.function, &json!({"connection": "db", "sql": sql}), "null").await,
            "DATABASE_READ_ONLY",
            false,
        );
    }
    assert_eq!(fixture.value("SELECT count(*) FROM t").await, 0);
}

#[tokio::test]
async fn rows_and_bytes_are_capped() {
    let fixture = Fixture::new("");
    fixture.write("CREATE TABLE t (a)").await;
    let series = "WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 1000) SELECT n FROM s";
    let ok = json!({"connection": "db", "sql": series, "rows_max": 1000});
    assert_eq!(multiple(&fixture.function, &ok, "null").await.expect("rows").len(), 1000);
    let rows = json!({"connection": "db", "sql": series, "rows_max": 999});
    check_error(multiple(&fixture.function, &rows, "null").await, "DATABASE_ROWS_MAX", false);
    let bytes = json!({"connection": "db", "sql": series, "bytes_max": 1000});
    check_error(multiple(&fixture.function, &bytes, "null").await, "DATABASE_BYTES_MAX", false);
    // A write that answers too much did not happen.
    let sql = format!("INSERT INTO t {series} RETURNING a");
    let write = json!({"connection": "db", "mode": "write", "sql": sql, "rows_max": 10});
    check_error(multiple(&fixture.function, &write, "null").await, "DATABASE_ROWS_MAX", false);
    assert_eq!(fixture.value("SELECT count(*) FROM t").await, 0);
}

#[tokio::test]
async fn endless_statements_are_interrupted() {
    let fixture = Fixture::new("");
    fixture.write("CREATE TABLE t (a)").await;
    let endless = "WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s) SELECT count(*) FROM s";
    let read = json!({"connection": "db", "sql": endless, "timeout": "200ms"});
    check_error(single(&fixture.function, &read, "null").await, "DATABASE_TIMEOUT", true);
    let sql = format!("INSERT INTO t {endless}");
    let write = json!({"connection": "db", "mode": "write", "sql": sql, "timeout": "200ms"});
    check_error(single(&fixture.function, &write, "null").await, "DATABASE_TIMEOUT", true);
    // The connections go on.
    fixture.write("INSERT INTO t VALUES (1)").await;
    assert_eq!(fixture.value("SELECT count(*) FROM t").await, 1);
}

#[tokio::test]
async fn mistakes_are_named_and_hold_no_data() {
    let fixture = Fixture::new("");
    fixture.write("CREATE TABLE t (a TEXT UNIQUE, n INTEGER CHECK (n > 0))").await;
    let case =
        |mode: &str, sql: &str, params: Value| json!({"connection": "db", "mode": mode, "sql": sql, "params": params});
    let insert = "INSERT INTO t VALUES (?, ?)";
    let input = r#"{"c":"canary","big":99999999999999999999,"n":-1}"#;
    fixture.write("INSERT INTO t VALUES ('canary', 1)").await;
    for (config, code, named) in [
        (case("read", "SELECT nope FROM t", json!([])), "DATABASE_ERROR", "nope"),
        (case("read", "SELEC 1", json!([])), "STATEMENT_REFUSED", "SELECT"),
        (case("read", "SELECT a, a FROM t", json!([])), "DATABASE_COLUMNS", "\"a\""),
        (case("read", "SELECT cast(x'ff' as text) AS z", json!([])), "DATABASE_VALUE", "\"z\""),
        (case("read", "SELECT json_extract('{}', ?)", json!(["/c"])), "DATABASE_ERROR", "SQLite reports"),
        (case("read", "SELECT ?", json!([])), "CONFIG_INVALID", "placeholders"),
        (case("read", "SELECT ?", json!(["/c", "/c"])), "CONFIG_INVALID", "placeholders"),
        (case("read", "SELECT ?", json!(["/missing"])), "INPUT_INVALID", "/missing"),
        (case("read", "SELECT ?", json!(["/big"])), "INPUT_INVALID", "parameter 1"),
        (case("write", insert, json!(["/c", {"value": 1}])), "DATABASE_CONSTRAINT", "t.a"),
        (case("write", insert, json!([{"value": "x"}, "/n"])), "DATABASE_CONSTRAINT", "n > 0"),
    ] {
        let error = check_error(single(&fixture.function, &config, input).await, code, false);
        assert!(error.message().contains(named), "{config}: {error}");
    }
    let unknown = json!({"connection": "other", "sql": "SELECT 1"});
    check_error(single(&fixture.function, &unknown, "null").await, "CONNECTION_UNKNOWN", false);
}

#[tokio::test]
async fn a_file_that_is_not_there_is_tried_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite://{}/no.db", folder.path().display());
    let function = DatabaseQuery::new(Connections::new([("db".to_owned(), url)]).expect("a connection"));
    for (mode, sql) in [("read", "SELECT 1"), ("write", "CREATE TABLE t (a)")] {
        let config = json!({"connection": "db", "mode": mode, "sql": sql});
        let result = run(&function, &config, OutputType::None, "null").await;
        check_error(result, "DATABASE_UNAVAILABLE", true);
    }
}
