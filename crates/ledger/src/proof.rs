//! Proofs about the log: that a leaf is in it, and that a later log extends an earlier one (RFC 9162, 2.1.3 and 2.1.4).

use crate::{
    hash::{Hash, node_hash},
    merkle::Place,
};
use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    convert::Infallible,
};

/// Where the roots of complete subtrees are read from.
pub trait Nodes {
    /// Why one could not be read.
    type Error;
    /// The root of a complete subtree. Only asked for what [`crate::Frontier::append`] told.
    fn node(&self, place: Place) -> Result<Hash, Self::Error>;
}

/// Leaf hashes in memory; inner nodes are computed each time.
#[derive(Debug, Clone, Copy)]
pub struct Leaves<'a>(pub &'a [Hash]);

impl Nodes for Leaves<'_> {
    type Error = Infallible;

    fn node(&self, place: Place) -> Result<Hash, Infallible> {
        let half = |index| self.node(Place { level: place.level - 1, index });
        match place.level {
            0 => Ok(self.0[usize::try_from(place.index).expect("an index of a slice")]),
            _ => Ok(node_hash(&half(2 * place.index)?, &half(2 * place.index + 1)?)),
        }
    }
}

/// Hashes that were fetched before, for stores that are read in sets.
impl Nodes for BTreeMap<Place, Hash> {
    /// What was not fetched.
    type Error = Place;

    fn node(&self, place: Place) -> Result<Hash, Place> {
        self.get(&place).copied().ok_or(place)
    }
}

/// Asks for nothing, and notes what it would have asked for.
#[derive(Default)]
struct Asked(RefCell<BTreeSet<Place>>);

impl Nodes for Asked {
    type Error = Infallible;

    fn node(&self, place: Place) -> Result<Hash, Infallible> {
        self.0.borrow_mut().insert(place);
        Ok(Hash::default())
    }
}

/// What [`inclusion`] will read: fetch these, and give them to it as a map.
///
/// # Errors
/// [`Error::Beyond`].
pub fn places_of_inclusion(index: u64, size: u64) -> Result<BTreeSet<Place>, Error<Infallible>> {
    let asked = Asked::default();
    inclusion(&asked, index, size)?;
    Ok(asked.0.into_inner())
}

/// What [`consistency`] will read.
///
/// # Errors
/// [`Error::Beyond`].
pub fn places_of_consistency(old: u64, new: u64) -> Result<BTreeSet<Place>, Error<Infallible>> {
    let asked = Asked::default();
    consistency(&asked, old, new)?;
    Ok(asked.0.into_inner())
}

/// Why there is no proof.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error<E> {
    /// The log is not that large.
    #[error("leaf or size {asked} lies beyond a log of {size} leaves")]
    Beyond {
        /// What was asked for.
        asked: u64,
        /// The size.
        size: u64,
    },
    /// A hash could not be read.
    #[error("cannot read the log")]
    Read(#[source] E),
}

/// The proof that leaf `index` is in the log as it was with `size` leaves: at most 64 hashes.
pub fn inclusion<N: Nodes>(nodes: &N, index: u64, size: u64) -> Result<Vec<Hash>, Error<N::Error>> {
    if index >= size {
        return Err(Error::Beyond { asked: index, size });
    }
    let mut path = Vec::new();
    let (mut begin, mut end) = (0, size);
    while end - begin > 1 {
        let middle = begin + largest_power_below(end - begin);
        let (sibling, kept) =
            if index < middle { ((middle, end), (begin, middle)) } else { ((begin, middle), (middle, end)) };
        path.push(root_of(nodes, sibling.0, sibling.1).map_err(Error::Read)?);
        (begin, end) = kept;
    }
    path.reverse();
    Ok(path)
}

/// The proof that the log with `new` leaves begins with the log that had `old`.
pub fn consistency<N: Nodes>(nodes: &N, old: u64, new: u64) -> Result<Vec<Hash>, Error<N::Error>> {
    if old > new {
        return Err(Error::Beyond { asked: old, size: new });
    }
    let mut path = Vec::new();
    if old == 0 || old == new {
        return Ok(path);
    }
    let (mut begin, mut end) = (0, new);
    // Down to the subtree that ends where the old log ended.
    while end != old {
        let middle = begin + largest_power_below(end - begin);
        let (sibling, kept) =
            if old <= middle { ((middle, end), (begin, middle)) } else { ((begin, middle), (middle, end)) };
        path.push(root_of(nodes, sibling.0, sibling.1).map_err(Error::Read)?);
        (begin, end) = kept;
    }
    // The old log's own root is known to whoever verifies.
    if begin > 0 {
        path.push(root_of(nodes, begin, end).map_err(Error::Read)?);
    }
    path.reverse();
    Ok(path)
}

/// The root to which a proof leads from a leaf; none when the proof has not the length that it must have.
pub fn root_from_inclusion(leaf: &Hash, index: u64, size: u64, path: &[Hash]) -> Option<Hash> {
    if index >= size {
        return None;
    }
    let (mut node, mut last) = (index, size - 1);
    let mut root = *leaf;
    for sibling in path {
        if last == 0 {
            return None;
        }
        if node & 1 == 1 || node == last {
            root = node_hash(sibling, &root);
            // A right edge without a sibling goes up until it has one.
            while node & 1 == 0 && node != 0 {
                (node, last) = (node >> 1, last >> 1);
            }
        } else {
            root = node_hash(&root, sibling);
        }
        (node, last) = (node >> 1, last >> 1);
    }
    (last == 0).then_some(root)
}

/// Whether a proof shows that the log of `new_size` leaves begins with the log of `old_size`.
pub fn verify_consistency(old_size: u64, old_root: &Hash, new_size: u64, new_root: &Hash, path: &[Hash]) -> bool {
    if old_size > new_size {
        return false;
    }
    if old_size == new_size {
        return path.is_empty() && old_root == new_root;
    }
    if old_size == 0 {
        return path.is_empty() && *old_root == Hash::of_bytes(&[]);
    }
    // A complete old log is itself a subtree of the new one, and not repeated in the proof.
    let mut path = path.iter();
    let first = if old_size.is_power_of_two() { Some(old_root) } else { path.next() };
    let Some(first) = first else { return false };
    let (mut node, mut last) = (old_size - 1, new_size - 1);
    while node & 1 == 1 {
        (node, last) = (node >> 1, last >> 1);
    }
    let (mut old, mut new) = (*first, *first);
    for hash in path {
        if last == 0 {
            return false;
        }
        if node & 1 == 1 || node == last {
            (old, new) = (node_hash(hash, &old), node_hash(hash, &new));
            while node & 1 == 0 && node != 0 {
                (node, last) = (node >> 1, last >> 1);
            }
        } else {
            new = node_hash(&new, hash);
        }
        (node, last) = (node >> 1, last >> 1);
    }
    last == 0 && old == *old_root && new == *new_root
}

/// The root over the leaves from `begin` to `end`, where `begin` is where such a subtree may begin.
fn root_of<N: Nodes>(nodes: &N, begin: u64, end: u64) -> Result<Hash, N::Error> {
    let count = end - begin;
    if count.is_power_of_two() {
        let level = count.trailing_zeros();
        return nodes.node(Place { level, index: begin >> level });
    }
    let middle = begin + largest_power_below(count);
    Ok(node_hash(&root_of(nodes, begin, middle)?, &root_of(nodes, middle, end)?))
}

/// The largest power of two that is smaller than `count`, which is at least 2.
fn largest_power_below(count: u64) -> u64 {
    1 << (63 - (count - 1).leading_zeros())
}
