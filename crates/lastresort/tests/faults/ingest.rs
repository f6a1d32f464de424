//! The way back: in order, once, from where it stopped, and nothing is thrown away.

use crate::harness::{Faulty, NOW, cascade, cascade_on, payload, record, segments, settings};
use esteira_lastresort::{Ingest, Item, OpenError, OwnedRecord, Source};
use std::path::Path;

fn all(ingest: &Ingest) -> Vec<u64> {
    let mut sequences = Vec::new();
    while let Some(Item { sequence, record: found }) =
        ingest.after(sequences.last().copied().unwrap_or(0)).expect("readable")
    {
        let number = sequence as u8;
        assert_eq!(found, OwnedRecord::from(record(number, &payload(number, found.payload.len()))));
        sequences.push(sequence);
    }
    sequences
}

fn write(folder: &Path, numbers: std::ops::RangeInclusive<u8>) {
    let mut cascade = cascade(folder);
    for number in numbers {
        let held = cascade.write(record(number, &payload(number, 9_000))).expect("room");
        assert_eq!(held.sequence, u64::from(number));
    }
}

fn open(folder: &Path) -> Ingest {
    Ingest::open_folders(&[folder.to_owned()]).expect("nobody writes")
}

#[test]
fn everything_comes_back_in_order_and_once() {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), 1..=30);
    let mut ingest = open(folder.path());
    assert_eq!((ingest.waiting(), ingest.quarantined().len()), (30, 0));
    assert_eq!(all(&ingest), (1..=30).collect::<Vec<u64>>());
    ingest.done(30).expect("a cursor");
    assert_eq!(ingest.peek().expect("readable"), None);
    drop(ingest);
    assert_eq!(open(folder.path()).waiting(), 0, "a second ingest has nothing to do");
}

#[test]
fn looking_again_and_again_uses_up_no_segment() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut cascade = cascade(folder.path());
    let fresh = cascade.status()[0].fresh_segments;
    // Somebody tries to ingest after each record, and the store takes nothing.
    for number in 1..=5 {
        cascade.write(record(number, &payload(number, 9_000))).expect("room");
        let ingest = Ingest::open(cascade.sources()).expect("readable");
        assert_eq!(all(&ingest), (1..=u64::from(number)).collect::<Vec<u64>>());
    }
    assert_eq!(cascade.status()[0].fresh_segments, fresh - 1, "one segment holds all");
    let mut ingest = Ingest::open(cascade.sources()).expect("readable");
    ingest.done(5).expect("a cursor");
    cascade.seal();
    assert_eq!(ingest.remove_ingested().expect("removable"), 1);
    cascade.refill(NOW).expect("space");
    // What is written now is in a file that has a name.
    cascade.write(record(6, &payload(6, 9_000))).expect("room");
    assert_eq!(Ingest::open(cascade.sources()).expect("readable").waiting(), 1);
}

#[test]
fn an_ingest_that_was_cut_off_goes_on_from_its_cursor() {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), 1..=10);
    let mut seen = Vec::new();
    for left in (1..=10).rev() {
        assert_eq!(open(folder.path()).waiting(), left);
        // Each round is a process that applies two records and says so of the first alone.
        let mut ingest = open(folder.path());
        let first = ingest.peek().expect("readable").expect("one waits").sequence;
        seen.push(first);
        seen.extend(ingest.after(first).expect("readable").map(|item| item.sequence));
        ingest.done(first).expect("a cursor");
    }
    assert_eq!(open(folder.path()).waiting(), 0);
    let expected: Vec<u64> = (1..=10).flat_map(|first| [first, first + 1]).filter(|sequence| *sequence <= 10).collect();
    assert_eq!(seen, expected, "what was not said to be done comes again, in order");
}

#[test]
fn a_cursor_that_is_damaged_begins_again() {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), 1..=3);
    open(folder.path()).done(2).expect("a cursor");
    assert_eq!(all(&open(folder.path())), [3]);
    for damaged in [vec![0; 8192], vec![7; 8192], vec![], vec![1; 9]] {
        std::fs::write(folder.path().join("cursor"), &damaged).expect("a file");
        let mut ingest = open(folder.path());
        assert_eq!(all(&ingest), [1, 2, 3], "{} bytes", damaged.len());
        ingest.done(1).expect("a cursor");
        drop(ingest);
        assert_eq!(all(&open(folder.path())), [2, 3], "and it is whole again");
    }
}

#[test]
fn damage_that_cannot_be_copied_stays_where_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), 1..=2);
    let segment = &segments(folder.path())[0];
    let mut bytes = std::fs::read(segment).expect("a segment");
    bytes[4096] ^= 1;
    std::fs::write(segment, &bytes).expect("a segment");
    std::fs::write(folder.path().join("quarantine"), "no folder").expect("a file");
    let mut ingest = open(folder.path());
    assert_eq!(ingest.quarantined()[0].copy, None);
    ingest.done(2).expect("a cursor");
    assert_eq!(ingest.remove_ingested().expect("nothing to remove"), 0);
    assert_eq!(std::fs::read(segment).expect("a segment"), bytes);
}

#[test]
fn numbers_go_on_after_all_segments_were_ingested_and_removed() {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), 1..=5);
    let mut ingest = open(folder.path());
    ingest.done(5).expect("a cursor");
    assert_eq!(ingest.remove_ingested().expect("removable"), 1);
    assert_eq!(segments(folder.path()).len(), 1, "the reserve stays");
    drop(ingest);
    write(folder.path(), 6..=7);
    assert_eq!(all(&open(folder.path())), [6, 7]);
}

#[test]
fn what_is_damaged_is_kept_for_a_person_and_the_rest_comes_back() {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), 1..=4);
    let segment = &segments(folder.path())[0];
    let mut bytes = std::fs::read(segment).expect("a segment");
    bytes[4 * 4096 + 200] ^= 1;
    std::fs::write(segment, &bytes).expect("a segment");
    for _ in 0..2 {
        let ingest = open(folder.path());
        assert_eq!(all(&ingest), [1, 3, 4]);
        let [bad] = ingest.quarantined() else { panic!("{:?}", ingest.quarantined()) };
        assert_eq!((bad.position, bad.bytes), (4 * 4096, 3 * 4096));
        assert_eq!(
            std::fs::read(bad.copy.as_ref().expect("a copy")).expect("a copy"),
            bytes[bad.position..bad.position + bad.bytes]
        );
    }
    let mut ingest = open(folder.path());
    ingest.done(4).expect("a cursor");
    ingest.remove_ingested().expect("removable");
    assert!(ingest.quarantined()[0].copy.as_ref().is_some_and(|copy| copy.exists()), "the copy outlives the segment");
}

/// A sync that failed says nothing of what is on the disk: the record may be there, and it is in the next folder too.
#[test]
fn a_record_that_two_folders_hold_comes_once() {
    let (one, two) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let faulty = Faulty::default();
    let mut cascade = cascade_on(vec![settings(one.path()), settings(two.path())], faulty.clone());
    cascade.write(record(1, &payload(1, 10))).expect("room");
    faulty.fail_after(1, 5);
    cascade.write(record(2, &payload(2, 10))).expect("room");
    cascade.write(record(3, &payload(3, 10))).expect("room");
    drop(cascade);
    let folders = [one.path().to_owned(), two.path().to_owned()];
    let mut ingest = Ingest::open_folders(&folders).expect("nobody writes");
    assert_eq!(all(&ingest), [1, 2, 3]);
    ingest.done(3).expect("cursors");
    drop(ingest);
    assert_eq!(Ingest::open_folders(&folders).expect("nobody writes").waiting(), 0, "in neither");
}

#[test]
fn a_writer_goes_on_while_what_it_sealed_is_ingested() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut cascade = cascade(folder.path());
    cascade.write(record(1, &payload(1, 10))).expect("room");
    let sources = cascade.seal();
    cascade.write(record(2, &payload(2, 10))).expect("room");
    let mut ingest = Ingest::open(sources).expect("readable");
    assert_eq!(all(&ingest), [1], "the second is in a segment that is still written");
    ingest.done(1).expect("a cursor");
    assert_eq!(ingest.remove_ingested().expect("removable"), 1);
    cascade.refill(NOW).expect("room on the disk");
    assert_eq!(cascade.status()[0].fresh_segments, 2);
    let mut ingest = Ingest::open(cascade.seal()).expect("readable");
    assert_eq!(all(&ingest), [2]);
    ingest.done(2).expect("a cursor");
    assert_eq!(
        Ingest::open(vec![Source { folder: folder.path().into(), below: u64::MAX }]).expect("readable").waiting(),
        0
    );
}

#[test]
fn a_folder_that_is_written_is_not_ingested_behind_its_writers_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let _cascade = cascade(folder.path());
    let refused = Ingest::open_folders(&[folder.path().to_owned()]);
    assert!(matches!(refused, Err(OpenError::InUse { .. })), "{refused:?}");
}

/// Whoever looks takes no lock, changes nothing, and sees what an ingest would give, beside damage too.
#[test]
fn looking_beside_a_writer_changes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut cascade = cascade(folder.path());
    for number in 1..=3 {
        cascade.write(record(number, &payload(number, 300))).expect("room");
    }
    let seen = || -> Vec<u64> {
        let items = esteira_lastresort::look(folder.path()).expect("it is read");
        items.into_iter().map(|item| item.sequence).collect()
    };
    assert_eq!(seen(), [1, 2, 3]);
    let segment = segments(folder.path()).remove(0);
    let mut bytes = std::fs::read(&segment).expect("a segment");
    // The second record, as if it was being written.
    bytes[2 * 4096 + 200] ^= 1;
    std::fs::write(&segment, bytes).expect("written");
    assert_eq!(seen(), [1, 3]);
    assert!(!folder.path().join("quarantine").exists());
    let mut ingest = Ingest::open(cascade.sources()).expect("it is opened");
    ingest.done(1).expect("the cursor is written");
    assert_eq!(seen(), [3]);
}
