//! The ordinary binary has no seeded bug, and nothing that could switch one on: neither the variable nor a name is in its bytes.

use esteira_chaos::mutant;

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[test]
fn it_knows_no_bug() {
    let bytes = std::fs::read(esteira_e2e::binary::esteira()).expect("the binary can be read");
    // That the search finds what is there.
    assert!(contains(&bytes, "ESTEIRA_DATABASE"));
    for text in [mutant::VARIABLE, "outbox-cursor", "ack-before-commit", "mark-before-ack", "lost-hand-off"] {
        assert!(!contains(&bytes, text), "{text} is in the ordinary binary");
    }
    for bug in mutant::ALL {
        assert!(!contains(&bytes, bug.does), "{}", bug.name);
    }
}
