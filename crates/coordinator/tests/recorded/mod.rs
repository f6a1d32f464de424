//! What is in the ledger, compared with what the rows give back; and workers that do what a function of the test says.

#![allow(dead_code)] // each test file uses its part

use crate::world::{PATIENCE, World};
use esteira_coordinator::{
    Grant,
    leaves::rebuild::{Rebuilt, Recorded},
    work::Reported,
};
use esteira_ledger::{Hash, Leaf, leaf_hash};
use esteira_model::{JobId, PageId};
use esteira_store::{Filter, Page};
use serde_json::Value;
use std::{
    collections::{BTreeMap, HashSet},
    time::Duration,
};

/// Every leaf that there is, in the order of pages.
pub struct Leaves(Vec<(Hash, Value)>);

impl Leaves {
    /// How many of each kind, by name.
    pub fn kinds(&self) -> Vec<(&str, usize)> {
        let mut kinds = BTreeMap::new();
        for (_, leaf) in &self.0 {
            *kinds.entry(leaf["kind"].as_str().expect("a kind")).or_default() += 1;
        }
        kinds.into_iter().collect()
    }

    fn find(&self, is_it: impl Fn(&Value) -> bool) -> &(Hash, Value) {
        self.0.iter().rfind(|(_, leaf)| is_it(leaf)).expect("a leaf")
    }

    /// The leaf of this kind that is about a job: its hash, and what it says.
    pub fn of_job(&self, kind: &str, job: JobId) -> &(Hash, Value) {
        self.find(|leaf| leaf["kind"] == kind && leaf["job"] == job.to_string())
    }

    /// The last leaf of a step.
    pub fn of_step(&self, step: &str) -> &Value {
        &self.find(|leaf| leaf["step"] == step).1
    }

    /// Its hash.
    pub fn hash_of(&self, step: &str) -> String {
        self.find(|leaf| leaf["step"] == step).0.to_string()
    }

    /// The last leaf of a kind.
    pub fn of_kind(&self, kind: &str) -> &Value {
        &self.find(|leaf| leaf["kind"] == kind).1
    }
}

fn difference(rebuilt: &Rebuilt) -> String {
    let decode = |bytes: &Option<Vec<u8>>| match bytes.as_deref().map(Leaf::decode) {
        Some(Ok(leaf)) => leaf.to_json().to_string(),
        other => format!("{other:?}"),
    };
    format!("{:?}\nrows   {}\nledger {}", rebuilt.recorded, decode(&rebuilt.leaf), decode(&rebuilt.stored))
}

/// Compares each leaf of each job with what its rows give, and returns all leaves.
pub async fn checked(world: &World) -> Leaves {
    let reader = world.coordinator.reader();
    // A page that waits may get its place meanwhile: it is in one of both.
    let waiting = reader.waiting_pages(None, usize::MAX).await.expect("pages").into_iter().map(|(id, _)| id);
    let placed =
        reader.ledger_places(0, u64::MAX >> 1, usize::MAX).await.expect("places").into_iter().map(|place| place.page);
    let pages: Vec<PageId> = waiting.chain(placed).collect();
    let mut pages = reader.ledger_pages(&pages).await.expect("pages");
    pages.sort_by_key(|page| page.id);
    let stored: Vec<Vec<u8>> = pages.iter().flat_map(|page| page.iter().map(<[u8]>::to_vec)).collect();
    let hashes: HashSet<Hash> = stored.iter().map(|leaf| leaf_hash(leaf)).collect();
    assert_eq!(hashes.len(), stored.len(), "no two leaves are the same");

    let page = Page { size: 10_000, after: None };
    let jobs = reader.list_jobs(&world.principal.account, &Filter::default(), &page).await.expect("jobs").rows;
    let mut places = HashSet::new();
    let mut recorded = HashSet::new();
    for job in &jobs {
        let attempts = reader.attempts_of_job(job.id, None, usize::MAX).await.expect("attempts");
        let rebuilt = world.coordinator.rebuild_leaves(job.id).await.expect("rows").expect("the job");
        for leaf in &rebuilt {
            assert!(leaf.leaf.is_some() && leaf.leaf == leaf.stored, "{}", difference(leaf));
            assert!(places.insert(leaf.leaf_at), "I14: one leaf, one row");
            assert!(recorded.insert((job.id, leaf.recorded)));
        }
        let expected = attempts.iter().map(|attempt| Recorded::Attempt(attempt.task, attempt.number));
        let link = reader.reprocess(job.id).await.expect("a read").map(|_| Recorded::Link(job.id));
        let expected = expected.chain([Recorded::Start(job.id), Recorded::End(job.id)]).chain(link);
        let expected: HashSet<Recorded> = expected.collect();
        assert_eq!(rebuilt.iter().map(|leaf| leaf.recorded).collect::<HashSet<_>>(), expected, "I14");
    }
    assert_eq!(places.len(), stored.len(), "I14: no leaf without a row");
    for leaf in &stored {
        let leaf = Leaf::decode(leaf).expect("a leaf");
        for parent in leaf.parents().listed().unwrap_or_default() {
            assert!(hashes.contains(parent), "{} follows from {parent}, which is nowhere", leaf.to_json());
        }
    }
    Leaves(stored.iter().map(|leaf| (leaf_hash(leaf), Leaf::decode(leaf).expect("a leaf").to_json())).collect())
}

/// All functions by which `by_name` and random plans call their steps.
pub const FUNCTIONS: &[&str] =
    &["one", "none", "hiccup", "fail", "odd", "many.0", "many.1", "many.2", "many.3", "many.4", "many.20", "many.200"];

/// Leases once and reports.
pub async fn work(worlds: &[&World], functions: &[&str], outcome: impl Fn(&Grant) -> Reported) {
    for (world, other) in worlds.iter().zip(worlds.iter().cycle().skip(1)) {
        let poll = world.poll("w", functions, 50, Duration::from_millis(20));
        let leased = world.coordinator.lease_tasks(&world.principal, poll).await.expect("a poll");
        // What one coordinator gave out may be reported at another.
        for (i, grant) in leased.grants.iter().enumerate() {
            let at = if i % 2 == 0 { world } else { other };
            at.report(grant, outcome(grant)).await;
        }
    }
}

/// Works until the job has ended.
pub async fn worked(worlds: &[&World], job: JobId, outcome: impl Fn(&Grant) -> Reported) {
    let all = async {
        while !worlds[0].job(job).await.state.is_terminal() {
            work(worlds, FUNCTIONS, &outcome).await;
        }
    };
    tokio::time::timeout(PATIENCE, all).await.expect("the job ends");
}
