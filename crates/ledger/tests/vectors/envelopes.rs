//! Statements in envelopes, those that open and those that must not.

use crate::{
    case::hex,
    job::{INPUT, key},
};
use esteira_ledger::{Hash, Statement, Subject, dsse, statement};
use serde_json::{Value, json};

pub fn build() -> Value {
    let (signer, foreign) = (key(1), key(3));
    let keys = vec![signer.verifier().clone()];
    let subject = vec![Subject::new("jobs/1/input", &Hash::of_bytes(INPUT))];
    let statement = Statement::of_job(subject, json!({ "job": "1", "steps": [] }));
    let good = statement.seal(&[&signer]).expect("a subject with a digest");
    let edit = |field: &str, value: Value| {
        let mut envelope: Value = serde_json::from_str(&good).expect("an envelope");
        *envelope.pointer_mut(field).expect("a field") = value;
        envelope.to_string()
    };
    let sealed = |body: Value| dsse::seal(statement::PAYLOAD_TYPE, body.to_string().as_bytes(), &[&signer]);
    let mut body = serde_json::to_value(&statement).expect("a statement");
    let mut with = |field: &str, value: Value| {
        let before = body[field].take();
        body[field] = value;
        let envelope = sealed(body.clone());
        body[field] = before;
        envelope
    };
    let envelopes = vec![
        ("a statement", good.clone()),
        ("two signatures", statement.seal(&[&signer, &foreign]).expect("a subject with a digest")),
        ("no key id", edit("/signatures/0/keyid", json!(""))),
        (
            "a field that nobody knows",
            edit("", {
                let mut v: Value = serde_json::from_str(&good).expect("an envelope");
                v["x"] = json!(1);
                v
            }),
        ),
        ("a key that is not trusted", statement.seal(&[&foreign]).expect("a subject with a digest")),
        ("another key's signature under a trusted id", edit("/signatures/0/sig", json!("A".repeat(86) + "=="))),
        ("no signature", edit("/signatures", json!([]))),
        ("another payload", edit("/payload", json!("e30="))),
        ("another payload type", edit("/payloadType", json!("application/json"))),
        ("not base64", edit("/payload", json!("e30"))),
        ("not JSON", "{".to_owned()),
        ("another version of the statement", with("_type", json!("https://in-toto.io/Statement/v0.1"))),
        ("another predicate", with("predicateType", json!("urn:other"))),
        ("no subject", with("subject", json!([]))),
        ("a subject without SHA-256", with("subject", json!([{ "name": "a", "digest": { "md5": "00" } }]))),
    ];
    let cases: Vec<Value> = envelopes
        .into_iter()
        .map(|(name, envelope)| {
            let opened = Statement::open(&envelope, &keys).ok();
            let digests = opened.map(|statement| {
                statement.subject.iter().filter_map(Subject::sha256).map(|d| hex(&d.0)).collect::<Vec<_>>()
            });
            json!({ "name": name, "envelope": envelope, "subjects": digests })
        })
        .collect();
    assert_eq!(cases.iter().filter(|case| case["subjects"].is_null()).count(), 11);
    json!({ "keys": [keys[0].to_string()], "cases": cases })
}
