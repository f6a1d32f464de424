//! Reads a segment back, whatever happened to it: each record that is whole, and each stretch that is not.

use crate::{
    record::{BLOCK, Damage, Numbered, SegmentId, decode, header, stored_bytes},
    segment::SegmentHeader,
};

/// What stands in a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scan<'a> {
    /// The first block; none when it is damaged.
    pub header: Option<SegmentHeader>,
    /// In the order of their places.
    pub found: Vec<Found<'a>>,
}

/// One thing that is not nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found<'a> {
    /// A record, byte for byte as it was written.
    Record {
        /// Its place in the segment.
        position: usize,
        /// How many bytes it takes there.
        bytes: usize,
        /// The segment's id.
        segment: SegmentId,
        /// It.
        numbered: Numbered<'a>,
    },
    /// Blocks that are no record: torn, or changed since.
    Damaged {
        /// Their place in the segment.
        position: usize,
        /// All of their bytes.
        bytes: &'a [u8],
        /// What is wrong with the first of them.
        damage: Damage,
    },
}

/// Reads a segment's bytes. Looks at each block: sectors of a torn write become durable in any order.
pub fn scan(segment: &[u8]) -> Scan<'_> {
    let first = SegmentHeader::decode(segment);
    // Without the first block the records themselves say which segment they are of.
    let blocks = || (BLOCK..segment.len()).step_by(BLOCK);
    let id =
        first.map(|header| header.id).or_else(|| blocks().find_map(|at| Some(header(&segment[at..]).ok()?.segment)));
    let mut found = Vec::new();
    if let Some(id) = id {
        walk(segment, &id, &mut found);
    } else {
        blocks().for_each(|at| keep(segment, at, Damage::Header, &mut found));
    }
    Scan { header: first, found }
}

fn walk<'a>(segment: &'a [u8], id: &SegmentId, found: &mut Vec<Found<'a>>) {
    let mut position = BLOCK;
    while position < segment.len() {
        match decode(&segment[position..], id) {
            Ok(numbered) => {
                let bytes = stored_bytes(numbered.record.payload.len()).expect("what was read is not too large");
                // A file that was cut may end within the zeros behind the payload.
                let bytes = bytes.min(segment.len() - position);
                found.push(Found::Record { position, bytes, segment: *id, numbered });
                position += bytes;
            }
            Err(damage) => {
                keep(segment, position, damage, found);
                position += BLOCK;
            }
        }
    }
}

/// Takes a block that is no record, unless it is empty; blocks in a row are one stretch.
fn keep<'a>(segment: &'a [u8], position: usize, damage: Damage, found: &mut Vec<Found<'a>>) {
    let end = segment.len().min(position + BLOCK);
    if segment[position..end].iter().all(|byte| *byte == 0) {
        return;
    }
    if let Some(Found::Damaged { position: begin, bytes, .. }) = found.last_mut()
        && *begin + bytes.len() == position
    {
        *bytes = &segment[*begin..end];
        return;
    }
    found.push(Found::Damaged { position, bytes: &segment[position..end], damage });
}
