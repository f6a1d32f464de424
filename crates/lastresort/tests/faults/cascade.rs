//! Level after level, and no second chance for a file that failed.

use crate::harness::{Call, Faulty, NOW, SEGMENT, cascade, cascade_on, ids, payload, record, segments, settings};
use esteira_lastresort::{
    Cascade, Disk, Held, Level, Lost, OpenError, OwnedRecord, Settings, Writer, line::read_records,
};
use std::{
    io::{self, Write},
    sync::{Arc, Mutex, mpsc::channel},
};

const EIO: i32 = 5;
const ENOSPC: i32 = 28;

/// Keeps what is written to it; fails once it is told to.
#[derive(Clone, Default)]
struct Caught {
    text: Arc<Mutex<Vec<u8>>>,
    broken: Arc<Mutex<bool>>,
}

impl Caught {
    fn text(&self) -> String {
        String::from_utf8(self.text.lock().expect("no panic").clone()).expect("text")
    }
}

impl Write for Caught {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if *self.broken.lock().expect("no panic") {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        self.text.lock().expect("no panic").extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn each_level_takes_what_the_one_before_does_not() {
    let (disk, memory) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let (faulty, caught, log) = (Faulty::default(), Caught::default(), Caught::default());
    let second = Settings { durable: false, ..settings(memory.path()) };
    let mut cascade = cascade_on(vec![settings(disk.path()), second], faulty.clone())
        .with_standard_error(Box::new(caught.clone()))
        .with_log(Box::new(log.clone()));
    let body = payload(1, 1_000);
    let held = |level, place, sequence| Ok(Held { level, place, sequence });

    assert_eq!(cascade.write(record(1, &body)), held(Level::Disk, Some(0), 1));
    faulty.fail_after(0, EIO);
    assert_eq!(cascade.write(record(2, &body)), held(Level::Memory, Some(1), 2));
    assert_eq!(cascade.write(record(3, &body)), held(Level::Memory, Some(1), 3), "the disk is not tried again");
    faulty.fail_after(1, ENOSPC);
    assert_eq!(cascade.write(record(4, &body)), held(Level::StandardError, None, 4));
    *caught.broken.lock().expect("no panic") = true;
    assert_eq!(cascade.write(record(5, &body)), Err(Lost));

    assert_eq!(read_records(&caught.text()), [(4, Some(OwnedRecord::from(record(4, &body))))]);
    let status = cascade.status();
    assert_eq!((status[0].failed, status[0].written, status[1].failed, status[1].written), (true, 1, true, 2));
    assert_eq!(cascade.budget().free_bytes(), 0, "nothing is promised on what failed");
    let log = log.text();
    let events: Vec<&str> = log.lines().map(|line| line.split(' ').nth(1).expect("an event")).collect();
    let expected = ["written", "refused", "written", "written", "refused", "told", "lost"];
    assert_eq!(events, expected.map(|event| format!("event={event}")));
    assert!(log.contains(
        "sequence=2 kind=7 id=02020202020202020202020202020202 bytes=1000 place=0 error=\"input/output error\""
    ));
}

/// Lines that something else gathered: in another order, among others, with something before each, one of them cut.
#[test]
fn records_are_read_back_from_what_was_caught_of_standard_error() {
    let caught = Caught::default();
    let mut cascade = cascade_on(Vec::new(), Disk).with_standard_error(Box::new(caught.clone()));
    let held = cascade.write(record(9, &payload(9, 4 << 20)));
    assert_eq!(held, Ok(Held { level: Level::StandardError, place: None, sequence: 1 }), "even without a folder");
    let body = payload(9, 4 << 20);
    assert!(read_records(&caught.text()) == [(1, Some(OwnedRecord::from(record(9, &body))))]);
    caught.text.lock().expect("no panic").clear();
    let folder = tempfile::tempdir().expect("a folder");
    let faulty = Faulty::default();
    let mut cascade = cascade_on(vec![settings(folder.path())], faulty.clone());
    cascade = cascade.with_standard_error(Box::new(caught.clone()));
    faulty.fail_after(0, EIO);
    let bodies = [payload(1, 9_000), payload(2, 1), payload(3, 40_000)];
    for (number, body) in (1..).zip(&bodies) {
        assert_eq!(cascade.write(record(number, body)).map(|held| held.level), Ok(Level::StandardError));
    }
    let text = caught.text();
    let mut lines: Vec<String> =
        text.lines().map(|line| format!("2026-11-23T07:00:00Z host esteira: {line}")).collect();
    assert!(text.lines().all(|line| line.len() < 4096) && lines.len() == 5 + 1 + 22, "{} lines", lines.len());
    lines.reverse();
    lines.insert(3, "something else".to_owned());
    let whole =
        |number: u8| (u64::from(number), Some(OwnedRecord::from(record(number, &bodies[usize::from(number) - 1]))));
    assert_eq!(read_records(&lines.join("\n")), [whole(1), whole(2), whole(3)]);

    let cut = lines[9].len() - 20;
    lines[9].truncate(cut);
    assert_eq!(read_records(&lines.join("\r\n")), [whole(1), whole(2), (3, None)]);
    assert_eq!(read_records("esteira-last-resort-v1 and nothing"), []);
}

/// A call to sync that failed may have dropped the pages: a second one would say that all is well.
#[test]
fn a_file_that_failed_is_never_written_or_synced_again() {
    for calls in 0..2 {
        let (one, two) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
        let faulty = Faulty::default();
        let mut cascade = cascade_on(vec![settings(one.path()), settings(two.path())], faulty.clone());
        faulty.calls.lock().expect("no panic").clear();
        faulty.fail_after(calls, EIO);
        for number in 0..5 {
            let held = cascade.write(record(number, &payload(number, 50))).expect("the second folder");
            assert_eq!(held.place, Some(1));
        }
        let seen = faulty.calls.lock().expect("no panic").clone();
        let Call::Write(failed) = seen[0] else { panic!("{seen:?}") };
        let again = seen.iter().filter(|call| matches!(call, Call::Write(file) | Call::Sync(file) if *file == failed));
        assert_eq!(again.count(), calls + 1, "{seen:?}");
    }
}

#[test]
fn the_reserve_is_promised_once_and_used_up_honestly() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut cascade = cascade(folder.path());
    let budget = cascade.budget();
    let room = budget.free_bytes();
    let promises: Vec<_> = std::iter::from_fn(|| budget.reserve(16 << 10).ok()).collect();
    assert_eq!(promises.len() as u64, room / (20 << 10));
    let refused = budget.reserve(16 << 10).expect_err("used up");
    assert_eq!((refused.needed_bytes, refused.free_bytes), (20 << 10, room % (20 << 10)));
    assert_eq!(budget.promised_bytes(), room - refused.free_bytes);

    // What was promised is there, for the largest payloads as for any.
    let body = payload(1, 16 << 10);
    promises.into_iter().for_each(|promise| {
        assert_eq!(cascade.write(record(1, &body)).map(|held| held.level), Ok(Level::Disk));
        drop(promise);
    });
    assert_eq!(budget.promised_bytes(), 0);
    // A result that nobody promised room for is taken as long as there is any.
    let more = std::iter::from_fn(|| cascade.write(record(2, &body)).ok()).count();
    assert!(more <= 8, "{more} more");
    assert!(budget.reserve(16 << 10).is_err(), "new jobs are refused");
    assert_eq!(budget.free_bytes(), 0);
    assert!(cascade.write(record(3, &payload(3, 9 << 20))).is_err(), "larger than any record may be");
}

#[test]
fn a_process_that_starts_again_has_its_whole_reserve_and_goes_on_counting() {
    let folder = tempfile::tempdir().expect("a folder");
    for start in 1..=4 {
        let mut cascade = cascade(folder.path());
        assert_eq!(cascade.status()[0].fresh_segments, 2);
        assert_eq!(cascade.write(record(1, b"x")).map(|held| held.sequence), Ok(start));
        assert_eq!(segments(folder.path()).len() as u64, start + 1, "one was used at each start");
    }
    // A start that wrote nothing leaves nothing.
    for _ in 0..3 {
        drop(cascade(folder.path()));
    }
    assert_eq!(segments(folder.path()).len(), 6);
}

#[test]
fn settings_that_cannot_work_are_refused_at_the_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let open = |settings| Cascade::open(vec![settings], NOW, ids(), Box::new(Disk)).map(drop);
    let good = settings(folder.path());
    for bad in [
        Settings { segments: 0, ..good.clone() },
        Settings { segments: 65, ..good.clone() },
        Settings { segment_bytes: SEGMENT + 1, ..good.clone() },
        Settings { segment_bytes: 4096, ..good.clone() },
        Settings { payload_bytes: SEGMENT as usize, ..good.clone() },
        Settings { payload_bytes: 9 << 20, ..good.clone() },
    ] {
        assert!(matches!(open(bad.clone()), Err(OpenError::Setting { .. })), "{bad:?}");
    }
    let nowhere = Settings { folder: folder.path().join("lock/x"), ..good.clone() };
    std::fs::write(folder.path().join("lock"), "").expect("a file");
    assert!(matches!(open(nowhere), Err(OpenError::Io { .. })));
}

#[test]
fn the_thread_answers_each_record_and_writes_what_waits_before_it_ends() {
    let folder = tempfile::tempdir().expect("a folder");
    let (faulty, (tell, told)) = (Faulty::default(), channel());
    let writer = Writer::start(cascade_on(vec![settings(folder.path())], faulty.clone())).expect("a thread");
    assert_eq!(writer.write(OwnedRecord::from(record(1, b"one"))).map(|held| held.sequence), Ok(1));
    for number in 2..=20 {
        let tell = tell.clone();
        let then = move |outcome| tell.send(outcome).expect("somebody listens");
        writer.submit(OwnedRecord::from(record(number, b"more")), then).expect("room in the queue");
    }
    assert_eq!(writer.status().map(|status| status[0].written), Ok(20));
    let sources = writer.seal().expect("a thread");
    assert_eq!((sources.len(), sources[0].below), (1, 2));
    assert!(writer.refill(NOW).is_ok_and(|made| made.is_ok()));
    assert_eq!(writer.status().map(|status| status[0].fresh_segments), Ok(2));
    faulty.fail_after(0, EIO);
    assert_eq!(writer.write(OwnedRecord::from(record(21, b"last"))), Err(OwnedRecord::from(record(21, b"last"))));
    drop(writer);
    drop(tell);
    assert_eq!(told.iter().filter(|outcome| outcome.is_ok()).count(), 19);
}
