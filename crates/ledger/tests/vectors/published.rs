//! What others published, against this code.

use crate::case::{hex, unhex};
use esteira_ledger::{
    Checkpoint, Hash, SignerKey, VerifierKey, dsse, leaf_hash, note,
    proof::{Leaves, consistency, inclusion, root_from_inclusion, verify_consistency},
};
use serde_json::Value;

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("a list")
}

fn hashes(value: &Value) -> Vec<Hash> {
    list(value).iter().map(|hash| text(hash).parse().expect("a hash")).collect()
}

fn keys(value: &Value) -> Vec<VerifierKey> {
    list(value).iter().map(|key| text(key).parse().expect("a key")).collect()
}

pub fn check(all: &Value) {
    check_merkle(&all["merkle"]);
    for case in list(&all["notes"]) {
        let keys = keys(&case["keys"]);
        let opened = note::open(text(&case["note"]), &keys).ok();
        assert_eq!(opened.as_ref().map(|opened| opened.text), case["text"].as_str(), "{}", case["name"]);
        let signers = opened.map_or(Vec::new(), |opened| opened.signers.iter().map(ToString::to_string).collect());
        assert_eq!(signers, list(&case["signers"]).iter().map(text).collect::<Vec<_>>(), "{}", case["name"]);
    }
    let signer: SignerKey = text(&all["signer"]["secret"]).parse().expect("a key");
    assert_eq!(signer.verifier().to_string(), text(&all["signer"]["verifier"]));
    assert_eq!(signer.to_secret_text(), text(&all["signer"]["secret"]));
    assert_eq!(note::sign(text(&all["signer"]["text"]), &[&signer]).as_deref(), Ok(text(&all["signer"]["note"])));
    assert!(!format!("{signer:?}").contains("AYEKF"), "a key's debug form is no secret");

    check_keys(text(&all["signer"]["verifier"]), text(&all["signer"]["secret"]));

    let checkpoint = Checkpoint::from_text(text(&all["checkpoint"]["text"])).expect("the specification's example");
    assert_eq!(checkpoint.origin, text(&all["checkpoint"]["origin"]));
    assert_eq!(Some(checkpoint.size), all["checkpoint"]["size"].as_u64());
    assert_eq!(checkpoint.root.to_string(), text(&all["checkpoint"]["root"]));
    assert_eq!(checkpoint.to_text().as_deref(), Ok(text(&all["checkpoint"]["text"])));

    let pae = &all["pae"];
    let encoding = dsse::pre_authentication_encoding(text(&pae["type"]), &unhex(text(&pae["payload"])));
    assert_eq!(String::from_utf8(encoding).expect("a text"), text(&pae["encoding"]));
    for case in list(&all["ed25519"]) {
        check_ed25519(case);
    }
}

fn check_merkle(tree: &Value) {
    let leaves: Vec<Hash> = list(&tree["entries"]).iter().map(|entry| leaf_hash(&unhex(text(entry)))).collect();
    let roots = hashes(&tree["roots"]);
    let nodes = Leaves(&leaves);
    for (size, root) in roots.iter().enumerate() {
        let mut head = esteira_ledger::Frontier::default();
        leaves[..size].iter().for_each(|leaf| head.append(*leaf, |_, _| ()));
        assert_eq!(head.root(), *root, "root of {size}");
    }
    let number = |value: &Value| value.as_u64().expect("a number");
    for case in list(&tree["inclusion"]) {
        let (index, size, path) = (number(&case["index"]), number(&case["size"]), hashes(&case["path"]));
        assert_eq!(inclusion(&nodes, index, size).as_ref(), Ok(&path));
        assert_eq!(root_from_inclusion(&leaves[index as usize], index, size, &path), Some(roots[size as usize]));
    }
    for case in list(&tree["consistency"]) {
        let (old, new, path) = (number(&case["old"]), number(&case["new"]), hashes(&case["path"]));
        assert_eq!(consistency(&nodes, old, new).as_ref(), Ok(&path));
        assert!(verify_consistency(old, &roots[old as usize], new, &roots[new as usize], &path));
    }
}

/// A key in which one character is another is none: its id says so.
fn check_keys(verifier: &str, secret: &str) {
    for at in 0..verifier.len() {
        assert!(verifier[..at].parse::<VerifierKey>().is_err(), "cut at {at}");
        assert!(mangled(verifier, at).parse::<VerifierKey>().is_err(), "{}", mangled(verifier, at));
    }
    (0..secret.len()).for_each(|at| assert!(mangled(secret, at).parse::<SignerKey>().is_err(), "{at}"));
    for bad in ["", "a b", "a+b", "a\nb"] {
        assert!(SignerKey::from_seed(bad, &[1; 32]).is_err(), "{bad:?}");
    }
    // Points of small order: signatures of such a key fit any message.
    for weak in [[0; 32], [1].iter().chain(&[0; 31]).copied().collect::<Vec<u8>>().try_into().expect("32 bytes")] {
        assert!(named(&weak).parse::<VerifierKey>().is_err(), "{weak:?}");
    }
}

fn mangled(text: &str, at: usize) -> String {
    let other = if text.as_bytes()[at] == b'A' { "B" } else { "A" };
    [&text[..at], other, &text[at + 1..]].concat()
}

/// A public key under the name `k`.
fn named(public: &[u8]) -> String {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let id = Hash::of_bytes(&[b"k\n\x01".as_slice(), public].concat());
    format!("k+{}+{}", hex(&id.0[..4]), STANDARD.encode([&[1], public].concat()))
}

/// Keys have names here; the published ones get one.
fn check_ed25519(case: &Value) {
    let key = named(&unhex(text(&case["public"])));
    let key: VerifierKey = key.parse().expect("a key");
    let (message, mut signature) = (unhex(text(&case["message"])), unhex(text(&case["signature"])));
    assert!(key.verifies(&message, &signature));
    signature[3] ^= 1;
    assert!(!key.verifies(&message, &signature) && !key.verifies(&message, &signature[1..]));
}
