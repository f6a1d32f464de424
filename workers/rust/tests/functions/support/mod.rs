//! What the tests share.

pub(crate) mod server;

use esteira_sdk::{
    Context, Error, Function, Outcome, Output,
    model::{Cancellation, Invocation, OutputType, Payload},
};
use serde_json::Value;
use std::sync::Arc;

/// Runs a function once, as a worker would.
pub(crate) async fn run(
    function: &dyn Function,
    config: &Value,
    output_type: OutputType,
    input: &str,
) -> Result<Output, Error> {
    let cx = context(config, output_type);
    function.execute(&cx, Payload::json(input)).await.map(|outcome: Outcome| outcome.output)
}

/// The context of a first attempt.
pub(crate) fn context(config: &Value, output_type: OutputType) -> Context {
    let headers = [("traceparent".to_owned(), TRACEPARENT.to_owned())];
    let invocation = Invocation {
        config_json: config.to_string().into(),
        output_type,
        idempotency_key: "task-7".into(),
        headers: Arc::new(headers.into_iter().collect()),
        ..Default::default()
    };
    Context::new(invocation, Cancellation::new(), ())
}

/// The trace that every context belongs to.
pub(crate) const TRACEPARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// Runs a function with output single and reads what it answers.
pub(crate) async fn single(function: &dyn Function, config: &Value, input: &str) -> Result<Value, Error> {
    match run(function, config, OutputType::Single, input).await? {
        Output::One(payload) => Ok(serde_json::from_str(payload.as_json().expect("json")).expect("json")),
        other => panic!("{other:?}"),
    }
}

/// Runs a function with output multiple; the items are texts.
pub(crate) async fn multiple(function: &dyn Function, config: &Value, input: &str) -> Result<Vec<String>, Error> {
    match run(function, config, OutputType::Multiple, input).await? {
        Output::Many(items) => Ok(items.iter().map(|item| item.as_json().expect("json").to_owned()).collect()),
        other => panic!("{other:?}"),
    }
}

/// Asserts how something failed.
#[track_caller]
pub(crate) fn check_error<T: std::fmt::Debug>(result: Result<T, Error>, code: &str, retryable: bool) -> Error {
    let error = result.expect_err(code);
    assert_eq!((error.code(), error.is_retryable()), (code, retryable), "{error}");
    assert!(!error.message().contains("canary"), "{error}");
    error
}
