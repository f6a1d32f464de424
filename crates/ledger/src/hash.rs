//! SHA-256 in its four uses here, each with a first byte of its own, so that no value of one use is a value of another.

use esteira_model::id::Malformed;
use sha2::{Digest, Sha256};
use std::{fmt, str::FromStr};

const LEAF: u8 = 0x00;
const NODE: u8 = 0x01;
const COMMITMENT: u8 = 0x02;
const TEXT: u8 = 0x03;
const SALT: u8 = 0x04;

/// A SHA-256 value: of bytes, of a leaf, of a tree, or a commitment.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// The digest of a body: SHA-256 of its bytes as received, nothing before them.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        digest(&[bytes])
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Hash {
    type Err = Malformed;

    /// Accepts the one canonical form: 64 lower-case hexadecimal digits.
    fn from_str(text: &str) -> Result<Self, Malformed> {
        hex(text).ok_or(Malformed { expected: "64 lower-case hexadecimal digits" }).map(Self)
    }
}

/// What makes a commitment impossible to guess: 16 bytes for each artifact, which nobody can find without the seed of its job.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Salt(pub [u8; 16]);

impl Salt {
    /// The salt of an artifact of the jobs that share this seed.
    pub fn of_artifact(seed: &[u8; 32], artifact: i64) -> Self {
        Self::cut(digest(&[&[SALT], seed, &artifact.to_be_bytes()]))
    }

    /// The salt of the request that started the jobs that share this seed.
    pub fn of_request(seed: &[u8; 32]) -> Self {
        Self::cut(digest(&[&[SALT], seed]))
    }

    fn cut(Hash(hash): Hash) -> Self {
        let mut salt = [0; 16];
        salt.copy_from_slice(&hash[..16]);
        Self(salt)
    }
}

impl fmt::Debug for Salt {
    /// Says nothing: with the salt, a small value can be found again from its commitment.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Salt(..)")
    }
}

impl FromStr for Salt {
    type Err = Malformed;

    /// Accepts 32 lower-case hexadecimal digits.
    fn from_str(text: &str) -> Result<Self, Malformed> {
        hex(text).ok_or(Malformed { expected: "32 lower-case hexadecimal digits" }).map(Self)
    }
}

/// What a leaf says of a body: nothing to whoever lacks the salt, everything to whoever has the bytes and the salt.
pub fn commitment(salt: &Salt, body_digest: &Hash) -> Hash {
    digest(&[&[COMMITMENT], &salt.0, &body_digest.0])
}

/// What a leaf says of texts that may hold data (failure messages, reasons, addresses). Each text carries its length.
pub fn text_commitment(salt: &Salt, texts: &[&str]) -> Hash {
    let mut hasher = Sha256::new_with_prefix([TEXT]);
    hasher.update(salt.0);
    for text in texts {
        hasher.update((text.len() as u64).to_be_bytes());
        hasher.update(text.as_bytes());
    }
    Hash(hasher.finalize().into())
}

/// The hash of an entry of the log (RFC 9162, 2.1.1).
pub fn leaf_hash(entry: &[u8]) -> Hash {
    digest(&[&[LEAF], entry])
}

/// The hash of an inner node of the log (RFC 9162, 2.1.1).
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    digest(&[&[NODE], &left.0, &right.0])
}

fn digest(parts: &[&[u8]]) -> Hash {
    let mut hasher = Sha256::new();
    parts.iter().for_each(|part| hasher.update(part));
    Hash(hasher.finalize().into())
}

fn hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits = text.as_bytes();
    if digits.len() != 2 * N {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = nibble(pair[0])? << 4 | nibble(pair[1])?;
    }
    Some(bytes)
}

pub(crate) fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_form_round_trips() {
        let hash = Hash::of_bytes(b"abc");
        assert_eq!(hash.to_string(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(hash.to_string().parse(), Ok(hash));
    }

    #[test]
    fn only_the_canonical_form_is_read() {
        for bad in ["", "ba", &"B".repeat(64), &"g0".repeat(32), &"é".repeat(32)] {
            assert!(bad.parse::<Hash>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn no_use_of_the_hash_gives_a_value_of_another() {
        let (salt, hash) = (Salt([7; 16]), Hash([9; 32]));
        let entry: Vec<u8> = salt.0.iter().chain(&hash.0).copied().collect();
        let values = [commitment(&salt, &hash), leaf_hash(&entry), Hash::of_bytes(&entry), text_commitment(&salt, &[])];
        for (i, value) in values.iter().enumerate() {
            assert!(!values[i + 1..].contains(value), "value {i} appears twice");
        }
    }

    #[test]
    fn where_a_text_ends_counts() {
        let salt = Salt([1; 16]);
        assert_ne!(text_commitment(&salt, &["ab", "c"]), text_commitment(&salt, &["a", "bc"]));
        assert_ne!(text_commitment(&salt, &["a", ""]), text_commitment(&salt, &["a"]));
    }
}
