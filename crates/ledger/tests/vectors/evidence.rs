//! Evidence and what it proves: each verdict, each way to fail, and a sweep of single edits over good evidence.

use crate::job::{self, ITEMS, ORIGIN, key};
use esteira_ledger::{
    Bundle, Checkpoint, Hash, Leaf, SignerKey, Verdict,
    bundle::{BundleAnchor, BundleBody, BundleCertificate, BundleHeld, BundleIncluded, BundleRows, FORMAT, Hex},
    kinds::BodiesRemoved,
    leaf_hash,
    proof::{Leaves, consistency, inclusion},
    verify::{Role, Trust},
};
use esteira_model::JobId;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const SPLIT: usize = 2;
const JOIN: usize = 3 + ITEMS as usize;
const END: usize = JOIN + 1;
const REMOVAL: usize = END + 2;
const LINK: usize = END + 3;
const AGAIN: usize = END + 6;

/// The log and what proves things about it.
struct World {
    log: Vec<Vec<u8>>,
    hashes: Vec<Hash>,
}

impl World {
    fn new() -> Self {
        let log = job::log();
        let hashes = log.iter().map(|leaf| leaf_hash(leaf)).collect();
        Self { log, hashes }
    }

    fn size(&self) -> u64 {
        self.log.len() as u64
    }

    fn note(&self, size: u64, signer: &SignerKey) -> String {
        let root = job::head(&self.log[..size as usize]).root();
        Checkpoint { origin: ORIGIN.to_owned(), size, root }.sign(&[signer]).expect("one signer")
    }

    fn included(&self, index: usize) -> BundleIncluded {
        let path = inclusion(&Leaves(&self.hashes), index as u64, self.size()).expect("within the log");
        BundleIncluded { index: index as u64, path }
    }

    fn anchor(&self, size: u64) -> BundleAnchor {
        let consistency = consistency(&Leaves(&self.hashes), size, self.size()).expect("within the log");
        BundleAnchor { note: self.note(size, &key(1)), consistency }
    }

    /// Good evidence for a leaf, without a body.
    fn bundle(&self, index: usize) -> Bundle {
        let named: Vec<Hash> = match index {
            JOIN => self.hashes[3..JOIN].to_vec(),
            _ => Leaf::decode(&self.log[index]).expect("ours").parents().listed().expect("few").to_vec(),
        };
        let position = |hash: &Hash| self.hashes.iter().position(|known| known == hash).expect("in the log");
        let leaf = Hex(self.log[index].clone());
        Bundle {
            format: FORMAT.to_owned(),
            leaf: Some(leaf.clone()),
            rows: BundleRows::Leaf(leaf),
            body: None,
            parents: named.iter().map(|hash| Hex(self.log[position(hash)].clone())).collect(),
            included: Some(self.included(index)),
            checkpoint: Some(self.note(self.size(), &key(1))),
            anchor: Some(self.anchor(self.size())),
        }
    }

    /// The path of an item in the fold of the split's outputs.
    fn path(&self, position: u64) -> Vec<Hash> {
        let leaves: Vec<Hash> = job::items().iter().map(|hidden| leaf_hash(&hidden.0)).collect();
        inclusion(&Leaves(&leaves), position, leaves.len() as u64).expect("within the list")
    }

    fn certificate(&self, item: u64) -> BundleCertificate {
        let commitment = job::items()[item as usize];
        let mut removed = job::items();
        removed.sort_unstable();
        let position = removed.iter().position(|hidden| *hidden == commitment).expect("all were removed") as u64;
        let leaves: Vec<Hash> = removed.iter().map(|hidden| leaf_hash(&hidden.0)).collect();
        let path = inclusion(&Leaves(&leaves), position, leaves.len() as u64).expect("within the list");
        let leaf = Hex(self.log[REMOVAL].clone());
        BundleCertificate { leaf, commitment, position, path, included: self.included(REMOVAL) }
    }

    fn with_item(&self, item: u64) -> Bundle {
        let (bytes, salt) = (Hex(job::item(item as u32)), job::salt(10 + item as u8));
        let held = BundleHeld::Bytes { bytes, salt };
        let body = BundleBody { role: Role::Output, position: item, path: self.path(item), held };
        Bundle { body: Some(body), ..self.bundle(SPLIT) }
    }

    fn with_input(&self) -> Bundle {
        let held = BundleHeld::Bytes { bytes: Hex(job::INPUT.to_vec()), salt: job::salt(1) };
        let body = BundleBody { role: Role::Input, position: 0, path: Vec::new(), held };
        Bundle { body: Some(body), ..self.bundle(1) }
    }

    fn without_item(&self, item: u64) -> Bundle {
        let held = BundleHeld::Removed { certificate: Some(self.certificate(item)) };
        let body = BundleBody { role: Role::Output, position: item, path: self.path(item), held };
        Bundle { body: Some(body), ..self.bundle(SPLIT) }
    }
}

fn edited(mut bundle: Bundle, edit: impl FnOnce(&mut Bundle)) -> Bundle {
    edit(&mut bundle);
    bundle
}

fn held(bundle: &mut Bundle) -> &mut BundleHeld {
    &mut bundle.body.as_mut().expect("evidence with a body").held
}

fn certificate(bundle: &mut Bundle) -> &mut BundleCertificate {
    match held(bundle) {
        BundleHeld::Removed { certificate: Some(certificate) } => certificate,
        _ => panic!("evidence without a certificate"),
    }
}

fn flip(bytes: &mut Option<Hex>, at: usize) {
    bytes.as_mut().expect("evidence with a leaf").0[at] ^= 1;
}

fn flip_rows(bundle: &mut Bundle, at: usize) {
    let mut leaf = bundle.leaf.clone();
    flip(&mut leaf, at);
    bundle.rows = BundleRows::Leaf(leaf.expect("evidence with a leaf"));
}

fn cases(world: &World) -> Vec<(&'static str, Bundle)> {
    let mut cases: Vec<(&'static str, Bundle)> = Vec::new();
    let mut case = |name, bundle| cases.push((name, bundle));
    let anchored = |size| edited(world.with_input(), |b| b.anchor = Some(world.anchor(size)));
    let mut other = World { log: world.log.clone(), hashes: world.hashes.clone() };
    other.log[0] = job::encode(esteira_ledger::kinds::JobStarted { account: "evil", ..job::started() });
    other.hashes[0] = leaf_hash(&other.log[0]);

    case("the input of a failed attempt", world.with_input());
    case("an item of a folded list", world.with_item(17));
    case(
        "by its digest alone",
        edited(world.with_input(), |b| {
            *held(b) = BundleHeld::Digest { digest: Hash::of_bytes(job::INPUT), salt: job::salt(1) }
        }),
    );
    case("the start, which follows from nothing", world.bundle(0));
    case("a join of more parents than a leaf lists", world.bundle(JOIN));
    case("the end, offline", edited(world.bundle(END), |b| b.rows = BundleRows::Elsewhere));
    case("no anchor yet", edited(world.with_input(), |b| b.anchor = None));
    case("an anchor just before the leaf", anchored(1));
    case("an anchor just behind the leaf", anchored(2));
    case(
        "an anchor newer than the checkpoint",
        edited(world.with_input(), |b| {
            let path = inclusion(&Leaves(&world.hashes[..9]), 1, 9).expect("within the log");
            b.included = Some(BundleIncluded { index: 1, path });
            let consistency = consistency(&Leaves(&world.hashes), 9, world.size()).expect("within the log");
            (b.checkpoint, b.anchor) = (
                Some(world.note(9, &key(2))),
                Some(BundleAnchor { note: world.note(world.size(), &key(1)), consistency }),
            );
        }),
    );
    case("an item that was erased", world.without_item(4));
    case("erased, and not anchored", edited(world.without_item(4), |b| b.anchor = None));

    case("a leaf that nobody recorded", edited(world.with_input(), |b| b.leaf = None));
    case(
        "bytes with one bit more",
        edited(world.with_input(), |b| {
            *held(b) = BundleHeld::Bytes { bytes: Hex([job::INPUT, b" "].concat()), salt: job::salt(1) }
        }),
    );
    case(
        "the bytes of another item",
        edited(world.with_item(3), |b| *held(b) = BundleHeld::Bytes { bytes: Hex(job::item(4)), salt: job::salt(13) }),
    );
    case(
        "another salt",
        edited(world.with_input(), |b| {
            *held(b) = BundleHeld::Bytes { bytes: Hex(job::INPUT.to_vec()), salt: job::salt(2) }
        }),
    );
    case(
        "another digest",
        edited(world.with_input(), |b| {
            *held(b) = BundleHeld::Digest { digest: Hash::of_bytes(b"x"), salt: job::salt(1) }
        }),
    );
    case("another position", edited(world.with_item(3), |b| b.body.as_mut().expect("a body").position = 4));
    case(
        "a position that does not exist",
        edited(world.with_input(), |b| b.body.as_mut().expect("a body").position = 1),
    );
    case(
        "a path that nobody asked for",
        edited(world.with_input(), |b| b.body.as_mut().expect("a body").path = vec![Hash::default()]),
    );
    case(
        "an output that the attempt did not have",
        edited(world.with_input(), |b| b.body.as_mut().expect("a body").role = Role::Output),
    );
    case("the input of an end", Bundle { body: world.with_input().body, ..world.bundle(END) });
    case(
        "a body that is gone without a certificate",
        edited(world.without_item(4), |b| *held(b) = BundleHeld::Removed { certificate: None }),
    );
    case("a certificate of another body", edited(world.without_item(4), |b| *certificate(b) = world.certificate(5)));
    case(
        "a certificate of another job",
        edited(world.without_item(4), |b| {
            let Ok(Leaf::BodiesRemoved(fields)) = Leaf::decode(&world.log[REMOVAL]) else { panic!("a removal") };
            let job = JobId(job::uuid(9));
            certificate(b).leaf = Hex(job::encode(BodiesRemoved { job, ..*fields }));
        }),
    );
    case(
        "a certificate that certifies nothing",
        edited(world.without_item(4), |b| certificate(b).leaf = Hex(world.log[0].clone())),
    );
    case("a certificate that is no leaf", edited(world.without_item(4), |b| certificate(b).leaf = Hex(vec![1])));
    case("a certificate that is not in the log", edited(world.without_item(4), |b| certificate(b).included.index = 0));

    case("a recorded leaf that is none", edited(world.with_input(), |b| flip(&mut b.leaf, 0)));
    case(
        "rows that say another outcome",
        edited(world.with_input(), |b| {
            let leaf = b.leaf.clone().expect("a leaf");
            let Ok(Leaf::AttemptEnded(mut fields)) = Leaf::decode(&leaf.0) else { panic!("an attempt") };
            fields.failure = None;
            b.rows = BundleRows::Leaf(Hex(job::encode(*fields)));
        }),
    );
    case("rows that are gone", edited(world.with_input(), |b| b.rows = BundleRows::Gone));
    case("rows of another kind", edited(world.with_input(), |b| b.rows = BundleRows::Leaf(Hex(world.log[0].clone()))));
    case("rows that are no leaf", edited(world.with_input(), |b| flip_rows(b, 1)));
    case(
        "rows and record that agree on a lie",
        edited(world.with_input(), |b| {
            let at = b.leaf.as_ref().expect("a leaf").0.len() - 40;
            flip(&mut b.leaf, at - 32 - 14);
            b.rows = BundleRows::Leaf(b.leaf.clone().expect("a leaf"));
        }),
    );
    case("a parent that was changed", edited(world.with_input(), |b| b.parents[0] = Hex(other.log[0].clone())));
    case("a parent that is missing", edited(world.bundle(SPLIT), |b| b.parents.truncate(1)));
    case("a parent too many", edited(world.bundle(0), |b| b.parents.push(Hex(world.log[1].clone()))));
    case("parents that were swapped", edited(world.bundle(SPLIT), |b| b.parents.swap(0, 1)));
    case("one of many parents that was changed", edited(world.bundle(JOIN), |b| b.parents[9].0[20] ^= 1));
    case("many parents that were swapped", edited(world.bundle(JOIN), |b| b.parents.swap(3, 4)));

    case("not in the log yet", edited(world.with_input(), |b| b.included = None));
    case("another place in the log", edited(world.with_input(), |b| b.included.as_mut().expect("a place").index = 2));
    case("a place beyond the log", edited(world.with_input(), |b| b.included.as_mut().expect("a place").index = 400));
    case(
        "a proof without its last hash",
        edited(world.with_input(), |b| b.included.as_mut().expect("a place").path.truncate(4)),
    );
    case("no checkpoint yet", edited(world.with_input(), |b| b.checkpoint = None));
    case(
        "a checkpoint by another key",
        edited(world.with_input(), |b| b.checkpoint = Some(world.note(world.size(), &key(3)))),
    );
    case(
        "a checkpoint of another log",
        edited(world.with_input(), |b| {
            let checkpoint = Checkpoint { origin: "ledger.example/other".to_owned(), size: 1, root: world.hashes[0] };
            b.checkpoint = Some(checkpoint.sign(&[&key(1)]).expect("one signer"));
        }),
    );
    case(
        "an anchor by another key",
        edited(world.with_input(), |b| b.anchor.as_mut().expect("an anchor").note = world.note(world.size(), &key(3))),
    );
    case("an anchor of a log that was rewritten", edited(world.with_input(), |b| b.anchor = Some(other.anchor(20))));
    case(
        "an anchor of the same size and another root",
        edited(world.with_input(), |b| b.anchor = Some(other.anchor(other.size()))),
    );
    case(
        "an anchor without its proof",
        edited(anchored(9), |b| b.anchor.as_mut().expect("an anchor").consistency.clear()),
    );

    let given = |number| {
        let held = BundleHeld::Bytes { bytes: Hex(job::INPUT.to_vec()), salt: job::salt(number) };
        let body = BundleBody { role: Role::Input, position: 0, path: Vec::new(), held };
        Bundle { body: Some(body), ..world.bundle(LINK) }
    };
    case("what was given when a job went on from another", given(91));
    case("something else was given", given(1));
    case("the start of a job that goes on", world.bundle(AGAIN));
    case(
        "a start that is linked to another job",
        edited(world.bundle(AGAIN), |b| b.parents[0] = Hex(world.log[END].clone())),
    );
    cases
}

pub fn build() -> Value {
    let world = World::new();
    let keys = [key(1).verifier().clone(), key(2).verifier().clone()];
    let trust = Trust { origin: ORIGIN, keys: &keys };
    let mut verdicts = BTreeSet::new();
    let cases: Vec<Value> = cases(&world)
        .into_iter()
        .map(|(name, bundle)| {
            let finding = bundle.verify(&trust).expect("a format that is known");
            verdicts.insert(finding.verdict.as_str());
            json!({
                "name": name,
                "bundle": bundle,
                "verdict": finding.verdict.as_str(),
                "failing": finding.failing.map(|failing| failing.to_string()),
            })
        })
        .collect();
    assert_eq!(verdicts.len(), Verdict::ALL.len(), "each verdict has a case: {verdicts:?}");
    json!({ "origin": ORIGIN, "keys": keys.iter().map(ToString::to_string).collect::<Vec<_>>(), "cases": cases })
}

/// No single byte of good evidence can be changed without a verdict that says so.
#[test]
fn no_edit_of_a_byte_stays_unseen() {
    let world = World::new();
    let keys = [key(1).verifier().clone()];
    let trust = Trust { origin: ORIGIN, keys: &keys };
    let good = world.with_input();
    assert_eq!(good.verify(&trust).expect("known").verdict, Verdict::Valid);
    let count = good.leaf.as_ref().expect("a leaf").0.len();
    for at in 0..count {
        let caught = |verdicts: &[Verdict], bundle: Bundle| {
            let finding = bundle.verify(&trust).expect("known");
            assert!(verdicts.contains(&finding.verdict) && finding.failing.is_some(), "byte {at}: {finding:?}");
        };
        caught(&[Verdict::MismatchLeaf], edited(good.clone(), |b| flip_rows(b, at)));
        let both = edited(good.clone(), |b| {
            flip(&mut b.leaf, at);
            b.rows = BundleRows::Leaf(b.leaf.clone().expect("a leaf"));
        });
        let seen = [Verdict::MismatchLeaf, Verdict::MismatchContent, Verdict::ChainBroken, Verdict::NotIncluded];
        caught(&seen, both);
    }
    for at in 0..good.parents[0].0.len() {
        let finding = edited(good.clone(), |b| b.parents[0].0[at] ^= 1).verify(&trust).expect("known");
        assert_eq!(finding.verdict, Verdict::ChainBroken);
    }
}

#[test]
fn a_format_that_is_not_known_is_not_verified() {
    let bundle = edited(World::new().with_input(), |b| b.format = "esteira-evidence-v2".to_owned());
    assert_eq!(bundle.verify(&Trust { origin: ORIGIN, keys: &[] }), None);
}
