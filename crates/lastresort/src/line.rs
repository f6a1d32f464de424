//! Lines of text: a record on standard error when no folder takes it, and an event in the local log of last resort.
//!
//! A record is many lines of at most 4 KiB, each written by one call: a pipe does not mix such lines with those of others,
//! and what gathers logs does not cut them. Each says which record it is a part of, so that they may lie among anything.

use crate::record::{HEADER, Numbered, Record, SegmentId, decode};
use esteira_model::Time;
use std::{
    collections::BTreeMap,
    io::{self, Write},
};

const FORMAT: &str = "esteira-last-resort-v1";
/// Longest line, its newline included: what a pipe takes whole.
const LINE_BYTES_MAX: usize = 4096;
/// Bytes of the record in one line.
const PART: usize = 1900;
/// The segment that such a record is of: none.
pub(crate) const NO_SEGMENT: SegmentId = [0; 16];

/// Writes a record, encoded for [`NO_SEGMENT`], as lines `FORMAT ID SEQUENCE PART PARTS HEX CHECKSUM`.
pub(crate) fn write_record(to: &mut dyn Write, numbered: &Numbered<'_>, encoded: &[u8]) -> io::Result<()> {
    // The zeros behind the payload say nothing.
    let encoded = &encoded[..HEADER + numbered.record.payload.len()];
    let parts = encoded.len().div_ceil(PART);
    for (part, bytes) in encoded.chunks(PART).enumerate() {
        let mut line = [0; LINE_BYTES_MAX];
        let mut rest = &mut line[..];
        write!(rest, "{FORMAT} ")?;
        write_hex(&mut rest, &numbered.record.id)?;
        write!(rest, " {} {part} {parts} ", numbered.sequence)?;
        write_hex(&mut rest, bytes)?;
        writeln!(rest, " {:08x}", crc32fast::hash(bytes))?;
        let length = LINE_BYTES_MAX - rest.len();
        to.write_all(&line[..length])?;
    }
    to.flush()
}

/// Reads the records back out of what was caught of standard error, whatever else stands there, by sequence. A record with
/// a part that is missing or damaged is none: it is told by its sequence.
pub fn read_records(text: &str) -> Vec<(u64, Option<OwnedRecord>)> {
    let mut records: BTreeMap<(u64, &str), BTreeMap<usize, Vec<u8>>> = BTreeMap::new();
    for line in text.lines() {
        // What gathers logs puts a time or a name before each line.
        if let Some(at) = line.find(FORMAT)
            && let Some((key, part, bytes)) = read_part(&line[at..])
        {
            records.entry(key).or_default().insert(part, bytes);
        }
    }
    let whole = |((sequence, _), parts): ((u64, &str), BTreeMap<usize, Vec<u8>>)| {
        let bytes: Vec<u8> = parts.into_values().flatten().collect();
        // A missing part shows in the payload's digest.
        let numbered = decode(&bytes, &NO_SEGMENT).ok().filter(|numbered| numbered.sequence == sequence);
        (sequence, numbered.map(|numbered| numbered.record.into()))
    };
    records.into_iter().map(whole).collect()
}

/// A line's record, the number of the part, and its bytes.
fn read_part(line: &str) -> Option<((u64, &str), usize, Vec<u8>)> {
    let mut words = line.trim_end().split(' ').skip(1);
    let (id, sequence) = (words.next()?, words.next()?.parse().ok()?);
    let (part, parts): (usize, usize) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    let bytes = hex(words.next()?)?;
    let is_good = part < parts && words.next()? == format!("{:08x}", crc32fast::hash(&bytes));
    is_good.then_some(((sequence, id), part, bytes))
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
