//! Any order of writing, failing, restarting, sealing and ingesting, against a plain list of what was acknowledged.

use crate::harness::{Faulty, NOW, cascade_on, payload, record, settings};
use esteira_lastresort::{Cascade, Ingest, Level, Settings};
use proptest::{collection::vec, prelude::*};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

#[derive(Debug, Clone)]
enum Step {
    /// Writes a payload of so many bytes.
    Write(usize),
    /// Lets the call after so many fail.
    Fail(usize, i32),
    /// The process ends, and another one begins.
    Restart,
    /// Ingests so many of what is sealed; the last of them may be applied without being said to be done.
    Ingest(usize, bool),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        8 => (0..16_000usize).prop_map(Step::Write),
        2 => (0..4usize, prop_oneof![Just(5), Just(28)]).prop_map(|(calls, error)| Step::Fail(calls, error)),
        1 => Just(Step::Restart),
        2 => (1..6usize, any::<bool>()).prop_map(|(count, forgets)| Step::Ingest(count, forgets)),
    ];
    vec(step, 1..60)
}

struct World {
    folders: [PathBuf; 2],
    faulty: Faulty,
    cascade: Option<Cascade>,
    /// Payload bytes by sequence of all that was tried.
    tried: BTreeMap<u64, usize>,
    acknowledged: BTreeSet<u64>,
    applied: Vec<u64>,
}

impl World {
    fn cascade(&mut self) -> &mut Cascade {
        let small = |folder: &PathBuf| Settings { segment_bytes: 64 << 10, ..settings(folder) };
        let (folders, faulty) = (&self.folders, &self.faulty);
        self.cascade.get_or_insert_with(|| cascade_on(folders.iter().map(small).collect(), faulty.clone()))
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Write(bytes) => {
                // A record's number says what it holds, and is known only once it is written.
                let next = self.tried.last_key_value().map_or(1, |(last, _)| last + 1);
                let body = payload(next as u8, bytes);
                let held = self.cascade().write(record(next as u8, &body));
                if let Ok(held) = held {
                    assert_eq!(held.level, Level::Disk);
                    assert!(held.sequence <= next);
                    self.acknowledged.insert(next);
                }
                self.tried.insert(next, bytes);
            }
            Step::Fail(calls, error) => self.faulty.fail_after(calls, error),
            Step::Restart => {
                self.cascade = None;
                // Failures of the start itself are another test's business.
                *self.faulty.next.lock().expect("no panic") = None;
                self.cascade();
            }
            Step::Ingest(count, forgets) => {
                let sources = self.cascade().seal();
                self.ingest(Ingest::open(sources).expect("readable"), count, forgets);
                let refilled = self.cascade().refill(NOW);
                assert!(refilled.is_ok() || self.faulty.next.lock().expect("no panic").is_none(), "{refilled:?}");
            }
        }
    }

    fn ingest(&mut self, mut ingest: Ingest, count: usize, forgets: bool) {
        assert!(ingest.quarantined().is_empty(), "nothing was torn");
        for left in (0..count).rev() {
            let Some(item) = ingest.peek().expect("readable") else { break };
            let number = item.record.id[0];
            assert!(item.record.payload == payload(number, item.record.payload.len()));
            self.applied.push(u64::from(number));
            if left > 0 || !forgets {
                ingest.done(item.sequence).expect("a cursor");
            }
        }
        ingest.remove_ingested().expect("removable");
    }

    /// After all: everything that was acknowledged was applied, in order, and again only where it was not said to be done.
    fn check(mut self) {
        self.cascade = None;
        let ingest = Ingest::open_folders(&self.folders).expect("nobody writes");
        let left = ingest.waiting();
        self.ingest(ingest, left, false);
        assert_eq!(Ingest::open_folders(&self.folders).map(|ingest| ingest.waiting()).expect("nobody writes"), 0);
        let once: BTreeSet<u64> = self.applied.iter().copied().collect();
        assert!(once.is_superset(&self.acknowledged), "lost: {:?}", self.acknowledged.difference(&once));
        assert!(once.iter().all(|number| self.tried.contains_key(number)));
        assert!(self.applied.is_sorted(), "{:?}", self.applied);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn what_was_acknowledged_comes_back_once_and_in_order(steps in steps()) {
        let folder = tempfile::tempdir().expect("a folder");
        let mut world = World {
            folders: ["one", "two"].map(|name| folder.path().join(name)),
            faulty: Faulty::default(),
            cascade: None,
            tried: BTreeMap::new(),
            acknowledged: BTreeSet::new(),
            applied: Vec::new(),
        };
        world.cascade();
        steps.into_iter().for_each(|step| world.step(step));
        world.check();
    }
}
