//! A UUID as 16 bytes with its text form. Generation is a port: see the engine's `Entropy`.

use crate::id::Malformed;
use std::{fmt, str::FromStr};

/// 128-bit identifier; versions are minted elsewhere, version 7 everywhere in esteira.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Uuid([u8; 16]);

impl Uuid {
    /// From its 16 bytes, big-endian.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Its 16 bytes, big-endian: comparing them compares creation times of version 7 ids.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// The milliseconds since 1970 with which a version 7 id begins.
    pub fn millis(&self) -> i64 {
        self.0[..6].iter().fold(0, |millis, byte| millis << 8 | i64::from(*byte))
    }

    /// The version nibble; 7 for time-ordered ids.
    pub const fn version(&self) -> u8 {
        self.0[6] >> 4
    }
}

impl fmt::Display for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [b'-'; 36];
        let mut at = 0;
        for (i, byte) in self.0.iter().enumerate() {
            if matches!(i, 4 | 6 | 8 | 10) {
                at += 1;
            }
            for nibble in [byte >> 4, byte & 15] {
                text[at] = b"0123456789abcdef"[nibble as usize];
                at += 1;
            }
        }
        f.write_str(std::str::from_utf8(&text).expect("hex digits and dashes are ASCII"))
    }
}

impl fmt::Debug for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Uuid {
    type Err = Malformed;

    /// Accepts the one canonical form: 36 characters, lower case.
    fn from_str(text: &str) -> Result<Self, Malformed> {
        const EXPECTED: Malformed = Malformed { expected: "a lower-case UUID of 36 characters" };
        let bytes = text.as_bytes();
        if bytes.len() != 36 {
            return Err(EXPECTED);
        }
        let mut out = [0u8; 16];
        let mut nibbles = 0;
        for (i, &c) in bytes.iter().enumerate() {
            if matches!(i, 8 | 13 | 18 | 23) {
                if c != b'-' {
                    return Err(EXPECTED);
                }
                continue;
            }
            let value = match c {
                b'0'..=b'9' => c - b'0',
                b'a'..=b'f' => c - b'a' + 10,
                _ => return Err(EXPECTED),
            };
            out[nibbles / 2] = out[nibbles / 2] << 4 | value;
            nibbles += 1;
        }
        Ok(Self(out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_form_round_trips() {
        let text = "01932c07-209b-7e9a-8b2c-ffeeddccbbaa";
        let id: Uuid = text.parse().expect("canonical");
        assert_eq!(id.to_string(), text);
        assert_eq!(id.version(), 7);
        assert_eq!(id.millis(), 0x0193_2c07_209b);
    }

    #[test]
    fn only_the_canonical_form_is_read() {
        for bad in [
            "",
            "01932C07-209b-7e9a-8b2c-ffeeddccbbaa",
            "01932c07209b7e9a8b2cffeeddccbbaa",
            "01932c07-209b-7e9a-8b2c-ffeeddccbbag",
            "01932c07x209b-7e9a-8b2c-ffeeddccbbaa",
        ] {
            assert!(bad.parse::<Uuid>().is_err(), "{bad:?}");
        }
    }
}
