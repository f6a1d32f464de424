//! `kit.counter`: an aggregate that only its own behaviour changes.

use esteira_sdk::{
    Error, Function, Outcome, function,
    json::{ContextJson, PayloadJson},
    model::{Aggregate, Context, OutputType, Payload},
};
use serde::{Deserialize, Serialize};

/// Counts up to a limit. The order of the fields is the order in its JSON.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Counter {
    id: String,
    version: i64,
    count: i64,
}

/// What can happen to it.
struct Added(i64);

impl Aggregate for Counter {
    type Event = Added;

    fn kind() -> &'static str {
        "counter"
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn version(&self) -> i64 {
        self.version
    }

    fn apply(&mut self, &Added(amount): &Added) {
        self.count += amount;
        self.version += 1;
    }
}

impl Counter {
    /// The rule stands here and nowhere else.
    fn add(&mut self, amount: i64, limit: i64) -> Result<(), Error> {
        if amount <= 0 {
            return Err(Error::non_retryable("AMOUNT_INVALID", format!("{amount} is not positive")));
        }
        if self.count.checked_add(amount).is_none_or(|count| count > limit) {
            return Err(Error::non_retryable("LIMIT_REACHED", format!("{} and {amount} pass {limit}", self.count)));
        }
        self.apply(&Added(amount));
        Ok(())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    add: i64,
    limit: Option<i64>,
}

/// Adds to the counter that it receives, and says so.
pub fn counter() -> impl Function {
    function("kit.counter", OutputType::Single, |cx: Context, input: Payload| async move {
        let config: Config = cx.config()?;
        let mut counter: Counter = input.decode()?;
        counter.add(config.add, config.limit.unwrap_or(i64::MAX))?;
        cx.emit("counter.added", counter.id(), Payload::encode(&config.add)?);
        let after = counter.reference();
        Ok(Outcome::json(&counter)?.aggregate_after(after))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use esteira_sdk::{model::AggregateRef, testing::Harness};

    const ZERO: &str = r#"{"id":"c","version":0,"count":0}"#;

    #[test]
    fn an_increment_moves_the_aggregate_and_says_so() {
        let execution = Harness::new().config(r#"{"add":5}"#).run_blocking(&counter(), Payload::json(ZERO));
        let outcome = execution.result.as_ref().expect("it counts");
        assert_eq!(outcome.aggregate_after, Some(AggregateRef { kind: "counter".into(), id: "c".into(), version: 1 }));
        assert_eq!(execution.payloads(), [Payload::json(r#"{"id":"c","version":1,"count":5}"#)]);
        let emit = &execution.emits[0];
        assert_eq!(
            (emit.topic.as_str(), emit.key.as_str(), &emit.payload),
            ("counter.added", "c", &Payload::json("5"))
        );
    }

    fn check(config: &str, input: &str, code: &str) {
        let execution = Harness::new().config(config).run_blocking(&counter(), Payload::json(input));
        let error = execution.error().expect("it is refused");
        assert_eq!((error.code(), error.is_retryable(), execution.emits.len()), (code, false, 0), "{config} {input}");
    }

    #[test]
    fn what_breaks_the_rule_changes_nothing() {
        check(r#"{"add":0}"#, ZERO, "AMOUNT_INVALID");
        check(r#"{"add":-1}"#, ZERO, "AMOUNT_INVALID");
        check(r#"{"add":4,"limit":3}"#, ZERO, "LIMIT_REACHED");
        check(r#"{"add":9223372036854775807}"#, r#"{"id":"c","version":0,"count":1}"#, "LIMIT_REACHED");
        check(r#"{"add":"1"}"#, ZERO, "CONFIG_INVALID");
        check("", ZERO, "CONFIG_INVALID");
        check(r#"{"add":1}"#, r#"{"id":"c"}"#, "INPUT_INVALID");
    }
}
