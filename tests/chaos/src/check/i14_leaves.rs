//! I14: one leaf a result; every leaf has one place in the log, or waits for one; and whatever was published of the log is a
//! beginning of what it became.
//!
//! The tree is hashed here once more, by RFC 9162 alone: the product's own code is not asked.

use super::{Judge, view::View};
use crate::history::EndLedger;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};

type Hash = [u8; 32];

pub(super) fn judge(view: &View<'_>) -> Judge {
    let mut judge = Judge::of("I14", "one leaf a result; published checkpoints are consistent");
    let Some(ledger) = &view.end.ledger else {
        judge.0.not_shown = Some("the ledger's tables could not be read");
        return judge;
    };
    if ledger.addresses.iter().all(Option::is_none) {
        judge.0.not_shown = Some("no result has a leaf in this product");
        return judge;
    }
    addresses(ledger, &mut judge);
    let log = places(ledger, &mut judge);
    checkpoints(ledger, &log, &mut judge);
    judge
}

fn addresses(ledger: &EndLedger, judge: &mut Judge) {
    let sizes: BTreeMap<u64, usize> = ledger.pages.iter().map(|page| (page.page, page.leaves.len())).collect();
    let mut taken = BTreeSet::new();
    for address in &ledger.addresses {
        let Some((page, ordinal)) = *address else {
            judge.case(false, || "an attempt has no leaf".into());
            continue;
        };
        let exists = sizes.get(&page).is_some_and(|size| usize::try_from(ordinal).is_ok_and(|ordinal| ordinal < *size));
        judge.case(exists, || format!("an attempt's leaf is at {page}:{ordinal}, where there is none"));
        judge.case(taken.insert((page, ordinal)), || format!("two attempts share the leaf at {page}:{ordinal}"));
    }
}

/// Each page has one place or waits for it; places are dense. The leaves in the order of the log.
fn places<'a>(ledger: &'a EndLedger, judge: &mut Judge) -> Vec<&'a [u8]> {
    let pages: BTreeMap<u64, &Vec<Vec<u8>>> = ledger.pages.iter().map(|page| (page.page, &page.leaves)).collect();
    let mut homes: BTreeMap<u64, usize> = BTreeMap::new();
    for page in ledger.places.iter().map(|(_, page, _)| page).chain(ledger.waiting.iter().map(|(page, _)| page)) {
        *homes.entry(*page).or_default() += 1;
    }
    for page in pages.keys() {
        let count = homes.get(page).copied().unwrap_or_default();
        judge.case(count == 1, || format!("page {page} has {count} places"));
    }
    let mut log: Vec<&[u8]> = Vec::new();
    for (first, page, count) in &ledger.places {
        let leaves = pages.get(page).map_or(&[][..], |leaves| leaves.as_slice());
        let fits = usize::try_from(*first) == Ok(log.len()) && usize::try_from(*count) == Ok(leaves.len());
        judge.case(fits, || format!("page {page} is placed at {first} with {count} leaves, after {}", log.len()));
        log.extend(leaves.iter().map(Vec::as_slice));
    }
    log
}

fn checkpoints(ledger: &EndLedger, log: &[&[u8]], judge: &mut Judge) {
    let leaves: Vec<Hash> =
        log.iter().map(|leaf| Sha256::new().chain_update([0]).chain_update(leaf).finalize().into()).collect();
    for note in &ledger.notes {
        let mut lines = note.lines().skip(1);
        let size = lines.next().and_then(|line| line.parse::<usize>().ok());
        let root = lines.next().and_then(|line| STANDARD.decode(line).ok());
        let expected = size.and_then(|size| leaves.get(..size)).map(|leaves| root_of(leaves).to_vec());
        judge.case(root.is_some() && root == expected, || {
            format!("the log has not the root of its checkpoint {note:?}")
        });
    }
}

/// The Merkle tree hash of RFC 9162, section 2.1.1.
fn root_of(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Sha256::digest([]).into(),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            Sha256::new().chain_update([1]).chain_update(root_of(left)).chain_update(root_of(right)).finalize().into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        check::{broken, made},
        history::EndPage,
    };

    /// Two pages with three leaves, the first two of which are published.
    fn ledger() -> EndLedger {
        let page = |page, leaves: &[&str]| EndPage {
            page,
            leaves: leaves.iter().map(|leaf| leaf.as_bytes().into()).collect(),
        };
        let hash = |leaf: &str| -> Hash { Sha256::new().chain_update([0]).chain_update(leaf).finalize().into() };
        let root = STANDARD.encode(root_of(&[hash("a"), hash("b")]));
        EndLedger {
            pages: vec![page(7, &["a", "b"]), page(9, &["c"])],
            waiting: vec![(9, 1)],
            places: vec![(0, 7, 2)],
            addresses: vec![Some((7, 0)), Some((9, 0))],
            notes: vec![format!("origin\n2\n{root}\n\n- signature\n")],
        }
    }

    fn check(change: impl FnOnce(&mut EndLedger), expected: &[&str]) {
        made::kept(|history, end| {
            let ledger = end.ledger.insert(ledger());
            change(ledger);
            assert_eq!(broken(history, end), expected);
        });
    }

    #[test]
    fn what_breaks_it() {
        check(|_| (), &[]);
        check(|ledger| ledger.addresses[1] = None, &["I14"]);
        check(|ledger| ledger.addresses[1] = Some((7, 0)), &["I14"]);
        check(|ledger| ledger.addresses[1] = Some((9, 1)), &["I14"]);
        check(|ledger| ledger.waiting.clear(), &["I14"]);
        check(|ledger| ledger.places.push((3, 9, 1)), &["I14"]);
        check(|ledger| ledger.pages[0].leaves[1] = b"x".to_vec(), &["I14"]);
        check(|ledger| ledger.pages[0].leaves.truncate(1), &["I14"]);
    }

    #[test]
    fn roots_are_those_of_the_rfc() {
        // RFC 6962 and its test vectors: the empty tree, and a tree of one empty leaf.
        assert_eq!(root_of(&[])[..4], [0xe3, 0xb0, 0xc4, 0x42]);
        let leaf: Hash = Sha256::digest([0]).into();
        assert_eq!(root_of(&[leaf])[..4], [0x6e, 0x34, 0x0b, 0x9c]);
    }
}
