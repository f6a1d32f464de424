//! Any interleaving of commits, steps of two sequencers and crashes gives each leaf one index, and checkpoints that agree.

use super::{
    anchor::AnchorFile,
    begin, checkpoint,
    extend::{Extended, gather},
    proofs,
    signing::Signing,
};
use crate::error::Reason;
use esteira_ledger::{
    Checkpoint, Schedule, SignerKey,
    checkpoint::Term,
    leaf_hash,
    proof::{root_from_inclusion, verify_consistency},
};
use esteira_model::{AccountId, PageId, Time};
use esteira_store::{Kind, LedgerCheckpoint, LedgerPage, Reader, Writer};
use esteira_testkit::Postgres;
use hashbrown::HashSet;
use proptest::{collection::vec, prelude::*, test_runner::Config};
use std::sync::Arc;
use tempfile::TempDir;

pub(super) const ORIGIN: &str = "log.example/test";

/// A store, and two coordinators' parts of the log over it.
pub(super) struct World {
    pub readers: Vec<Arc<dyn Reader>>,
    pub writers: Vec<Box<dyn Writer>>,
    pub signing: Vec<Arc<Signing>>,
    pub directory: TempDir,
    committed: Vec<Vec<u8>>,
    time: i64,
    pages: i64,
}

pub(super) fn signing(anchors: &std::path::Path, seed: u8) -> Signing {
    let key = SignerKey::from_seed(ORIGIN, &[seed; 32]).expect("a key");
    let trusted = vec![key.verifier().clone()];
    let schedule = Schedule::new(vec![Term { key, from: Time(0), until: None }]);
    let anchors = AnchorFile::open(anchors).expect("a file of anchors");
    Signing::new(ORIGIN.into(), schedule, trusted, AccountId::new("default"), anchors)
}

impl World {
    pub async fn over(urls: &[String], directory: TempDir) -> Self {
        let (mut readers, mut writers, mut all) = (Vec::new(), Vec::new(), Vec::new());
        for (at, url) in urls.iter().enumerate() {
            let store = esteira_store_sql::open(url, esteira_store_sql::Options::default()).await.expect("opens");
            readers.push(store.reader);
            writers.push(store.writer);
            all.push(Arc::new(signing(&directory.path().join(format!("anchors-{at}")), 7)));
        }
        Self { readers, writers, signing: all, directory, committed: Vec::new(), time: 1, pages: 0 }
    }

    pub async fn sqlite() -> Self {
        let directory = TempDir::new().expect("a folder");
        let url = format!("sqlite:{}", directory.path().join("store.db").display());
        Self::over(&[url], directory).await
    }

    async fn postgres() -> Self {
        let server = Postgres::shared();
        let name = server.fresh_name();
        server.run("postgres", &format!("CREATE DATABASE {name}"));
        let url = server.url(&name);
        Self::over(&[url.clone(), url], TempDir::new().expect("a folder")).await
    }

    fn now(&mut self) -> Time {
        self.time += 1;
        Time(self.time)
    }

    /// Commits pages with these numbers of leaves. Ids do not rise with the commits: two coordinators give them.
    pub async fn commit(&mut self, who: usize, leaves: &[u8]) {
        let mut pages = Vec::new();
        for count in leaves {
            self.pages += 1;
            let id = if who == 0 { self.pages } else { 1_000_000 - self.pages };
            let mut page = LedgerPage::new(PageId(id));
            for _ in 0..*count {
                let leaf = format!("leaf {}", self.committed.len()).into_bytes();
                page.push(|out| {
                    out.extend(&leaf);
                    Ok::<(), ()>(())
                })
                .expect("pushed");
                self.committed.push(leaf);
            }
            pages.push(page);
        }
        let writer = who % self.writers.len();
        let mut unit = self.writers[writer].begin().await.expect("begins");
        unit.append_leaves(&pages).await.expect("appended");
        unit.commit().await.expect("commits");
    }

    /// Writes a step down. Another sequencer may have been first; a crash comes before the COMMIT.
    async fn place(&mut self, who: usize, step: &Extended, crash: bool) {
        let writer = who % self.writers.len();
        let mut unit = self.writers[writer].begin().await.expect("begins");
        match unit.place_pages(&step.placing).await {
            Ok(()) if crash => drop(unit),
            Ok(()) => unit.commit().await.expect("commits"),
            Err(error) => assert_eq!(error.kind(), Kind::Conflict, "{error}"),
        }
    }

    pub async fn place_all(&mut self) {
        while let Some(step) = gather(&*self.readers[0]).await.expect("gathers") {
            self.place(0, &step, false).await;
        }
    }

    async fn sign(&mut self, who: usize) -> LedgerCheckpoint {
        let (at, now) = (who % self.readers.len(), self.now());
        let head = self.readers[at].ledger_head().await.expect("a head");
        checkpoint::sign(&*self.readers[at], &self.signing[at], &head, now).await.expect("signs")
    }

    async fn keep(&mut self, who: usize, checkpoint: &LedgerCheckpoint, crash: bool) {
        let at = who % self.writers.len();
        let sequence = self.now().0;
        let mut unit = self.writers[at].begin().await.expect("begins");
        checkpoint::store(&mut *unit, &self.signing[at], checkpoint, sequence).await.expect("stores");
        if !crash {
            unit.commit().await.expect("commits");
        }
    }

    /// One that went to sleep between signing and keeping may find a newer anchor: it anchors nothing then.
    async fn anchor(&mut self, who: usize) {
        let (at, now) = (who % self.readers.len(), self.now());
        checkpoint::anchor(&*self.readers[at], &self.signing[at], now).await.expect("anchors");
    }

    pub async fn checkpoint(&mut self) {
        let checkpoint = self.sign(0).await;
        self.keep(0, &checkpoint, false).await;
        for who in 0..self.readers.len() {
            self.anchor(who).await;
        }
    }

    /// Each leaf has one index, and each has a proof against the newest checkpoint.
    async fn check_leaves(&self) {
        let reader = &*self.readers[0];
        let head = reader.ledger_head().await.expect("a head");
        assert_eq!(head.size, self.committed.len() as u64, "each leaf has a place");
        let newest = reader.checkpoints(1).await.expect("reads").remove(0);
        let opened = self.signing[0].open(0, &newest.note).expect("opens");
        assert_eq!(opened.size, head.size);
        let mut seen = HashSet::new();
        for (index, leaf) in (0..).zip(proofs::leaves(reader, 0, head.size).await.expect("reads")) {
            let leaf = leaf.expect("places are dense");
            let path = proofs::inclusion(reader, index, head.size).await.expect("reads").expect("a proof");
            let root = root_from_inclusion(&leaf_hash(&leaf.bytes), index, head.size, &path);
            assert_eq!(root, Some(opened.root), "leaf {index}");
            assert_eq!(proofs::index_of(reader, leaf.page, leaf.ordinal).await.expect("reads"), Some(index));
            assert!(seen.insert(leaf.bytes), "leaf {index} is there twice");
        }
        assert_eq!(seen, self.committed.iter().cloned().collect());
        assert!(reader.waiting_pages(None, 1).await.expect("reads").is_empty());
    }

    /// Every two checkpoints, kept or anchored anywhere, are of one log.
    async fn check_checkpoints(&self) {
        let reader = &*self.readers[0];
        let kept = reader.checkpoints(1_000).await.expect("reads").into_iter().map(|kept| kept.note);
        let anchored = self.signing.iter().flat_map(|signing| {
            let text = std::fs::read_to_string(signing.anchors().path()).expect("reads");
            let note = |line: &str| {
                serde_json::from_str::<serde_json::Value>(line).expect("JSON")["note"].as_str().map(Into::into)
            };
            text.lines().filter_map(note).collect::<Vec<String>>()
        });
        let notes: Vec<String> = kept.chain(anchored).collect();
        let mut all: Vec<Checkpoint> = Vec::new();
        for note in &notes {
            all.push(self.signing[0].open(0, note).expect("opens"));
        }
        all.sort_by_key(|checkpoint| checkpoint.size);
        for (at, old) in all.iter().enumerate() {
            for new in &all[at..] {
                let path = proofs::consistency(reader, old.size, new.size).await.expect("reads").expect("a proof");
                let agrees = verify_consistency(old.size, &old.root, new.size, &new.root, &path);
                assert!(agrees, "{} and {} do not agree", old.size, new.size);
            }
        }
    }
}

/// What happens next. `who` is one of two sequencers, which may share a process's writer.
#[derive(Debug, Clone)]
enum Op {
    Commit { who: usize, pages: Vec<u8> },
    Gather(usize),
    Place { who: usize, crash: bool },
    Sign(usize),
    Keep { who: usize, crash: bool },
    Anchor(usize),
    Crash(usize),
}

fn op() -> impl Strategy<Value = Op> {
    let who = 0..2_usize;
    prop_oneof![
        4 => (who.clone(), vec(1..90_u8, 1..4)).prop_map(|(who, pages)| Op::Commit { who, pages }),
        4 => who.clone().prop_map(Op::Gather),
        4 => (who.clone(), any::<bool>()).prop_map(|(who, crash)| Op::Place { who, crash }),
        2 => who.clone().prop_map(Op::Sign),
        2 => (who.clone(), any::<bool>()).prop_map(|(who, crash)| Op::Keep { who, crash }),
        2 => who.clone().prop_map(Op::Anchor),
        1 => who.prop_map(Op::Crash),
    ]
}

/// What a sequencer holds in its memory: gone with a crash.
#[derive(Debug, Clone, Default)]
struct Memory {
    step: Option<Extended>,
    signed: Option<LedgerCheckpoint>,
}

async fn run(mut world: World, ops: Vec<Op>) {
    let mut memory = [Memory::default(), Memory::default()];
    for op in ops {
        match op {
            Op::Commit { who, pages } => world.commit(who, &pages).await,
            Op::Gather(who) => {
                memory[who].step = gather(&*world.readers[who % world.readers.len()]).await.expect("reads")
            }
            Op::Place { who, crash } => {
                if let Some(step) = memory[who].step.take() {
                    world.place(who, &step, crash).await;
                }
            }
            Op::Sign(who) => memory[who].signed = Some(world.sign(who).await),
            Op::Keep { who, crash } => {
                if let Some(checkpoint) = memory[who].signed.take() {
                    world.keep(who, &checkpoint, crash).await;
                }
            }
            Op::Anchor(who) => world.anchor(who).await,
            Op::Crash(who) => memory[who] = Memory::default(),
        }
    }
    world.commit(0, &[1]).await;
    world.place_all().await;
    world.checkpoint().await;
    world.check_leaves().await;
    world.check_checkpoints().await;
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(work)
}

proptest! {
    #![proptest_config(Config { cases: 24, ..Config::default() })]

    /// INV-APPEND
    #[test]
    fn any_interleaving_gives_one_log(ops in vec(op(), 1..60)) {
        block_on(async { run(World::sqlite().await, ops).await });
    }
}

proptest! {
    #![proptest_config(Config { cases: 8, ..Config::default() })]

    /// INV-APPEND
    #[test]
    fn any_interleaving_of_two_coordinators_gives_one_log(ops in vec(op(), 1..60)) {
        block_on(async { run(World::postgres().await, ops).await });
    }
}

/// What a start says to a log.
async fn starts(world: &World) -> Result<(), String> {
    let begun = begin::check(&*world.readers[0], &world.signing[0]).await;
    begun.map(drop).map_err(|error| {
        assert_eq!(error.reason, Reason::LogRefused);
        error.message
    })
}

/// The same store, opened again, with the keys and anchors of another start.
async fn again(world: World, seed: u8) -> World {
    let World { directory, readers, writers, .. } = world;
    drop((readers, writers));
    let url = format!("sqlite:{}", directory.path().join("store.db").display());
    let mut world = World::over(&[url], directory).await;
    world.signing = vec![Arc::new(signing(&world.directory.path().join("anchors-0"), seed))];
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_was_rolled_back_is_refused_until_an_epoch_is_declared() {
    let mut world = World::sqlite().await;
    world.commit(0, &[3, 4]).await;
    world.place_all().await;
    world.checkpoint().await;
    let mut world = again(world, 7).await;
    starts(&world).await.expect("it goes on");
    let (file, copy) = (world.directory.path().join("store.db"), world.directory.path().join("copy.db"));
    let directory = world.directory;
    drop((world.readers, world.writers));
    std::fs::copy(&file, &copy).expect("a backup");
    let url = format!("sqlite:{}", file.display());
    world = World::over(std::slice::from_ref(&url), directory).await;
    (world.pages, world.time) = (100, 100);
    world.commit(0, &[5]).await;
    world.place_all().await;
    world.checkpoint().await;
    let directory = world.directory;
    drop((world.readers, world.writers));
    for ending in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{ending}", file.display()));
    }
    std::fs::copy(&copy, &file).expect("the backup is back");
    world = World::over(&[url], directory).await;
    let refused = starts(&world).await.expect_err("it is behind");
    assert!(refused.contains("5 are missing"), "{refused}");

    let declaration = super::declare_epoch::Declaration {
        reason: "the disk died".into(),
        user: "ana".into(),
        account: "default".into(),
    };
    let clock = Arc::new(crate::clock::SystemClock);
    let reader = world.readers[0].clone();
    let signing = world.signing[0].clone();
    let declared = super::declare_epoch(&mut *world.writers[0], &*reader, clock.clone(), &signing, &declaration).await;
    let declared = declared.expect("declared");
    assert_eq!((declared.epoch, declared.size, declared.anchor_size), (1, 7, 12));
    starts(&world).await.expect("it goes on in another epoch");
    let opened = signing.open(1, &declared.note).expect("the key holder declared it");
    assert_eq!((opened.size, opened.origin.as_str()), (8, "log.example/test/epoch/1"));
    let epochs = reader.epochs().await.expect("reads");
    let leaf = proofs::leaves(&*reader, 7, 8).await.expect("reads").remove(0).expect("a leaf");
    assert_eq!(leaf.bytes, super::declare_epoch::leaf(&epochs[0]).encode().expect("a leaf"));
    let twice = super::declare_epoch(&mut *world.writers[0], &*reader, clock, &signing, &declaration).await;
    assert_eq!(twice.map_err(|error| error.reason), Err(Reason::LogRefused), "there is nothing to admit any more");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_key_is_refused() {
    let mut world = World::sqlite().await;
    world.commit(0, &[3]).await;
    world.place_all().await;
    world.checkpoint().await;
    let refused = starts(&again(world, 8).await).await.expect_err("not its key");
    assert!(refused.contains("--ledger-key"), "{refused}");
}

/// Pages that somebody made unreadable, more than one step takes, with leaves behind them.
#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_keeps_nobody_waiting_behind_it() {
    let mut world = World::sqlite().await;
    let broken = |id| LedgerPage { leaves: vec![1], leaf_count: 1, ..LedgerPage::new(PageId(id)) };
    let pages: Vec<LedgerPage> = (-1_200..0).map(broken).collect();
    let mut unit = world.writers[0].begin().await.expect("begins");
    unit.append_leaves(&pages).await.expect("appended");
    unit.commit().await.expect("commits");
    world.commit(0, &[3, 4]).await;
    let step = gather(&*world.readers[0]).await.expect("reads").expect("something waits");
    assert_eq!((step.placing.size, step.placing.places.len(), step.more), (7, 2, false));
    assert_eq!(step.unreadable.len(), 1_200, "all of them are told of");
    world.place(0, &step, false).await;
    let rest = gather(&*world.readers[0]).await.expect("reads").expect("they still wait");
    assert!(rest.placing.places.is_empty() && !rest.more);
    world.commit(0, &[1]).await;
    let step = gather(&*world.readers[0]).await.expect("reads").expect("something waits");
    assert_eq!(step.placing.size, 8, "whenever it comes");
}
