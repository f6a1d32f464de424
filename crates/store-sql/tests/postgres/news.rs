//! News between coordinators: what one tells, all hear who share its schema.

use crate::{database, foreign, opened, proxy::Proxy};
use esteira_store::{Heard, Kind, Listener, News, news::MESSAGE_BYTES_MAX};
use esteira_store_sql::{Options, open};
use esteira_testkit::Postgres;
use sqlx::Executor;
use std::time::Duration;

async fn news(url: &str, options: Options) -> News {
    open(url, options).await.expect("opens").writer.news().expect("the store is shared")
}

async fn heard(listener: &mut Box<dyn Listener>) -> Heard {
    tokio::time::timeout(Duration::from_secs(20), listener.hear()).await.expect("something is heard").expect("hears")
}

#[tokio::test]
async fn what_is_told_is_heard_by_all_of_a_schema_in_order() {
    let (server, name) = database();
    server.run(&name, "CREATE SCHEMA other");
    let url = server.url(&name);
    let mut first = news(&url, Options::default()).await;
    let mut second = news(&url, Options::default()).await;
    let mut other = news(&format!("{url}&options=-c%20search_path%3Dother"), Options::default()).await;
    for news in [&mut first, &mut second, &mut other] {
        assert_eq!(heard(&mut news.listener).await, Heard::Listening);
    }
    let long = format!("{}\"'\\,{{}}\n", "é".repeat((MESSAGE_BYTES_MAX - 8) / 2));
    first.teller.tell(&["a".into(), String::new(), long.clone()]).await.expect("told");
    first.teller.tell(&[]).await.expect("nothing is told");
    other.teller.tell(&["b".into()]).await.expect("told");
    for news in [&mut first, &mut second] {
        for expected in ["a", "", long.as_str()] {
            assert_eq!(heard(&mut news.listener).await, Heard::Message(expected.into()));
        }
    }
    assert_eq!(heard(&mut other.listener).await, Heard::Message("b".into()), "another schema is another store");
}

/// Whoever has lost its connection is told that it missed something.
#[tokio::test]
async fn a_listener_that_was_cut_off_listens_again() {
    let (opened, url) = opened(Options::default()).await;
    let mut news = opened.writer.news().expect("the store is shared");
    assert_eq!(heard(&mut news.listener).await, Heard::Listening);
    news.teller.tell(&["a".into()]).await.expect("told");
    assert_eq!(heard(&mut news.listener).await, Heard::Message("a".into()));
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
    foreign(&url).await.execute(end).await.expect("ended");
    // The driver may see the server's word before the end of the connection.
    let again = match news.listener.hear().await {
        Ok(heard) => heard,
        Err(error) => {
            assert_eq!(error.kind(), Kind::Unavailable, "{error}");
            heard(&mut news.listener).await
        }
    };
    assert_eq!(again, Heard::Listening);
    assert_eq!(news.teller.tell(&["b".into()]).await.expect_err("ended").kind(), Kind::Unavailable);
    news.teller.tell(&["c".into()]).await.expect("told over a new connection");
    assert_eq!(heard(&mut news.listener).await, Heard::Message("c".into()));
}

/// A server that says nothing any more is given up, by who tells and by who listens.
#[tokio::test]
async fn a_silent_server_is_given_up() {
    let proxy = Proxy::start(Postgres::shared().socket()).await;
    let (_, name) = database();
    let options = Options { deadline: Duration::from_millis(500), ..Options::default() };
    let mut news = news(&proxy.url(&name), options).await;
    assert_eq!(heard(&mut news.listener).await, Heard::Listening);
    news.teller.tell(&["a".into()]).await.expect("told");
    assert_eq!(heard(&mut news.listener).await, Heard::Message("a".into()));
    proxy.freeze(true);
    assert_eq!(news.teller.tell(&["b".into()]).await.expect_err("no answer").kind(), Kind::Unavailable);
    assert_eq!(news.listener.hear().await.expect_err("no answer").kind(), Kind::Unavailable);
}
