//! `database.query` on SQLite files: many writers, one commit.

use crate::{
    sqlite::Fixture,
    support::{check_error, run, single},
};
use esteira_sdk::{Output, model::OutputType};
use futures::{StreamExt as _, future::join_all, stream};
use serde_json::{Value, json};
use tokio::time::Instant;

fn insert(sql: &str) -> Value {
    json!({"connection": "db", "mode": "write", "sql": sql, "params": ["/id", "/email"]})
}

#[tokio::test]
async fn a_failing_write_fails_alone() {
    let fixture = Fixture::new("");
    fixture.write("CREATE TABLE p (id INTEGER PRIMARY KEY)").await;
    fixture
        .write("CREATE TABLE t (id INTEGER PRIMARY KEY, email TEXT NOT NULL, p INTEGER REFERENCES p DEFERRABLE INITIALLY DEFERRED)")
        .await;
    let good = insert("INSERT INTO t (id, email) VALUES (?, ?)");
    let rolls_back = insert("INSERT OR ROLLBACK INTO t (id, email) VALUES (?, ?)");
    let deferred = insert("INSERT INTO t (id, email, p) VALUES (?, ?, 999)");
    let endless = json!({"connection": "db", "mode": "write", "timeout": "100ms",
        "sql": "INSERT INTO p WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s) SELECT count(*) FROM s"});
    let capped = json!({"connection": "db", "mode": "write", "rows_max": 1, "params": ["/id"],
        "sql": "INSERT INTO p VALUES (-?1), (-?1 - 1000) RETURNING id"});
    fixture.write("INSERT INTO t (id, email) VALUES (0, 'first')").await;
    // Each round holds 60 good writes and 4 of one bad kind, all handed in together.
    for (round, (bad, code)) in [
        (&good, "DATABASE_CONSTRAINT"),
        (&rolls_back, "DATABASE_CONSTRAINT"),
        (&deferred, "DATABASE_CONSTRAINT"),
        (&endless, "DATABASE_TIMEOUT"),
        (&capped, "DATABASE_ROWS_MAX"),
    ]
    .into_iter()
    .enumerate()
    {
        let inputs: Vec<(usize, bool, String)> = (0..64)
            .map(|n| {
                let is_bad = n % 16 == 7;
                let id = if is_bad && code == "DATABASE_CONSTRAINT" && round < 2 { 0 } else { 1 + round * 100 + n };
                (n, is_bad, json!({"id": id, "email": format!("{id}@example.com")}).to_string())
            })
            .collect();
        let all =
            inputs.iter().map(|(_, is_bad, input)| single(&fixture.function, if *is_bad { bad } else { &good }, input));
        for ((n, is_bad, _), result) in inputs.iter().zip(join_all(all).await) {
            match result {
                Err(error) if *is_bad => assert_eq!(error.code(), code, "round {round}: {error}"),
                Ok(answer) if !is_bad => assert_eq!(answer["rows_affected"], 1),
                other => panic!("round {round}, write {n}: {other:?}"),
            }
        }
        assert_eq!(fixture.value("SELECT count(*) FROM t").await, 1 + 60 * (round + 1));
    }
    assert_eq!(fixture.value("SELECT count(*) FROM p").await, 0);
}

#[tokio::test]
async fn an_upsert_may_run_twice() {
    let fixture = Fixture::new("");
    fixture.write("CREATE TABLE leads (id TEXT PRIMARY KEY, email TEXT, seen INTEGER DEFAULT 1)").await;
    let sql = "INSERT INTO leads (id, email) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET email = excluded.email";
    for _ in 0..2 {
        single(&fixture.function, &insert(sql), r#"{"id":"a","email":"a@example.com"}"#).await.expect("written");
    }
    assert_eq!(fixture.value("SELECT count(*) FROM leads").await, 1);
}

#[tokio::test]
async fn unconfirmed_writes_are_all_there_after_the_drain() {
    let fixture = Fixture::new("&journal_mode=wal&synchronous=normal");
    fixture.write("CREATE TABLE t (id INTEGER PRIMARY KEY, email TEXT)").await;
    let mut config = insert("INSERT INTO t VALUES (?, ?)");
    config["confirm"] = json!(false);
    let inputs = (0..3000).map(|id| json!({"id": id, "email": "x"}).to_string());
    let handed: Vec<_> = stream::iter(inputs)
        .map(|input| {
            let (function, config) = (&fixture.function, &config);
            async move { single(function, config, &input).await }
        })
        .buffered(64)
        .collect()
        .await;
    assert!(handed.iter().all(|answer| answer.as_ref().is_ok_and(|answer| *answer == json!({"queued": true}))));
    // One that cannot succeed is logged and lost; nobody is told.
    run(&fixture.function, &config, OutputType::None, r#"{"id":0,"email":"again"}"#).await.expect("handed over");
    fixture.connections.drain().await;
    check_error(
        single(&fixture.function, &config, r#"{"id":9999,"email":"late"}"#).await,
        "DATABASE_UNAVAILABLE",
        true,
    );
    let again = Fixture { function: esteira_functions::DatabaseQuery::new(reopened(&fixture)), ..Fixture::new("") };
    assert_eq!(again.value("SELECT count(*) FROM t").await, 3000);
    check_error(
        single(&again.function, &json!({"connection": "db", "sql": "SELECT 1", "confirm": false}), "null").await,
        "CONFIG_INVALID",
        false,
    );
    config["sql"] = json!("INSERT INTO t VALUES (?, ?) RETURNING id");
    check_error(single(&again.function, &config, r#"{"id":1,"email":""}"#).await, "CONFIG_INVALID", false);
}

fn reopened(fixture: &Fixture) -> esteira_functions::Connections {
    let url = format!("sqlite://{}/test.db", fixture.folder.path().display());
    esteira_functions::Connections::new([("db".to_owned(), url)]).expect("a connection")
}

/// 3,000 confirmed writes, one a task, 64 at once. The bound is loose: it fails only if commits are not shared.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_small_writes_are_fast() {
    for (name, parameters) in [
        ("default", ""),
        ("wal", "&journal_mode=wal"),
        ("wal, synchronous=normal", "&journal_mode=wal&synchronous=normal"),
    ] {
        let fixture = Fixture::new(parameters);
        fixture.write("CREATE TABLE t (id INTEGER PRIMARY KEY, email TEXT)").await;
        let config = insert("INSERT INTO t VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET email = excluded.email");
        let began = Instant::now();
        let written = stream::iter(0..3000)
            .map(|id| {
                let (function, config) = (&fixture.function, &config);
                async move {
                    run(
                        function,
                        config,
                        OutputType::None,
                        &json!({"id": id, "email": format!("{id}@example.com")}).to_string(),
                    )
                    .await
                }
            })
            .buffer_unordered(64)
            .filter(|result| std::future::ready(matches!(result, Ok(Output::None))))
            .count()
            .await;
        let took = began.elapsed();
        println!("3000 writes, 64 at once, {name}: {} ms", took.as_millis());
        assert_eq!(written, 3000);
        assert_eq!(fixture.value("SELECT count(*) FROM t").await, 3000);
        assert!(took.as_secs() < 30, "{name}: {took:?}");
    }
}
