//! What a person names: a job, or data by its digest or its bytes.

use super::Failure;
use sha2::{Digest, Sha256};
use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

/// What a person may name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A job's id.
    Job(String),
    /// Anything, by its SHA-256.
    Bytes([u8; 32]),
}

impl Target {
    /// A job's id, 64 hexadecimal digits, or the name of a file, whose bytes stay here.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        if let Ok(id) = text.parse::<esteira_model::Uuid>() {
            return Ok(Self::Job(id.to_string()));
        }
        if let Some(sha256) = digest(text) {
            return Ok(Self::Bytes(sha256));
        }
        match hashed(Path::new(text)) {
            Ok(sha256) => Ok(Self::Bytes(sha256)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(Failure::Usage(format!("`{text}` is no job's id, no SHA-256 and no file")))
            }
            Err(error) => Err(Failure::Usage(format!("`{text}`: {error}"))),
        }
    }
}

/// 64 hexadecimal digits, as `sha256sum` prints them.
fn digest(text: &str) -> Option<[u8; 32]> {
    let digits = text.strip_prefix("sha256:").unwrap_or(text).as_bytes();
    let (pairs, rest) = digits.as_chunks::<2>();
    if pairs.len() != 32 || !rest.is_empty() || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let mut sha256 = [0; 32];
    for (byte, pair) in sha256.iter_mut().zip(pairs) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(sha256)
}

fn hashed(path: &Path) -> io::Result<[u8; 32]> {
    let (mut file, mut sha256, mut some) = (File::open(path)?, Sha256::new(), vec![0; 1 << 16]);
    loop {
        match file.read(&mut some)? {
            0 => return Ok(sha256.finalize().into()),
            bytes => sha256.update(&some[..bytes]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_what_it_looks_like() {
        let id = "01900000-0000-7000-8000-000000000000";
        assert_eq!(Target::parse(id).ok(), Some(Target::Job(id.into())));
        let hex = "Ab".repeat(32);
        for text in [hex.clone(), format!("sha256:{hex}")] {
            assert_eq!(Target::parse(&text).ok(), Some(Target::Bytes([0xab; 32])));
        }
        let directory = tempfile::tempdir().expect("a folder");
        let file = directory.path().join("data");
        std::fs::write(&file, "abc").expect("written");
        let of_file = Target::parse(&file.display().to_string()).ok();
        let expected = digest("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad").expect("a digest");
        assert_eq!(of_file, Some(Target::Bytes(expected)));
        for wrong in ["", "nothing", &hex[1..], &format!("{hex}0"), &hex.replace('A', "g")] {
            assert!(Target::parse(wrong).is_err(), "{wrong}");
        }
    }
}
