//! The plans, and what their functions make of an input.

use crate::history::Made;
use esteira_contract::v1::{self, completion::Output, payload::Body, task_report::Outcome};
use serde_json::{Value, json};
use std::time::Duration;

/// Every lease of a run.
pub(crate) const LEASE: Duration = Duration::from_secs(3);
/// Where all messages go.
pub(crate) const TOPIC: &str = "chaos";
/// How the keys begin that no relay can deliver to. There are many, so that one is parked now and then through the whole round.
pub(crate) const POISON: &str = "poison";
/// Keys of messages, and aggregates.
const KEYS: usize = 6;
const AGGREGATES: usize = 3;
/// Of so many jobs one emits poison.
const POISON_EVERY: usize = 17;

/// The functions that workers serve.
pub(crate) const FUNCTIONS: [&str; 7] =
    ["chaos.pass", "chaos.emit", "chaos.split", "chaos.sum", "chaos.flaky", "chaos.break", "chaos.slow"];

/// The names of the plans, by the number of the request.
pub(crate) const PLANS: [&str; 6] = ["chain", "fan", "nested", "flaky", "broken", "counter"];

/// The first step of each.
pub(crate) const FIRST_STEPS: [&str; PLANS.len()] = ["first", "split", "before", "flaky", "begin", "count"];

/// Of so many requests: which plan, which input, which aggregate.
pub(crate) fn request(number: usize) -> (&'static str, Value, Option<v1::AggregateRef>) {
    let plan = PLANS[number % PLANS.len()];
    let aggregate = (plan == "counter").then(|| v1::AggregateRef {
        r#type: "counter".into(),
        id: format!("c{}", number / PLANS.len() % AGGREGATES),
        version: 0,
    });
    (plan, json!({"n": number}), aggregate)
}

/// The documents, sub-plans first.
pub(crate) fn documents() -> Vec<Value> {
    let ttl = format!("{}s", LEASE.as_secs());
    let step = |key: &str, function: &str, next: &[&str]| json!({"step_key": key, "function": function, "next": next, "lease_ttl": ttl});
    let with = |mut step: Value, more: Value| {
        let (Some(step_fields), Value::Object(more)) = (step.as_object_mut(), more) else { return step };
        step_fields.extend(more);
        step
    };
    let retry = json!({"retry": {"max_attempts": 5, "initial_backoff": "100ms", "max_backoff": "400ms"}});
    vec![
        json!({"name": "chain", "steps": [
            step("first", "chaos.pass", &["second"]),
            step("second", "chaos.emit", &["third"]),
            step("third", "chaos.slow", &[]),
        ]}),
        json!({"name": "fan", "steps": [
            with(step("split", "chaos.split", &["each"]), json!({"output": "multiple"})),
            step("each", "chaos.pass", &["sum"]),
            with(step("sum", "chaos.sum", &[]), json!({"join": "all"})),
        ]}),
        json!({"name": "nested", "steps": [
            step("before", "chaos.pass", &["inner"]),
            {"step_key": "inner", "sub_plan": {"plan": "chain"}, "next": ["after"]},
            step("after", "chaos.pass", &[]),
        ]}),
        json!({"name": "flaky", "steps": [
            with(step("flaky", "chaos.flaky", &["after"]), retry),
            step("after", "chaos.emit", &[]),
        ]}),
        json!({"name": "broken", "steps": [
            step("begin", "chaos.pass", &["fails", "waits"]),
            step("fails", "chaos.break", &[]),
            {"step_key": "waits", "function": "wait", "config": {"duration": "4s"}},
        ]}),
        json!({"name": "counter", "aggregate_type": "counter", "steps": [
            with(step("count", "chaos.emit", &["again"]), json!({"exclusive_aggregate": true})),
            with(step("again", "chaos.pass", &[]), json!({"exclusive_aggregate": true})),
        ]}),
    ]
}

/// Who made an input.
pub(crate) fn made(input: &Value) -> Vec<Made> {
    let one = |item: &Value| {
        let of = item["of"].as_u64().and_then(|of| usize::try_from(of).ok()).unwrap_or(1);
        Some(Made { task: item["task"].as_str()?.to_owned(), fence: item["fence"].as_i64()?, of })
    };
    match input {
        Value::Array(items) => items.iter().filter_map(one).collect(),
        item => one(item).into_iter().collect(),
    }
}

/// What a function makes: its outputs and its messages, or a failure.
pub(crate) enum Product {
    One(Value, Vec<(String, Value)>),
    Many(Vec<Value>),
    Fails(v1::FailureKind),
}

/// Runs a function. Everything that it makes names the task and the fence.
pub(crate) fn run(lease: &v1::TaskLease, input: &Value) -> Product {
    let first = if let Value::Array(items) = input { items.first().unwrap_or(input) } else { input };
    let n = first["n"].as_u64().unwrap_or_default();
    let number = usize::try_from(n).unwrap_or_default();
    let of = first["of"].as_u64().unwrap_or(1);
    let output = |of: u64| json!({"n": n, "task": lease.task_id, "fence": lease.fence, "of": of});
    match lease.function_name.as_str() {
        "chaos.split" => {
            let of = 2 + n % 4;
            Product::Many((0..of).map(|_| output(of)).collect())
        }
        "chaos.sum" => Product::One(output(1), Vec::new()),
        // It fails until its third attempt, lost leases included.
        "chaos.flaky" if lease.attempt < 3 => Product::Fails(v1::FailureKind::Retryable),
        // Whether it fails hangs on the task's id, so that a task that is tried again may succeed.
        "chaos.break" if lease.task_id.bytes().last().is_some_and(|last| last % 4 != 0) => {
            Product::Fails(v1::FailureKind::NonRetryable)
        }
        "chaos.emit" => {
            let aggregate = lease.packet.as_ref().and_then(|packet| packet.aggregate.as_ref());
            let key = match aggregate {
                Some(_) => String::new(),
                None if number.is_multiple_of(POISON_EVERY) => format!("{POISON}-{number}"),
                None => format!("k{}", number % KEYS),
            };
            let body = |place: usize| json!({"message": format!("{}-{}-{place}", lease.task_id, lease.fence)});
            Product::One(output(of), (0..1 + number % 3).map(|place| (key.clone(), body(place))).collect())
        }
        _ => Product::One(output(of), Vec::new()),
    }
}

/// The key under which a message is found again: one without a key takes its aggregate's.
pub(crate) fn key_of(lease: &v1::TaskLease, key: &str) -> String {
    let aggregate = lease.packet.as_ref().and_then(|packet| packet.aggregate.as_ref());
    match aggregate {
        Some(aggregate) if key.is_empty() => format!("{TOPIC}|{}/{}", aggregate.r#type, aggregate.id),
        _ => format!("{TOPIC}|{key}"),
    }
}

pub(crate) fn payload(value: &Value) -> v1::Payload {
    v1::Payload { body: Some(Body::Json(value.to_string())), ..Default::default() }
}

/// The text of a payload; a body that is not JSON is none of ours.
pub(crate) fn text(payload: Option<&v1::Payload>) -> &str {
    match payload.and_then(|payload| payload.body.as_ref()) {
        Some(Body::Json(text)) => text,
        _ => "",
    }
}

/// The report of a product.
pub(crate) fn report(lease: &v1::TaskLease, product: &Product) -> v1::TaskReport {
    let completion = |output, emits: &[(String, Value)]| {
        let emit = |(key, body): &(String, Value)| v1::OutboxEmit {
            topic: TOPIC.into(),
            key: key.clone(),
            payload: Some(payload(body)),
            ..Default::default()
        };
        Outcome::Completed(v1::Completion {
            output: Some(output),
            emit: emits.iter().map(emit).collect(),
            ..Default::default()
        })
    };
    let outcome = match product {
        Product::One(value, emits) => completion(Output::Single(payload(value)), emits),
        Product::Many(values) => {
            completion(Output::Multiple(v1::Outputs { items: values.iter().map(payload).collect() }), &[])
        }
        Product::Fails(kind) => {
            let failure = v1::Failure {
                kind: (*kind).into(),
                code: "CHAOS".into(),
                message: "it fails now".into(),
                ..Default::default()
            };
            Outcome::Failed(v1::Failing { failure: Some(failure), checkpoint: None })
        }
    };
    v1::TaskReport { lease_token: lease.lease_token.clone(), outcome: Some(outcome), ..Default::default() }
}
