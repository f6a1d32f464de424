//! How far a folder's records were ingested: one line in a file that is replaced as a whole.

use crate::segment::sync_folder;
use std::{fs::File, io, io::Write, path::Path};

const NAME: &str = "cursor";
const FORMAT: &str = "esteira-lastresort-cursor-v1";

/// The number of the last record that was ingested; 0 for none, and for a file that is damaged: ingesting again is harmless.
pub(crate) fn read(folder: &Path) -> io::Result<u64> {
    match std::fs::read_to_string(folder.join(NAME)) {
        Ok(text) => Ok(parse(&text).unwrap_or(0)),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::InvalidData) => Ok(0),
        Err(error) => Err(error),
    }
}

/// Durable when it returns.
pub(crate) fn write(folder: &Path, sequence: u64) -> io::Result<()> {
    let new = folder.join("cursor.new");
    let mut file = File::create(&new)?;
    file.write_all(text(sequence).as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&new, folder.join(NAME))?;
    sync_folder(folder)
}

fn text(sequence: u64) -> String {
    let line = format!("{FORMAT} {sequence}");
    format!("{line} {:08x}\n", crc32fast::hash(line.as_bytes()))
}

fn parse(line: &str) -> Option<u64> {
    let sequence = line.strip_prefix(FORMAT)?.split(' ').nth(1)?.parse().ok()?;
    (text(sequence) == line).then_some(sequence)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_and_nothing_else() {
        let line = text(42);
        assert_eq!(parse(&line), Some(42));
        for at in 0..line.len() {
            let mut bytes = line.clone().into_bytes();
            bytes[at] ^= 1;
            assert_eq!(String::from_utf8(bytes).ok().and_then(|line| parse(&line)), None, "byte {at}");
            assert_eq!(parse(&line[..at]), None, "cut at {at}");
        }
    }
}
