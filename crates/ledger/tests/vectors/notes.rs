//! Checkpoints that open, and notes that must not.

use crate::job::{ORIGIN, key};
use esteira_ledger::{Checkpoint, Hash, note};
use serde_json::{Value, json};

pub fn build() -> Value {
    let (old, new, foreign) = (key(1), key(2), key(3));
    let keys = vec![old.verifier().clone(), new.verifier().clone()];
    let checkpoint = Checkpoint { origin: ORIGIN.to_owned(), size: 42, root: Hash::of_bytes(b"root") };
    let text = checkpoint.to_text().expect("an origin without newlines");
    let good = checkpoint.sign(&[&old]).expect("one signer");
    let both = checkpoint.sign(&[&old, &new]).expect("two signers");
    let sign = |text: &str| note::sign(text, &[&old]).expect("a text");
    let swap = |from: &str, to: &str| good.replacen(from, to, 1);
    let other = Checkpoint { origin: "ledger.example/other".to_owned(), ..checkpoint.clone() };
    let notes: Vec<(&str, String)> = vec![
        ("one key", good.clone()),
        ("two keys, during a rotation", both.clone()),
        ("the new key alone", checkpoint.sign(&[&new]).expect("one signer")),
        ("and a witness that nobody knows", format!("{good}\u{2014} witness.example/w1 AAAAAAAA\n")),
        ("an empty log", Checkpoint { size: 0, ..checkpoint.clone() }.sign(&[&old]).expect("one signer")),
        ("a size that fills 64 bits", Checkpoint { size: u64::MAX, ..checkpoint.clone() }.sign(&[&old]).expect("one")),
        ("a key that is not trusted", checkpoint.sign(&[&foreign]).expect("one signer")),
        ("another log", other.sign(&[&old]).expect("one signer")),
        ("another size", swap("\n42\n", "\n43\n")),
        ("one of two signatures is bad", format!("{both}\u{2014} {ORIGIN} {}\n", bad_signature(&keys[0].label()))),
        ("no signature", format!("{text}\n")),
        ("no empty line", swap("\n\n", "\n")),
        ("no last newline", good.trim_end().to_owned()),
        ("a hyphen for the dash", swap("\u{2014}", "-")),
        ("two spaces", swap("\u{2014} ", "\u{2014}  ")),
        ("a carriage return", swap("\n42\n", "\r\n42\n")),
        ("base64 without padding", good.replace("=\n", "\n")),
        ("an extension line", sign(&format!("{text}extension\n"))),
        ("two lines", sign("ledger.example/acme\n42\n")),
        ("an empty origin", sign(&text.replacen(ORIGIN, "", 1))),
        ("a size with a zero before it", sign(&text.replacen("42", "042", 1))),
        ("a size with a sign", sign(&text.replacen("42", "+42", 1))),
        ("a size beyond 64 bits", sign(&text.replacen("42", "18446744073709551616", 1))),
        ("an empty size", sign(&text.replacen("42", "", 1))),
        ("a root of 31 bytes", sign("ledger.example/acme\n42\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==\n")),
        ("more signatures than are read", format!("{text}\n{}", "\u{2014} witness.example/w1 AAAAAAAA\n".repeat(65))),
    ];
    let cases: Vec<Value> = notes
        .into_iter()
        .map(|(name, note)| match Checkpoint::open(&note, ORIGIN, &keys) {
            Ok(opened) => {
                json!({ "name": name, "note": note, "size": opened.size.to_string(), "root": opened.root.to_string() })
            }
            Err(_) => json!({ "name": name, "note": note, "size": null, "root": null }),
        })
        .collect();
    assert_eq!(cases.iter().filter(|case| case["size"].is_null()).count(), 20);
    json!({ "origin": ORIGIN, "keys": keys.iter().map(ToString::to_string).collect::<Vec<_>>(), "cases": cases })
}

/// A signature line's value that names the key and signs nothing.
fn bad_signature(label: &str) -> String {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let id = u32::from_str_radix(&label[label.len() - 8..], 16).expect("eight digits");
    STANDARD.encode([id.to_be_bytes().as_slice(), &[0; 64]].concat())
}
