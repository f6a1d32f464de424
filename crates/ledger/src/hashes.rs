//! An ordered list of hashes of bounded size: few are listed, many are folded into the root of a tree over them.

use crate::{
    hash::{Hash, leaf_hash},
    merkle::Frontier,
    proof::root_from_inclusion,
    wire::{Error, Field, Reader},
};

/// Most hashes that are listed one by one.
pub const LISTED_MAX: u64 = 16;

/// The commitments or parents of a leaf, in order. A fan-out of 100,000 outputs takes 35 bytes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Hashes {
    count: u64,
    /// The hashes when they are at most [`LISTED_MAX`], else the root alone.
    kept: Vec<Hash>,
}

impl Hashes {
    /// Of these, in this order.
    pub fn of(hashes: &[Hash]) -> Self {
        let count = hashes.len() as u64;
        if count <= LISTED_MAX {
            return Self { count, kept: hashes.to_vec() };
        }
        let mut tree = Frontier::default();
        hashes.iter().for_each(|hash| tree.append(leaf_hash(&hash.0), |_, _| ()));
        Self { count, kept: vec![tree.root()] }
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// They themselves, unless they were folded.
    pub fn listed(&self) -> Option<&[Hash]> {
        (self.count <= LISTED_MAX).then_some(self.kept.as_slice())
    }

    /// The hash at a position, if it is listed there.
    pub fn at(&self, position: u64) -> Option<Hash> {
        self.listed()?.get(usize::try_from(position).ok()?).copied()
    }

    /// The root into which they were folded, if they were.
    pub fn root(&self) -> Option<Hash> {
        if self.count > LISTED_MAX { self.kept.first().copied() } else { None }
    }

    /// Whether `hash` stands at `position`. `path` proves it for a folded list (RFC 9162, 2.1.3) and is empty for a listed one.
    pub fn holds(&self, position: u64, hash: &Hash, path: &[Hash]) -> bool {
        match self.listed() {
            Some(_) => path.is_empty() && self.at(position) == Some(*hash),
            None => {
                let root = root_from_inclusion(&leaf_hash(&hash.0), position, self.count, path);
                root.is_some() && root == self.root()
            }
        }
    }
}

impl<'a> Field<'a> for Hashes {
    fn put(&self, out: &mut Vec<u8>) {
        self.count.put(out);
        self.kept.iter().for_each(|hash| hash.put(out));
    }

    fn take(from: &mut Reader<'a>) -> Result<Self, Error> {
        let count = u64::take(from)?;
        let kept = if count <= LISTED_MAX { count } else { 1 };
        let kept = (0..kept).map(|_| Hash::take(from)).collect::<Result<_, _>>()?;
        Ok(Self { count, kept })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proof::{Leaves, inclusion};

    fn some(count: u64) -> Vec<Hash> {
        (0..count).map(|i| Hash::of_bytes(&i.to_be_bytes())).collect()
    }

    #[test]
    fn a_list_holds_what_it_lists() {
        let (all, list) = (some(16), Hashes::of(&some(16)));
        assert_eq!((list.count(), list.listed()), (16, Some(all.as_slice())));
        assert!(list.holds(3, &all[3], &[]));
        assert!(!list.holds(4, &all[3], &[]) && !list.holds(16, &all[3], &[]) && !list.holds(3, &all[3], &all[..1]));
    }

    #[test]
    fn a_fold_holds_what_is_proved() {
        let (all, fold) = (some(17), Hashes::of(&some(17)));
        assert_eq!((fold.count(), fold.listed()), (17, None));
        let leaves: Vec<Hash> = all.iter().map(|hash| leaf_hash(&hash.0)).collect();
        for position in 0..17 {
            let path = inclusion(&Leaves(&leaves), position, 17).expect("within the tree");
            assert!(fold.holds(position, &all[position as usize], &path));
            assert!(!fold.holds(position, &Hash::default(), &path));
            assert!(!fold.holds(position, &all[position as usize], &path[1..]));
        }
    }
}
