//! What functions are given and what they give: the same bytes, the same values.

use crate::world::World;
use esteira_sdk::{
    client::{v1, wire},
    model::Payload,
};
use esteira_vectors::run::texts::is_same_value;
use serde_json::json;

/// Texts that something on the way might like to write in another way.
const KINDS: &[&str] = &[
    "null",
    "true",
    "false",
    "0",
    "-0",
    "1.0",
    "1e3",
    "1E+2",
    "0.1000",
    "9007199254740993",
    "-9223372036854775808",
    "18446744073709551615",
    "123456789012345678901234567890",
    "1e400",
    r#""""#,
    r#""\u0000""#,
    r#""\ud83d\ude00 \u00e9 \/""#,
    "\"maçã 😀\"",
    "[]",
    "{}",
    " { \"b\" : [ 1 ,\t2 ] ,\n \"a\" : {} } ",
    r#"{"":{"":[[],[[]],{"x":null}]}}"#,
];

/// Values that every language has, and those that some have not.
const VALUES: &[(&str, bool)] = &[
    ("null", true),
    (r#"{"a":[true,false,null,"\u0000",""],"b":{"c":{}}}"#, true),
    (r#"{"n":9007199254740991,"m":-1}"#, true),
    ("0.1", true),
    ("\"maçã 😀\"", true),
    ("9007199254740993", false),
    ("[9223372036854775807,-9223372036854775808]", false),
    ("18446744073709551615", false),
    ("123456789012345678901234567890", false),
    ("0.1234567890123456789", false),
    ("1e400", false),
];

fn text(payload: &v1::Payload) -> &str {
    match &payload.body {
        Some(v1::payload::Body::Json(text)) => text,
        other => panic!("no JSON: {other:?}"),
    }
}

fn only(job: &v1::Job) -> &v1::Payload {
    assert_eq!(job.results.len(), 1, "{:?}", job.results);
    &job.results[0]
}

pub(super) async fn raw_echo(world: &World) {
    let mut worker = world.worker(4).await;
    world.publish_one("raw", "kit.raw", json!(null)).await;
    let deep = format!("{}1{}", "[".repeat(60), "]".repeat(60));
    let long = format!("\"{}\"", "é\\n".repeat(40_000));
    let kinds: Vec<&str> = KINDS.iter().copied().chain([deep.as_str(), &long]).collect();
    let mut begun = Vec::new();
    for kind in &kinds {
        begun.push(world.begin("raw", Payload::json(*kind)).await);
    }
    for (kind, job) in kinds.iter().zip(&begun) {
        assert_eq!(text(only(&world.succeeded(job).await)), *kind);
    }
    worker.stop(crate::worker::SOON).await;
}

pub(super) async fn decoded_echo(world: &World) {
    let _worker = world.worker(4).await;
    world.publish_one("echo", "kit.echo", json!(null)).await;
    let mut begun = Vec::new();
    for (value, _) in VALUES {
        begun.push(world.begin("echo", Payload::json(*value)).await);
    }
    for ((value, everywhere), job) in VALUES.iter().zip(&begun) {
        let ended = world.ended(job).await;
        if let Some(failure) = &ended.failure {
            assert!(!everywhere, "{value} is refused: {failure:?}");
            assert_eq!(
                (failure.code.as_str(), failure.kind()),
                ("INPUT_INVALID", v1::FailureKind::NonRetryable),
                "{value}"
            );
        } else {
            assert!(is_same_value(value, text(only(&ended))), "{value} came back as {}", text(only(&ended)));
        }
    }
}

pub(super) async fn binary_and_none(world: &World) {
    let _worker = world.worker(2).await;
    world.publish_one("raw", "kit.raw", json!(null)).await;
    let all: Vec<u8> = (0..=255).collect();
    let typed = Payload { content_type: "text/csv".into(), schema: "leads/1".into(), ..Payload::binary(*b"a,b") };
    for payload in [Payload::binary(all.as_slice()), Payload::binary(*b""), typed, Payload::none()] {
        let ended = world.run("raw", payload.clone()).await;
        assert_eq!(wire::payload_in(only(&ended).clone()), payload);
    }
    let script = |returned: &str| json!({"attempts": [[{"return_binary": returned}]]});
    world.publish_one("binary", "kit.script", script("AP+fkpY=")).await;
    let ended = world.run("binary", Payload::json("null")).await;
    assert_eq!(wire::payload_in(only(&ended).clone()), Payload::binary([0, 255, 159, 146, 150]));
    let steps = json!([{"step_key": "only", "function": "kit.none", "output": "none"}]);
    world.publish("none", steps).await;
    assert_eq!(world.run("none", Payload::json("1")).await.result_count, 0);
}

pub(super) async fn context(world: &World) {
    let _worker = world.worker(1).await;
    world.publish_one("ctx", "kit.ctx", json!({"big": 1.5, "deep": {"x": [null]}})).await;
    let actor = v1::Actor { user_id: "local".into(), account_id: "default".into(), on_behalf_of: "ana".into() };
    let aggregate = v1::AggregateRef { r#type: "order".into(), id: "o-1".into(), version: 3 };
    let headers = [("trace", "t-1"), ("zone", "eu")].map(|(key, value)| (key.to_owned(), value.to_owned()));
    let packet = v1::DataPacket {
        actor: Some(actor),
        aggregate: Some(aggregate),
        data: Some(wire::payload_out(&Payload::json("{}"))),
        headers: headers.into(),
    };
    let plan = Some(v1::start_job_request::Plan::PlanName("ctx".into()));
    let request = v1::StartJobRequest { plan, packet: Some(packet), ..Default::default() };
    let begun = world.client.jobs().start_job(request).await.expect("the job starts").job.expect("a job");
    let ended = world.succeeded(&begun.job_id).await;
    assert_eq!(
        text(only(&ended)),
        r#"{"step":"only","attempt":1,"account":"default","operator":"local","aggregate":"order/o-1@3","headers":{"trace":"t-1","zone":"eu"},"config":{"big":1.5,"deep":{"x":[null]}},"checkpoint":null}"#
    );
}
