//! The keys of an object: whether one is there twice, escapes resolved.

use crate::scan;
use std::borrow::Cow;

/// Keys that fit in the first allocation, and the largest object whose keys are compared pairwise.
pub(super) const KEYS_INLINE: usize = 16;

/// Where the text of a key stands, without its quotes.
#[derive(Clone, Copy)]
pub(super) struct Key {
    pub(super) start: usize,
    end: usize,
    escaped: bool,
    /// Equal keys have equal hashes; most others differ here already.
    hash: u64,
}

/// The first key that equals one before it, if any.
pub(super) fn duplicate(text: &str, keys: &[Key]) -> Option<Key> {
    if keys.len() <= KEYS_INLINE {
        let same = |a: &Key, b: &Key| a.hash == b.hash && a.text(text) == b.text(text);
        let repeats = |&at: &usize| keys[..at].iter().any(|before| same(before, &keys[at]));
        return (1..keys.len()).find(repeats).map(|at| keys[at]);
    }
    // Texts break ties, so that keys chosen to have one hash cost a sort and not a square.
    let mut sorted = keys.to_vec();
    let by_text = |a: &Key, b: &Key| a.hash.cmp(&b.hash).then_with(|| a.text(text).cmp(&b.text(text)));
    sorted.sort_unstable_by(|a, b| by_text(a, b).then(a.start.cmp(&b.start)));
    let repeated = sorted.windows(2).filter(|pair| by_text(&pair[0], &pair[1]).is_eq()).map(|pair| pair[1]);
    repeated.min_by_key(|key| key.start)
}

/// A quick hash, in words of eight bytes.
fn hash(bytes: &[u8]) -> u64 {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let mix = |hash: u64, word: u64| (hash.rotate_left(5) ^ word).wrapping_mul(FACTOR);
    let (words, tail) = bytes.as_chunks::<8>();
    let hash = words.iter().fold(bytes.len() as u64, |hash, word| mix(hash, u64::from_le_bytes(*word)));
    mix(hash, tail.iter().fold(0, |word, &byte| word << 8 | u64::from(byte)))
}

impl Key {
    pub(super) fn new(text: &str, start: usize, end: usize, escaped: bool) -> Self {
        let mut key = Self { start, end, escaped, hash: 0 };
        key.hash = hash(key.text(text).as_bytes());
        key
    }

    /// The key itself, escapes resolved.
    pub(super) fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let raw = &text[self.start..self.end];
        if self.escaped { scan::unescape(raw) } else { Cow::Borrowed(raw) }
    }
}
