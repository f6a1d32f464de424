//! `database.query`: runs one statement on a database that the operator named.

mod answer;
mod background;
mod config;
mod connections;
mod error;
mod params;
mod postgres;
mod sqlite;
mod statement;

use crate::{
    config::{decode, until_cancelled},
    pointer::document,
};
use answer::Caps;
use config::{Config, Mode};
pub use connections::Connections;
use esteira_sdk::{
    Context, Error, Function, FunctionSpec, Outcome,
    model::{BoxFuture, OutputType, Payload},
};
use params::Param;
use serde_json::value::RawValue;
use statement::Statement;
use std::{sync::Arc, time::Duration};

/// The function `database.query`; see `docs/functions.md`.
pub struct DatabaseQuery {
    connections: Connections,
}

/// One statement with its parameters and limits, ready to run.
#[derive(Debug)]
pub(crate) struct Query {
    sql: Arc<str>,
    statement: Statement,
    params: Vec<Param>,
    mode: Mode,
    caps: Caps,
    time: Duration,
}

impl DatabaseQuery {
    /// A function that knows these databases.
    pub fn new(connections: Connections) -> Self {
        Self { connections }
    }

    async fn run(&self, cx: &Context, input: Payload) -> Result<Outcome, Error> {
        let config = decode::<Config>(cx)?.checked(cx.output_type())?;
        let database = self.connections.get(&config.connection)?;
        let statement = statement::check(&config.sql, database.dialect(), config.mode)?;
        let document =
            if config.params.iter().any(config::ParamFrom::is_from_input) { document(&input)? } else { RawValue::NULL };
        let query = Query {
            params: config.params.iter().map(|from| params::resolve(from, document)).collect::<Result<_, _>>()?,
            sql: config.sql.clone(),
            mode: config.mode,
            caps: Caps { rows_max: config.rows_max, bytes_max: config.bytes_max },
            time: config.timeout.within(cx),
            statement,
        };
        if let Some(wanted) = query.statement.placeholders.filter(|wanted| *wanted != query.params.len()) {
            return Err(Error::config_invalid(format!(
                "params: the statement has {wanted} placeholders, not {}",
                query.params.len()
            )));
        }
        if !config.confirm {
            return self.hand_over(cx, &config, query).await;
        }
        let answer = match config.mode {
            Mode::Read => database.read(query).await?,
            Mode::Write => database.write(query).await?,
        };
        Ok(match cx.output_type() {
            OutputType::None => Outcome::none(),
            OutputType::Single => Outcome::one(answer.into_single()),
            OutputType::Multiple => Outcome::many(answer.into_items()),
        })
    }

    /// Puts a write into the background queue and does not wait for it.
    async fn hand_over(&self, cx: &Context, config: &Config, query: Query) -> Result<Outcome, Error> {
        if query.statement.returning {
            return Err(Error::config_invalid("confirm: a statement with RETURNING has an answer to wait for"));
        }
        self.connections.hand_over(&config.connection, cx.task(), query).await?;
        Ok(match cx.output_type() {
            OutputType::None => Outcome::none(),
            _ => Outcome::one(Payload::json(r#"{"queued":true}"#)),
        })
    }
}

impl Function for DatabaseQuery {
    fn spec(&self) -> FunctionSpec {
        FunctionSpec::new("database.query", OutputType::Single)
            .version(env!("CARGO_PKG_VERSION"))
            .summary("Runs one statement with bound parameters on a database that the operator named")
    }

    fn execute<'a>(&'a self, cx: &'a Context, input: Payload) -> BoxFuture<'a, Result<Outcome, Error>> {
        Box::pin(until_cancelled(cx, self.run(cx, input)))
    }
}
