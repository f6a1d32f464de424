use super::*;
use crate::reason;
use esteira_contract::v1::Payload as WirePayload;

const AT: At<'_> = At::Top("packet");

fn json_of(text: &str) -> WirePayload {
    WirePayload { body: Some(Wire::Json(text.into())), ..WirePayload::default() }
}

fn binary_of(bytes: Vec<u8>) -> WirePayload {
    WirePayload { body: Some(Wire::Binary(bytes.into())), ..WirePayload::default() }
}

fn check(payload: WirePayload, expected: Result<(), (&str, &str)>) {
    let read = super::payload(payload, AT.field("data"));
    let read = read.map(drop).map_err(|refusal| (refusal.reason, refusal.field));
    assert_eq!(read, expected.map_err(|(reason, field)| (reason, field.to_owned())));
}

#[test]
fn hostile_bodies_are_named_and_refused() {
    let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    let large = |bytes: usize| format!("\"{}\"", "x".repeat(bytes - 2));
    check(json_of(&deep(64)), Ok(()));
    check(json_of(&large(1 << 20)), Ok(()));
    check(json_of("9007199254740993"), Ok(()));
    check(json_of("\"\\u0000\""), Ok(()));
    check(WirePayload::default(), Ok(()));
    check(binary_of(vec![0; 1 << 20]), Ok(()));
    for bad in [
        "",
        "{",
        "{\"a\":1,\"a\":2}",
        "{\"a\":1,\"\\u0061\":2}",
        "\"\0\"",
        "01",
        "\"\\ud800\"",
        "1 2",
        &deep(65),
        "NaN",
    ] {
        check(json_of(bad), Err((reason::JSON_INVALID, "packet.data")));
    }
    check(json_of(&large((1 << 20) + 1)), Err((reason::PAYLOAD_TOO_LARGE, "packet.data")));
    check(binary_of(vec![0; (1 << 20) + 1]), Err((reason::PAYLOAD_TOO_LARGE, "packet.data")));
}

#[test]
fn what_stands_around_a_body() {
    let with = |change: fn(&mut WirePayload)| {
        let mut payload = json_of("1");
        change(&mut payload);
        payload
    };
    check(with(|p| p.content_type = "text/plain; charset=utf-8".into()), Ok(()));
    check(with(|p| p.content_type = "a\nb".into()), Err((reason::FIELD_INVALID, "packet.data.content_type")));
    check(with(|p| p.content_type = "x".repeat(129)), Err((reason::FIELD_INVALID, "packet.data.content_type")));
    check(with(|p| p.schema = "x\0".into()), Err((reason::FIELD_INVALID, "packet.data.schema")));
    check(with(|p| p.schema = "x".repeat(257)), Err((reason::FIELD_INVALID, "packet.data.schema")));
    check(with(|p| p.sha256 = Sha256::digest(b"1").to_vec().into()), Ok(()));
    check(
        with(|p| p.sha256 = Sha256::digest(b"2").to_vec().into()),
        Err((reason::DIGEST_MISMATCH, "packet.data.sha256")),
    );
    check(with(|p| p.sha256 = vec![0; 31].into()), Err((reason::FIELD_INVALID, "packet.data.sha256")));
    check(
        WirePayload { sha256: vec![0; 32].into(), ..WirePayload::default() },
        Err((reason::FIELD_INVALID, "packet.data.sha256")),
    );
}

#[test]
fn no_error_repeats_a_body() {
    let secret = "{\"canary-key\":\"canary-value\",\"canary-key\":1}";
    let refusal = super::payload(json_of(secret), AT).expect_err("refused");
    assert!(!refusal.text().contains("canary"), "{}", refusal.text());
}

#[test]
fn bodies_come_back_as_they_were() {
    for payload in [json_of("{\"n\":1.0}"), binary_of(vec![0, 255]), WirePayload::default()] {
        let read = super::payload(payload.clone(), AT).expect("taken");
        let shown = hashed_out(&read);
        assert_eq!(shown.body, payload.body);
        assert_eq!(shown.sha256.is_empty(), payload.body.is_none());
        let omitted = payload_out(&read, &sha256(&read), Bodies::Omitted);
        assert_eq!((omitted.body, omitted.sha256), (None, shown.sha256));
    }
}
