//! Lines of text: a record on standard error when no folder takes it, and an event in the local log of last resort.

use crate::record::{Numbered, PAYLOAD_BYTES_MAX, Record};
use esteira_model::Time;
use sha2::{Digest, Sha256};
use std::io::{self, Write};

const FORMAT: &str = "esteira-last-resort-v1";

/// Writes a record as one line: format, sequence, kind, id, time, length, SHA-256, payload in hexadecimal digits.
pub(crate) fn write_record(to: &mut dyn Write, numbered: &Numbered<'_>) -> io::Result<()> {
    let Record { kind, id, time, payload } = numbered.record;
    write!(to, "{FORMAT} {} {kind} ", numbered.sequence)?;
    write_hex(to, &id)?;
    write!(to, " {} {} ", time.0, payload.len())?;
    write_hex(to, &Sha256::digest(payload))?;
    to.write_all(b" ")?;
    write_hex(to, payload)?;
    to.write_all(b"\n")?;
    to.flush()
}

/// Reads such a line back, out of what was caught of standard error.
pub fn read_record(line: &str) -> Option<(u64, OwnedRecord)> {
    let mut words = line.trim_end_matches(['\r', '\n']).split(' ');
    let mut next = || words.next();
    if next()? != FORMAT {
        return None;
    }
    let (sequence, kind) = (next()?.parse().ok()?, next()?.parse().ok()?);
    let id = hex(next()?)?.try_into().ok()?;
    let time = Time(next()?.parse().ok()?);
    let length: usize = next()?.parse().ok()?;
    let (digest, payload) = (hex(next()?)?, hex(next()?)?);
    let is_whole = payload.len() == length && length <= PAYLOAD_BYTES_MAX && Sha256::digest(&payload)[..] == digest;
    (is_whole && next().is_none()).then_some((sequence, OwnedRecord { kind, id, time, payload }))
}

/// A record with its own bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnedRecord {
    /// See [`Record::kind`].
    pub kind: u16,
    /// See [`Record::id`].
    pub id: [u8; 16],
    /// See [`Record::time`].
    pub time: Time,
    /// See [`Record::payload`].
    pub payload: Vec<u8>,
}

impl OwnedRecord {
    /// The record itself.
    pub fn as_record(&self) -> Record<'_> {
        Record { kind: self.kind, id: self.id, time: self.time, payload: &self.payload }
    }
}

impl From<Record<'_>> for OwnedRecord {
    fn from(record: Record<'_>) -> Self {
        Self { kind: record.kind, id: record.id, time: record.time, payload: record.payload.to_vec() }
    }
}

/// Writes one event: `time_us=.. event=.. sequence=.. kind=.. id=.. bytes=.. place=.. error=..`, never a payload.
pub(crate) fn write_event(
    to: &mut dyn Write,
    event: &str,
    numbered: &Numbered<'_>,
    place: Option<usize>,
    error: Option<&dyn std::fmt::Display>,
) -> io::Result<()> {
    let Record { kind, id, time, payload } = numbered.record;
    // One write a line, so that lines of several processes do not mix; what is longer is cut.
    let mut line = [0; 512];
    let mut rest = &mut line[..511];
    write!(rest, "time_us={} event={event} sequence={} kind={kind} id=", time.0, numbered.sequence)?;
    write_hex(&mut rest, &id)?;
    write!(rest, " bytes={}", payload.len())?;
    if let Some(place) = place {
        write!(rest, " place={place}")?;
    }
    if let Some(error) = error {
        // Cut rather than lost.
        _ = write!(rest, " error=\"{error}\"");
    }
    let end = 511 - rest.len();
    line[end] = b'\n';
    to.write_all(&line[..=end])
}

fn write_hex(to: &mut dyn Write, bytes: &[u8]) -> io::Result<()> {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = [0; 1024];
    for chunk in bytes.chunks(text.len() / 2) {
        for (pair, byte) in text.chunks_exact_mut(2).zip(chunk) {
            (pair[0], pair[1]) = (DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]);
        }
        to.write_all(&text[..2 * chunk.len()])?;
    }
    Ok(())
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let pair = |pair: &[u8]| match pair {
        [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
        _ => None,
    };
    text.as_bytes().chunks(2).map(pair).collect()
}
