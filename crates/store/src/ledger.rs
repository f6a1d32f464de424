//! Leaves as they are stored: a page holds those that were committed together, so that a commit costs one row, whatever their number.

use esteira_model::{JobId, LeafAt, PageId, TaskId};

/// Leaves of one page, at most.
pub const LEAVES_MAX: u32 = 1_024;
/// A page is full with so many bytes; the leaf that fills it may reach beyond.
pub const PAGE_BYTES_MAX: usize = 64 << 10;

/// Leaves that were committed together. Their bytes are not looked into here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerPage {
    /// Identity; rises within one coordinator.
    pub id: PageId,
    /// Each leaf as its length (4 bytes, big-endian) and its bytes.
    pub leaves: Vec<u8>,
    /// How many there are.
    pub leaf_count: u32,
}

impl LedgerPage {
    /// An empty page.
    pub fn new(id: PageId) -> Self {
        Self { id, leaves: Vec::new(), leaf_count: 0 }
    }

    /// A page as it was stored. Lengths that do not add up end the list: somebody changed it, and has fewer leaves now.
    pub fn read(id: PageId, leaves: Vec<u8>) -> Self {
        let mut page = Self { id, leaves, leaf_count: 0 };
        page.leaf_count = u32::try_from(page.iter().count()).unwrap_or(u32::MAX);
        page
    }

    /// Whether the next leaf needs another page.
    pub fn is_full(&self) -> bool {
        self.leaf_count >= LEAVES_MAX || self.leaves.len() >= PAGE_BYTES_MAX
    }

    /// Adds the leaf that `encode` appends to the page's bytes; an error leaves the page as it was.
    ///
    /// # Errors
    /// What `encode` answers.
    pub fn push<E>(&mut self, encode: impl FnOnce(&mut Vec<u8>) -> Result<(), E>) -> Result<u32, E> {
        let begin = self.leaves.len();
        self.leaves.extend([0; 4]);
        if let Err(error) = encode(&mut self.leaves) {
            self.leaves.truncate(begin);
            return Err(error);
        }
        let bytes = self.leaves.len() - begin - 4;
        let length = u32::try_from(bytes).expect("a leaf has 64 KiB at most");
        self.leaves[begin..begin + 4].copy_from_slice(&length.to_be_bytes());
        self.leaf_count += 1;
        Ok(self.leaf_count - 1)
    }

    /// The leaves, in order.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let mut rest = self.leaves.as_slice();
        std::iter::from_fn(move || {
            let (leaf, behind) = first(rest)?;
            rest = behind;
            Some(leaf)
        })
    }

    /// The leaf at this place.
    pub fn leaf(&self, ordinal: u32) -> Option<&[u8]> {
        self.iter().nth(ordinal as usize)
    }
}

/// The first leaf and what stands behind it.
fn first(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    rest.split_at_checked(u32::from_be_bytes(*length) as usize)
}

/// The newest attempt of a task that ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewestAttempt {
    /// Its job.
    pub job: JobId,
    /// The task.
    pub task: TaskId,
    /// Counts from 1.
    pub number: u32,
    /// Where it is recorded; none for one of an older version.
    pub leaf_at: Option<LeafAt>,
}

/// What identifies an artifact's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyDigest {
    /// SHA-256 of the body that is there.
    Sha256([u8; 32]),
    /// The body is gone: what leaves say of it, if any does.
    Removed(Option<[u8; 32]>),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(leaves: &[&[u8]]) -> LedgerPage {
        let mut page = LedgerPage::new(PageId(1));
        for (i, leaf) in leaves.iter().enumerate() {
            let pushed = page.push(|out| {
                out.extend(*leaf);
                Ok::<(), ()>(())
            });
            assert_eq!(pushed, Ok(i as u32));
        }
        page
    }

    #[test]
    fn a_page_comes_back_as_it_was_stored() {
        let made = page(&[b"a", b"", b"ccc"]);
        let read = LedgerPage::read(made.id, made.leaves.clone());
        assert_eq!(read, made);
        assert_eq!(read.iter().collect::<Vec<_>>(), [&b"a"[..], b"", b"ccc"]);
        assert_eq!((read.leaf(2), read.leaf(3)), (Some(&b"ccc"[..]), None));
    }

    #[test]
    fn what_does_not_add_up_ends_the_list() {
        let made = page(&[b"ab", b"c"]);
        for (bytes, leaf_count) in [(0, 0), (5, 0), (6, 1), (10, 1), (11, 2)] {
            assert_eq!(
                LedgerPage::read(made.id, made.leaves[..bytes].to_vec()).leaf_count,
                leaf_count,
                "{bytes} bytes"
            );
        }
    }

    #[test]
    fn a_leaf_that_cannot_be_made_leaves_no_trace() {
        let mut made = page(&[b"abc"]);
        let before = made.clone();
        let refused = made.push(|out| {
            out.push(1);
            Err("no")
        });
        assert_eq!((refused, made), (Err("no"), before));
    }

    #[test]
    fn a_page_is_full_with_its_leaves_or_its_bytes() {
        let mut many = page(&[]);
        while !many.is_full() {
            many.push(|_| Ok::<(), ()>(())).expect("pushed");
        }
        assert_eq!(many.leaf_count, LEAVES_MAX);
        assert!(page(&[&[0; PAGE_BYTES_MAX]]).is_full());
    }
}
