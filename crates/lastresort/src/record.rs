//! A record: a header and a payload in whole blocks, written by one call. The format stands in `docs/last-resort.md`.

use esteira_model::Time;
use sha2::{Digest, Sha256};

/// Records begin at multiples of this: what a disk or a page cache writes at once.
pub const BLOCK: usize = 4096;
/// Bytes before the payload.
pub const HEADER: usize = 100;
/// Largest payload: the largest message of the contract, with room for the plan record around it.
pub const PAYLOAD_BYTES_MAX: usize = 8 << 20;

const MAGIC: &[u8; 4] = b"ESLR";
const VERSION: u16 = 1;

/// Names a segment within its own records, so that no payload can pass for a record.
pub type SegmentId = [u8; 16];

/// What is to be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record<'a> {
    /// What the payload is; the writer's and the reader's business.
    pub kind: u16,
    /// What makes writing it again harmless: the id of the command that the payload is.
    pub id: [u8; 16],
    /// When it was written.
    pub time: Time,
    /// The bytes.
    pub payload: &'a [u8],
}

/// A record with its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Numbered<'a> {
    /// Rises by one with each record that a process writes, and never falls.
    pub sequence: u64,
    /// The record.
    pub record: Record<'a>,
}

/// Why blocks are no record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// The header's checksum, or the header itself, is not right.
    #[error("the header is damaged")]
    Header,
    /// A version that this code does not know.
    #[error("a record of version {0}, which is not known")]
    UnknownVersion(u16),
    /// It belongs to another segment.
    #[error("a record of another segment")]
    OtherSegment,
    /// It ends beyond the segment.
    #[error("the record ends beyond the segment")]
    Length,
    /// The payload is not the one of the header.
    #[error("the payload is damaged")]
    Payload,
}

/// How many bytes a payload takes in a segment; none when it is too large.
pub fn stored_bytes(payload_bytes: usize) -> Option<usize> {
    (payload_bytes <= PAYLOAD_BYTES_MAX).then(|| (HEADER + payload_bytes).next_multiple_of(BLOCK))
}

/// Writes header, payload and zeros into `out`, which has [`stored_bytes`].
pub(crate) fn encode(numbered: &Numbered<'_>, segment: &SegmentId, out: &mut [u8]) {
    let Record { kind, id, time, payload } = numbered.record;
    let (header, body) = out.split_at_mut(HEADER);
    header[0..4].copy_from_slice(MAGIC);
    header[4..6].copy_from_slice(&VERSION.to_be_bytes());
    header[6..8].copy_from_slice(&kind.to_be_bytes());
    header[8..16].copy_from_slice(&numbered.sequence.to_be_bytes());
    header[16..24].copy_from_slice(&time.0.to_be_bytes());
    header[24..32].copy_from_slice(&(payload.len() as u64).to_be_bytes());
    header[32..48].copy_from_slice(segment);
    header[48..64].copy_from_slice(&id);
    header[64..96].copy_from_slice(&Sha256::digest(payload));
    let checksum = crc32fast::hash(&header[..96]);
    header[96..100].copy_from_slice(&checksum.to_be_bytes());
    let (kept, rest) = body.split_at_mut(payload.len());
    kept.copy_from_slice(payload);
    rest.fill(0);
}

/// What a good header says.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Header {
    pub segment: SegmentId,
    pub sequence: u64,
    kind: u16,
    time: Time,
    bytes: u64,
    id: [u8; 16],
    digest: [u8; 32],
}

/// Reads a header off the front of bytes.
pub(crate) fn header(bytes: &[u8]) -> Result<Header, Damage> {
    let header: &[u8; HEADER] = bytes.first_chunk().ok_or(Damage::Header)?;
    let checksum = u32::from_be_bytes(part(header, 96));
    if part::<4>(header, 0) != *MAGIC || checksum != crc32fast::hash(&header[..96]) {
        return Err(Damage::Header);
    }
    let version = u16::from_be_bytes(part(header, 4));
    if version != VERSION {
        return Err(Damage::UnknownVersion(version));
    }
    Ok(Header {
        segment: part(header, 32),
        sequence: u64::from_be_bytes(part(header, 8)),
        kind: u16::from_be_bytes(part(header, 6)),
        time: Time(i64::from_be_bytes(part(header, 16))),
        bytes: u64::from_be_bytes(part(header, 24)),
        id: part(header, 48),
        digest: part(header, 64),
    })
}

/// Reads the record that begins with these bytes, which may go on behind it.
pub(crate) fn decode<'a>(bytes: &'a [u8], segment: &SegmentId) -> Result<Numbered<'a>, Damage> {
    let header = header(bytes)?;
    if header.segment != *segment {
        return Err(Damage::OtherSegment);
    }
    let length =
        usize::try_from(header.bytes).ok().filter(|bytes| *bytes <= PAYLOAD_BYTES_MAX).ok_or(Damage::Length)?;
    let payload = bytes.get(HEADER..HEADER + length).ok_or(Damage::Length)?;
    if Sha256::digest(payload)[..] != header.digest {
        return Err(Damage::Payload);
    }
    let record = Record { kind: header.kind, id: header.id, time: header.time, payload };
    Ok(Numbered { sequence: header.sequence, record })
}

fn part<const N: usize>(header: &[u8; HEADER], at: usize) -> [u8; N] {
    header[at..at + N].try_into().expect("within the header")
}
