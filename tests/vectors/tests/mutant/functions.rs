//! Functions of the kit as a wrong runner would call them.

use super::evaluator::{Wrong, evaluating};
use esteira_sdk::{
    Context, Error, Function, FunctionSpec, Outcome, Output,
    json::PayloadJson,
    model::{BoxFuture, Cancellation, Invocation, Payload, Runner},
};
use serde_json::Value;
use std::sync::Arc;

/// Calls the right function in a wrong way.
pub type Call = for<'a> fn(&'a dyn Function, &'a Context, Payload) -> BoxFuture<'a, Result<Outcome, Error>>;

struct Called {
    right: Arc<dyn Function>,
    call: Call,
}

impl Function for Called {
    fn spec(&self) -> FunctionSpec {
        self.right.spec()
    }

    fn execute<'a>(&'a self, cx: &'a Context, input: Payload) -> BoxFuture<'a, Result<Outcome, Error>> {
        (self.call)(&*self.right, cx, input)
    }
}

/// The kit with one function that is called so.
pub fn in_place_of(name: &str, call: Call) -> Runner {
    let right = esteira_kit::functions().into_iter().find(|it| &*it.spec().name == name).expect("the kit has it");
    evaluating(Wrong::Nothing).function(Called { right, call })
}

/// Items in the opposite order.
pub fn reversed<'a>(right: &'a dyn Function, cx: &'a Context, input: Payload) -> BoxFuture<'a, Result<Outcome, Error>> {
    Box::pin(async move {
        let mut outcome = right.execute(cx, input).await?;
        if let Output::Many(items) = &mut outcome.output {
            items.reverse();
        }
        Ok(outcome)
    })
}

/// Says again what the attempts before it said.
pub fn talkative<'a>(
    right: &'a dyn Function,
    cx: &'a Context,
    input: Payload,
) -> BoxFuture<'a, Result<Outcome, Error>> {
    Box::pin(async move {
        for attempt in 1..cx.attempt() {
            let earlier = told(cx, |invocation| invocation.attempt = attempt);
            // How it ended is over; what it said stays.
            let _ = right.execute(&earlier, input.clone()).await;
            earlier.take_said().emits.into_iter().for_each(|emit| cx.emit_with(emit));
        }
        right.execute(cx, input).await
    })
}

/// Is not told what an earlier attempt saved.
pub fn forgetful<'a>(
    right: &'a dyn Function,
    cx: &'a Context,
    input: Payload,
) -> BoxFuture<'a, Result<Outcome, Error>> {
    Box::pin(async move {
        let fresh = told(cx, |invocation| invocation.last_checkpoint = None);
        let result = right.execute(&fresh, input).await;
        fresh.take_said().emits.into_iter().for_each(|emit| cx.emit_with(emit));
        result
    })
}

/// Reads and writes what it receives.
pub fn tidy<'a>(right: &'a dyn Function, cx: &'a Context, input: Payload) -> BoxFuture<'a, Result<Outcome, Error>> {
    right.execute(cx, rewritten(&input))
}

/// Changes the state past the aggregate's behaviour.
pub fn unchecked<'a>(
    right: &'a dyn Function,
    cx: &'a Context,
    input: Payload,
) -> BoxFuture<'a, Result<Outcome, Error>> {
    Box::pin(async move { right.execute(cx, input.clone()).await.or(Ok(Outcome::one(input))) })
}

/// The same JSON value in other bytes.
pub fn rewritten(payload: &Payload) -> Payload {
    match payload.decode::<Value>() {
        Ok(value) => Payload::json(value.to_string()),
        Err(_) => payload.clone(),
    }
}

fn told(cx: &Context, change: impl FnOnce(&mut Invocation)) -> Context {
    let mut invocation = cx.invocation().clone();
    change(&mut invocation);
    Context::new(invocation, Cancellation::new(), ())
}
