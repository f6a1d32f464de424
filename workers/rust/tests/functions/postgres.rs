//! `database.query` on PostgreSQL.

use crate::support::{check_error, multiple, single};
use esteira_functions::{Connections, DatabaseQuery};
use esteira_testkit::Postgres;
use futures::{StreamExt as _, future::join_all, stream};
use serde_json::{Value, json};

/// A schema of its own on the server of this test process.
pub(crate) struct Fixture {
    pub(crate) function: DatabaseQuery,
    connections: Connections,
}

impl Fixture {
    /// Makes the schema.
    pub(crate) async fn new(schema: &str) -> Self {
        let server = tokio::task::spawn_blocking(Postgres::shared).await.expect("a server");
        let url = format!("{}&options=-c%20search_path%3D{schema}&pool_max=4", server.url("postgres"));
        let connections = Connections::new([("db".to_owned(), url)]).expect("a connection");
        let fixture = Self { function: DatabaseQuery::new(connections.clone()), connections };
        fixture.write(&format!("CREATE SCHEMA {schema}")).await;
        fixture
    }

    /// Writes and expects success.
    pub(crate) async fn write(&self, sql: &str) -> Value {
        single(&self.function, &json!({"connection": "db", "mode": "write", "sql": sql}), "null").await.expect(sql)
    }

    /// Reads one column of one row.
    pub(crate) async fn value(&self, sql: &str) -> Value {
        let answer = single(&self.function, &json!({"connection": "db", "sql": sql}), "null").await.expect(sql);
        answer["rows"][0].as_object().expect("a row").values().next().expect("a column").clone()
    }
}

#[tokio::test]
async fn injections_are_data() {
    let fixture = Fixture::new("injections").await;
    fixture.write("CREATE TABLE users (name text)").await;
    fixture.write("INSERT INTO users VALUES ('ann')").await;
    let attempts = [
        "' OR '1'='1",
        "x'; DROP TABLE users; --",
        "ann' UNION SELECT 'canary' --",
        "$1",
        "\\'; --",
        "$$; DELETE FROM users",
    ];
    for attempt in attempts {
        let input = json!({"name": attempt}).to_string();
        let config = json!({"connection": "db", "sql": "SELECT name FROM users WHERE name = $1", "params": ["/name"]});
        assert!(multiple(&fixture.function, &config, &input).await.expect("rows").is_empty(), "{attempt}");
        let config = json!({"connection": "db", "mode": "write", "sql": "INSERT INTO users VALUES ($1) RETURNING name", "params": ["/name"]});
        let rows = multiple(&fixture.function, &config, &input).await.expect("rows");
        assert_eq!(serde_json::from_str::<Value>(&rows[0]).expect("json")["name"], *attempt);
    }
    assert_eq!(fixture.value("SELECT count(*) FROM users").await, 1 + attempts.len());
}

#[tokio::test]
async fn one_statement_runs_and_reading_cannot_write() {
    let fixture = Fixture::new("modes").await;
    fixture.write("CREATE TABLE t (a int)").await;
    for (mode, sql) in [
        ("write", "INSERT INTO t VALUES (1); INSERT INTO t VALUES (2)"),
        ("read", "SELECT 1; COMMIT; DELETE FROM t"),
        ("read", "COPY t TO '/tmp/x'"),
        ("write", "COMMIT"),
        ("read", "SET TRANSACTION READ WRITE"),
    ] {
        let config = json!({"connection": "db", "mode": mode, "sql": sql});
        check_error(single(&fixture.function, &config, "null").await, "STATEMENT_REFUSED", false);
    }
    fixture.write("CREATE FUNCTION sneak() RETURNS int LANGUAGE sql AS 'INSERT INTO t VALUES (1) RETURNING a'").await;
    for sql in [
        "WITH x AS (INSERT INTO t VALUES (1) RETURNING a) SELECT * FROM x",
        "SELECT sneak()",
        "SELECT a INTO u FROM t",
        "EXPLAIN ANALYZE INSERT INTO t VALUES (1)",
    ] {
        check_error(
            single(&fixture.function, &json!({"connection": "db", "sql": sql}), "null").await,
            "DATABASE_READ_ONLY",
            false,
        );
    }
    let unlock = json!({"connection": "db", "sql": "SELECT set_config('transaction_read_only', 'off', false)"});
    check_error(single(&fixture.function, &unlock, "null").await, "DATABASE_ERROR", false);
    assert_eq!(fixture.value("SELECT count(*) FROM t").await, 0);
    // The extended protocol refuses a second statement even where our own reading of the text would not.
    let hidden = json!({"connection": "db", "sql": "SELECT 1 /* ; */ ;;"});
    single(&fixture.function, &hidden, "null").await.expect("one statement");
}

#[tokio::test]
async fn a_statement_leaves_nothing_on_its_connection() {
    let fixture = Fixture::new("traces").await;
    fixture.write("CREATE TABLE t (a int)").await;
    for sql in [
        "SELECT set_config('search_path', 'pg_catalog', false)",
        "SELECT set_config('role', 'pg_monitor', false)",
        "SELECT pg_advisory_lock(7)::text",
        "CREATE TEMP TABLE t AS SELECT 1 AS a",
    ] {
        fixture.write(sql).await;
    }
    let asked =
        "SELECT current_setting('search_path') AS path, current_user::text AS who, (SELECT count(*) FROM t) AS rows,
        (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory') AS locks";
    let config = json!({"connection": "db", "sql": asked});
    for answer in join_all((0..8).map(|_| multiple(&fixture.function, &config, "null"))).await {
        assert_eq!(answer.expect("row"), [r#"{"path":"traces","who":"tester","rows":0,"locks":0}"#]);
    }
}

#[tokio::test]
async fn answers_and_times_are_capped() {
    let fixture = Fixture::new("caps").await;
    fixture.write("CREATE TABLE t (a int)").await;
    let read = |extra: Value| {
        let mut config = json!({"connection": "db", "sql": "SELECT generate_series(1, 1000) AS n"});
        config.as_object_mut().expect("object").extend(extra.as_object().expect("object").clone());
        config
    };
    assert_eq!(multiple(&fixture.function, &read(json!({"rows_max": 1000})), "null").await.expect("rows").len(), 1000);
    check_error(multiple(&fixture.function, &read(json!({"rows_max": 999})), "null").await, "DATABASE_ROWS_MAX", false);
    check_error(
        multiple(&fixture.function, &read(json!({"bytes_max": 500})), "null").await,
        "DATABASE_BYTES_MAX",
        false,
    );
    let sleep = json!({"connection": "db", "sql": "SELECT pg_sleep(30)", "timeout": "200ms"});
    check_error(single(&fixture.function, &sleep, "null").await, "DATABASE_TIMEOUT", true);
    let config = json!({"connection": "db", "mode": "write", "rows_max": 2, "sql": "INSERT INTO t SELECT generate_series(1, 9) RETURNING a"});
    check_error(multiple(&fixture.function, &config, "null").await, "DATABASE_ROWS_MAX", false);
    assert_eq!(fixture.value("SELECT count(*) FROM t").await, 0);
}

#[tokio::test]
async fn mistakes_are_named_and_hold_no_data() {
    let fixture = Fixture::new("mistakes").await;
    fixture.write("CREATE TABLE t (a text CONSTRAINT once UNIQUE, n int CHECK (n > 0))").await;
    fixture.write("INSERT INTO t VALUES ('canary', 1)").await;
    let case =
        |mode: &str, sql: &str, params: Value| json!({"connection": "db", "mode": mode, "sql": sql, "params": params});
    let input = r#"{"c":"canary","n":-1,"t":"2026-02-30"}"#;
    for (config, code, named) in [
        (case("read", "SELECT nope FROM t", json!([])), "DATABASE_ERROR", "nope"),
        (case("read", "SELECT * FROM t WHERE n = $1", json!(["/c"])), "INPUT_INVALID", "parameter 1"),
        (case("read", "SELECT $1::date", json!(["/t"])), "INPUT_INVALID", "parameter 1"),
        (case("read", "SELECT $1::text::int", json!(["/c"])), "DATABASE_ERROR", "22P02"),
        (case("read", "SELECT $1::interval", json!(["/c"])), "CONFIG_INVALID", "$1::text::"),
        (case("read", "SELECT '1 day'::interval AS i", json!([])), "DATABASE_VALUE", "\"i\""),
        (case("read", "SELECT $1::text", json!([])), "CONFIG_INVALID", "placeholders"),
        (case("read", "SELECT 1 AS a, 2 AS a", json!([])), "DATABASE_COLUMNS", "\"a\""),
        (case("write", "INSERT INTO t VALUES ($1, 2)", json!(["/c"])), "DATABASE_CONSTRAINT", "once"),
        (case("write", "INSERT INTO t VALUES ('x', $1)", json!(["/n"])), "DATABASE_CONSTRAINT", "t_n_check"),
    ] {
        let error = check_error(single(&fixture.function, &config, input).await, code, false);
        assert!(error.message().contains(named), "{config}: {error}");
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_tried_again() {
    let url = "postgres://canary:canary@127.0.0.1:9/canary".to_owned();
    let function = DatabaseQuery::new(Connections::new([("db".to_owned(), url)]).expect("a connection"));
    let config = json!({"connection": "db", "sql": "SELECT 1", "timeout": "500ms"});
    check_error(single(&function, &config, "null").await, "DATABASE_UNAVAILABLE", true);
}

#[tokio::test]
async fn writes_happen_side_by_side_and_in_the_background() {
    let fixture = Fixture::new("writes").await;
    fixture.write("CREATE TABLE t (id int PRIMARY KEY, email text)").await;
    let sql = "INSERT INTO t VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET email = excluded.email";
    let mut config = json!({"connection": "db", "mode": "write", "sql": sql, "params": ["/id", "/email"]});
    let inputs: Vec<String> = (0..200).map(|id| json!({"id": id % 190, "email": "x"}).to_string()).collect();
    let answers = join_all(inputs.iter().map(|input| single(&fixture.function, &config, input))).await;
    assert!(
        answers.iter().all(|answer| answer.as_ref().is_ok_and(|answer| answer["rows_affected"] == 1)),
        "{answers:?}"
    );
    config["confirm"] = json!(false);
    let handed = stream::iter(200..300)
        .then(|id| {
            let (function, config) = (&fixture.function, &config);
            async move { single(function, config, &json!({"id": id, "email": "y"}).to_string()).await }
        })
        .collect::<Vec<_>>()
        .await;
    assert!(handed.iter().all(Result::is_ok), "{handed:?}");
    fixture.connections.drain().await;
    let again = DatabaseQuery::new(
        Connections::new([(
            "db".to_owned(),
            format!("{}&options=-c%20search_path%3Dwrites", Postgres::shared().url("postgres")),
        )])
        .expect("a connection"),
    );
    let count = single(&again, &json!({"connection": "db", "sql": "SELECT count(*) AS n FROM t"}), "null")
        .await
        .expect("counted");
    assert_eq!(count["rows"][0]["n"], 290);
}
