//! The log's head: the roots of its complete subtrees, enough to append and to know the root (RFC 9162, 2.1.1).

use crate::hash::{Hash, node_hash};

/// The place of a complete subtree: `1 << level` leaves, from leaf `index << level` on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// 0 for a leaf.
    pub level: u32,
    /// Counts the subtrees of this level from the left.
    pub index: u64,
}

/// The head of a log: its size, and one hash for each bit that is set in it. A log of a billion leaves has 30 at most.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    /// Roots of the complete subtrees, largest first.
    roots: Vec<Hash>,
}

impl Frontier {
    /// The head that was kept as its size and hashes; none when there are not as many as the size has bits.
    pub fn restore(size: u64, roots: Vec<Hash>) -> Option<Self> {
        (roots.len() == size.count_ones() as usize).then_some(Self { size, roots })
    }

    /// How many leaves there are: the index of the next one.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// What has to be kept, with the size, to go on from here.
    pub fn roots(&self) -> &[Hash] {
        &self.roots
    }

    /// Appends the hash of one leaf, and tells each subtree that it completes, the leaf itself first. What is told is what
    /// proofs are made of; whoever keeps it needs to read `O(log n)` hashes for a proof.
    pub fn append(&mut self, leaf: Hash, mut completed: impl FnMut(Place, &Hash)) {
        let mut hash = leaf;
        let mut place = Place { level: 0, index: self.size };
        completed(place, &hash);
        while place.index & 1 == 1 {
            let left = self.roots.pop().expect("each set bit of the size has its root");
            hash = node_hash(&left, &hash);
            place = Place { level: place.level + 1, index: place.index >> 1 };
            completed(place, &hash);
        }
        self.roots.push(hash);
        self.size += 1;
    }

    /// The root of the whole log; that of an empty one is the hash of nothing.
    pub fn root(&self) -> Hash {
        let mut from_the_right = self.roots.iter().rev();
        let Some(last) = from_the_right.next() else { return Hash::of_bytes(&[]) };
        from_the_right.fold(*last, |right, left| node_hash(left, &right))
    }
}
