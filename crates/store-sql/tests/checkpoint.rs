//! SQLite's log: copied into the database while the writer goes on, and bounded by it.

use esteira_store::Writer;
use esteira_store_sql::{Options, measure::Snapshot, open};
use std::{
    collections::BTreeSet,
    io::Read,
    path::{Path, PathBuf},
};

/// The size of the log at which it is copied.
const THRESHOLD: u64 = 1 << 20;
/// One commit writes about this much.
const VALUE: usize = 32 << 10;
/// Commits until the log must have done what is expected of it.
const COMMITS_MAX: usize = 20_000;

struct Place {
    _directory: tempfile::TempDir,
    path: PathBuf,
}

impl Place {
    fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        Self { path: directory.path().join("a.db"), _directory: directory }
    }

    fn url(&self) -> String {
        format!("sqlite:{}", self.path.display())
    }

    fn log(&self) -> u64 {
        bytes(&self.path.with_extension("db-wal"))
    }
}

fn bytes(path: &Path) -> u64 {
    path.metadata().map_or(0, |file| file.len())
}

/// Commits until something holds; returns how often.
async fn commit_until(writer: &mut dyn Writer, mut holds: impl FnMut() -> bool) -> usize {
    for commits in 0..COMMITS_MAX {
        if holds() {
            return commits;
        }
        let mut unit = writer.begin().await.expect("begins");
        let name = format!("name-{}", commits % 7);
        unit.put_setting(&name, &vec![u8::try_from(commits % 251).expect("small"); VALUE]).await.expect("stored");
        unit.commit().await.expect("commits");
    }
    panic!("not within {COMMITS_MAX} commits");
}

fn options() -> Options {
    Options { checkpoint_bytes: THRESHOLD as usize, ..Options::default() }
}

#[tokio::test]
async fn the_log_begins_anew_while_the_writer_goes_on() {
    let place = Place::new();
    let mut opened = open(&place.url(), options()).await.expect("opens");
    // The file of the log keeps its size, so a new beginning shows in its head: a salt that changes each time.
    let salt = || {
        let mut head = [0; 24];
        let log = std::fs::File::open(place.path.with_extension("db-wal"));
        log.and_then(|mut log| log.read_exact(&mut head)).ok().map(|()| head[16..].to_vec())
    };
    let mut salts = BTreeSet::new();
    commit_until(&mut *opened.writer, || {
        salts.extend(salt());
        salts.len() >= 4
    })
    .await;
    assert!(bytes(&place.path) > 0, "the database file has what the log had");
}

#[tokio::test]
async fn a_snapshot_holds_the_log_and_its_end_lets_it_shrink() {
    let place = Place::new();
    let mut opened = open(&place.url(), options()).await.expect("opens");
    commit_until(&mut *opened.writer, || place.log() > 0).await;
    let snapshot = Snapshot::hold(&place.url()).await.expect("a snapshot");
    commit_until(&mut *opened.writer, || place.log() > 8 * THRESHOLD).await;
    snapshot.release().await.expect("it was held");
    commit_until(&mut *opened.writer, || place.log() <= 3 * THRESHOLD).await;

    // Whatever was copied when, what was committed last is what is read.
    let mut unit = opened.writer.begin().await.expect("begins");
    unit.put_setting("last", b"word").await.expect("stored");
    unit.commit().await.expect("commits");
    drop(opened);
    let mut opened = open(&place.url(), options()).await.expect("opens again");
    let mut unit = opened.writer.begin().await.expect("begins");
    assert_eq!(unit.setting("last").await.expect("reads").as_deref(), Some(&b"word"[..]));
}
