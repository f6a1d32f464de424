//! Reading the log: leaves by their index, and proofs from the nodes that are kept and the leaves below them.
//!
//! What is not there, or cannot be read, is left out, never guessed: a proof that needs it cannot be made, and says so.

use crate::{error::Result, log::extend::split};
use esteira_ledger::{
    Hash, Place, leaf_hash,
    proof::{self, places_of_consistency, places_of_inclusion},
};
use esteira_model::PageId;
use esteira_store::{LedgerPlace, NODE_LEVEL_MIN, Reader};
use hashbrown::HashMap;
use std::collections::{BTreeMap, BTreeSet};

/// Leaves under the lowest node that is kept.
const BLOCK: u64 = 1 << NODE_LEVEL_MIN;
/// Leaves, and so pages, that are read at once at most.
pub const LEAVES_MAX: u64 = 4_096;

/// A leaf at its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// The page that it is on.
    pub page: PageId,
    /// Which leaf of the page it is.
    pub ordinal: u32,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// The leaves from index `from` to just before `to`, [`LEAVES_MAX`] at most; none where there is no leaf.
///
/// # Errors
/// When the store cannot be read.
pub async fn leaves(reader: &dyn Reader, from: u64, to: u64) -> Result<Vec<Option<Placed>>> {
    let to = to.min(from.saturating_add(LEAVES_MAX)).max(from);
    let mut found = vec![None; usize::try_from(to - from).unwrap_or(0)];
    let places = reader.ledger_places(from, to, found.len() + 1).await?;
    let pages: Vec<PageId> = places.iter().map(|place| place.page).collect();
    let bytes: HashMap<PageId, Vec<u8>> = reader.page_bytes(&pages).await?.into_iter().collect();
    for LedgerPlace { first_index, page, leaf_count } in places {
        let leaves = bytes.get(&page).and_then(|page| split(page)).unwrap_or_default();
        for (ordinal, leaf) in (0..leaf_count).zip(leaves) {
            let slot = (first_index + u64::from(ordinal)).checked_sub(from).and_then(|at| usize::try_from(at).ok());
            if let Some(slot) = slot.and_then(|at| found.get_mut(at)) {
                *slot = Some(Placed { page, ordinal, bytes: leaf.to_vec() });
            }
        }
    }
    Ok(found)
}

/// The nodes at these places that can be read or hashed.
///
/// # Errors
/// When the store cannot be read.
pub async fn nodes(reader: &dyn Reader, places: &BTreeSet<Place>) -> Result<BTreeMap<Place, Hash>> {
    let (kept, hashed): (Vec<Place>, Vec<Place>) = places.iter().partition(|place| place.level >= NODE_LEVEL_MIN);
    let kept: Vec<(u32, u64)> = kept.iter().map(|place| (place.level, place.index)).collect();
    let mut nodes: BTreeMap<Place, Hash> = BTreeMap::new();
    for node in reader.ledger_nodes(&kept).await? {
        nodes.insert(Place { level: node.level, index: node.number }, Hash(node.hash));
    }
    let blocks: BTreeSet<u64> = hashed.iter().map(|place| (place.index << place.level) / BLOCK).collect();
    for block in blocks {
        let leaves = leaves(reader, block * BLOCK, (block + 1) * BLOCK).await?;
        let hashes: Vec<Option<Hash>> =
            leaves.iter().map(|leaf| leaf.as_ref().map(|leaf| leaf_hash(&leaf.bytes))).collect();
        add_subtrees(block * BLOCK, &hashes, &mut nodes);
    }
    Ok(nodes)
}

/// Adds the leaves from index `first` on, and all complete subtrees over them below the nodes that are kept. `first` is where
/// a block begins.
pub fn add_subtrees(first: u64, leaves: &[Option<Hash>], nodes: &mut BTreeMap<Place, Hash>) {
    let mut level: Vec<Option<Hash>> = leaves.to_vec();
    for height in 0..NODE_LEVEL_MIN {
        for (offset, hash) in (0_u64..).zip(&level) {
            if let Some(hash) = hash {
                nodes.insert(Place { level: height, index: (first >> height) + offset }, *hash);
            }
        }
        level = level.chunks_exact(2).map(|pair| Some(esteira_ledger::hash::node_hash(&pair[0]?, &pair[1]?))).collect();
    }
}

/// The proof that leaf `index` is in the log as it was with `size` leaves; none when the log does not have what it needs.
///
/// # Errors
/// When the store cannot be read.
pub async fn inclusion(reader: &dyn Reader, index: u64, size: u64) -> Result<Option<Vec<Hash>>> {
    let Ok(places) = places_of_inclusion(index, size) else { return Ok(None) };
    let nodes = nodes(reader, &places).await?;
    Ok(proof::inclusion(&nodes, index, size).ok())
}

/// The proof that the log with `new` leaves begins with the log that had `old`; none when the log does not have what it needs.
///
/// # Errors
/// When the store cannot be read.
pub async fn consistency(reader: &dyn Reader, old: u64, new: u64) -> Result<Option<Vec<Hash>>> {
    let Ok(places) = places_of_consistency(old, new) else { return Ok(None) };
    let nodes = nodes(reader, &places).await?;
    Ok(proof::consistency(&nodes, old, new).ok())
}

/// The index of a leaf by its page and place there; none while the page waits.
///
/// # Errors
/// When the store cannot be read.
pub async fn index_of(reader: &dyn Reader, page: PageId, ordinal: u32) -> Result<Option<u64>> {
    let places = reader.ledger_places_of(&[page]).await?;
    Ok(places.first().filter(|place| ordinal < place.leaf_count).map(|place| place.first_index + u64::from(ordinal)))
}
