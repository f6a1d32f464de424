//! Ed25519 keys with a name, as signed notes use them (C2SP signed-note).
//!
//! A verifier key is `NAME+ID+BASE64(0x01 || public key)`, a signer key `PRIVATE+KEY+NAME+ID+BASE64(0x01 || seed)`; the id
//! is the first four bytes of SHA-256 over the name, a newline, 0x01 and the public key.

use crate::hash::Hash;
use base64::{Engine, engine::general_purpose::STANDARD};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use esteira_model::id::Malformed;
use std::{fmt, str::FromStr};

const ED25519: u8 = 0x01;
const PRIVATE: &str = "PRIVATE+KEY+";
const NAME: Malformed = Malformed { expected: "a key name: not empty, without spaces, control characters and `+`" };

/// A key that is trusted to sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    id: u32,
    key: VerifyingKey,
}

impl VerifierKey {
    fn new(name: &str, key: VerifyingKey) -> Result<Self, Malformed> {
        let is_bad = |c: char| c.is_whitespace() || c.is_control() || c == '+';
        if name.is_empty() || name.contains(is_bad) {
            return Err(NAME);
        }
        Ok(Self { name: name.to_owned(), id: key_id(name, key.as_bytes()), key })
    }

    /// The key's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The key's id: a hint, not a proof.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// Name and id: what an envelope calls the key.
    pub fn label(&self) -> String {
        format!("{}+{:08x}", self.name, self.id)
    }

    /// Whether `signature` is this key's over `message`, by the strict rules: one message, one signature.
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        Signature::from_slice(signature).is_ok_and(|signature| self.key.verify_strict(message, &signature).is_ok())
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}+{}", self.label(), encode(self.key.as_bytes()))
    }
}

impl FromStr for VerifierKey {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        const EXPECTED: Malformed = Malformed { expected: "NAME+ID+KEY, an Ed25519 verifier key" };
        let (name, id, key) = parts(text).ok_or(EXPECTED)?;
        let key = VerifyingKey::from_bytes(&key).map_err(|_| EXPECTED)?;
        let key = Self::new(name, key)?;
        if key.id != id || key.key.is_weak() {
            return Err(EXPECTED);
        }
        Ok(key)
    }
}

/// A key that signs. Its text form is a secret.
pub struct SignerKey {
    public: VerifierKey,
    key: SigningKey,
}

impl SignerKey {
    /// The key of a seed: 32 random bytes that are kept secret.
    ///
    /// # Errors
    /// When the name is none that a key may have.
    pub fn from_seed(name: &str, seed: &[u8; 32]) -> Result<Self, Malformed> {
        let key = SigningKey::from_bytes(seed);
        Ok(Self { public: VerifierKey::new(name, key.verifying_key())?, key })
    }

    /// What others need to verify.
    pub fn verifier(&self) -> &VerifierKey {
        &self.public
    }

    /// The signature over `message`.
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.key.sign(message).to_bytes()
    }

    /// The text form for a key file. A secret.
    pub fn to_secret_text(&self) -> String {
        format!("{PRIVATE}{}+{}", self.public.label(), encode(self.key.as_bytes()))
    }
}

impl fmt::Debug for SignerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SignerKey({})", self.public.label())
    }
}

impl FromStr for SignerKey {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        const EXPECTED: Malformed = Malformed { expected: "PRIVATE+KEY+NAME+ID+SEED, an Ed25519 signer key" };
        let (name, id, seed) = text.strip_prefix(PRIVATE).and_then(parts).ok_or(EXPECTED)?;
        let key = Self::from_seed(name, &seed)?;
        if key.public.id == id { Ok(key) } else { Err(EXPECTED) }
    }
}

fn key_id(name: &str, public: &[u8; 32]) -> u32 {
    let bytes: Vec<u8> = [name.as_bytes(), b"\n", &[ED25519], public].concat();
    let [a, b, c, d, ..] = Hash::of_bytes(&bytes).0;
    u32::from_be_bytes([a, b, c, d])
}

fn encode(key: &[u8; 32]) -> String {
    STANDARD.encode([&[ED25519], key.as_slice()].concat())
}

fn parts(text: &str) -> Option<(&str, u32, [u8; 32])> {
    // The name has no `+`, the key may have.
    let (name, rest) = text.split_once('+')?;
    let (id, key) = rest.split_once('+')?;
    let is_id = id.len() == 8 && id.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'));
    let id = is_id.then(|| u32::from_str_radix(id, 16).ok()).flatten()?;
    let key = STANDARD.decode(key).ok()?;
    let (ED25519, key) = key.split_first().map(|(kind, key)| (*kind, key))? else { return None };
    Some((name, id, key.try_into().ok()?))
}
