//! Envelopes of DSSE 1.0: a payload with its type and signatures over both.

use crate::key::{SignerKey, VerifierKey};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE},
};
use serde::{Deserialize, Serialize};

/// Largest envelope that is read, in bytes.
pub const ENVELOPE_BYTES_MAX: usize = 16 << 20;

/// Why an envelope is not opened.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// More than `ENVELOPE_BYTES_MAX`.
    #[error("an envelope of {0} bytes: more than {ENVELOPE_BYTES_MAX}")]
    TooLarge(usize),
    /// Not the JSON of an envelope.
    #[error("not an envelope: {0}")]
    Malformed(#[from] serde_json::Error),
    /// A field that is not base64.
    #[error("`{0}` is not base64")]
    NotBase64(&'static str),
    /// The payload is of another type.
    #[error("the payload is not `{expected}`")]
    OtherType {
        /// What was expected.
        expected: &'static str,
    },
    /// A key that is trusted did not make the signature that bears its id.
    #[error("a signature of a trusted key does not verify")]
    BadSignature,
    /// No signature is of a key that is trusted.
    #[error("no signature of a trusted key")]
    Unsigned,
}

/// As the specification says, fields that are not known are passed over: nothing outside of what is signed has a meaning.
#[derive(Serialize, Deserialize)]
struct Envelope {
    #[serde(rename = "payloadType")]
    payload_type: String,
    payload: String,
    signatures: Vec<Signature>,
}

#[derive(Serialize, Deserialize)]
struct Signature {
    #[serde(default)]
    keyid: String,
    sig: String,
}

/// What is signed: type and payload with their lengths, so that neither can pass for the other ("PAE").
pub fn pre_authentication_encoding(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let head = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len());
    [head.as_bytes(), payload].concat()
}

/// The envelope's JSON.
pub fn seal(payload_type: &str, payload: &[u8], signers: &[&SignerKey]) -> String {
    let message = pre_authentication_encoding(payload_type, payload);
    let signature =
        |key: &&SignerKey| Signature { keyid: key.verifier().label(), sig: STANDARD.encode(key.sign(&message)) };
    let envelope = Envelope {
        payload_type: payload_type.to_owned(),
        payload: STANDARD.encode(payload),
        signatures: signers.iter().map(signature).collect(),
    };
    serde_json::to_string(&envelope).expect("texts alone always have a JSON form")
}

/// The payload of an envelope that a trusted key signed. A key's id is a hint; without one every key is tried.
///
/// # Errors
/// See [`Error`].
pub fn open(envelope: &str, expected: &'static str, trusted: &[VerifierKey]) -> Result<Vec<u8>, Error> {
    if envelope.len() > ENVELOPE_BYTES_MAX {
        return Err(Error::TooLarge(envelope.len()));
    }
    let envelope: Envelope = serde_json::from_str(envelope)?;
    if envelope.payload_type != expected {
        return Err(Error::OtherType { expected });
    }
    let payload = decode("payload", &envelope.payload)?;
    let message = pre_authentication_encoding(&envelope.payload_type, &payload);
    let mut signed = false;
    for Signature { keyid, sig } in &envelope.signatures {
        let signature = decode("sig", sig)?;
        if keyid.is_empty() {
            signed |= trusted.iter().any(|key| key.verifies(&message, &signature));
            continue;
        }
        for key in trusted.iter().filter(|key| key.label() == *keyid) {
            if !key.verifies(&message, &signature) {
                return Err(Error::BadSignature);
            }
            signed = true;
        }
    }
    if signed { Ok(payload) } else { Err(Error::Unsigned) }
}

/// Either alphabet, as the specification allows.
fn decode(field: &'static str, text: &str) -> Result<Vec<u8>, Error> {
    STANDARD.decode(text).or_else(|_| URL_SAFE.decode(text)).map_err(|_| Error::NotBase64(field))
}
