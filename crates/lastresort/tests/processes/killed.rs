//! A process that is killed while it writes, and two that want one folder.

use crate::{open, payload, settings, this_program};
use esteira_lastresort::{Ingest, Record};
use esteira_model::Time;
use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{ExitCode, Stdio},
};

const ROUNDS: u64 = 25;

/// The child: says each number once the record is durable.
pub fn write_for_ever(folder: &Path) {
    let mut cascade = open(vec![settings(folder)]).expect("a folder that can be written");
    let mut sequence = cascade.write(record(0, b"begin")).expect("room").sequence;
    loop {
        println!("{sequence}");
        std::io::stdout().flush().expect("somebody listens");
        let next = payload(sequence + 1);
        match cascade.write(record(1, &next)) {
            Ok(held) => sequence = held.sequence,
            // All is used up; wait to be killed.
            Err(_) => std::thread::park(),
        }
    }
}

fn record(kind: u16, payload: &[u8]) -> Record<'_> {
    Record { kind, id: [1; 16], time: Time(2), payload }
}

/// Kills a child after it acknowledged a few records, again and again, in one folder. Each acknowledged record is found.
pub fn at_any_moment() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut acknowledged, mut ingested, mut unacknowledged) = (0, 0, 0);
    for round in 0..ROUNDS {
        let mut child = this_program();
        let mut child = child.arg("write").arg(folder.path()).stdout(Stdio::piped()).spawn().expect("a child");
        let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let mut said = lines.map_while(Result::ok).map(|line| line.parse::<u64>().expect("a number"));
        let mut last = 0;
        for number in said.by_ref().take(1 + (round * 5 % 17) as usize) {
            last = number;
        }
        child.kill().expect("a child that runs");
        child.wait().expect("a child that ended");
        last = said.last().unwrap_or(last);
        assert!(last > acknowledged, "numbers go on: {last} after {acknowledged}");
        acknowledged = last;

        let mut ingest = Ingest::open_folders(&[folder.path().to_owned()]).expect("the lock died with its process");
        while let Some(item) = ingest.peek().expect("readable") {
            assert_eq!(item.sequence, ingested + 1, "none is missing");
            let expected = if item.record.kind == 0 { b"begin".to_vec() } else { payload(item.sequence) };
            assert!(item.record.payload == expected, "record {} is another", item.sequence);
            ingested = item.sequence;
            ingest.done(ingested).expect("a cursor");
        }
        assert!(ingested >= acknowledged, "acknowledged {acknowledged}, found {ingested}");
        // The one that was under way may be there or be torn; it was never promised.
        assert!(ingested <= acknowledged + 1 && ingest.quarantined().len() <= 1);
        unacknowledged += ingested - acknowledged;
        acknowledged = ingested;
        ingest.remove_ingested().expect("removable");
    }
    assert!(ingested > 3 * ROUNDS, "{ingested} records in {ROUNDS} rounds");
    println!("killed {ROUNDS} times: {ingested} records found, {unacknowledged} of them not acknowledged");
}

/// The other process.
pub fn open_once(folder: &Path) -> ExitCode {
    match open(vec![settings(folder)]) {
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(64)
        }
    }
}

pub fn two_processes() {
    let folder = tempfile::tempdir().expect("a folder");
    let try_open = || this_program().arg("open").arg(folder.path()).output().expect("a child");
    let cascade = open(vec![settings(folder.path())]).expect("a folder that can be written");
    let refused = try_open();
    assert_eq!(refused.status.code(), Some(64));
    assert!(String::from_utf8_lossy(&refused.stderr).ends_with("is in use by another process\n"), "{refused:?}");
    drop(cascade);
    assert_eq!(try_open().status.code(), Some(0));
}
