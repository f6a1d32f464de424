//! What is PostgreSQL's alone: opening, servers that go away, answers that are lost, and the schema beside SQLite's.

#[path = "postgres/news.rs"]
mod news;
#[path = "postgres/opening.rs"]
mod opening;
#[path = "postgres/outcome.rs"]
mod outcome;
#[path = "postgres/partitions.rs"]
mod partitions;
#[path = "postgres/proxy.rs"]
mod proxy;
#[path = "postgres/schema.rs"]
mod schema;
#[path = "postgres/server.rs"]
mod server;

use esteira_model::AccountId;
use esteira_store::{AnsweredRequest, Batch, Kind, Result, Unit};
use esteira_store_sql::{Opened, Options, open};
use esteira_testkit::Postgres;
use sqlx::{ConnectOptions, PgConnection, postgres::PgConnectOptions};
use std::str::FromStr;

/// A new, empty database.
fn database() -> (&'static Postgres, String) {
    let server = Postgres::shared();
    let name = server.fresh_name();
    server.run("postgres", &format!("CREATE DATABASE {name}"));
    (server, name)
}

/// A store in a new database, with its URL.
async fn opened(options: Options) -> (Opened, String) {
    let (server, name) = database();
    let url = server.url(&name);
    (open(&url, options).await.expect("opens"), url)
}

/// A connection of somebody else.
async fn foreign(url: &str) -> PgConnection {
    PgConnectOptions::from_str(url).expect("a URL").connect().await.expect("connects")
}

fn refused(opened: Result<Opened>) -> (Kind, String) {
    let error = opened.err().expect("refused");
    (error.kind(), error.to_string())
}

async fn put(opened: &mut Opened, value: &[u8]) -> Result<()> {
    let mut unit = opened.writer.begin().await?;
    unit.put_setting("a", value).await?;
    unit.commit().await
}

async fn get(opened: &mut Opened) -> Option<Vec<u8>> {
    opened.writer.begin().await.expect("begins").setting("a").await.expect("reads")
}

/// A round of one row.
fn round(request: &str) -> Batch {
    let request = AnsweredRequest {
        account: AccountId::new("acme"),
        request_id: request.into(),
        digest: [1; 32],
        answer: vec![1],
        time: esteira_model::Time(1),
    };
    Batch { requests: vec![request], ..Batch::default() }
}

async fn is_answered(unit: &mut dyn Unit, request: &str) -> bool {
    let keys = [(AccountId::new("acme"), request.to_owned())];
    !unit.answered_requests(&keys).await.expect("reads").is_empty()
}
