//! UUIDs and their text.

use std::fmt::Write as _;

/// The text with hyphens, in lower case.
pub(crate) fn to_text(bytes: &[u8]) -> Option<String> {
    let bytes: [u8; 16] = bytes.try_into().ok()?;
    let mut out = String::with_capacity(36);
    for (index, byte) in bytes.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            out.push('-');
        }
        write!(out, "{byte:02x}").ok()?;
    }
    Some(out)
}

/// The bytes of a text with hyphens.
pub(crate) fn from_text(text: &str) -> Option<Vec<u8>> {
    let hyphens = text.len() == 36 && [8, 13, 18, 23].iter().all(|at| text.as_bytes()[*at] == b'-');
    let digits: String = text.chars().filter(|c| *c != '-').collect();
    if !hyphens || digits.len() != 32 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    (0..16).map(|index| u8::from_str_radix(&digits[2 * index..2 * index + 2], 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_survive() {
        let text = "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b";
        assert_eq!(from_text(text).and_then(|bytes| to_text(&bytes)).as_deref(), Some(text));
        for malformed in [
            "",
            "0190a1b2c3d47e5f8a9b0c1d2e3f4a5b",
            "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5",
            "g190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b",
        ] {
            assert_eq!(from_text(malformed), None, "{malformed}");
        }
    }
}
