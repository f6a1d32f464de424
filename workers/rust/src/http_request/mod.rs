//! `http.request`: sends an HTTP request and hands on the answer, whole or item by item.

mod config;
mod output;
mod pages;
mod request;

use crate::{
    config::{decode, until_cancelled},
    egress::{Budget, Guard, check_status},
    secrets::Secrets,
};
use config::Config;
use esteira_sdk::{
    Context, Error, Function, FunctionSpec, Outcome,
    model::{BoxFuture, OutputType, Payload},
};
use request::Prepared;

/// The function `http.request`; see `docs/functions.md`.
///
/// One request with output `single` or `none`; as many as there are pages with output `multiple`.
pub struct HttpRequest {
    guard: Guard,
    secrets: Secrets,
}

impl HttpRequest {
    /// A function whose requests this guard lets out, with these secrets for their headers.
    pub fn new(guard: Guard, secrets: Secrets) -> Self {
        Self { guard, secrets }
    }

    async fn run(&self, cx: &Context, input: Payload) -> Result<Outcome, Error> {
        let config = decode::<Config>(cx)?.checked(cx.output_type())?;
        let prepared = Prepared::new(&config, cx, &self.secrets, &input)?;
        let mut budget = Budget::new(config.max_bytes);
        if cx.output_type() == OutputType::Multiple {
            return Ok(Outcome::many(pages::items(cx, &self.guard, &config, &prepared, &mut budget).await?));
        }
        let request = prepared.request(prepared.url().clone());
        let answer = check_status(self.guard.send(request, config.timeout.within(cx), &mut budget).await?)?;
        match cx.output_type() {
            OutputType::None => Ok(Outcome::none()),
            _ if config.body_only => Ok(Outcome::one(output::body_payload(&answer)?)),
            _ => Ok(Outcome::one(output::answer_payload(&answer)?)),
        }
    }
}

impl Function for HttpRequest {
    fn spec(&self) -> FunctionSpec {
        FunctionSpec::new("http.request", OutputType::Single)
            .version(env!("CARGO_PKG_VERSION"))
            .summary("Sends an HTTP request to a permitted host and hands on the answer")
    }

    fn execute<'a>(&'a self, cx: &'a Context, input: Payload) -> BoxFuture<'a, Result<Outcome, Error>> {
        Box::pin(until_cancelled(cx, self.run(cx, input)))
    }
}
