//! Records come back byte for byte, or are known to be damaged; never as anything else.

use crate::harness::{NOW, SEGMENT, cascade, payload, record, segments};
use esteira_lastresort::{Found, scan};
use proptest::prelude::*;
use std::path::Path;

const SECTOR: usize = 512;
const BLOCK: usize = 4096;

/// A segment with three records: one block, one block, and six blocks from 12 KiB on.
fn three_records(folder: &Path) -> Vec<u8> {
    let mut cascade = cascade(folder);
    for (number, bytes) in [(1, 300), (2, 3_996), (3, 22_000)] {
        cascade.write(record(number, &payload(number, bytes))).expect("room");
    }
    std::fs::read(&segments(folder)[0]).expect("a segment")
}

/// The numbers of the records that were found, each checked byte for byte, and how many damaged stretches.
fn found(segment: &[u8]) -> (Vec<u64>, usize) {
    let (mut sequences, mut damaged) = (Vec::new(), 0);
    for found in scan(segment).found {
        match found {
            Found::Record { numbered, .. } => {
                let number = numbered.sequence as u8;
                let bytes = numbered.record.payload.len();
                assert_eq!(numbered.record, record(number, &payload(number, bytes)));
                sequences.push(numbered.sequence);
            }
            Found::Damaged { .. } => damaged += 1,
        }
    }
    (sequences, damaged)
}

#[test]
fn a_segment_takes_its_space_before_it_is_needed() {
    use std::os::unix::fs::MetadataExt;
    let folder = tempfile::tempdir().expect("a folder");
    let _cascade = cascade(folder.path());
    let made = segments(folder.path());
    assert_eq!(made.len(), 2);
    for segment in made {
        let metadata = segment.metadata().expect("a segment");
        assert_eq!(metadata.len(), SEGMENT);
        assert!(metadata.blocks() * 512 >= SEGMENT, "{} blocks of 512 bytes", metadata.blocks());
    }
}

/// The bytes of `docs/last-resort.md`: a change of these is another version.
#[test]
fn the_format_is_what_the_document_says() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut cascade = cascade(folder.path());
    cascade.write(record(1, b"abc")).expect("room");
    let segment = std::fs::read(&segments(folder.path())[0]).expect("a segment");
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let id = hex(&segment[32..48]);
    let time = hex(&NOW.0.to_be_bytes());
    assert_eq!(hex(&segment[..48]), format!("45534c53000100000000000000000001{time}0000000000040000{id}"));
    assert_eq!(hex(&segment[48..52]), format!("{:08x}", crc32fast::hash(&segment[..48])));
    let record = &segment[BLOCK..2 * BLOCK];
    let time = hex(&(NOW.0 + 1).to_be_bytes());
    let digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    let header = format!("45534c52000100070000000000000001{time}0000000000000003{id}{}{digest}", "01".repeat(16));
    assert_eq!(hex(&record[..96]), header);
    assert_eq!(hex(&record[96..103]), format!("{:08x}616263", crc32fast::hash(&record[..96])));
    assert!(segment[52..BLOCK].iter().chain(&record[103..]).chain(&segment[2 * BLOCK..]).all(|byte| *byte == 0));
}

#[test]
fn records_come_back_as_they_were_written() {
    let folder = tempfile::tempdir().expect("a folder");
    assert_eq!(found(&three_records(folder.path())), (vec![1, 2, 3], 0));
}

/// A crash in the middle of a write leaves any of its sectors. Each prefix, each suffix, each single hole.
#[test]
fn a_write_that_was_torn_at_any_sector() {
    let folder = tempfile::tempdir().expect("a folder");
    let whole = three_records(folder.path());
    let (begin, end) = (3 * BLOCK, 9 * BLOCK);
    let payload_end = begin + 100 + 22_000;
    let mut torn = 0;
    for cut in (begin..=end).step_by(SECTOR) {
        for lost in [cut..end, begin..cut, cut..(cut + SECTOR).min(end)] {
            let mut segment = whole.clone();
            segment[lost.clone()].fill(0);
            let is_whole = segment == whole || lost.start >= payload_end;
            let (sequences, damaged) = found(&segment);
            let expected = if is_whole { vec![1, 2, 3] } else { vec![1, 2] };
            assert_eq!(sequences, expected, "lost {lost:?}");
            let is_empty = segment[begin..end].iter().all(|byte| *byte == 0);
            assert_eq!(damaged > 0, !is_whole && !is_empty, "lost {lost:?}");
            torn += usize::from(!is_whole);
        }
    }
    assert!(torn > 100, "{torn} torn writes were looked at");
}

/// After a crash in a write, the next process writes behind it, never over it, and goes on counting.
#[test]
fn a_torn_record_is_left_behind_and_writing_goes_on() {
    for cut in (0..24_576).step_by(SECTOR) {
        let folder = tempfile::tempdir().expect("a folder");
        let mut segment = three_records(folder.path());
        let path = &segments(folder.path())[0];
        segment[3 * BLOCK + cut..].fill(0);
        std::fs::write(path, &segment).expect("a segment");
        let held = cascade(folder.path()).write(record(9, &payload(9, 10))).expect("room");
        assert!(held.sequence == 3 || cut > 100 + 22_000 && held.sequence == 4, "{held:?} after a cut at {cut}");
        assert_eq!(std::fs::read(path).expect("a segment"), segment, "what was written before is not touched");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_flipped_bit_damages_one_record_at_most(at in 0..(9 * BLOCK), bit in 0..8u8) {
        use std::sync::OnceLock;
        static WHOLE: OnceLock<Vec<u8>> = OnceLock::new();
        let whole = WHOLE.get_or_init(|| three_records(tempfile::tempdir().expect("a folder").path()));
        let mut segment = whole.clone();
        segment[at] ^= 1 << bit;
        let (sequences, damaged) = found(&segment);
        prop_assert!(sequences.len() + damaged >= 3, "{sequences:?}, {damaged} damaged");
        prop_assert!(sequences.len() >= 2 && damaged <= 1);
    }
}

#[test]
fn a_payload_does_not_pass_for_a_record() {
    let (folder, other) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let stolen = three_records(other.path());
    // A payload that has, at each block, the records of another segment; and its own segment's first block.
    let mut bytes = vec![1; BLOCK - 100];
    bytes.extend(&stolen[BLOCK..9 * BLOCK]);
    let mut cascade = cascade(folder.path());
    cascade.write(record(1, &bytes)).expect("room");
    let path = &segments(folder.path())[0];
    let mut segment = std::fs::read(path).expect("a segment");
    let is_record = |found: &Found<'_>| matches!(found, Found::Record { .. });
    assert_eq!(scan(&segment).found.iter().filter(|found| is_record(found)).count(), 1);
    segment[BLOCK] ^= 1;
    let found = scan(&segment).found;
    assert_eq!(found.iter().filter(|found| is_record(found)).count(), 0, "its header is lost, its payload stays data");
}

#[test]
fn a_segment_without_its_first_block_still_gives_its_records() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut segment = three_records(folder.path());
    segment[..BLOCK].fill(0);
    assert_eq!(scan(&segment).header, None);
    assert_eq!(found(&segment), (vec![1, 2, 3], 0));
    segment[BLOCK + 8] ^= 1;
    assert_eq!(found(&segment), (vec![2, 3], 1));
}

#[test]
fn nothing_is_found_in_nothing() {
    assert_eq!(found(&[]), (vec![], 0));
    assert_eq!(found(&[0; 3 * BLOCK]), (vec![], 0));
    assert_eq!(found(&[7; 3 * BLOCK]), (vec![], 1));
    let folder = tempfile::tempdir().expect("a folder");
    let segment = three_records(folder.path());
    assert_eq!(found(&segment[..2 * BLOCK + 10]), (vec![1], 1), "a file that was cut");
}
