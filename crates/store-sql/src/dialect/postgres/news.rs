//! News through LISTEN and NOTIFY, on two connections of their own.
//!
//! A transaction with a NOTIFY holds a lock of the whole server while it commits: a unit never has one. Those here hold nothing
//! else, wait for no disk, and only wait for each other.

use super::{Place, Tuning, connect};
use crate::{
    connection::{Connection, Sent},
    statement::Type,
    value::Value,
};
use async_trait::async_trait;
use esteira_store::{Error, Heard, Kind, Listener, News, Result, Teller};
use sqlx::{Executor, Row as _, postgres::PgListener, postgres::PgPoolOptions};
use std::{sync::Arc, time::Duration};

/// The channel of a store: several may share a database, each in a schema of its own.
const CHANNEL: &str = "SELECT 'esteira_' || md5(current_schema())";
const TELL: &str = "SELECT pg_notify('esteira_' || md5(current_schema()), m) FROM UNNEST($1::text[]) AS m";
/// Silence after which the connection is tried: a server that is gone says nothing either.
const SILENCE_MAX: Duration = Duration::from_secs(15);

/// Both ends of the news of the store at this place.
pub(crate) fn news(place: &Place, tuning: Tuning, counter: &Arc<Sent>) -> News {
    News {
        teller: Box::new(PgTeller { place: place.clone(), tuning, counter: counter.clone(), connection: None }),
        listener: Box::new(PgEar { place: place.clone(), tuning, listener: None }),
    }
}

struct PgTeller {
    place: Place,
    tuning: Tuning,
    counter: Arc<Sent>,
    connection: Option<Connection>,
}

#[async_trait]
impl Teller for PgTeller {
    async fn tell(&mut self, messages: &[String]) -> Result<()> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => connect::open_teller(&self.place, self.tuning, &self.counter).await?,
        };
        connection
            .fetch(TELL, vec![Value::Array(Type::Text, messages.iter().cloned().map(Value::Text).collect())])
            .await?;
        // After an error it is not kept.
        self.connection = Some(connection);
        Ok(())
    }
}

struct PgEar {
    place: Place,
    tuning: Tuning,
    listener: Option<PgListener>,
}

impl PgEar {
    async fn listen(&self) -> std::result::Result<PgListener, sqlx::Error> {
        // A pool is the only way to the driver's listener. A broken connection is never kept: see `hear`.
        let options = connect::reader_options(&self.place, self.tuning);
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .acquire_timeout(self.tuning.deadline)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_lazy_with(options);
        let mut listener = PgListener::connect_with(&pool).await?;
        listener.ignore_pool_close_event(true);
        listener.eager_reconnect(false);
        let channel: String = listener.fetch_one(CHANNEL).await?.try_get(0)?;
        listener.listen(&channel).await?;
        Ok(listener)
    }

    /// What comes next; none when the connection is gone.
    async fn next(&self, listener: &mut PgListener) -> Result<Option<Heard>> {
        loop {
            match tokio::time::timeout(SILENCE_MAX.min(self.tuning.deadline), listener.try_recv()).await {
                Ok(Ok(Some(said))) => return Ok(Some(Heard::Message(said.payload().to_owned()))),
                Ok(Ok(None)) => return Ok(None),
                Ok(Err(e)) => return Err(super::error(e)),
                Err(_) => {
                    let alive = tokio::time::timeout(self.tuning.deadline, listener.execute("SELECT 1")).await;
                    alive.map_err(|_| self.late())?.map_err(super::error)?;
                }
            }
        }
    }

    fn late(&self) -> Error {
        Error::new(Kind::Unavailable, super::late(self.tuning.deadline))
    }
}

#[async_trait]
impl Listener for PgEar {
    async fn hear(&mut self) -> Result<Heard> {
        loop {
            let Some(mut listener) = self.listener.take() else {
                let listener = tokio::time::timeout(self.tuning.deadline, self.listen()).await;
                self.listener = Some(listener.map_err(|_| self.late())?.map_err(super::error)?);
                return Ok(Heard::Listening);
            };
            if let Some(heard) = self.next(&mut listener).await? {
                self.listener = Some(listener);
                return Ok(heard);
            }
        }
    }
}
