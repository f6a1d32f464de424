//! The migrations of both databases make the same logical schema.

use crate::{foreign, opened};
use esteira_store_sql::{Options, open};
use sqlx::{ConnectOptions, PgConnection, SqliteConnection, sqlite::SqliteConnectOptions};
use std::collections::BTreeMap;

/// A table: its columns with whether they can be NULL, its primary key, its unique indexes by name.
#[derive(Debug, Default, PartialEq)]
struct Table {
    columns: Vec<(String, bool)>,
    primary_key: Vec<String>,
    unique: BTreeMap<String, Vec<String>>,
    /// Indexes that are not unique, with whether they are partial.
    indexes: BTreeMap<String, (Vec<String>, bool)>,
}

type Schema = BTreeMap<String, Table>;

async fn sqlite(connection: &mut SqliteConnection) -> Schema {
    let tables: Vec<(String,)> =
        sqlx::query_as("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
            .fetch_all(&mut *connection)
            .await
            .expect("tables");
    let mut schema = Schema::new();
    for (name,) in tables {
        let mut table = Table::default();
        // A rowid that is the primary key is never NULL, although SQLite says otherwise.
        let columns: Vec<(String, bool, i64)> =
            sqlx::query_as("SELECT name, \"notnull\" OR pk > 0, pk FROM pragma_table_info($1) ORDER BY cid")
                .bind(&name)
                .fetch_all(&mut *connection)
                .await
                .expect("columns");
        let mut key: Vec<(i64, String)> =
            columns.iter().filter(|(_, _, pk)| *pk > 0).map(|(name, _, pk)| (*pk, name.clone())).collect();
        key.sort();
        table.primary_key = key.into_iter().map(|(_, name)| name).collect();
        table.columns = columns.into_iter().map(|(name, not_null, _)| (name, !not_null)).collect();
        let indexes: Vec<(String, bool, bool)> =
            sqlx::query_as("SELECT name, \"unique\", partial FROM pragma_index_list($1) WHERE origin = 'c'")
                .bind(&name)
                .fetch_all(&mut *connection)
                .await
                .expect("indexes");
        for (index, unique, partial) in indexes {
            let columns: Vec<(String,)> = sqlx::query_as("SELECT name FROM pragma_index_info($1) ORDER BY seqno")
                .bind(&index)
                .fetch_all(&mut *connection)
                .await
                .expect("columns of an index");
            table.add(index, columns.into_iter().map(|(name,)| name).collect(), unique, partial);
        }
        schema.insert(name, table);
    }
    schema
}

async fn postgres(connection: &mut PgConnection) -> Schema {
    const COLUMNS: &str = "SELECT c.relname::text, a.attname::text, NOT a.attnotnull FROM pg_class c \
                           JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
                           WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition \
                           ORDER BY c.relname, a.attnum";
    const INDEXES: &str = "SELECT c.relname::text, i.relname::text, x.indisprimary, x.indisunique, x.indpred IS NOT NULL, \
                           (SELECT array_agg(pg_get_indexdef(x.indexrelid, n, true) ORDER BY n) FROM generate_series(1, x.indnkeyatts) n) \
                           FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid \
                           WHERE c.relnamespace = 'public'::regnamespace AND NOT c.relispartition";
    let mut schema = Schema::new();
    let columns: Vec<(String, String, bool)> =
        sqlx::query_as(COLUMNS).fetch_all(&mut *connection).await.expect("columns");
    for (table, column, nullable) in columns {
        schema.entry(table).or_default().columns.push((column, nullable));
    }
    type Index = (String, String, bool, bool, bool, Vec<String>);
    let indexes: Vec<Index> = sqlx::query_as(INDEXES).fetch_all(&mut *connection).await.expect("indexes");
    for (table, name, primary, unique, partial, columns) in indexes {
        let table = schema.entry(table).or_default();
        match primary {
            true => table.primary_key = columns,
            false => table.add(name, columns, unique, partial),
        }
    }
    schema
}

impl Table {
    fn add(&mut self, name: String, columns: Vec<String>, unique: bool, partial: bool) {
        match unique {
            true => drop(self.unique.insert(name, columns)),
            false => drop(self.indexes.insert(name, (columns, partial))),
        }
    }
}

#[tokio::test]
async fn both_databases_have_the_same_tables() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("a.db");
    let _sqlite = open(&format!("sqlite:{}", path.display()), Options::default()).await.expect("opens");
    let mut file = SqliteConnectOptions::new().filename(&path).connect().await.expect("connects");
    let expected = sqlite(&mut file).await;
    assert!(expected.len() > 20, "{expected:?}");

    let (_postgres, url) = opened(Options::default()).await;
    let found = postgres(&mut foreign(&url).await).await;
    assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    for (name, table) in &expected {
        assert_eq!(&found[name], table, "table {name}");
    }
}

#[test]
fn both_histories_have_the_same_names() {
    let names = |database: &str| {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations").join(database);
        let mut names: Vec<_> =
            std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").file_name()).collect();
        names.sort();
        names
    };
    assert_eq!(names("postgres"), names("sqlite"));
    assert!(!names("sqlite").is_empty());
}
