//! `kit.ctx`: what a function is told about its attempt.

use esteira_sdk::{
    Context, Error, Function, Output, function,
    model::{OutputType, Payload},
};
use serde::Serialize;

/// Tells its context as JSON; the configuration and the checkpoint stand in it as they are.
pub fn ctx() -> impl Function {
    function("kit.ctx", OutputType::Single, |cx: Context, _| async move { Ok(Output::One(Payload::json(tell(&cx)?))) })
}

fn tell(cx: &Context) -> Result<String, Error> {
    let aggregate = cx.aggregate().map_or_else(String::new, |it| format!("{}/{}@{}", it.kind, it.id, it.version));
    let config = if cx.config_json().is_empty() { "null" } else { cx.config_json() };
    let checkpoint = cx.last_checkpoint().and_then(Payload::as_json).unwrap_or("null");
    Ok(format!(
        r#"{{"step":{},"attempt":{},"account":{},"operator":{},"aggregate":{},"headers":{},"config":{config},"checkpoint":{checkpoint}}}"#,
        json(cx.step_key())?,
        cx.attempt(),
        json(&cx.operator().account_id)?,
        json(&cx.operator().user_id)?,
        json(&aggregate)?,
        json(cx.headers())?,
    ))
}

fn json<T: Serialize + ?Sized>(value: &T) -> Result<String, Error> {
    Ok(serde_json::to_string(value)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use esteira_sdk::{
        model::{Actor, AggregateRef},
        testing::Harness,
    };

    fn check(harness: Harness, expected: &str) {
        assert_eq!(harness.run_blocking(&ctx(), Payload::none()).payloads(), [Payload::json(expected)]);
    }

    #[test]
    fn everything_is_told_in_one_order() {
        check(
            Harness::new(),
            r#"{"step":"step","attempt":1,"account":"","operator":"","aggregate":"","headers":{},"config":null,"checkpoint":null}"#,
        );
        let operator = Actor { user_id: "ana".into(), account_id: "acme".into(), ..Actor::default() };
        let headers = [("b", "2"), ("a", "1")].map(|(name, value)| (name.into(), value.into()));
        let aggregate = AggregateRef { kind: "order".into(), id: "o-1".into(), version: 3 };
        check(
            Harness::new()
                .attempt(2)
                .operator(operator)
                .headers(headers.into())
                .aggregate(aggregate)
                .config(r#"{ "n":1.0}"#)
                .last_checkpoint(Payload::json("[ 7]")),
            r#"{"step":"step","attempt":2,"account":"acme","operator":"ana","aggregate":"order/o-1@3","headers":{"a":"1","b":"2"},"config":{ "n":1.0},"checkpoint":[ 7]}"#,
        );
    }
}
