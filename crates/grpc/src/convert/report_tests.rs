use super::*;
use crate::reason;
use esteira_model::{JobId, TaskId, Uuid};

fn tokens() -> Tokens {
    Tokens::new([7; 32])
}

fn token() -> String {
    tokens().task(&TaskToken {
        job: JobId(Uuid::from_bytes([1; 16])),
        task: TaskId(Uuid::from_bytes([2; 16])),
        fence: 3,
    })
}

fn completed_with(change: impl FnOnce(&mut v1::Completion)) -> v1::TaskReport {
    let mut completion = v1::Completion { output: Some(Wire::None(())), ..Default::default() };
    change(&mut completion);
    v1::TaskReport { lease_token: token(), outcome: Some(Outcome::Completed(completion)), ..Default::default() }
}

fn check(said: v1::TaskReport, expected: Result<(), (&str, &str)>) {
    let list = At::Top("reports");
    let (lease_token, read) = report(&tokens(), said.clone(), [0; 16], list.index(3));
    assert_eq!(lease_token, said.lease_token);
    let read = read.map(drop).map_err(|refusal| (refusal.reason, refusal.field));
    assert_eq!(read, expected.map_err(|(reason, field)| (reason, field.to_owned())));
}

fn json_payload(text: &str) -> v1::Payload {
    v1::Payload { body: Some(v1::payload::Body::Json(text.into())), ..Default::default() }
}

fn field(name: &str) -> Result<(), (&str, &str)> {
    Err((reason::FIELD_INVALID, name))
}

#[test]
fn tokens_that_are_none() {
    check(completed_with(|_| {}), Ok(()));
    for forged in ["x", &token()[1..], &Tokens::new([8; 32]).task(&tokens().read_task(&token()).expect("ours"))] {
        check(v1::TaskReport { lease_token: forged.into(), ..completed_with(|_| {}) }, Err((reason::LEASE_LOST, "")));
    }
    check(v1::TaskReport { lease_token: String::new(), ..completed_with(|_| {}) }, field("reports[3].lease_token"));
}

#[test]
fn outcomes_name_what_is_wrong() {
    check(v1::TaskReport { outcome: None, ..completed_with(|_| {}) }, field("reports[3].outcome"));
    check(completed_with(|c| c.output = None), field("reports[3].completed.output"));
    let bad = || json_payload("{");
    check(
        completed_with(|c| c.output = Some(Wire::Single(bad()))),
        Err((reason::JSON_INVALID, "reports[3].completed.single")),
    );
    let many = v1::Outputs { items: vec![json_payload("1"), bad()] };
    check(
        completed_with(|c| c.output = Some(Wire::Multiple(many))),
        Err((reason::JSON_INVALID, "reports[3].completed.multiple.items[1]")),
    );
    check(completed_with(|c| c.output = Some(Wire::AppendedItems(100_000))), Ok(()));
    for count in [-1, 100_001] {
        check(
            completed_with(|c| c.output = Some(Wire::AppendedItems(count))),
            field("reports[3].completed.appended_items"),
        );
    }
    let after = v1::AggregateRef { r#type: "a".into(), ..Default::default() };
    check(completed_with(|c| c.aggregate_after = Some(after)), field("reports[3].completed.aggregate_after.id"));
    check(completed_with(|c| c.verdicts = vec![Default::default(); 101]), field("reports[3].completed.verdicts"));
    check(completed_with(|c| c.verdicts = vec![Default::default()]), field("reports[3].completed.verdicts[0].policy"));
    let failed = |failing| v1::TaskReport { outcome: Some(Outcome::Failed(failing)), ..completed_with(|_| {}) };
    check(failed(v1::Failing::default()), field("reports[3].failed.failure"));
    let released = |reason: &str| Outcome::Released(v1::Release { reason: reason.into() });
    check(
        v1::TaskReport { outcome: Some(released("r\0")), ..completed_with(|_| {}) },
        field("reports[3].released.reason"),
    );
    let instant = Some(prost_types::Timestamp { seconds: 0, nanos: -1 });
    check(v1::TaskReport { start_time: instant, ..completed_with(|_| {}) }, field("reports[3].start_time"));
    check(v1::TaskReport { end_time: instant, ..completed_with(|_| {}) }, field("reports[3].end_time"));
}

#[test]
fn messages() {
    let emit = |topic: &str, key: &str| v1::OutboxEmit { topic: topic.into(), key: key.into(), ..Default::default() };
    check(completed_with(|c| c.emit = vec![emit("t", "ключ/1")]), Ok(()));
    check(completed_with(|c| c.emit = vec![emit("T", "")]), field("reports[3].completed.emit[0].topic"));
    check(completed_with(|c| c.emit = vec![emit(&"t".repeat(128), "")]), field("reports[3].completed.emit[0].topic"));
    check(
        completed_with(|c| c.emit = vec![emit("t", ""), emit("t", "k\0")]),
        field("reports[3].completed.emit[1].key"),
    );
    check(completed_with(|c| c.emit = vec![emit("t", ""); 1_001]), field("reports[3].completed.emit"));
    let with_header = v1::OutboxEmit { headers: [("H".to_owned(), String::new())].into(), ..emit("t", "") };
    check(completed_with(|c| c.emit = vec![with_header]), field("reports[3].completed.emit[0].headers[\"H\"]"));
}

#[test]
fn chunks() {
    let request =
        |chunk_index, items: Vec<v1::Payload>| v1::AppendOutputsRequest { lease_token: token(), chunk_index, items };
    let field = |request| append(&tokens(), request).map(drop).map_err(|refusal| refusal.field);
    assert_eq!(field(request(0, vec![json_payload("1"); 1_000])), Ok(()));
    assert_eq!(field(request(0, Vec::new())), Err("items".into()));
    assert_eq!(field(request(0, vec![json_payload("1"); 1_001])), Err("items".into()));
    assert_eq!(field(request(-1, vec![json_payload("1")])), Err("chunk_index".into()));
    assert_eq!(field(request(0, vec![json_payload("1"), json_payload("")])), Err("items[1]".into()));
}

#[test]
fn beats() {
    let list = At::Top("beats");
    let read =
        |beat| super::beat(&tokens(), beat, list.index(0)).map(|beat| beat.is_some()).map_err(|refusal| refusal.field);
    let good = v1::LeaseBeat { lease_token: token(), ..Default::default() };
    assert_eq!(read(good.clone()), Ok(true));
    assert_eq!(read(v1::LeaseBeat { lease_token: "forged".into(), ..good.clone() }), Ok(false));
    assert_eq!(read(v1::LeaseBeat { lease_token: String::new(), ..good.clone() }), Err("beats[0].lease_token".into()));
    let ttl = Some(prost_types::Duration { seconds: 901, nanos: 0 });
    assert_eq!(read(v1::LeaseBeat { lease_ttl: ttl, ..good.clone() }), Err("beats[0].lease_ttl".into()));
    assert_eq!(read(v1::LeaseBeat { checkpoint: Some(json_payload("")), ..good }), Err("beats[0].checkpoint".into()));
}

#[test]
fn inv_replay_equal_reports_have_equal_digests() {
    let headers = |order: &[usize]| order.iter().map(|i| (format!("h{i}"), format!("v{i}"))).collect();
    let said = |order: &[usize]| {
        completed_with(|c| {
            c.emit = vec![v1::OutboxEmit { topic: "t".into(), headers: headers(order), ..Default::default() }]
        })
    };
    let (forward, backward): (Vec<usize>, Vec<usize>) = ((0..20).collect(), (0..20).rev().collect());
    let digests = digests(&mut [said(&forward), said(&backward), said(&[0])]);
    assert_eq!(digests[0], digests[1]);
    assert_ne!(digests[0], digests[2]);
}
