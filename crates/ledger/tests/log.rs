//! The log against the definitions of RFC 9162, written down once more as they stand there, in the slowest possible way.

use esteira_ledger::{
    Frontier, Hash, Place,
    hash::{leaf_hash, node_hash},
    proof::{
        Error, Leaves, consistency, inclusion, places_of_consistency, places_of_inclusion, root_from_inclusion,
        verify_consistency,
    },
};
use proptest::prelude::*;
use std::{
    collections::{BTreeMap, BTreeSet},
    convert::Infallible,
};

fn some_leaves(count: u64) -> Vec<Hash> {
    (0..count).map(|i| leaf_hash(&i.to_be_bytes())).collect()
}

/// The largest power of two smaller than n.
fn split(n: usize) -> usize {
    let mut k = 1;
    while 2 * k < n {
        k *= 2;
    }
    k
}

/// MTH(D[n]), section 2.1.1.
fn mth(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Hash::of_bytes(b""),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(split(leaves.len()));
            node_hash(&mth(left), &mth(right))
        }
    }
}

/// PATH(m, D[n]), section 2.1.3.1.
fn path(m: usize, leaves: &[Hash]) -> Vec<Hash> {
    if leaves.len() == 1 {
        return Vec::new();
    }
    let k = split(leaves.len());
    let (left, right) = leaves.split_at(k);
    if m < k { [path(m, left), vec![mth(right)]].concat() } else { [path(m - k, right), vec![mth(left)]].concat() }
}

/// SUBPROOF(m, D[n], b), section 2.1.4.1.
fn subproof(m: usize, leaves: &[Hash], complete: bool) -> Vec<Hash> {
    if m == leaves.len() {
        return if complete { Vec::new() } else { vec![mth(leaves)] };
    }
    let k = split(leaves.len());
    let (left, right) = leaves.split_at(k);
    if m <= k {
        [subproof(m, left, complete), vec![mth(right)]].concat()
    } else {
        [subproof(m - k, right, false), vec![mth(left)]].concat()
    }
}

/// The head, and what a sequencer keeps: each hash that the frontier told.
fn grow(leaves: &[Hash]) -> (Frontier, BTreeMap<Place, Hash>) {
    let (mut head, mut kept) = (Frontier::default(), BTreeMap::new());
    for leaf in leaves {
        head.append(*leaf, |place, hash| assert_eq!(kept.insert(place, *hash), None, "{place:?} told twice"));
    }
    (head, kept)
}

/// Of what was kept, these alone.
fn only(kept: &BTreeMap<Place, Hash>, places: BTreeSet<Place>) -> BTreeMap<Place, Hash> {
    places.into_iter().map(|place| (place, kept[&place])).collect()
}

#[test]
fn every_proof_of_every_small_log() {
    let all = some_leaves(40);
    for size in 1..=all.len() {
        let leaves = &all[..size];
        let (head, kept) = grow(leaves);
        let (size, root) = (size as u64, mth(leaves));
        assert_eq!((head.size(), head.root()), (size, root));
        for index in 0..size {
            let expected = path(index as usize, leaves);
            assert_eq!(inclusion(&kept, index, size).as_ref(), Ok(&expected), "leaf {index} of {size}");
            assert_eq!(root_from_inclusion(&leaves[index as usize], index, size, &expected), Some(root));
        }
        for old in 1..=size {
            let (old_root, expected) = (mth(&leaves[..old as usize]), subproof(old as usize, leaves, true));
            assert_eq!(consistency(&kept, old, size).as_ref(), Ok(&expected), "{old} to {size}");
            assert!(verify_consistency(old, &old_root, size, &root, &expected));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_proof_of_any_log(size in 1..3000u64, at in any::<prop::sample::Index>(), flip in 0..32usize) {
        let leaves = some_leaves(size);
        let (head, kept) = grow(&leaves);
        let root = mth(&leaves);
        prop_assert_eq!(head.root(), root);
        let index = at.index(leaves.len());
        let mut proof = inclusion(&kept, index as u64, size).expect("within the log");
        prop_assert_eq!(&proof, &path(index, &leaves));
        prop_assert_eq!(&proof, &inclusion(&Leaves(&leaves), index as u64, size).expect("within the log"));
        let few = only(&kept, places_of_inclusion(index as u64, size).expect("within the log"));
        prop_assert!(few.len() <= 24, "{} reads for one proof of {size}", few.len());
        prop_assert_eq!(inclusion(&few, index as u64, size), Ok(proof.clone()));

        let leaf = &leaves[index];
        prop_assert_eq!(root_from_inclusion(leaf, index as u64, size, &proof), Some(root));
        prop_assert_ne!(root_from_inclusion(&root, index as u64, size, &proof), if size == 1 { None } else { Some(root) });
        if size > 1 {
            prop_assert_ne!(root_from_inclusion(leaf, (index as u64 + 1) % size, size, &proof), Some(root));
            let last = proof.pop().expect("more than one leaf");
            prop_assert_eq!(root_from_inclusion(leaf, index as u64, size, &proof), None, "one hash is missing");
            proof.extend([last, last]);
            prop_assert_eq!(root_from_inclusion(leaf, index as u64, size, &proof), None, "one hash too many");
            proof.pop();
            proof[0].0[flip] ^= 1;
            prop_assert_ne!(root_from_inclusion(leaf, index as u64, size, &proof), Some(root));
        }
        prop_assert_eq!(root_from_inclusion(leaf, size, size, &[]), None);

        let old = index as u64 + 1;
        let old_root = mth(&leaves[..=index]);
        let mut proof = consistency(&kept, old, size).expect("within the log");
        prop_assert_eq!(&proof, &subproof(index + 1, &leaves, true));
        let few = only(&kept, places_of_consistency(old, size).expect("within the log"));
        prop_assert!(few.len() <= 24, "{} reads for one proof of {size}", few.len());
        prop_assert_eq!(consistency(&few, old, size), Ok(proof.clone()));
        prop_assert!(verify_consistency(old, &old_root, size, &root, &proof));
        prop_assert!(!verify_consistency(old, &root, size, &old_root, &proof) || old == size);
        proof.push(root);
        prop_assert!(!verify_consistency(old, &old_root, size, &root, &proof), "one hash too many");
        proof.pop();
        if !proof.is_empty() {
            let last = proof.len() - 1;
            prop_assert!(!verify_consistency(old, &old_root, size, &root, &proof[..last]), "one hash is missing");
            proof[last].0[flip] ^= 1;
            prop_assert!(!verify_consistency(old, &old_root, size, &root, &proof));
        }
    }

    /// A sequencer that stops at any moment goes on from the size and a handful of hashes.
    #[test]
    fn a_head_goes_on_from_what_was_kept(size in 0..600u64, more in 0..600u64) {
        let leaves = some_leaves(size + more);
        let (head, _) = grow(&leaves[..size as usize]);
        prop_assert_eq!(head.roots().len() as u32, size.count_ones());
        let mut head = Frontier::restore(head.size(), head.roots().to_vec()).expect("as many as it has bits");
        leaves[size as usize..].iter().for_each(|leaf| head.append(*leaf, |_, _| ()));
        prop_assert_eq!((head.size(), head.root()), (size + more, mth(&leaves)));
    }
}

#[test]
fn what_lies_beyond_the_log_has_no_proof() {
    let leaves = some_leaves(3);
    assert_eq!(inclusion(&Leaves(&leaves), 3, 3), Err::<_, Error<Infallible>>(Error::Beyond { asked: 3, size: 3 }));
    assert_eq!(consistency(&Leaves(&leaves), 4, 3), Err(Error::Beyond { asked: 4, size: 3 }));
    assert_eq!(inclusion(&BTreeMap::new(), 1, 2), Err(Error::Read(Place { level: 0, index: 0 })));
    assert_eq!(Frontier::restore(3, leaves[..1].to_vec()), None);
}

#[test]
fn a_log_begins_with_the_empty_one_and_never_with_a_longer_one() {
    let (empty, root) = (Hash::of_bytes(b""), mth(&some_leaves(3)));
    assert_eq!(Frontier::default().root(), empty);
    assert!(verify_consistency(0, &empty, 3, &root, &[]) && verify_consistency(0, &empty, 0, &empty, &[]));
    assert!(!verify_consistency(0, &empty, 0, &root, &[]));
    assert!(!verify_consistency(0, &root, 3, &root, &[]) && !verify_consistency(0, &empty, 3, &root, &[root]));
    assert!(!verify_consistency(3, &root, 2, &root, &[]) && !verify_consistency(2, &root, 3, &root, &[]));
    assert!(verify_consistency(3, &root, 3, &root, &[]) && !verify_consistency(3, &empty, 3, &root, &[]));
}
