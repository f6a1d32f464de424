//! What one step of the sequencer computes: places for pages that wait, and the subtrees that they complete. It reads and hashes
//! outside of any transaction; the transaction that writes it down finds out whether another was first.

use crate::error::{Error, Reason, Result};
use esteira_ledger::{Frontier, Hash, leaf_hash};
use esteira_model::PageId;
use esteira_store::{LedgerHead, LedgerNode, LedgerPlace, NODE_LEVEL_MIN, Placing, Reader};
use hashbrown::HashMap;

/// Pages, and leaves, that one step takes at most.
const PAGES_MAX: usize = 512;
/// See [`PAGES_MAX`].
const LEAVES_MAX: u64 = 8_192;

/// A step, ready to be written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extended {
    /// What is written.
    pub placing: Placing,
    /// Pages that cannot be read: they go on waiting, and somebody must look at them.
    pub unreadable: Vec<PageId>,
    /// Whether more pages wait than one step takes.
    pub more: bool,
}

/// Reads what waits and computes the next step; none when nothing waits. Pages that cannot be read go on waiting and keep nobody
/// waiting who comes behind them, however many they are.
///
/// # Errors
/// When the store cannot be read, or its head is none.
pub async fn gather(reader: &dyn Reader) -> Result<Option<Extended>> {
    let head = reader.ledger_head().await?;
    let (mut unreadable, mut after) = (Vec::new(), None);
    loop {
        let waiting = reader.waiting_pages(after, PAGES_MAX + 1).await?;
        let chosen = fitting(&waiting);
        let more = waiting.len() > chosen.len();
        let mut bytes: HashMap<PageId, Vec<u8>> = reader.page_bytes(&chosen).await?.into_iter().collect();
        let pages: Vec<(PageId, Vec<u8>)> =
            chosen.iter().map(|page| (*page, bytes.remove(page).unwrap_or_default())).collect();
        let (placing, mut bad) = extend(&head, &pages)?;
        unreadable.append(&mut bad);
        if more && placing.places.is_empty() {
            after = chosen.last().copied();
            continue;
        }
        let is_nothing = placing.places.is_empty() && unreadable.is_empty();
        return Ok((!is_nothing).then_some(Extended { placing, unreadable, more }));
    }
}

/// As many of these as one step takes, and one at least.
fn fitting(waiting: &[(PageId, u32)]) -> Vec<PageId> {
    let mut leaves = 0;
    let fits = |(_, count): &&(PageId, u32)| {
        let fits = leaves < LEAVES_MAX;
        leaves += u64::from(*count);
        fits
    };
    waiting.iter().take(PAGES_MAX).take_while(fits).map(|(page, _)| *page).collect()
}

/// The step that appends these pages to the log.
///
/// # Errors
/// When the head is none: its roots do not fit its size.
pub fn extend(head: &LedgerHead, pages: &[(PageId, Vec<u8>)]) -> Result<(Placing, Vec<PageId>)> {
    let mut frontier = frontier(head)?;
    let mut placing = Placing { from_size: head.size, ..Placing::default() };
    let mut unreadable = Vec::new();
    for (page, bytes) in pages {
        let leaves = match split(bytes) {
            Some(leaves) if !leaves.is_empty() => leaves,
            _ => {
                unreadable.push(*page);
                continue;
            }
        };
        let first_index = frontier.size();
        for leaf in &leaves {
            frontier.append(leaf_hash(leaf), |place, hash| {
                if place.level >= NODE_LEVEL_MIN {
                    placing.nodes.push(LedgerNode { level: place.level, number: place.index, hash: hash.0 });
                }
            });
        }
        let leaf_count = u32::try_from(leaves.len())
            .map_err(|_| Error::new(Reason::Internal, "a page has more leaves than any can have"))?;
        placing.places.push(LedgerPlace { first_index, page: *page, leaf_count });
    }
    placing.size = frontier.size();
    placing.roots = frontier.roots().iter().map(|root| root.0).collect();
    Ok((placing, unreadable))
}

/// The head as the ledger computes with it.
///
/// # Errors
/// When its roots do not fit its size.
pub fn frontier(head: &LedgerHead) -> Result<Frontier> {
    let roots = head.roots.iter().map(|root| Hash(*root)).collect();
    Frontier::restore(head.size, roots)
        .ok_or_else(|| Error::new(Reason::LogRefused, "the head of the log has roots that do not fit its size"))
}

/// The head that a step leaves behind.
pub fn head_of(placing: &Placing, epoch: u64) -> LedgerHead {
    LedgerHead { epoch, size: placing.size, roots: placing.roots.clone(), sign_time: None }
}

/// The leaves of a page, each with its length before it (4 bytes, big-endian); none when the bytes are no page.
pub fn split(mut page: &[u8]) -> Option<Vec<&[u8]>> {
    let mut leaves = Vec::new();
    while let Some((length, rest)) = page.split_first_chunk::<4>() {
        let (leaf, rest) = rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
        leaves.push(leaf);
        page = rest;
    }
    page.is_empty().then_some(leaves)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(leaves: &[&[u8]]) -> Vec<u8> {
        leaves.iter().flat_map(|leaf| [&(leaf.len() as u32).to_be_bytes()[..], leaf].concat()).collect()
    }

    fn head(placing: &Placing) -> LedgerHead {
        LedgerHead { size: placing.size, roots: placing.roots.clone(), ..LedgerHead::default() }
    }

    #[test]
    fn a_page_is_split_or_it_is_none() {
        let good = page(&[b"one", b"", b"three"]);
        assert_eq!(split(&good), Some(vec![&b"one"[..], b"", b"three"]));
        assert_eq!(split(&[]), Some(vec![]));
        for cut in (1..good.len()).filter(|cut| ![7, 11].contains(cut)) {
            assert_eq!(split(&good[..cut]), None, "cut at {cut}");
        }
    }

    #[test]
    fn steps_of_any_size_make_the_same_log() {
        let leaves: Vec<Vec<u8>> = (0..1_000_u32).map(|i| i.to_be_bytes().to_vec()).collect();
        let whole = page(&leaves.iter().map(Vec::as_slice).collect::<Vec<_>>());
        let (all, _) = extend(&LedgerHead::default(), &[(PageId(1), whole)]).expect("a step");
        let (mut at, mut nodes) = (LedgerHead::default(), Vec::new());
        for (id, some) in leaves.chunks(77).enumerate() {
            let bytes = page(&some.iter().map(Vec::as_slice).collect::<Vec<_>>());
            let (step, _) = extend(&at, &[(PageId(id as i64), bytes)]).expect("a step");
            assert_eq!(step.from_size, at.size);
            nodes.extend(step.nodes.iter().copied());
            at = head(&step);
        }
        assert_eq!((at, nodes), (head(&all), all.nodes.clone()));
        assert_eq!(all.nodes.iter().filter(|node| node.level == 8).count(), 3);
    }

    #[test]
    fn what_cannot_be_read_waits_and_keeps_nobody() {
        let pages = [page(&[b"a"]), vec![1], Vec::new(), page(&[b"b"])];
        let pages: Vec<_> = (1..).map(PageId).zip(pages).collect();
        let (placing, unreadable) = extend(&LedgerHead::default(), &pages).expect("a step");
        assert_eq!((placing.size, unreadable), (2, vec![PageId(2), PageId(3)]));
        assert_eq!(placing.places.iter().map(|place| place.first_index).collect::<Vec<_>>(), [0, 1]);
    }

    #[test]
    fn a_head_that_is_none_is_refused() {
        assert!(extend(&LedgerHead { size: 3, roots: vec![[0; 32]], ..LedgerHead::default() }, &[]).is_err());
    }
}
