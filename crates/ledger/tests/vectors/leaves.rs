//! One leaf of each kind, its bytes, its hash and its fields; and bytes that are no leaf.

use crate::{case::hex, job};
use esteira_ledger::{Leaf, leaf_hash, text_commitment};
use serde_json::{Value, json};

pub fn build() -> Value {
    let log = job::log();
    let shown: Vec<Value> = log.iter().map(|bytes| show(bytes)).collect();
    let attempt = log[1].clone();
    let refused: Vec<Value> = refused(&attempt)
        .into_iter()
        .map(|(name, bytes)| {
            let error = Leaf::decode(&bytes).expect_err(name);
            json!({ "name": name, "hex": hex(&bytes), "error": error.to_string() })
        })
        .collect();
    let salt = job::salt(1);
    json!({
        "leaves": shown,
        "refused": refused,
        "commitments": [{
            "salt": hex(&salt.0),
            "body": hex(job::INPUT),
            "commitment": job::hidden(job::INPUT, 1).to_string(),
            "texts": ["ação", ""],
            "text_commitment": text_commitment(&salt, &["ação", ""]).to_string(),
        }],
    })
}

fn show(bytes: &[u8]) -> Value {
    let leaf = Leaf::decode(bytes).expect("made by this code");
    json!({ "hex": hex(bytes), "hash": leaf_hash(bytes).to_string(), "fields": leaf.to_json() })
}

fn refused(attempt: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let with = |at: usize, bytes: &[u8]| [&attempt[..at], bytes, &attempt[at + 1..]].concat();
    vec![
        ("nothing", Vec::new()),
        ("another thing", with(0, b"X")),
        ("another version", with(3, &[2])),
        ("another kind", with(4, &[99])),
        ("cut short", attempt[..attempt.len() - 1].to_vec()),
        ("something behind", [attempt, &[0]].concat()),
        ("a length of two bytes where one is enough", with(5, &[0x84, 0x00])),
        ("a length beyond the end", with(5, &[0xff, 0x7f])),
        ("a length of eleven bytes", with(5, &[0xff; 11])),
        ("a text that is not UTF-8", with(6, &[0xff])),
    ]
}
