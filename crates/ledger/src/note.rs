//! Signed notes: a text, an empty line, and one line a signature (C2SP signed-note).

use crate::key::{SignerKey, VerifierKey};
use base64::{Engine, engine::general_purpose::STANDARD};

/// Largest note, in bytes.
pub const NOTE_BYTES_MAX: usize = 64 << 10;
/// Most signatures; the specification asks for 16 at least.
pub const SIGNATURES_MAX: usize = 64;

const DASH: &str = "\u{2014} ";

/// Why a note is not opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// More than `NOTE_BYTES_MAX` or `SIGNATURES_MAX`.
    #[error("the note is larger than any that is accepted")]
    TooLarge,
    /// A text that cannot be signed, or bytes that are no note.
    #[error("not a note: {0}")]
    Malformed(&'static str),
    /// A key that is trusted did not make the signature that bears its name.
    #[error("a signature of a trusted key does not verify")]
    BadSignature,
    /// No signature is of a key that is trusted.
    #[error("no signature of a trusted key")]
    Unsigned,
}

/// A note of which at least one trusted key is shown to have signed the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened<'n, 'k> {
    /// The text, with its last newline.
    pub text: &'n str,
    /// The trusted keys that signed it, in the order of their lines.
    pub signers: Vec<&'k VerifierKey>,
}

/// Signs a text. During the rotation of a key both sign: whoever trusts either can open the note.
///
/// # Errors
/// [`Error::Malformed`] when a note cannot hold the text, or when nobody signs.
pub fn sign(text: &str, signers: &[&SignerKey]) -> Result<String, Error> {
    if !text.ends_with('\n') {
        return Err(Error::Malformed("the text does not end with a newline"));
    }
    check_characters(text)?;
    if signers.is_empty() {
        return Err(Error::Malformed("no signature"));
    }
    let mut note = format!("{text}\n");
    for signer in signers {
        let public = signer.verifier();
        let bytes = [public.id().to_be_bytes().as_slice(), &signer.sign(text.as_bytes())].concat();
        note += &format!("{DASH}{} {}\n", public.name(), STANDARD.encode(bytes));
    }
    if note.len() > NOTE_BYTES_MAX || signers.len() > SIGNATURES_MAX {
        return Err(Error::TooLarge);
    }
    Ok(note)
}

/// Opens a note. Signatures of unknown keys are passed over, as the specification says; one bad signature of a known key
/// refuses the whole note.
///
/// # Errors
/// See [`Error`].
pub fn open<'n, 'k>(note: &'n str, trusted: &'k [VerifierKey]) -> Result<Opened<'n, 'k>, Error> {
    if note.len() > NOTE_BYTES_MAX {
        return Err(Error::TooLarge);
    }
    check_characters(note)?;
    let split = note.rfind("\n\n").ok_or(Error::Malformed("no empty line before the signatures"))?;
    let (text, lines) = (&note[..=split], &note[split + 2..]);
    let lines = lines.strip_suffix('\n').ok_or(Error::Malformed("the last line does not end"))?;
    let mut signers: Vec<&VerifierKey> = Vec::new();
    for (count, line) in lines.split('\n').enumerate() {
        if count == SIGNATURES_MAX {
            return Err(Error::TooLarge);
        }
        let (name, id, signature) = signature_line(line).ok_or(Error::Malformed("a line that is no signature"))?;
        for key in trusted.iter().filter(|key| key.name() == name && key.id() == id) {
            if !key.verifies(text.as_bytes(), &signature) {
                return Err(Error::BadSignature);
            }
            if !signers.contains(&key) {
                signers.push(key);
            }
        }
    }
    if signers.is_empty() { Err(Error::Unsigned) } else { Ok(Opened { text, signers }) }
}

fn check_characters(text: &str) -> Result<(), Error> {
    let is_bad = |c: u8| c < 0x20 && c != b'\n';
    if text.bytes().any(is_bad) { Err(Error::Malformed("a control character")) } else { Ok(()) }
}

fn signature_line(line: &str) -> Option<(&str, u32, Vec<u8>)> {
    let (name, signature) = line.strip_prefix(DASH)?.split_once(' ')?;
    if name.is_empty() || name.contains(|c: char| c.is_whitespace() || c == '+') {
        return None;
    }
    let bytes = STANDARD.decode(signature).ok()?;
    let (id, signature) = bytes.split_first_chunk::<4>()?;
    (!signature.is_empty()).then(|| (name, u32::from_be_bytes(*id), signature.to_vec()))
}
